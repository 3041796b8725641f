"""Check that the registries of a chain belong together. Otherwise feedback would be stored for the
wrong agents."""

from __future__ import annotations

from collections.abc import Sequence

from kamiyo_api.indexer.failures import CallError, ProviderFailure, RegistriesDiffer
from kamiyo_api.indexer.provider import Call, Provider
from kamiyo_api.indexer.reading import Registry

GET_IDENTITY_REGISTRY = "0xbc4d861b"
WORD_LENGTH = 2 + 64


class OtherIdentity(ProviderFailure):
    """A registry says that it belongs to another identity registry."""

    stop = RegistriesDiffer


def check_pairs(provider: Provider, registries: Sequence[Registry]) -> None:
    """Check each registry of feedback or validations that says to which identity registry it
    belongs. Raises OtherIdentity."""
    for registry in registries:
        if registry.kind == "identity":
            continue
        said = identity_of(provider, registry)
        if said is not None and said != registry.identity_registry:
            raise OtherIdentity(
                f"the {registry.kind} registry {registry.address} belongs to {said}, "
                f"not to {registry.identity_registry}"
            )


def identity_of(provider: Provider, registry: Registry) -> str | None:
    """Return the identity registry that a registry says it belongs to, or None if it says none."""
    call = {"to": registry.address, "data": GET_IDENTITY_REGISTRY}
    try:
        (result,) = provider.ask([Call("eth_call", (call, "latest"))])
    except CallError:
        return None
    if not isinstance(result, str) or len(result) != WORD_LENGTH or not int(result, 16):
        return None
    return f"0x{result[-40:].lower()}"
