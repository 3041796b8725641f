"""The readers of chains, made from the settings and the database."""

from __future__ import annotations

import re

from kamiyo_api import db
from kamiyo_api.config import RPC_URL
from kamiyo_api.context import services
from kamiyo_api.indexer.failures import NoProvider, Stop
from kamiyo_api.indexer.provider import LARGEST_RANGE
from kamiyo_api.indexer.providers import Patience, Providers
from kamiyo_api.indexer.reader import ChainReader
from kamiyo_api.indexer.reading import registries_of


class NoRegistries(Stop):
    """Insert the identity registry of the chain into erc8004_registries."""

    code = "NO_REGISTRIES"


def setting_of(chain: str) -> str:
    """Return the name of the setting that holds the URLs of a chain."""
    return f"{RPC_URL}{variable_of(chain)}"


def variable_of(chain: str) -> str:
    """Return what follows RPC_URL_ in the name of a chain's setting: BASE_SEPOLIA."""
    return re.sub(r"[^A-Z0-9]", "_", chain.upper())


def chains_with_urls() -> list[str]:
    """Return the chains that have a URL, in alphabetical order."""
    names = [row["name"] for row in db.rows("chains.list")]
    return sorted(name for name in names if variable_of(name) in services().config.rpc_urls)


def reader_of(
    chain: str,
    *,
    until: int | None = None,
    patience: Patience | None = None,
    largest_range: int | None = None,
) -> ChainReader:
    """Return the reader of a chain. Raises Stop if a setting is missing."""
    urls = services().config.rpc_urls.get(variable_of(chain), ())
    if not urls:
        raise NoProvider(f"{setting_of(chain)} is not set")
    row = db.row("journal.get_chain", chain=chain) or {}
    registries = registries_of(chain)
    if not any(each.kind == "identity" for each in registries):
        raise NoRegistries(f"{chain} has no identity registry")
    providers = Providers(urls, row["chain_id"], patience, largest_range or LARGEST_RANGE)
    return ChainReader(chain, registries, providers, until)
