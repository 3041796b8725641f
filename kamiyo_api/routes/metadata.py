"""Metadata of an agent: list, read, set, delete."""

from __future__ import annotations

from typing import Any

from kamiyo_api import db, errors
from kamiyo_api.policies import requires, transactional
from kamiyo_api.routes.agent_access import refuse_decided, require_owned_agent
from kamiyo_api.schemas import metadata as schemas
from kamiyo_api.schemas import pages
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = "/agents"
MAX_ENTRIES = 50
MAX_KEY_LENGTH = 128
LONGEST_LISTED = 64 * 1024
RESERVED_KEY = "agentWallet"
blueprint = ApiBlueprint("metadata", __name__, description="Read and set the metadata of an agent.")


@blueprint.get("/<uuid:agent_uuid>/metadata")
@requires("read")
@blueprint.arguments(pages.Page, location="query")
@blueprint.response(200, schemas.MetadataList)
def list_metadata(query: dict[str, Any], agent_uuid: str) -> Any:
    """List the metadata of an agent, in the order of the keys.

    Clients can set 50 entries. An agent that was read from a chain may have more and longer ones;
    `truncated` marks values that the list shortens.
    """
    page = pages.ByKey("metadata", "key", query, agent_uuid)
    parameters = page.parameters() | {"longest": LONGEST_LISTED}
    rows = db.rows("metadata.list_by_agent", agent_uuid=agent_uuid, **parameters)
    if not rows:
        raise errors.AgentNotFound
    return page.answer([row for row in rows if row["key"] is not None])


@blueprint.get("/<uuid:agent_uuid>/metadata/<text:key>", merge_slashes=False)
@requires("read")
@blueprint.response(200, schemas.MetadataEntry)
def get_metadata(agent_uuid: str, key: str) -> Any:
    """Return one metadata entry of an agent.

    The key is everything after `metadata/`, percent-encoded; a slash need not be encoded.
    """
    # PostgreSQL accepts no NUL in a parameter; no key contains one.
    key_or_none = None if "\0" in key else key
    whole = pages.WHOLE
    entry = db.row("metadata.get", agent_uuid=agent_uuid, key=key_or_none, longest=whole)
    if entry is None:
        raise errors.AgentNotFound
    if entry["key"] is None:
        raise errors.MetadataNotFound
    return entry


@blueprint.put("/<uuid:agent_uuid>/metadata/<text:key>", merge_slashes=False)
@requires("write")
@transactional
@blueprint.arguments(schemas.MetadataToSet)
@blueprint.response(200, schemas.MetadataEntry)
def set_metadata(tx: db.Transaction, entry: dict[str, Any], agent_uuid: str, key: str) -> Any:
    """Set a metadata entry, as the agent's owner: at most 50 entries of at most 10 KiB each."""
    check_key(key)
    agent = require_owned_agent(tx, agent_uuid)
    refuse_decided(agent, "its metadata", "setMetadata({agent_id}, metadataKey, metadataValue)")
    if tx.rows("metadata.count_others", agent_uuid=agent_uuid, key=key)[0]["others"] >= MAX_ENTRIES:
        raise errors.InvalidInput(
            errors={"key": [f"The agent has {MAX_ENTRIES} entries; delete one first."]}
        )
    return tx.row("metadata.upsert", agent_uuid=agent_uuid, key=key, value=entry["value"])


def check_key(key: str) -> None:
    """Refuse an invalid or reserved key. Raises InvalidInput."""
    if "\0" in key or len(key) > MAX_KEY_LENGTH:
        raise errors.InvalidInput(
            errors={"key": [f"Give at most {MAX_KEY_LENGTH} characters, none of them NUL."]}
        )
    if key == RESERVED_KEY:
        raise errors.InvalidInput(
            errors={"key": [f"{RESERVED_KEY} is reserved by ERC-8004; it is set on chain."]}
        )


@blueprint.delete("/<uuid:agent_uuid>/metadata/<text:key>", merge_slashes=False)
@requires("write")
@transactional
@blueprint.response(204)
def delete_metadata(tx: db.Transaction, agent_uuid: str, key: str) -> None:
    """Delete a metadata entry, as the agent's owner."""
    check_key(key)
    agent = require_owned_agent(tx, agent_uuid)
    refuse_decided(agent, "its metadata", "setMetadata({agent_id}, metadataKey, 0x)")
    if not tx.execute("metadata.delete", agent_uuid=agent_uuid, key=key):
        raise errors.MetadataNotFound
