"""The providers of a chain: after a failure, use the next one, and retry with growing delays up to
a limit."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from kamiyo_api.indexer.failures import (
    KeyRefused,
    NoProvider,
    OtherChain,
    ProviderFailure,
    RateLimited,
)
from kamiyo_api.indexer.provider import LARGEST_RANGE, Provider

Result = TypeVar("Result")
# What does not pass soon, or what was waited for already.
LASTING = (OtherChain, KeyRefused, RateLimited)
ATTEMPTS_IF_LASTING = 2


class Patience(NamedTuple):
    """The number of times that each provider is asked in a row before the chain stops, and the
    waits."""

    attempts: int = 10
    first_wait: float = 0.1
    longest_wait: float = 5.0

    def wait(self, attempt: int) -> float:
        """Return how long to wait after an attempt; the first is 0."""
        return float(min(self.first_wait * 2.0 ** min(attempt, 20), self.longest_wait))


class Providers:
    """The providers of a chain, of which one is in use."""

    def __init__(
        self,
        urls: Sequence[str],
        chain_id: int,
        patience: Patience | None = None,
        largest_range: int = LARGEST_RANGE,
    ) -> None:
        if not urls:
            raise NoProvider
        self._patience = patience or Patience()
        self.all = [
            Provider(number, url, chain_id, largest_range, self._patience.longest_wait)
            for number, url in enumerate(urls, start=1)
        ]
        self._at = 0

    @property
    def current(self) -> Provider:
        """Return the provider in use."""
        return self.all[self._at]

    def begin_with_range(self, size: int) -> None:
        """Begin with a range of blocks that was taken before."""
        for provider in self.all:
            provider.range.begin(size)

    def expect(self, number: int, block_hash: bytes) -> None:
        """Admit only providers that have a block that was final."""
        for provider in self.all:
            provider.expect(number, block_hash)

    def rotate(self) -> Provider:
        """Use the next provider, if there is one, and return it."""
        self._at = (self._at + 1) % len(self.all)
        return self.current

    def use(self, work: Callable[[Provider], Result]) -> Result:
        """Return what work returns with the provider in use, or with another one if that fails.

        Raises the Stop of the last failure when patience ends.
        """
        reasons: dict[str, str] = {}
        lasting = 0
        for attempt in range(self._patience.attempts * len(self.all)):
            provider = self.current
            try:
                return work(provider)
            except ProviderFailure as failure:
                provider.note(failure)
                provider.distrust()
                reasons[provider.name] = f"{provider.name}: {failure}"
                lasting = lasting + 1 if isinstance(failure, LASTING) else 0
                last = failure
            if lasting >= ATTEMPTS_IF_LASTING * len(self.all):
                break
            self.rotate()
            time.sleep(self._patience.wait(attempt // len(self.all)))
        raise last.stop("; ".join(reasons.values()))

    def use_next(self, work: Callable[[Provider], Result]) -> Result:
        """Return what work returns with the next provider, if there is one. Raises Stop."""
        self.rotate()
        return self.use(work)

    def taken_outcomes(self) -> Counter[tuple[str, str]]:
        """Return what was counted since the last call."""
        taken: Counter[tuple[str, str]] = Counter()
        for provider in self.all:
            taken += provider.outcomes
            provider.outcomes.clear()
        return taken
