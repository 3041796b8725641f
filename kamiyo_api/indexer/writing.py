"""Write the facts of some blocks to the tables, each kind in one statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from kamiyo_api.db import Transaction
from kamiyo_api.indexer.binary_copy import file_of
from kamiyo_api.indexer.column_names import (
    AGENT_COLUMNS,
    ANSWER_COLUMNS,
    CONFIRMED_COLUMNS,
    FEEDBACK_COLUMNS,
    REQUEST_COLUMNS,
    RESPONSE_COLUMNS,
    VALIDATION_TEXTS,
)
from kamiyo_api.indexer.columns import columns_of
from kamiyo_api.indexer.facts import Place, Token, Validation, hash_of, uuid_at
from kamiyo_api.indexer.folding import FeedbackKey, Folding, Unprojected
from kamiyo_api.indexer.new_rows import (
    Scored,
    agent_rows,
    epoch_rows,
    feedback_rows,
    score_fields,
)
from kamiyo_api.indexer.texts import marks_of, name_of, text_of

NO_FEEDBACK = "there is no such feedback"
NO_REQUEST = "there is no such request"


class Writing:
    """The writing of the facts of some blocks of a chain, in a transaction."""

    def __init__(
        self,
        tx: Transaction,
        chain: str,
        facts: Folding,
        uuids: dict[Token, str],
        *,
        is_any_unconfirmed: bool,
        is_rebuilt: bool,
    ) -> None:
        """`uuids` are the ids of the agents that exist before these blocks; what is rebuilt may be
        stored already."""
        self._new: set[str] = set()
        self._is_any_unconfirmed = is_any_unconfirmed
        self._is_rebuilt = is_rebuilt
        self._tx = tx
        self._chain = chain
        self._facts = facts
        self._uuids = uuids
        self._left_out: list[Unprojected] = list(facts.unprojected)

    @property
    def agent_uuids(self) -> list[str]:
        """Return the agents about which anything may have been written."""
        return list(self._uuids.values())

    @property
    def are_agents_changed(self) -> bool:
        """Return whether an answer of the search may have changed."""
        return bool(self._facts.agents)

    def write(self) -> None:
        """Write everything; what names nothing that exists is recorded as not projected."""
        self._write_minted()
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
        return call(query, chain=self._chain, **columns_of(rows, names, texts))

    def _write_minted(self) -> None:
        new: list[Sequence[Any]] = []
        known: list[Sequence[Any]] = []
        for token, agent in self._facts.agents.items():
            if agent.minted is not None and agent.first_minted is not None:
                own = [uuid_at(self._chain, agent.first_minted), *token]
                row = [*own, *agent.columns(), agent.minted.time]
                (known if token in self._uuids else new).append(row)
        if new and self._tx.copy_new(
            "projection.copy_minted", file_of(agent_rows(self._chain, new))
        ):
            for raw, registry, agent_id, *_ in new:
                self._uuids[registry, agent_id] = agent_uuid = str(UUID(raw))
                self._new.add(agent_uuid)
        else:
            known += new
        self._upsert_minted(known)

    def _upsert_minted(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write agents that imports or clients may have brought."""
        names = ("ids", "registries", "agent_ids", *AGENT_COLUMNS, "registered")
        written = self._run(
            self._tx.rows, "projection.upsert_minted", rows, names, ("uris", "marks")
        )
        for row in written:
            self._uuids[row["registry_address"], int(row["agent_id"])] = row["agent_uuid"]
        self._new |= {row["agent_uuid"] for row in written if row["is_new"]}
        known = [[row["agent_uuid"]] for row in written if not row["is_new"]]
        self._run(self._tx.execute, "projection.delete_metadata", known, ("agent_uuids",))

    def _write_changed(self) -> None:
        rows = [
            [self._uuids[token], *agent.columns()]
            for token, agent in self._facts.agents.items()
            if agent.minted is None
        ]
        names = ("agent_uuids", *AGENT_COLUMNS)
        self._run(self._tx.execute, "projection.update_changed", rows, names, ("uris", "marks"))

    def _write_metadata(self) -> None:
        rows = []
        for token, agent in self._facts.agents.items():
            for raw, (value, place) in agent.metadata.items():
                key, mark = name_of(raw)
                entry = [key, f"\\x{value.hex()}", place.time, marks_of(key=mark)]
                rows.append([self._uuids[token], *entry])
        names = ("agent_uuids", "keys", "values", "times", "marks")
        self._run(
            self._tx.execute, "projection.upsert_metadata", rows, names, ("keys", "values", "marks")
        )

    def _write_epochs(self) -> None:
        transferred = [
            (self._uuids[token], agent.epochs)
            for token, agent in self._facts.agents.items()
            if agent.epochs
        ]
        ended = [
            [uuid, *first.place[:3]] for uuid, (first, *_) in transferred if uuid not in self._new
        ]
        names = ("agent_uuids", "blocks", "indexes", "times")
        self._run(self._tx.execute, "projection.update_ended_epochs", ended, names)
        rows = [
            [uuid, begun.owner, begun.place.tx_hash, *begun.place[:3], *end_of(next_one)]
            for uuid, epochs in transferred
            for begun, next_one in zip(epochs, [*epochs[1:], None], strict=True)
        ]
        if rows:
            self._tx.copy("projection.copy_epochs", file_of(epoch_rows(rows)))

    def _write_feedback(self) -> None:
        rows = [
            given.columns(self._chain, self._uuids[token])
            for (token, _, _), given in self._facts.feedback.items()
        ]
        are_known = self._is_rebuilt
        if self._is_any_unconfirmed:
            chosen = [FEEDBACK_COLUMNS.index(name) for name in CONFIRMED_COLUMNS]
            named = [[row[place] for place in chosen] for row in rows]
            query = "projection_feedback.update_confirmed"
            are_known |= bool(self._run(self._tx.execute, query, named, CONFIRMED_COLUMNS))
        if not rows or (not are_known and self._copy_feedback(rows)):
            return
        texts = ("tags1", "tags2", "endpoints", "file_uris", "marks")
        self._run(self._tx.execute, "projection_feedback.upsert", rows, FEEDBACK_COLUMNS, texts)

    def _copy_feedback(self, rows: Sequence[Sequence[Any]]) -> bool:
        """Load feedback, and return True; load nothing, and return False, if any of it is stored
        already."""
        values: list[Scored] = list({tuple(row[4:7]): None for row in rows})
        names = ("values", "decimals", "tags1")
        scores = {}
        for row in self._run(
            self._tx.rows, "projection_feedback.get_scores", values, names, ("tags1",)
        ):
            scored = values[row["place"] - 1]
            fields = score_fields(
                self._chain, scored[0], row["score"], is_measurement=row["is_measurement"]
            )
            scores[scored] = fields
        source = file_of(feedback_rows(rows, scores))
        return self._tx.copy_new("projection_feedback.copy_given", source)

    def _write_revocations(self) -> None:
        first: dict[FeedbackKey, Place] = {}
        for key, place in self._facts.revocations:
            first.setdefault(key, place)
        rows = [
            [self._uuids[token], client, index, place.time]
            for (token, client, index), place in first.items()
        ]
        names = ("agent_uuids", "clients", "feedback_indexes", "times")
        keys = list(first)
        for row in self._run(self._tx.rows, "projection_feedback.update_revoked", rows, names):
            del first[keys[row["place"] - 1]]
        for key, place in self._facts.revocations:
            if key in first:
                self._leave(place, "FeedbackRevoked", NO_FEEDBACK)

    def _write_responses(self) -> None:
        rows, places = [], {}
        for token, event, place in self._facts.responses:
            rows.append(response_columns(self._chain, self._uuids[token], event, place))
            places[place[:2]] = place
        query, texts = "projection_feedback.insert_responses", ("uris", "marks")
        for row in self._run(self._tx.rows, query, rows, ANSWER_COLUMNS, texts):
            del places[row["block_number"], row["log_index"]]
        for place in places.values():
            self._leave(place, "ResponseAppended", NO_FEEDBACK)

    def _write_validations(self) -> None:
        requested, responded, answered = [], [], []
        for (token, registry, raw_hash), validation in self._facts.validations.items():
            key = [self._uuids[token], registry, f"0x{raw_hash.hex()}"]
            if validation.first is not None:
                own = request_columns(validation)
                row = [uuid_at(self._chain, validation.first), *key, *own, *validation.columns()]
                requested.append(row)
            else:
                responded.append([*key, *validation.columns()])
                answered.append(validation)
        query, names = (
            "projection_validations.upsert_requested",
            [*REQUEST_COLUMNS, *RESPONSE_COLUMNS],
        )
        self._run(self._tx.execute, query, requested, ["ids", *names], VALIDATION_TEXTS)
        query, names = (
            "projection_validations.update_responded",
            [*REQUEST_COLUMNS[:3], *RESPONSE_COLUMNS],
        )
        found = self._run(self._tx.rows, query, responded, names, VALIDATION_TEXTS)
        known = {row["place"] for row in found}
        for number, validation in enumerate(answered, 1):
            for place in validation.answers if number not in known else ():
                self._leave(place, "ValidationResponse", NO_REQUEST)

    def _write_unprojected(self) -> None:
        rows = [[*place[:2], event, reason] for place, event, reason in self._left_out]
        names = ("blocks", "indexes", "events", "reasons")
        self._run(
            self._tx.execute, "projection.insert_unprojected", rows, names, ("events", "reasons")
        )

    def _leave(self, place: Place, event: str, reason: str) -> None:
        self._left_out.append(Unprojected(place, event, reason))


def end_of(epoch: Any) -> Sequence[int | None]:
    """Return the block, the position and the time that end an epoch, nulls if nothing does."""
    return (None, None, None) if epoch is None else epoch.place[:3]


def response_columns(chain: str, agent_uuid: str, event: Any, place: Place) -> list[Any]:
    """Return the columns of a response to feedback."""
    uri, mark = text_of(event.response_uri)
    own = [uuid_at(chain, place), agent_uuid, event.client, event.feedback_index, event.responder]
    return [*own, uri, hash_of(event.response_hash), *place[:3], marks_of(response_uri=mark)]


def request_columns(validation: Validation) -> list[Any]:
    """Return the columns of a request for a validation."""
    request, place = validation.request, validation.requested
    assert place is not None
    raw = request.request_uri
    uri, mark = text_of(raw) if raw else (None, None)
    return [request.validator, uri, place.time, place.block, marks_of(request_uri=mark)]
