"""README.md and docs/: what they tell the reader to type works, and what they say is so."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from prometheus_client import values

from kamiyo_api import config
from kamiyo_api.config import TIERS, Config
from tests.documents.test_contract import ENDPOINTS
from tests.support import ROOT
from tests.support.clones import clone_into, made_to_run
from tests.support.documents import README, rows, settings

# The data comes first: what it shows is the demo data that nobody has added to yet.
DOCUMENTS = ("docs/data.md", "README.md", "docs/api.md")
LINKED = sorted(
    str(path.relative_to(ROOT))
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("ops/*.md"))
)
BEGINS = "\x1e"
# What is typed, and how a shell comes to it.
TYPED = {
    "sh": "{text}",
    "python": "python3 - <<'TYPED'\n{text}TYPED",
    "sql": "{psql} -X -v ON_ERROR_STOP=1 <<'TYPED'\n{text}TYPED",
}
BLOCK = re.compile(r"^(<!-- not run -->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ELIDED = "..."
REFUSED = '"type": "/docs/errors#'
NO_DEFAULTS = ("none", "required", "see above", "a new folder")
# What is another each time.
VARIABLE = {
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z": "TIME",
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}": "UUID",
    r"\b[0-9a-f]{32}\b": "REQUEST_ID",
    r'"[0-9a-f]{40}"': "ETAG",
    r"(cursor(=|\": \"))[\w-]{20,}": r"\1CURSOR",
    r"\bkamiyo_[\w-]{8,}": "KEY",
    r"(X-RateLimit-(Remaining|Reset)): \d+": r"\1: NUMBER",
    r"\d+\.\d\d s\b": "SECONDS",
}


class Block(NamedTuple):
    """A block of a document that is typed, and the output that the document shows for it."""

    line: int
    kind: str
    text: str
    shown: str | None


def blocks(document: str) -> list[Block]:
    """The blocks of a document that are typed."""
    found = list(BLOCK.finditer(document))
    typed = []
    for block, after in zip(found, [*found[1:], None], strict=True):
        skipped, kind, text = block.groups()
        if kind not in TYPED or skipped:
            continue
        shown = None
        if after and after[2] == "text" and not document[block.end() : after.start()].strip():
            shown = after[3]
        typed.append(Block(document.count("\n", 0, block.start(2)), kind, text, shown))
    return typed


class Clone(NamedTuple):
    """A copy of the repository in which `make run` serves."""

    folder: Path
    psql: str
    environment: dict[str, str]

    def type(self, document: str) -> list[str]:
        """Type the blocks of a document into one shell; the output of each."""
        script = ["set -eu"]
        for block in blocks(document):
            command = TYPED[block.kind].format(text=block.text, psql=self.psql)
            script += [f"echo {shlex.quote(BEGINS)}", f"{{\n{command}\n}} 2>&1"]
        done = subprocess.run(
            ["/bin/sh", "-c", "\n".join(script)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        outputs = [output.removeprefix("\n") for output in done.stdout.split(BEGINS)[1:]]
        assert done.returncode == 0, f"{outputs[-1]}\n{done.stderr}"
        return outputs


@pytest.fixture(scope="module")
def clone() -> Iterator[Clone]:
    """What a stranger has a minute after `make run`; nothing of our environment is in it."""
    with tempfile.TemporaryDirectory(prefix="kamiyo-readme-") as name:
        folder = Path(name)
        environment = clone_into(folder)
        with made_to_run(folder, environment):
            said = (folder / "server.log").read_text()
            psql = re.search(r"^ +Database +(\S.*)$", said, re.MULTILINE)
            assert psql, said
            yield Clone(folder, psql[1], environment)


def steady(text: str) -> list[str]:
    """The lines of an output, without what is another each time."""
    for pattern, stands_for in VARIABLE.items():
        text = re.sub(pattern, stands_for, text)
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def is_expected(output: str, shown: str | None) -> bool:
    """Whether nothing was refused, unless that is shown, and the output is what a document shows
    of it, where "..." stands for any lines."""
    if REFUSED in output and REFUSED not in (shown or ""):
        return False
    if shown is None:
        return True
    pattern = "".join(
        r"(?:.*\n)*?" if line == ELIDED else re.escape(line) + r"\n" for line in steady(shown)
    )
    return re.fullmatch(pattern, "\n".join(steady(output)) + "\n") is not None


# One test, because xdist would start one service a document.
@pytest.mark.slow
def test_what_the_documents_tell_to_type_answers_as_they_show(clone):
    unlike = []
    for name in DOCUMENTS:
        document = (ROOT / name).read_text()
        for block, output in zip(blocks(document), clone.type(document), strict=True):
            if not is_expected(output, block.shown):
                unlike.append(f"{name}:{block.line} answers\n{output}")
    assert not unlike, "\n".join(unlike)


def test_two_commands_are_all_that_the_documents_tell_to_type_and_that_is_not_run_here():
    skipped = [
        text
        for name in DOCUMENTS
        for skip, _, text in BLOCK.findall((ROOT / name).read_text())
        if skip
    ]
    assert skipped == ["make run\n", "make test\n"]


def test_two_commands_exist():
    for command in ("make run", "make check", "make test", "make clean"):
        assert command in README
        done = subprocess.run(
            [*command.split(), "--dry-run"], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr


def test_every_endpoint_is_in_the_table_with_its_scope(client):
    told = {(method, path.strip("`")): scope for method, path, scope, *_ in rows("Endpoints")}
    described = client.get("/openapi.json").json["paths"]
    asked = {
        (method.upper(), path.removeprefix("/api/v1") or "/"): operation.get(
            "x-required-scope", "none"
        )
        for path, item in described.items()
        for method, operation in item.items()
        if method != "parameters"
    }
    pages = {("GET", "/openapi.json"): "none", ("GET", "/docs"): "none"}
    assert told == asked | pages


def test_filters_of_the_search_are_in_the_table(client):
    (search,) = (what for _, path, _, what in rows("Endpoints") if path == "`/agents/`")
    described = client.get("/openapi.json").json["paths"]["/api/v1/agents/"]["get"]["parameters"]
    assert set(re.findall(r"`(\w+)`", search)) | {"offset"} == {
        each["name"] for each in described if each["in"] == "query"
    }


def test_endpoints_are_told_once_and_those_outside_the_prefix_are_the_last_ones():
    told = [(method, path.strip("`")) for method, path, *_ in rows("Endpoints")]
    assert sorted(set(told)) == sorted(told)
    paths = [path for _, path in told]
    outside = ["/health", "/health/live", "/metrics", "/openapi.json", "/docs"]
    assert paths[-len(outside) :] == outside
    assert "/api/v1" in ENDPOINTS.split()[1]


def settings_told():
    """The settings of the reference's table, with their defaults."""
    return [
        (name, default.strip("`"))
        for names, default, _ in rows("Settings")
        for name in re.findall(r"`(\w+)`", names)
    ]


def test_table_tells_no_setting_that_nothing_reads():
    of_tiers = {f"RATE_LIMITS_{tier.upper()}" for tier in TIERS}
    assert {name for name, _ in settings_told()} <= set(settings()) | of_tiers


@pytest.mark.parametrize(
    ("name", "default"), [each for each in settings_told() if each[1] not in NO_DEFAULTS]
)
def test_setting_that_is_set_to_the_default_of_the_table_changes_nothing(
    name, default, monkeypatch, tmp_path
):
    for each, _ in settings_told():
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setattr(config, "LOCAL_SERVERS", tmp_path / "servers.json")
    monkeypatch.setenv("DATABASE_URL", "postgresql:///kamiyo")
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    # gunicorn's settings replace it, for a process that serves.
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    unset = as_configured()
    monkeypatch.setenv(name, default)
    assert as_configured() == unset


def as_configured():
    """What the environment makes of the application and of gunicorn."""
    served = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    numbers = ("bind", "workers", "threads", "timeout")
    return Config.from_environment(), [served[name] for name in numbers]


def test_tiers_are_as_the_table_says():
    told = {
        row[0].strip("`"): tuple(int(number.replace(",", "")) for number in row[1:])
        for row in rows("Rate limits")
    }
    asked = {
        name: (tier.per_minute, tier.per_hour, tier.registrations, tier.writes)
        for name, tier in TIERS.items()
    }
    assert told == asked


def test_every_command_is_in_the_table(app):
    told = {words.split()[1].rstrip("`,") for words, _ in rows("Commands")}
    assert told == set(app.cli.commands) - {"limiter", "openapi"}


def test_map_of_the_folders_shows_every_folder_and_none_that_is_not_there():
    text = (ROOT / "docs" / "architecture.md").read_text()
    (drawn,) = re.findall(r"^## Folders\n.*?^```text\n(.*?)^```", text, re.M | re.DOTALL)
    tops = ("bench", "docs", "kamiyo_api", "ops", "sql", "tests")
    inside = [path for top in tops for path in (ROOT / top).glob("*/") if path.name[0] != "_"]
    assert sorted(folders(drawn)) == sorted([*tops, *(str(p.relative_to(ROOT)) for p in inside)])


def folders(drawn: str) -> Iterator[str]:
    """The folders that a map shows; those in a folder are indented below it."""
    top = ""
    for line in drawn.splitlines():
        indent = len(line) - len(line.lstrip())
        for word in line.split():
            if not word.endswith("/"):
                break
            name = word.rstrip("/")
            top = top if indent else name
            yield f"{top}/{name}" if indent else name


@pytest.mark.parametrize("name", LINKED)
def test_every_link_leads_to_a_file(name):
    document = ROOT / name
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([\w-]+))?\)", document.read_text()):
        found = document.parent / target if target else document
        assert found.exists(), target
        assert not anchor or anchor in anchors(found.read_text()), anchor


def anchors(document: str) -> set[str]:
    """What a link can lead to: the ids that a document sets, and those of its headings."""
    headings = re.findall(r"^#+ (.+)$", document, re.MULTILINE)
    slugs = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r'id="([\w-]+)"', document))


def test_readme_is_read_in_ten_minutes():
    assert len(README.splitlines()) <= 250
