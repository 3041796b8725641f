"""The names of the columns that statements of the projection take, in the order of their rows."""

from __future__ import annotations

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
REQUEST_COLUMNS = (
    "agent_uuids",
    "registries",
    "request_hashes",
    "validators",
    "request_uris",
    "requested",
    "requested_blocks",
    "request_marks",
)
VALIDATION_TEXTS = ("request_uris", "request_marks", "response_uris", "tags", "response_marks")
ANSWER_COLUMNS = (
    "ids",
    "agent_uuids",
    "clients",
    "feedback_indexes",
    "responders",
    "uris",
    "hashes",
    "blocks",
    "indexes",
    "times",
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
