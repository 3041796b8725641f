"""Import metadata: one line, and which queries write it."""

from __future__ import annotations

from kamiyo_api import db
from kamiyo_api.chains import KnownChains
from kamiyo_api.importer.facts import Facts
from kamiyo_api.importer.metadata_values import MAX_KEY_BYTES, bytes_of, check_entry
from kamiyo_api.importer.references import AgentLine, completer
from kamiyo_api.importer.staging import Kind, Written
from kamiyo_api.importer.values import NULL, LineRejected


def parse(number: int, line: bytes, chains: KnownChains) -> AgentLine:
    """Return what a line says. Raises LineRejected."""
    facts = Facts(line, chains)
    key = facts.text("key", MAX_KEY_BYTES)
    if key == NULL:
        raise LineRejected("key must be a text of at least one character")
    value = bytes_of("value", facts.fields.get("value"))
    check_entry(facts.fields["key"], value)
    columns = [key, b"\\\\x" + value.hex().encode(), facts.time("updated_at"), facts.unstorable()]
    return AgentLine(number, facts.agent(), facts.chain(), None, columns)


def write(tx: db.Transaction) -> Written:
    """Upsert the staged entries that say something new."""
    changed = tx.row("imports_metadata.upsert_entries") or {}
    return Written(changed["inserted"], changed["updated"])


METADATA = Kind(
    parse=parse,
    completer=completer,
    create="imports.create_lines",
    copy="imports_metadata.copy_lines",
    analyze_staged="imports.analyze_lines",
    repeated=("imports_metadata.delete_repeated",),
    older="imports_metadata.delete_older",
    write=write,
    analyze=("imports_metadata.analyze_metadata",),
)
