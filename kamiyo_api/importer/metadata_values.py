"""The values of metadata in lines: hex, base64 or text."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import orjson

from kamiyo_api.db.copying import escaped
from kamiyo_api.importer.values import ADDRESS, NULL, LineRejected, shown
from kamiyo_api.schemas.unstorable import ESCAPE, Source

MAX_KEY_BYTES = 1024
MAX_VALUE_BYTES = 64 * 1024
WALLET_KEY = "agentWallet"
FORM = (
    'must be hex from 0x on, base64, or {"hex": …}, {"base64": …} or {"text": …}, '
    f"at most {MAX_VALUE_BYTES} bytes"
)


def from_hex(text: str) -> bytes:
    """Return the bytes of hex digits, with or without 0x."""
    digits = text.removeprefix("0x")
    if not digits.isalnum() and digits:
        raise ValueError
    return bytes.fromhex(digits)


def from_base64(text: str) -> bytes:
    """Return the bytes of a text in base64."""
    return base64.b64decode(text, validate=True)


DECODERS: dict[str, Callable[[str], bytes]] = {
    "hex": from_hex,
    "base64": from_base64,
    "text": str.encode,
}


def bytes_of(name: str, value: Any) -> bytes:
    """Return the bytes of a value: a text is hex if it begins with 0x, else base64.

    Raises LineRejected.
    """
    if isinstance(value, str):
        value = {"hex" if value.startswith("0x") else "base64": value}
    if isinstance(value, dict) and len(value) == 1:
        ((form, text),) = value.items()
        if form in DECODERS and isinstance(text, str) and ESCAPE not in text:
            try:
                decoded = DECODERS[form](text)
            except ValueError:
                raise LineRejected(f"{name} {FORM}, not {shown(text)}") from None
            if len(decoded) <= MAX_VALUE_BYTES:
                return decoded
    raise LineRejected(f"{name} {FORM}, not {shown(value)}")


def check_entry(key: str, value: bytes) -> None:
    """Check the entry that ERC-8004 reserves. Raises LineRejected."""
    if key == WALLET_KEY and len(value) not in (0, 20):
        raise LineRejected(f"{WALLET_KEY} must be an address of 20 bytes, or empty")


def entries_of(source: Source) -> bytes:
    """Return the entries of an agent's line, its wallet among them, as JSON of key to hex; null if
    there are none. Raises LineRejected."""
    metadata, wallet = source.fields.get("metadata"), source.fields.get("agent_wallet")
    if metadata is None and wallet is None:
        return NULL
    if not isinstance(metadata, dict | None):
        raise LineRejected(f"metadata must be an object or null, not {shown(metadata)}")
    entries = {key: entry_of(key, value) for key, value in (metadata or {}).items()}
    if wallet is not None:
        if not isinstance(wallet, str) or not ADDRESS.fullmatch(wallet):
            raise LineRejected(f"agent_wallet must be an address, not {shown(wallet)}")
        entries[WALLET_KEY] = wallet[2:].lower()
    return escaped(orjson.dumps(entries)) if entries else NULL


def entry_of(key: str, value: Any) -> str:
    """Return the hex of the value under a key. Raises LineRejected."""
    if not 1 <= len(key.encode()) <= MAX_KEY_BYTES:
        raise LineRejected(f"a key of metadata must have from 1 to {MAX_KEY_BYTES} bytes")
    decoded = bytes_of(f"metadata {shown(key)}", value)
    check_entry(key, decoded)
    return decoded.hex()
