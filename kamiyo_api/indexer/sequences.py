"""Check that no event is missing between those that are there: tokens are minted in order, a
registration is complete, a transfer is from the owner, feedback of a client is numbered.

What happened before the range is known from the range before, else from the database: the tables up
to the projected block, the journal above it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from kamiyo_api.cache.bounded import BoundedDict
from kamiyo_api.indexer.earlier import Earlier, Pair, Token
from kamiyo_api.indexer.events import TOPICS
from kamiyo_api.indexer.failures import Incomplete
from kamiyo_api.indexer.values import Log

(TRANSFER, UPDATE, REGISTERED, URI, METADATA, FEEDBACK, REVOKED, RESPONSE) = (
    bytes.fromhex(TOPICS[name])
    for name in (
        "Transfer",
        "MetadataUpdate",
        "Registered",
        "URIUpdated",
        "MetadataSet",
        "NewFeedback",
        "FeedbackRevoked",
        "ResponseAppended",
    )
)
NOBODY = bytes(20)
# The first token of a registry.
FIRST_TOKENS = (0, 1)
ABOUT_FEEDBACK = {FEEDBACK, REVOKED, RESPONSE}
MAX_REMEMBERED = 4096


class Range(NamedTuple):
    """The sequences as they are before a range, and then at each log of it."""

    next_tokens: dict[bytes, int | None]
    owners: dict[Token, bytes]
    last_feedback: dict[Pair, int]


class Sequences:
    """The sequences of one chain up to the checked block."""

    def __init__(self, earlier: Earlier) -> None:
        self._earlier = earlier
        self._block: int | None = None
        self._next_tokens: dict[bytes, int | None] = {}
        self._owners: BoundedDict[Token, bytes] = BoundedDict(MAX_REMEMBERED)
        self._last_feedback: BoundedDict[Pair, int] = BoundedDict(MAX_REMEMBERED)

    def check(self, logs: Sequence[Log], checked: int, projected: int, *, is_whole: bool) -> Range:
        """Check the logs after the checked block; return what is known after them. If the chain is
        not read as a whole, only what the range itself shows is checked. Raises Incomplete."""
        if self._block != checked or not is_whole:
            self._forget()
        check_registrations(logs)
        known = self._before(logs, checked, projected) if is_whole else Range({}, {}, {})
        for log in logs:
            check = CHECKS.get(log.topics[:32])
            if check is not None:
                check(log, known, is_whole)
        return known

    def remember(self, known: Range, block: int) -> None:
        """Use what is known after a range for the next one."""
        self._block = block
        self._next_tokens |= known.next_tokens
        for token, owner in known.owners.items():
            self._owners.put(token, owner)
        for pair, last in known.last_feedback.items():
            self._last_feedback.put(pair, last)

    def _forget(self) -> None:
        self._block = None
        self._next_tokens = {}
        self._owners.clear()
        self._last_feedback.clear()

    def _before(self, logs: Sequence[Log], checked: int, projected: int) -> Range:
        """Return what is known of the sequences that a range continues. A token that it mints has
        neither an owner nor feedback before."""
        moves = [log for log in logs if is_move(log)]
        mints = [log for log in moves if log.topics[44:64] == NOBODY]
        minted = {token_of(log) for log in mints}
        tokens = {token_of(log) for log in moves} - minted
        pairs = {pair_of(log) for log in logs if log.topics[:32] in ABOUT_FEEDBACK}
        pairs = {each for each in pairs if self._earlier.token_of(each) not in minted}
        owners = {each: self._owners[each] for each in tokens if each in self._owners}
        last = {each: self._last_feedback[each] for each in pairs if each in self._last_feedback}
        unread = (projected + 1, checked)
        for address in {log.address for log in mints} - self._next_tokens.keys():
            self._next_tokens[address] = self._earlier.next_token(address, *unread)
        owners |= self._earlier.owners(tokens - owners.keys(), *unread)
        last |= self._earlier.last_feedback(pairs - last.keys(), *unread)
        return Range(dict(self._next_tokens), owners, last)


def check_registrations(logs: Iterable[Log]) -> None:
    """Check that a change of a URI comes right after the update that announces it, and a
    registration right after its mint and before its wallet. Raises Incomplete."""
    by_contract: dict[bytes, list[Log]] = {}
    for log in logs:
        by_contract.setdefault(log.address, []).append(log)
    for each in by_contract.values():
        kinds = [log.topics[:32] for log in each]
        if URI in kinds or REGISTERED in kinds:
            for pair in pairwise([None, *each, None]):
                check_neighbours(*pair)
        if TRANSFER in kinds or REGISTERED in kinds:
            check_mints(each)


def check_neighbours(before: Log | None, log: Log | None) -> None:
    """Check two logs of a contract that follow each other. Raises Incomplete."""
    if log is not None and log.topics[:32] == URI and not is_right_after(before, log, UPDATE):
        raise missing(log, "the MetadataUpdate before URIUpdated")
    if before is None or before.topics[:32] != REGISTERED:
        return
    is_wallet = log is not None and log.topics[:32] == METADATA
    if log is None or not is_wallet or not is_right_after(before, log, REGISTERED):
        raise missing(before, "the MetadataSet after Registered")


def check_mints(logs: Sequence[Log]) -> None:
    """Check that what is minted is registered in the same transaction, and the reverse. Raises
    Incomplete."""
    mints = {(log.transaction_hash, log.topics[96:128]): log for log in logs if is_mint(log)}
    registrations = {
        (log.transaction_hash, log.topics[32:64]): log
        for log in logs
        if log.topics[:32] == REGISTERED
    }
    for key, log in mints.items():
        if key not in registrations:
            raise missing(log, "the Registered after a mint")
    for key, log in registrations.items():
        if key not in mints:
            raise missing(log, "the mint before Registered")


def is_right_after(before: Log | None, log: Log, kind: bytes) -> bool:
    """Return whether a log follows one of a kind without another between them."""
    return (
        before is not None
        and before.topics[:32] == kind
        and before.block_number == log.block_number
        and before.log_index == log.log_index - 1
    )


def check_move(log: Log, known: Range, is_whole: bool) -> None:
    """Check that a transfer is from the owner. Raises Incomplete."""
    if is_mint(log):
        check_mint(log, known, is_whole)
    elif is_move(log):
        token = token_of(log)
        owner = known.owners.get(token)
        if (owner is not None or is_whole) and owner != log.topics[44:64]:
            raise missing(log, "a Transfer before this one")
        known.owners[token] = log.topics[76:96]


def check_mint(log: Log, known: Range, is_whole: bool) -> None:
    """Check that the next token is minted. Raises Incomplete."""
    token = int.from_bytes(log.topics[96:128])
    expected = known.next_tokens.get(log.address)
    is_next = token == expected if expected is not None else token in FIRST_TOKENS
    if not is_next and (is_whole or expected is not None):
        raise missing(log, f"the mint of {expected or 0} before {token}")
    known.next_tokens[log.address] = token + 1
    known.owners[token_of(log)] = log.topics[76:96]


def check_feedback(log: Log, known: Range, is_whole: bool) -> None:
    """Check that a client's next feedback is numbered so. Raises Incomplete."""
    if len(log.topics) != 128 or len(log.data) < 32:
        return
    pair, index = pair_of(log), int.from_bytes(log.data[:32])
    last = known.last_feedback.get(pair, 0 if is_whole else index - 1)
    if index != last + 1:
        raise missing(log, f"feedback {last + 1} before {index}")
    known.last_feedback[pair] = index


def check_reference(log: Log, known: Range, is_whole: bool) -> None:
    """Check that the feedback exists that is revoked or answered. Raises Incomplete."""
    where = log.topics[96:128] if log.topics[:32] == REVOKED else log.data[:32]
    index = int.from_bytes(where)
    if is_whole and len(where) == 32 and index > known.last_feedback.get(pair_of(log), 0):
        raise missing(log, f"feedback {index} before what refers to it")


CHECKS: dict[bytes, Callable[[Log, Range, bool], None]] = {
    TRANSFER: check_move,
    FEEDBACK: check_feedback,
    REVOKED: check_reference,
    RESPONSE: check_reference,
}


def missing(log: Log, what: str) -> Incomplete:
    """Return the failure that says what is missing, and where that shows."""
    return Incomplete(f"{what} is missing at {log.block_number}/{log.log_index}")


def is_move(log: Log) -> bool:
    """Return whether a log is a transfer of a token, also a mint."""
    return len(log.topics) == 128 and log.topics[:32] == TRANSFER


def is_mint(log: Log) -> bool:
    """Return whether a log is the mint of a token."""
    return is_move(log) and log.topics[44:64] == NOBODY


def token_of(log: Log) -> Token:
    """Return the token of a transfer."""
    return Token(log.address, log.topics[96:128])


def pair_of(log: Log) -> Pair:
    """Return the agent and the client of an event about feedback."""
    return Pair(log.address, log.topics[32:96])
