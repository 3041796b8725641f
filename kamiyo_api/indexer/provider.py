"""One provider: batches of calls, at the size and the pace that it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from kamiyo_api.indexer.blooms import Blooms
from kamiyo_api.indexer.failures import (
    BatchRefused,
    CallError,
    Fault,
    OtherChain,
    OtherHistory,
    ProviderFailure,
    RateLimited,
)
from kamiyo_api.indexer.learned import Pace, Size
from kamiyo_api.indexer.rpc import Endpoint
from kamiyo_api.indexer.values import header_of, quantity
from kamiyo_api.indexer.wordings import is_rate

FIRST_BATCH, LARGEST_BATCH = 10, 100
# A window of more blocks loses logs at some providers, without an error.
LARGEST_RANGE = 2000
MAX_RATE_LIMITS_IN_A_ROW = 6
EXCHANGE_ATTEMPTS = 3


class Call(NamedTuple):
    """A call of a method."""

    method: str
    params: tuple[Any, ...] = ()


class Provider:
    """A provider, by the position of its URL in the setting: its name never shows the URL."""

    def __init__(
        self,
        number: int,
        url: str,
        chain_id: int,
        largest_range: int,
        longest_interval: float,
    ) -> None:
        self.name = f"provider {number}"
        self._endpoint = Endpoint(url)
        self._chain_id = chain_id
        self._is_admitted = False
        self._expected: tuple[int, bytes] | None = None
        self._next_id = 1
        self.batch = Size(FIRST_BATCH, LARGEST_BATCH)
        self.range = Size(largest_range, largest_range)
        self.pace = Pace(longest_interval)
        self.blooms = Blooms()
        self.outcomes: Counter[tuple[str, str]] = Counter()

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        """Return the results of calls, in their order. Raises ProviderFailure; the first error that
        answers a call is a CallError."""
        if not self._is_admitted:
            self._admit()
        return self._ask(calls)

    def distrust(self) -> None:
        """Check again, before the next call, that this is a provider of the chain."""
        self._is_admitted = False

    def expect(self, number: int, block_hash: bytes) -> None:
        """Admit this provider only if it has a block that was final."""
        self._expected = number, block_hash

    def note(self, failure: ProviderFailure) -> None:
        """Count a failure."""
        self.outcomes["request", f"{self.name} {failure.outcome}"] += 1

    def suspect(self, reason: str, count: int = 1) -> None:
        """Count suspicious answers."""
        self.outcomes["suspicious", reason] += count

    def _admit(self) -> None:
        (result,) = self._ask([Call("eth_chainId")])
        chain_id = quantity(result)
        if chain_id != self._chain_id:
            raise OtherChain(f"it is of chain {chain_id}, not {self._chain_id}")
        if self._expected is not None:
            self._check_known(*self._expected)
        self._is_admitted = True

    def _check_known(self, number: int, block_hash: bytes) -> None:
        """Check that this provider has a block. Raises Behind, OtherHistory."""
        for _ in range(EXCHANGE_ATTEMPTS):
            (result,) = self._ask([Call("eth_getBlockByNumber", (hex(number), False))])
            if result is not None:
                break
        if header_of(result, number).hash != block_hash:
            raise OtherHistory(f"its block {number} is another one than the final one")

    def _ask(self, calls: Sequence[Call]) -> list[Any]:
        results: dict[int, Any] = {}
        limits = 0
        while len(results) < len(calls):
            pending = [at for at in range(len(calls)) if at not in results]
            pending = pending[: self.batch.value]
            try:
                answered = self._exchange_again([calls[at] for at in pending])
            except BatchRefused as failure:
                self.note(failure)
                self.batch.refuse(len(pending))
                continue
            except RateLimited as failure:
                answered = {}
                limited: RateLimited | None = failure
            else:
                self.batch.succeed(len(pending))
                limited = None if len(answered) == len(pending) else RateLimited("of some calls")
            results |= {pending[at]: result for at, result in answered.items()}
            limits = limits + 1 if limited and not answered else 0
            self._keep_pace(limited, limits)
        return [results[at] for at in range(len(calls))]

    def _keep_pace(self, limited: RateLimited | None, in_a_row: int) -> None:
        """Slow down after a rate limit. Raises it if it does not end."""
        if limited is None:
            self.pace.succeed()
            self.outcomes["request", f"{self.name} ok"] += 1
            return
        self.note(limited)
        self.pace.limit(limited.retry_after)
        if in_a_row > MAX_RATE_LIMITS_IN_A_ROW:
            raise limited

    def _exchange_again(self, calls: Sequence[Call]) -> dict[int, Any]:
        """Exchange a batch, again if no answer arrives: the next one mostly does."""
        for attempt in range(EXCHANGE_ATTEMPTS):
            try:
                return self._exchange(calls)
            except Fault as failure:
                if attempt == EXCHANGE_ATTEMPTS - 1:
                    raise
                self.note(failure)
        raise AssertionError

    def _exchange(self, calls: Sequence[Call]) -> dict[int, Any]:
        """Return the results of a batch by their positions, without those whose rate is limited."""
        first = self._next_id
        self._next_id += len(calls)
        requests = [
            {"jsonrpc": "2.0", "id": first + at, "method": call.method, "params": call.params}
            for at, call in enumerate(calls)
        ]
        self.pace.wait()
        if len(requests) == 1:
            answer = self._endpoint.post(requests[0])
            answers = answer if isinstance(answer, list) else [answer]
            return self._results(answers, {first: 0}, is_single=True)
        try:
            answer = self._endpoint.post(requests)
        except CallError as error:
            raise BatchRefused(str(error)) from None
        if isinstance(answer, dict):
            refusal = self._error(answer)
            raise RateLimited(refusal.message) if is_rate(refusal) else BatchRefused(str(refusal))
        return self._results(answer, {first + at: at for at in range(len(calls))}, is_single=False)

    def _results(
        self, answers: list[Any], positions: dict[int, int], *, is_single: bool
    ) -> dict[int, Any]:
        results: dict[int, Any] = {}
        seen = set()
        for answer in answers:
            # A single answer is the one to the call, even if its id is null, as errors may have it.
            identity = answer.get("id") if isinstance(answer, dict) else None
            at = 0 if is_single else positions.get(identity) if type(identity) is int else None
            if at is None or at in seen or not isinstance(answer, dict):
                raise Fault("an answer to another call") if is_single else BatchRefused("ids")
            seen.add(at)
            if "error" in answer and answer["error"] is not None:
                error = self._error(answer)
                if not is_rate(error):
                    raise error
            elif "result" in answer:
                results[at] = answer["result"]
            else:
                raise Fault("an answer without a result")
        if len(seen) < len(positions):
            raise Fault("no answer") if is_single else BatchRefused("only a part was answered")
        return results

    def _error(self, answer: dict[str, Any]) -> CallError:
        error = answer.get("error")
        if not isinstance(error, dict):
            error = {"message": str(error)}
        code = error.get("code")
        message = self._endpoint.redacted(str(error.get("message", "")))
        return CallError(code if type(code) is int else 0, message)
