"""docs/operations.md: every command in it runs as typed, and answers as it shows."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys

import pytest

from tests.support import ROOT
from tests.support.documents import blocks
from tests.support.programs import needed

SERVED = ("kamiyo_api", "sql", "wsgi.py")
BEGINS, ENDS = "\x1e", "\x1f"


def shape(output):
    """The lines of an output without figures, ids and the width of columns."""
    output = re.sub(r"\bkamiyo_[\w-]{8,}", "KEY", output)
    output = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", output)
    output = re.sub(r"[-+]?\d[\d.,]*(e[-+]\d+)?", "N", output)
    output = re.sub(r"\bN (ms|s|min|h|days?|B|kB|MB|GB)\b", "N UNIT", output)
    output = re.sub(r"-{2,}", "-", output)
    return [" ".join(line.split()) for line in output.strip("\n").splitlines()]


def is_expected(output, shown):
    """Whether an output has the shape that is shown: "…" stands for any text in a line, a line
    "..." for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?"
        if line == "..."
        else ".*".join(map(re.escape, re.split(r"\s*…\s*", line))) + r"\n"
        for line in shape(shown)
    )
    text = "".join(f"{line}\n" for line in shape(output))
    return re.fullmatch(pattern, text) is not None


@pytest.fixture
def clone(app, servers, gunicorn, valkey, sql, tmp_path):
    """A folder in which `make run` seems to serve, with some demo data; the shell in it is new."""
    for path in SERVED:
        (tmp_path / path).symlink_to(ROOT / path)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / ".data").mkdir()
    addresses = {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
    }
    (tmp_path / ".data" / "url").write_text(f"{gunicorn.url}\n")
    (tmp_path / ".data" / "servers.json").write_text(json.dumps(addresses))
    size = "--agents 50 --feedback 500 --payments 100"
    for command in (f"demo-data {size}", "refresh-stats"):
        done = app.test_cli_runner().invoke(args=shlex.split(command))
        assert done.exit_code == 0, done.output
    # Statements of other tests may be slow.
    sql("select pg_stat_statements_reset()")
    yield tmp_path
    sql("delete from erc8004_chains where name = 'examplenet'")


@pytest.fixture
def typed(clone, gunicorn):
    """The outputs and exit codes of commands that are typed into one shell, in the clone."""
    redis_cli = needed("redis-cli")
    environment = {
        "PATH": f"{os.path.dirname(redis_cli)}:{os.environ['PATH']}",
        "HOME": str(clone),
        "PORT": gunicorn.url.rpartition(":")[2],
        # The machine that tests may be busy.
        "REDIS_TIMEOUT_MS": "5000",
    }

    def run(texts):
        script = []
        for text in texts:
            script += [f"echo '{BEGINS}'", f"{{\n{text}\n}} 2>&1", f"printf '{ENDS}%d' $?"]
        done = subprocess.run(
            ["/bin/sh", "-c", "\n".join(script)],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        parts = [part.partition(ENDS) for part in done.stdout.split(f"{BEGINS}\n")[1:]]
        return [(output, int(code)) for output, _, code in parts]

    return run


# One test, because each block stands on those before it.
def test_commands_answer_as_the_document_shows(app, sql, refresh, typed):
    # Other tests of this process left their marks on its servers.
    sql("vacuum")
    sql("delete from erc8004_stats_refreshes")
    refresh()
    redis = app.extensions["kamiyo"].redis.connection
    redis.config_set("maxmemory", "256mb")
    redis.config_set("maxmemory-policy", "volatile-lru")
    redis.config_resetstat()
    run_here = [block for block in blocks() if not block.is_for_servers]
    unlike = []
    for block, (output, code) in zip(
        run_here, typed([each.text for each in run_here]), strict=True
    ):
        # The doctor's exit code is its news.
        is_well = code == 0 or block.text.strip() == "flask doctor"
        if not is_well or not is_expected(output, block.shown):
            unlike.append(f"docs/operations.md:{block.line} exits with {code}:\n{output}")
    assert not unlike, "\n".join(unlike)
