"""Write the facts of some blocks to the tables, each kind in one statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

from kamiyo_api.db import Transaction
from kamiyo_api.indexer.columns import columns_of
from kamiyo_api.indexer.facts import AgentFacts, Place, Token, hash_of, uuid_at
from kamiyo_api.indexer.folding import Folding, Unprojected
from kamiyo_api.indexer.texts import marks_of, name_of, text_of

NO_AGENT = "there is no such agent"
NO_FEEDBACK = "there is no such feedback"
NO_REQUEST = "there is no such request"

AGENT_COLUMNS = (
    "owners",
    "uris",
    "wallets",
    "owners_since",
    "tx_hashes",
    "blocks",
    "indexes",
    "times",
    "marks",
)
RESPONSE_COLUMNS = (
    "responses",
    "response_uris",
    "response_hashes",
    "tags",
    "responded",
    "responded_blocks",
    "response_marks",
)
FEEDBACK_COLUMNS = (
    "ids",
    "agent_uuids",
    "clients",
    "feedback_indexes",
    "values",
    "decimals",
    "tags1",
    "tags2",
    "endpoints",
    "file_uris",
    "file_hashes",
    "tx_hashes",
    "blocks",
    "indexes",
    "times",
    "revoked",
    "marks",
)
EPOCH_COLUMNS = (
    "agent_uuids",
    "owners",
    "tx_hashes",
    "from_blocks",
    "from_indexes",
    "from_times",
    "to_blocks",
    "to_indexes",
    "to_times",
)
CONFIRMED_COLUMNS = (
    "agent_uuids",
    "clients",
    "feedback_indexes",
    "tx_hashes",
    "blocks",
    "indexes",
)


class Writing:
    """The writing of the facts of some blocks of a chain, in a transaction."""

    def __init__(self, tx: Transaction, chain: str, facts: Folding) -> None:
        self._tx = tx
        self._chain = chain
        self._facts = facts
        self._uuids: dict[Token, str] = {}
        self._left_out: list[Unprojected] = list(facts.unprojected)

    @property
    def agent_uuids(self) -> list[str]:
        """Return the agents about which anything was written."""
        return list(self._uuids.values())

    @property
    def are_agents_changed(self) -> bool:
        """Return whether an answer of the search may have changed."""
        return bool(self._facts.agents)

    def write(self) -> None:
        """Write everything; what names nothing that exists is recorded as not projected."""
        self._write_minted()
        self._find_agents()
        self._write_changed()
        self._write_metadata()
        self._write_epochs()
        self._write_feedback()
        self._write_revocations()
        self._write_responses()
        self._write_validations()
        self._write_unprojected()

    def _run(
        self,
        call: Callable[..., Any],
        query: str,
        rows: Sequence[Sequence[Any]],
        names: Sequence[str],
        texts: Iterable[str] = (),
    ) -> Any:
        """Run a query over rows, if there are any."""
        if not rows:
            return []
        return call(f"projection{query}", chain=self._chain, **columns_of(rows, names, texts))

    def _write_minted(self) -> None:
        rows = [
            [uuid_at(self._chain, agent.minted), *token, *agent.columns(), agent.minted.time]
            for token, agent in self._facts.agents.items()
            if agent.minted is not None
        ]
        names = ("ids", "registries", "agent_ids", *AGENT_COLUMNS, "registered")
        written = self._run(self._tx.rows, ".upsert_minted", rows, names, ("uris", "marks"))
        for row in written:
            self._uuids[row["registry_address"], int(row["agent_id"])] = row["agent_uuid"]
        known = [[row["agent_uuid"]] for row in written if not row["is_new"]]
        self._run(self._tx.execute, ".delete_metadata", known, ("agent_uuids",))

    def _find_agents(self) -> None:
        facts = self._facts
        tokens = {
            *facts.agents,
            *(token for token, _, _ in facts.feedback),
            *(token for token, _, _ in facts.revocations),
            *(token for token, _, _ in facts.responses),
            *(token for token, _, _ in facts.validations),
        }
        missing = list(tokens - self._uuids.keys())
        for row in self._run(self._tx.rows, ".list_agents", missing, ("registries", "agent_ids")):
            self._uuids[missing[row["place"] - 1]] = row["agent_uuid"]

    def _changed(self) -> list[tuple[str, AgentFacts]]:
        """Return the agents with facts that exist, and record the others."""
        found = []
        for token, agent in self._facts.agents.items():
            if token in self._uuids:
                found.append((self._uuids[token], agent))
            else:
                self._leave(agent.last, "agent", NO_AGENT)
        return found

    def _write_changed(self) -> None:
        rows = [[uuid, *agent.columns()] for uuid, agent in self._changed() if not agent.minted]
        names = ("agent_uuids", *AGENT_COLUMNS)
        self._run(self._tx.execute, ".update_changed", rows, names, ("uris", "marks"))

    def _write_metadata(self) -> None:
        rows = []
        for token, agent in self._facts.agents.items():
            uuid = self._uuids.get(token)
            for raw, (value, place) in agent.metadata.items() if uuid else ():
                key, mark = name_of(raw)
                rows.append([uuid, key, f"\\x{value.hex()}", place.time, marks_of(key=mark)])
        names = ("agent_uuids", "keys", "values", "times", "marks")
        self._run(self._tx.execute, ".upsert_metadata", rows, names, ("keys", "values", "marks"))

    def _write_epochs(self) -> None:
        transferred = [
            (uuid, agent.epochs)
            for token, agent in self._facts.agents.items()
            if agent.epochs and (uuid := self._uuids.get(token))
        ]
        ended = [
            [uuid, first.place.block, first.place.log_index, first.place.time]
            for uuid, (first, *_) in transferred
        ]
        names = ("agent_uuids", "blocks", "indexes", "times")
        self._run(self._tx.execute, ".update_ended_epochs", ended, names)
        rows = [
            [uuid, begun.owner, begun.place.tx_hash, *begun.place[:3], *end_of(next_one)]
            for uuid, epochs in transferred
            for begun, next_one in pairwise([*epochs, None])
            if begun is not None
        ]
        self._run(self._tx.execute, ".insert_epochs", rows, EPOCH_COLUMNS)

    def _write_feedback(self) -> None:
        rows = []
        for (token, _, _), given in self._facts.feedback.items():
            uuid = self._uuid(token, given.place, "NewFeedback")
            if uuid is not None:
                rows.append(given.columns(self._chain, uuid))
        chosen = [FEEDBACK_COLUMNS.index(name) for name in CONFIRMED_COLUMNS]
        named = [[row[place] for place in chosen] for row in rows]
        self._run(self._tx.execute, "_feedback.update_confirmed", named, CONFIRMED_COLUMNS)
        texts = ("tags1", "tags2", "endpoints", "file_uris", "marks")
        self._run(self._tx.execute, "_feedback.upsert", rows, FEEDBACK_COLUMNS, texts)

    def _write_revocations(self) -> None:
        rows, places = [], []
        for (token, client, index), place in self._facts.revocations.items():
            uuid = self._uuid(token, place, "FeedbackRevoked")
            if uuid is not None:
                rows.append([uuid, client, index, place.time])
                places.append(place)
        names = ("agent_uuids", "clients", "feedback_indexes", "times")
        found = self._run(self._tx.rows, "_feedback.update_revoked", rows, names)
        self._leave_missing(places, found, "FeedbackRevoked", NO_FEEDBACK)

    def _write_responses(self) -> None:
        rows, places = [], {}
        for token, event, place in self._facts.responses:
            uuid = self._uuid(token, place, "ResponseAppended")
            if uuid is not None:
                rows.append(response_columns(self._chain, uuid, event, place))
                places[place.block, place.log_index] = place
        names = ("ids", "agent_uuids", "clients", "feedback_indexes", "responders", "uris")
        more = ("hashes", "blocks", "indexes", "times", "marks")
        query = "_feedback.insert_responses"
        for row in self._run(self._tx.rows, query, rows, (*names, *more), ("uris", "marks")):
            del places[row["block_number"], row["log_index"]]
        for place in places.values():
            self._leave(place, "ResponseAppended", NO_FEEDBACK)

    def _write_validations(self) -> None:
        requested, responded, places = [], [], []
        for (token, registry, raw_hash), validation in self._facts.validations.items():
            place = validation.requested or validation.responded
            assert place is not None
            uuid = self._uuid(token, place, "validation")
            if uuid is None:
                continue
            key = [uuid, registry, f"0x{raw_hash.hex()}"]
            if validation.requested is not None:
                own = request_columns(validation.request, place)
                row = [uuid_at(self._chain, place), *key, *own, *validation.columns()]
                requested.append(row)
            else:
                responded.append([*key, *validation.columns()])
                places.append(place)
        names = ("agent_uuids", "registries", "request_hashes")
        own_names = ("validators", "request_uris", "requested", "requested_blocks", "request_marks")
        texts = ("request_uris", "request_marks", "response_uris", "tags", "response_marks")
        query = "_validations.upsert_requested"
        all_names = ("ids", *names, *own_names, *RESPONSE_COLUMNS)
        self._run(self._tx.execute, query, requested, all_names, texts)
        query = "_validations.update_responded"
        found = self._run(self._tx.rows, query, responded, (*names, *RESPONSE_COLUMNS), texts)
        self._leave_missing(places, found, "ValidationResponse", NO_REQUEST)

    def _write_unprojected(self) -> None:
        rows = [
            [each.place.block, each.place.log_index, each.event, each.reason]
            for each in self._left_out
        ]
        names = ("blocks", "indexes", "events", "reasons")
        self._run(self._tx.execute, ".insert_unprojected", rows, names, ("events", "reasons"))

    def _uuid(self, token: Token, place: Place, event: str) -> str | None:
        """Return the id of an agent; if there is none, record the log as not projected."""
        uuid = self._uuids.get(token)
        if uuid is None:
            self._leave(place, event, NO_AGENT)
        return uuid

    def _leave(self, place: Place, event: str, reason: str) -> None:
        self._left_out.append(Unprojected(place, event, reason))

    def _leave_missing(
        self, places: Sequence[Place], found: Iterable[dict[str, Any]], event: str, reason: str
    ) -> None:
        known = {row["place"] for row in found}
        for number, place in enumerate(places, 1):
            if number not in known:
                self._leave(place, event, reason)


def end_of(epoch: Any) -> Sequence[int | None]:
    """Return the block, the position and the time that end an epoch, nulls if nothing does."""
    return (None, None, None) if epoch is None else epoch.place[:3]


def response_columns(chain: str, agent_uuid: str, event: Any, place: Place) -> list[Any]:
    """Return the columns of a response to feedback."""
    uri, mark = text_of(event.response_uri)
    return [
        uuid_at(chain, place),
        agent_uuid,
        event.client,
        event.feedback_index,
        event.responder,
        uri,
        hash_of(event.response_hash),
        place.block,
        place.log_index,
        place.time,
        marks_of(response_uri=mark),
    ]


def request_columns(request: Any, place: Place) -> list[Any]:
    """Return the columns of a request for a validation."""
    raw = request.request_uri
    uri, mark = text_of(raw) if raw else (None, None)
    return [request.validator, uri, place.time, place.block, marks_of(request_uri=mark)]
