"""What the documents say, in parts."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.support import ROOT

README = (ROOT / "README.md").read_text()
REFERENCE = (ROOT / "docs" / "reference.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
ON_A_SERVER = "<!-- on a server -->\n"
BLOCK = re.compile(rf"^({ON_A_SERVER})?```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"\s*^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def rows(heading):
    """The cells of the tables under a heading of the reference."""
    section = re.split(r"^## ", REFERENCE, flags=re.MULTILINE)
    (found,) = (each for each in section if each.startswith(heading + "\n"))
    lines = re.findall(r"^\| (.*) \|$", found, re.MULTILINE)
    return [[cell.strip() for cell in line.split(" | ")] for line in lines if "---" not in line][1:]


def settings():
    """The names that are read from the environment."""
    config = (ROOT / "kamiyo_api" / "config.py").read_text()
    names = set(re.findall(r'env(?:\.get\(|\[|, )"([A-Z][A-Z_]+)"', config))
    # A name that ends so takes the rest from the tier.
    names |= set(re.findall(r'f"([A-Z_]+_)\{', config))
    # One that ends so takes the rest from the chain.
    names |= {f"{prefix}BASE" for prefix in re.findall(r'^[A-Z_]+ = "([A-Z_]+_)"$', config, re.M)}
    server = (ROOT / "gunicorn.conf.py").read_text()
    names |= set(re.findall(r"""["']([A-Z]+_?[A-Z_]+)["']""", server))
    # What one gunicorn tells its own workers and its successor is no setting.
    return sorted(name for name in names if not name.startswith("KAMIYO_METRICS_"))


class Block(NamedTuple):
    """What is typed, whether only on a server, and what the document shows as its output."""

    line: int
    is_for_servers: bool
    text: str
    shown: str


def blocks():
    """The blocks of the guide that are typed; where nothing is shown, nothing is printed."""
    for found in BLOCK.finditer(OPERATIONS):
        shown = SHOWN.match(OPERATIONS, found.end())
        line = OPERATIONS.count("\n", 0, found.start(2)) + 1
        yield Block(line, bool(found[1]), found[2], shown[1] if shown else "")
