"""The fields of a line about an agent, and the marks of those that are not stored as they are."""

from __future__ import annotations

from kamiyo_api.chains import KnownChains
from kamiyo_api.db.copying import escaped
from kamiyo_api.importer.lines import (
    HIGHEST_LOG_INDEX,
    chain_of,
    marks_of,
    optional_number_of,
    parse_json,
)
from kamiyo_api.importer.references import Name, name_in
from kamiyo_api.importer.values import NULL, LineRejected, hash_of, past_of, time_column
from kamiyo_api.schemas.unstorable import ESCAPE, Mark

MAX_TEXT_BYTES = 64 * 1024
MAX_SOURCE_ID_BYTES = 200
MAX_TAG_BYTES = 1024


class Facts:
    """The fields of a line about an agent."""

    def __init__(self, line: bytes, chains: KnownChains) -> None:
        """Read a line. Raises LineRejected."""
        self._source = parse_json(line)
        self.fields = self._source.fields
        self.line = self._source.text
        self._marks: dict[str, Mark] = {}
        self._chains = chains

    def agent(self) -> Name:
        """Return how the line names its agent. Raises LineRejected."""
        return name_in(self.fields, self.line, self._chains)

    def chain(self, name: str = "chain") -> bytes:
        """Return the chain of the fact, or null. Raises LineRejected."""
        given = self.fields.get(name)
        if given is None:
            return NULL
        return chain_of({"chain": given}, self._chains).name.encode()

    def identity(self) -> tuple[bytes, bytes, bytes]:
        """Return tx_hash, log_index and source_id.

        A line with a log_index is known by that, and its source_id is left out.
        Raises LineRejected.
        """
        tx_hash = hash_of(self.fields, "tx_hash")
        log_index = optional_number_of(self.fields, "log_index", HIGHEST_LOG_INDEX)
        if tx_hash != NULL and log_index != NULL:
            return tx_hash, log_index, NULL
        return tx_hash, NULL, self.text("source_id", MAX_SOURCE_ID_BYTES)

    def time(self, name: str) -> bytes:
        """Return a time that has passed, or null. Raises LineRejected."""
        return time_column(past_of(self.fields, name))

    def text(self, name: str, most: int = MAX_TEXT_BYTES) -> bytes:
        """Return a text, null if it is empty or missing. Of one with more bytes than that, its hash
        is stored. Raises LineRejected."""
        value = self.fields.get(name)
        if value == "" or (value is None and self._source.originals is None):
            return NULL
        if isinstance(value, str) and self._source.originals is None:
            encoded = value.encode()
            if len(encoded) <= most:
                return escaped(encoded)
        return self._marked_text(name, most)

    def _marked_text(self, name: str, most: int) -> bytes:
        try:
            text, mark = self._source.storable_text(name, most)
        except TypeError:
            raise LineRejected(f"{name} must be a text") from None
        if text is None and mark is not None:
            mark = mark._replace(stored="sha256")
            text = f"{ESCAPE}sha256:{mark.sha256}"
        if mark is not None:
            self._marks[name] = mark
        return NULL if text is None else escaped(text.encode())

    def unstorable(self) -> bytes:
        """Return the marks of the texts that were read, or null."""
        return marks_of(**self._marks)
