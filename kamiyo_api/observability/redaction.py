"""Remove secrets from text that leaves the machine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from kamiyo_api.config import Config

MASK = "***"
MIN_SECRET_LENGTH = 6
MAX_REASON_LENGTH = 200
SHORTEST_KEY = 8
# The names of secrets, with any suffix. No pattern may look far ahead from many positions, because
# clients decide what is in a log.
NAMES = r"(?:password|passwd|passphrase|secret|token|api[_-]?key\b)[\w-]{0,64}"

PATTERNS: Sequence[tuple[re.Pattern[str], str]] = (
    # A whole API key; its prefix stays, which identifies the key.
    (re.compile(r"(kamiyo_[\w-]{8})[\w-]{8,}"), r"\1" + MASK),
    # The stored hash of an API key; hashes of blockchains begin with 0x.
    (re.compile(r"(?<![\w])[0-9a-f]{64}(?![\w])"), MASK),
    (re.compile(r"(?i)\b(bearer|basic)(\s+)[\w.~+/=-]{8,}"), r"\1\2" + MASK),
    (re.compile(r"(\w://[^\s:/@'\"]*):[^\s/'\"][^\s'\"]{0,500}@"), r"\1:" + MASK + "@"),
    (re.compile(r"((?:https?|rediss?)://)(?!\w*:\*\*\*@)[^\s/@'\"]+@"), r"\1" + MASK + "@"),
    (re.compile(r"(?i)(\bpassword\s+)'(?:[^']|'')*'"), r"\1'" + MASK + "'"),
    (re.compile(rf"(?i)({NAMES}\"\s*:\s*)\"[^\"]*\""), rf'\1"{MASK}"'),
    (re.compile(rf"(?i)({NAMES}\s*[=:]\s*)'[^']*'"), rf"\1'{MASK}'"),
    (re.compile(rf"(?i)({NAMES}\s*[=:]\s*)[^\s&,;\"'{{}}\[\]]+"), rf"\1{MASK}"),
)
# The user that PostgreSQL refuses.
USER = re.compile(r'\b(user|role) "[^"]*"')


def redacted(text: str) -> str:
    """Return a text in which everything that looks like a key, token or password is masked."""
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def brief(reason: str) -> str:
    """Return a reason for the log: its first line, at most MAX_REASON_LENGTH characters, without
    secrets and user names. Further lines may quote what a client sent."""
    first = " ".join(reason.strip().partition("\n")[0].split())
    text = USER.sub(r"\1 " + MASK, redacted(first))
    return text if len(text) <= MAX_REASON_LENGTH else text[: MAX_REASON_LENGTH - 1] + "…"


def redactor(config: Config) -> Callable[[str], str]:
    """Return a function that works like redacted(), and also masks the secrets of the settings."""
    known = sorted(secrets_of(config), key=len, reverse=True)

    def redact(text: str) -> str:
        for secret in known:
            text = text.replace(secret, MASK)
        return redacted(text)

    return redact


def secrets_of(config: Config) -> set[str]:
    """Return the passwords and tokens in the settings, as written, percent-decoded and in JSON."""
    secrets = {config.metrics_token or "", *config.cursor_keys}
    for url in (config.database_url, config.redis_url, config.sentry_dsn):
        secrets.add(urlsplit(url or "").password or "")
    if config.sentry_dsn:
        secrets.add(urlsplit(config.sentry_dsn).username or "")
    for url in (url for urls in config.rpc_urls.values() for url in urls):
        secrets |= parts_of(url)
    secrets |= {unquote(secret) for secret in secrets}
    secrets |= {json.dumps(secret)[1:-1] for secret in secrets}
    return {secret for secret in secrets if len(secret) >= MIN_SECRET_LENGTH}


def parts_of(url: str) -> set[str]:
    """Return the parts of a provider's URL that are long enough to be a key."""
    return {part for part in re.split(r"[/?&=:@.]", url) if len(part) >= SHORTEST_KEY}


def redacted_document(value: Any, redact: Callable[[str], str]) -> Any:
    """Return a JSON document with every string in it redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: redacted_document(each, redact) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_document(each, redact) for each in value]
    return value
