"""The facts in the logs of some blocks: a few of each agent, and the rows of feedback, responses
and validations. No database."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NamedTuple

from kamiyo_api.indexer.abi import unsigned
from kamiyo_api.indexer.texts import marks_of, name_of, text_of

NOBODY = f"0x{0:040x}"
NO_HASH = bytes(32)
MOST_MILLISECONDS = 2**48 - 1
# The lower 80 bits of an id: which of them are those of the hash, and the version and the variant.
HASHED, VERSION_8 = 0x0FFF3FFFFFFFFFFFFFFF, 0x80008000000000000000
HASH = blake2b(digest_size=10)

# The identity registry of an agent, and its number in it.
Token = tuple[str, int]


class Place(NamedTuple):
    """The place of a log on its chain, and its time."""

    block: int
    log_index: int
    time: int
    transaction: bytes

    @property
    def tx_hash(self) -> str:
        """Return the hash of the transaction as a column holds it."""
        return f"0x{self.transaction.hex()}"


def uuid_at(chain: str, place: Place) -> str:
    """Return the id of the row that a log leads to: always the same, and in the order of time (RFC
    9562, version 8)."""
    block, log_index, time, _ = place
    hashed = HASH.copy()
    hashed.update(f"{chain}/{block}/{log_index}".encode())
    tail = unsigned(hashed.digest()) & HASHED | VERSION_8
    return f"{(time * 1000 & MOST_MILLISECONDS) << 80 | tail:032x}"


def hash_of(raw: bytes) -> str | None:
    """Return a hash as a column holds it; on a chain, zeros mean that there is none."""
    return None if raw == NO_HASH else f"0x{raw.hex()}"


class Epoch(NamedTuple):
    """A transfer, which begins the time of an owner."""

    owner: str
    place: Place


class AgentFacts:
    """The newest facts of an agent in some blocks; what no log says is None."""

    __slots__ = ("epochs", "first_minted", "last", "metadata", "minted", "owner", "uri", "wallet")

    def __init__(self) -> None:
        self.first_minted: Place | None = None
        self.minted: Place | None = None
        self.owner: str | None = None
        self.uri: bytes | None = None
        self.wallet: str | None = None
        self.last: Place
        self.epochs: list[Epoch] = []
        self.metadata: dict[bytes, tuple[bytes, Place]] = {}

    def transfer(self, receiver: str, place: Place, *, is_mint: bool) -> None:
        """Set another owner: a mint also sets the wallet, every other transfer clears it."""
        self.owner = receiver
        self.wallet = receiver if is_mint else NOBODY
        self.epochs.append(Epoch(receiver, place))
        if is_mint:
            self.first_minted = self.first_minted or place
            self.minted = place
            self.uri = b""
            self.metadata = {}

    def columns(self) -> list[Any]:
        """Return the columns that a mint and a later change have in common."""
        uri, mark = (None, None) if self.uri is None else text_of(self.uri)
        since = self.epochs[-1].place.time if self.epochs else None
        last = self.last
        return [
            self.owner,
            uri,
            self.wallet,
            since,
            last.tx_hash,
            last.block,
            last.log_index,
            last.time,
            marks_of(token_uri=mark),
        ]


class Feedback:
    """A feedback that was given in these blocks, perhaps revoked in them, too."""

    __slots__ = ("event", "first", "place", "revoked_at")

    def __init__(self, event: Any, place: Place, earlier: Feedback | None) -> None:
        self.event = event
        self.place = place
        self.first: Place = place if earlier is None else earlier.first
        self.revoked_at: int | None = None

    def columns(self, chain: str, agent_uuid: str) -> list[Any]:
        """Return the columns of its row."""
        _, client, index, value, decimals, raw1, raw2, raw_endpoint, raw_uri, digest = self.event
        tag1, mark1 = name_of(raw1) if raw1 else (None, None)
        tag2, mark2 = name_of(raw2) if raw2 else (None, None)
        endpoint, mark3 = text_of(raw_endpoint) if raw_endpoint else (None, None)
        file_uri, mark4 = text_of(raw_uri) if raw_uri else (None, None)
        marks = None
        if mark1 or mark2 or mark3 or mark4:
            marks = marks_of(tag1=mark1, tag2=mark2, endpoint=mark3, file_uri=mark4)
        place = self.place
        return [
            uuid_at(chain, self.first),
            agent_uuid,
            client,
            index,
            value,
            decimals,
            tag1,
            tag2,
            endpoint,
            file_uri,
            hash_of(digest),
            place.tx_hash,
            place.block,
            place.log_index,
            place.time,
            self.revoked_at,
            marks,
        ]


class Validation:
    """A validation that was requested or answered in these blocks."""

    __slots__ = ("answers", "first", "request", "requested", "response")

    def __init__(self) -> None:
        self.first: Place | None = None
        self.request: Any = None
        self.requested: Place | None = None
        self.response: Any = None
        self.answers: list[Place] = []

    def set_request(self, event: Any, place: Place) -> None:
        """Set the request, which has no response yet."""
        self.first = self.first or place
        self.request, self.requested, self.response = event, place, None

    def set_response(self, event: Any, place: Place) -> None:
        """Set the response, which replaces an earlier one."""
        self.response = event
        self.answers.append(place)

    def columns(self) -> list[Any]:
        """Return the columns of the response, nulls if there is none."""
        if self.response is None:
            return [None] * 7
        response, place = self.response, self.answers[-1]
        tag, mark1 = name_of(response.tag) if response.tag else (None, None)
        uri, mark2 = text_of(response.response_uri) if response.response_uri else (None, None)
        return [
            response.response,
            uri,
            hash_of(response.response_hash),
            tag,
            place.time,
            place.block,
            marks_of(tag=mark1, response_uri=mark2),
        ]
