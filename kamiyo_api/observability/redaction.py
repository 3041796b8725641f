"""Taking secrets out of text that leaves the machine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from kamiyo_api.config import Config

GONE = "***"
SHORTEST_SECRET = 6
LONGEST_REASON = 200
# What names a secret, and how it may end. Nothing here may look far ahead from many places: a
# client decides what stands in a log.
NAMES = r"(?:password|passwd|passphrase|secret|token|api[_-]?key\b)[\w-]{0,64}"

PATTERNS: Sequence[tuple[re.Pattern[str], str]] = (
    # A whole API key; what it begins with tells which one it was.
    (re.compile(r"(kamiyo_[\w-]{8})[\w-]{8,}"), r"\1" + GONE),
    # The hash of an API key, which is stored; hashes of chains begin with 0x.
    (re.compile(r"(?<![\w])[0-9a-f]{64}(?![\w])"), GONE),
    (re.compile(r"(?i)\b(bearer|basic)(\s+)[\w.~+/=-]{8,}"), r"\1\2" + GONE),
    (re.compile(r"(\w://[^\s:/@'\"]*):[^\s/'\"][^\s'\"]{0,500}@"), r"\1:" + GONE + "@"),
    (re.compile(r"((?:https?|rediss?)://)(?!\w*:\*\*\*@)[^\s/@'\"]+@"), r"\1" + GONE + "@"),
    (re.compile(r"(?i)(\bpassword\s+)'(?:[^']|'')*'"), r"\1'" + GONE + "'"),
    (re.compile(rf"(?i)({NAMES}\"\s*:\s*)\"[^\"]*\""), rf'\1"{GONE}"'),
    (re.compile(rf"(?i)({NAMES}\s*[=:]\s*)'[^']*'"), rf"\1'{GONE}'"),
    (re.compile(rf"(?i)({NAMES}\s*[=:]\s*)[^\s&,;\"'{{}}\[\]]+"), rf"\1{GONE}"),
)
# Whom PostgreSQL refuses.
USER = re.compile(r'\b(user|role) "[^"]*"')


def scrubbed(text: str) -> str:
    """A text without what looks like a key, a token or a password."""
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def brief(reason: str) -> str:
    """A reason for the log: its first line, of bounded length, without secrets and names of
    users. What follows may quote what a client sent."""
    first = " ".join(reason.strip().partition("\n")[0].split())
    named = USER.sub(r"\1 " + GONE, scrubbed(first))
    return named if len(named) <= LONGEST_REASON else named[: LONGEST_REASON - 1] + "…"


def scrubber(config: Config) -> Callable[[str], str]:
    """The same, which also knows the secrets of these settings by heart."""
    known = sorted(secrets_of(config), key=len, reverse=True)

    def scrub(text: str) -> str:
        for secret in known:
            text = text.replace(secret, GONE)
        return scrubbed(text)

    return scrub


def secrets_of(config: Config) -> set[str]:
    """The passwords and tokens in the settings, as they are written and as they are meant."""
    found = {config.metrics_token or "", *config.cursor_keys}
    for url in (config.database_url, config.redis_url, config.sentry_dsn):
        found.add(urlsplit(url or "").password or "")
    if config.sentry_dsn:
        found.add(urlsplit(config.sentry_dsn).username or "")
    found |= {unquote(secret) for secret in found}
    found |= {json.dumps(secret)[1:-1] for secret in found}
    return {secret for secret in found if len(secret) >= SHORTEST_SECRET}


def scrubbed_all(value: Any, scrub: Callable[[str], str]) -> Any:
    """A JSON document with every text in it scrubbed."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {name: scrubbed_all(each, scrub) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [scrubbed_all(each, scrub) for each in value]
    return value
