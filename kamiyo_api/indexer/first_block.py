"""Find the block at which the reading of a chain begins: the one in which its identity registry was
deployed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from kamiyo_api.indexer.failures import CallError, ProviderFailure, Stop
from kamiyo_api.indexer.provider import Call, Provider
from kamiyo_api.indexer.providers import Providers
from kamiyo_api.indexer.reading import Registry


class FirstBlockUnknown(Stop):
    """Give the block in which the identity registry was deployed, as a block explorer shows it:
    --from-block N. Finding it needs a provider with an archive."""

    code = "FIRST_BLOCK_UNKNOWN"


class RegistryMissing(Stop):
    """Wait until the registry is deployed, or correct its address in erc8004_chains."""

    code = "REGISTRY_MISSING"


class NoArchive(ProviderFailure):
    """The provider does not hold the state of old blocks."""

    stop = FirstBlockUnknown


class NoRegistry(ProviderFailure):
    """There is no contract at the address of the registry."""

    stop = RegistryMissing


def find_first_block(providers: Providers, registries: Sequence[Registry], final: int) -> int:
    """Return the first block of the identity registries. Raises Stop."""
    identities = [each for each in registries if each.kind == "identity"]
    known = [each.first_block for each in identities if each.first_block is not None]
    if known and len(known) == len(identities):
        return min(known)
    return min(
        providers.use(partial(bisect, address=each.address, final=final)) for each in identities
    )


def bisect(provider: Provider, address: str, final: int) -> int:
    """Return the first block with code at an address. Raises ProviderFailure."""
    if not has_code(provider, address, final):
        raise NoRegistry(f"there is no contract at {address}")
    without, with_code = -1, final
    while with_code - without > 1:
        middle = (without + with_code) // 2
        if has_code(provider, address, middle):
            with_code = middle
        else:
            without = middle
    return with_code


def has_code(provider: Provider, address: str, block: int) -> bool:
    """Return whether there is a contract at an address at a block."""
    try:
        (code,) = provider.ask([Call("eth_getCode", (address, hex(block)))])
    except CallError as error:
        raise NoArchive(f"it does not answer eth_getCode at block {block}: {error}") from None
    return isinstance(code, str) and len(code) > len("0x")
