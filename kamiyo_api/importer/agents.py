"""Import agents from registries: which queries write their lines."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import BinaryIO, cast
from zlib import crc32

from kamiyo_api import db
from kamiyo_api.importer.files import RejectedLine
from kamiyo_api.importer.halves import Row
from kamiyo_api.importer.lines import StagingRow, parse_line
from kamiyo_api.importer.staging import Imported, Kind, Written, import_lines


def write(tx: db.Transaction) -> Written:
    """Upsert the staged agents that contain something new, then their metadata: a change of owner
    deletes that of the former one. Of agents of a chain, only the files are written."""
    agents = tx.row("imports_agents.upsert_agents") or {}
    metadata = tx.row("imports_agents.upsert_metadata") or {}
    updated = agents["updated"] + metadata["updated"]
    if tx.rows("imports_agents.get_followed")[0]["is_followed"]:
        updated += tx.rows("imports_agents.update_files")[0]["updated"]
    return Written(agents["inserted"], updated)


def place_of(columns: Row) -> tuple[Hashable, int]:
    """Return the registry and the number of an agent in it."""
    row = cast(StagingRow, columns)
    return (row.chain, row.registry_address), int(row.agent_id)


def is_second(columns: Row) -> bool:
    """Return whether an agent is in the second half of a large file, by its number."""
    return bool(crc32(cast(StagingRow, columns).agent_id) & 1)


AGENTS = Kind(
    parse=parse_line,
    completer=lambda: iter,
    create="imports_agents_staging.create_staging",
    copy="imports_agents_staging.copy_staging",
    analyze_staged="imports_agents_staging.analyze_staging",
    repeated=("imports_agents_staging.delete_duplicates",),
    write=write,
    analyze=("imports_agents.analyze_agents", "imports_agents.analyze_search"),
    prepare="imports_agents_staging.update_too_large",
    older="imports_agents_staging.delete_older",
    place_of=place_of,
    joined=("imports_agents.delete_repeated_words",),
    is_second=is_second,
)


def import_file(
    file: BinaryIO,
    on_rejected: Callable[[RejectedLine], object],
    advance: Callable[[int], object] = lambda count: None,
) -> Imported:
    """Import the agents of a file; see import_lines."""
    return import_lines(AGENTS, file, on_rejected, advance)
