"""The failures of providers, and the stops that follow if they do not pass."""

from __future__ import annotations

from typing import ClassVar


class Stop(Exception):
    """The reading of a chain stopped: a class defines its code, its docstring what to do."""

    code: ClassVar[str] = "STOPPED"

    def __init__(self, detail: str = "") -> None:
        self.cure = " ".join((self.__doc__ or "").split())
        self.detail = f"{detail}. {self.cure}" if detail else self.cure
        super().__init__(f"{self.code}: {self.detail}")


class NoProvider(Stop):
    """Set the RPC_URL_… variable of the chain to the JSON-RPC URL of a provider, or to several,
    separated by commas."""

    code = "NO_PROVIDER"


class ProviderUnavailable(Stop):
    """Check that the provider is up and can be reached from here; add a second one to RPC_URL_…"""

    code = "PROVIDER_UNAVAILABLE"


class ProviderRateLimited(Stop):
    """Use a plan with a higher rate, or add a second provider to RPC_URL_…"""

    code = "PROVIDER_RATE_LIMITED"


class ProviderRefusedKey(Stop):
    """Check the key in RPC_URL_…, and that it is valid for this chain."""

    code = "PROVIDER_REFUSED_KEY"


class ProviderError(Stop):
    """Use a provider that answers this request; add a second one to RPC_URL_…"""

    code = "PROVIDER_ERROR"


class ProviderBehind(Stop):
    """Wait until the node has caught up, or add a second provider to RPC_URL_…"""

    code = "PROVIDER_BEHIND"


class RangeRefused(Stop):
    """Use a provider that answers eth_getLogs for this block; add a second one to RPC_URL_…"""

    code = "RANGE_REFUSED"


class WrongChain(Stop):
    """Set RPC_URL_… to the URL of a provider of this chain."""

    code = "WRONG_CHAIN"


class AnswersContradict(Stop):
    """Do not trust this provider; use another one in RPC_URL_… Nothing of the answer was stored."""

    code = "ANSWERS_CONTRADICT"


class LogsMissing(Stop):
    """Use another provider in RPC_URL_…: this one loses logs. No block after the checked one is
    projected."""

    code = "LOGS_MISSING"


class FinalityUnknown(Stop):
    """Use a provider that answers for this tag, or give the number of blocks after which a block of
    this chain is final: --finality 64."""

    code = "FINALITY_UNKNOWN"


class ReorganisedBelowFinal(Stop):
    """Compare with a block explorer. If the provider is wrong, use another one in RPC_URL_…; if the
    chain was really reorganised, delete its rows in erc8004_chain_cursors, erc8004_chain_blocks and
    erc8004_chain_logs, read it again, and rebuild what was projected."""

    code = "REORGANISED_BELOW_FINAL"


class RegistriesDiffer(Stop):
    """Correct the registries of the chain in erc8004_chains: feedback would be read for the agents
    of another registry."""

    code = "REGISTRIES_DIFFER"


class ProviderFailure(Exception):
    """A provider failed; another one may not, or this one later. `stop` follows if all fail."""

    stop: ClassVar[type[Stop]] = ProviderUnavailable
    outcome: ClassVar[str] = "fault"


class Fault(ProviderFailure):
    """No answer arrived, or none that can be read."""


class RateLimited(ProviderFailure):
    """The provider limits the rate of requests."""

    stop, outcome = ProviderRateLimited, "rate_limited"

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class KeyRefused(ProviderFailure):
    """The provider does not accept the URL or its key."""

    stop, outcome = ProviderRefusedKey, "refused"


class CallError(ProviderFailure):
    """The provider answered a call with an error of JSON-RPC."""

    stop, outcome = ProviderError, "error"

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"error {code}: {message}")
        self.code, self.message = code, message


class BatchRefused(ProviderFailure):
    """The provider refused a batch, or answered only a part of it."""

    outcome = "batch_refused"


class OtherChain(ProviderFailure):
    """The provider is of another chain."""

    stop, outcome = WrongChain, "wrong_chain"


class Behind(ProviderFailure):
    """The provider does not know a block that exists."""

    stop, outcome = ProviderBehind, "behind"


class Refused(ProviderFailure):
    """The provider does not answer for one block and one address."""

    stop, outcome = RangeRefused, "range_refused"


class Contradiction(ProviderFailure):
    """The answers of the provider contradict each other."""

    stop, outcome = AnswersContradict, "contradiction"


class Incomplete(ProviderFailure):
    """Logs are missing in the answers of the provider."""

    stop, outcome = LogsMissing, "logs_missing"


class OtherHistory(ProviderFailure):
    """The provider has other blocks where blocks were final."""

    stop, outcome = ReorganisedBelowFinal, "other_history"
