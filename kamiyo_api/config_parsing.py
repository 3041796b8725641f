"""Parse settings strictly: an invalid one ends the start with one line, which names the setting
and shows no secret."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

DIGITS = re.compile(r"[0-9]{1,15}")
MAX_SHOWN_LENGTH = 40
BLANK = " \t\r\n"
SHORTEST_TOKEN = 12
TOKEN = re.compile(rf"[\x21-\x7e]{{{SHORTEST_TOKEN},500}}")
# The names of environments and releases that Sentry accepts.
NAME = re.compile(r"[\x21-\x2e\x30-\x5b\x5d-\x7e]+")
ADDRESS = re.compile(r"[\x21-\x7e]{1,2000}")
HOST = r"(?:(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)"
ORIGIN = re.compile(rf"([a-z][a-z0-9+.-]*)://({HOST}|\[[0-9a-f:.]+\])(?::([0-9]{{1,5}}))?")
SUBDOMAINS = re.compile(rf"(https?)://\*\.({HOST}\.{HOST}|localhost)(?::([0-9]{{1,5}}))?")
GATEWAY = re.compile(
    rf"https?://(?:{HOST}|\[[0-9a-f:.]+\])(?::[0-9]{{1,5}})?(?:/[\w./~-]*)?", re.A | re.I
)
DEFAULT_PORTS = re.compile(r"(http://.*):80|(https://.*):443")
MAX_PROVIDERS = 20
PROVIDER = re.compile(
    rf"https?://(?:[\x21-\x2b\x2d\x2e\x30-\x39\x3b-\x3f\x41-\x7e]+(?::[^@/,\s]*)?@)?"
    rf"(?i:{HOST}|\[[0-9a-f:.]+\])(?::[0-9]{{1,5}})?(?:[/?][\x21-\x2b\x2d-\x7e]*)?"
)
LABELS = r"(?:[a-z0-9_-]+\.)+"


class ConfigError(SystemExit):
    """A setting is missing or invalid: ends the start with one line instead of a traceback."""

    def __init__(self, message: str) -> None:
        super().__init__(f"kamiyo-api: {message}")


def shown(text: str) -> str:
    """Return a value as a message shows it, cut if it is long."""
    return repr(text if len(text) <= MAX_SHOWN_LENGTH else text[:MAX_SHOWN_LENGTH] + "…")


def number(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """Return a setting that is a whole number from `least` to `most`. Raises ConfigError."""
    text = env.get(name, "").strip(BLANK) or str(default)
    if not DIGITS.fullmatch(text) or not least <= int(text) <= most:
        wanted = f"must be a whole number from {least} to {most}"
        raise ConfigError(f"{name} {wanted}, not {shown(text)}")
    return int(text)


def choice(env: Mapping[str, str], name: str, default: str, others: Sequence[str]) -> str:
    """Return a setting that is one of a few words. Raises ConfigError."""
    text = env.get(name, "").strip(BLANK).lower() or default
    if text not in (default, *others):
        wanted = ", ".join((default, *others))
        raise ConfigError(f"{name} must be one of {wanted}, not {shown(text)}")
    return text


def name(env: Mapping[str, str], variable: str, default: str, longest: int) -> str:
    """Return a name of visible ASCII characters. Raises ConfigError."""
    text = env.get(variable, "").strip(BLANK) or default
    if not NAME.fullmatch(text) or len(text) > longest:
        wanted = f"must be 1 to {longest} visible ASCII characters without / and \\"
        raise ConfigError(f"{variable} {wanted}, not {shown(text)}")
    return text


def token(env: Mapping[str, str], variable: str) -> str | None:
    """Return a secret that clients send in a header. Raises ConfigError, which does not show it."""
    text = env.get(variable) or None
    if text is not None and not TOKEN.fullmatch(text):
        wanted = f"must be {SHORTEST_TOKEN} to 500 visible ASCII characters without white space"
        raise ConfigError(f"{variable} {wanted}")
    return text


def address(env: Mapping[str, str], variable: str, beginnings: tuple[str, ...]) -> str | None:
    """Return a URL, which may contain a password. Raises ConfigError, which does not show it."""
    text = env.get(variable, "").strip(BLANK) or None
    if text is None:
        return None
    if not text.startswith(beginnings):
        raise ConfigError(f"{variable} must begin with {' or '.join(beginnings)}")
    if not ADDRESS.fullmatch(text):
        wanted = "must be one address of visible ASCII characters without white space"
        raise ConfigError(f"{variable} {wanted}; percent-encode others")
    return text


def provider_urls(env: Mapping[str, str], variable: str) -> Sequence[str]:
    """Return a list of http URLs, separated by commas, which may contain keys. Raises ConfigError,
    which does not show them."""
    urls = [each.strip(BLANK) for each in env.get(variable, "").split(",")]
    if len(urls) > MAX_PROVIDERS or not all(PROVIDER.fullmatch(each) for each in urls):
        wanted = f"must be 1 to {MAX_PROVIDERS} https:// or http:// URLs, separated by commas"
        raise ConfigError(f"{variable} {wanted}")
    return urls


def folder(env: Mapping[str, str], variable: str) -> str | None:
    """Return a folder that this process can write to. Raises ConfigError."""
    path = env.get(variable) or None
    if path is not None and not (os.path.isdir(path) and os.access(path, os.W_OK | os.X_OK)):
        raise ConfigError(f"{variable} must be a folder that can be written to, not {shown(path)}")
    return path


def origins(env: Mapping[str, str], variable: str) -> Sequence[str]:
    """Return a list of origins, separated by commas or spaces, in lower case. Raises ConfigError.

    "*" stands alone; others are exact, such as https://example.com:8443, or https://*.example.com.
    """
    found = [each.lower() for each in re.split(rf"[,{BLANK}]+", env.get(variable, "")) if each]
    if found == ["*"]:
        return found
    for each in found:
        if not (is_origin(ORIGIN, each) or is_origin(SUBDOMAINS, each)):
            wanted = "must be * alone, or origins such as https://example.com or"
            raise ConfigError(
                f"{variable} {wanted} https://*.example.com (no path, no pattern), "
                f"not {shown(each)}"
            )
    return found


def gateways(env: Mapping[str, str], variable: str) -> Sequence[str]:
    """Return a list of URLs, separated by commas or spaces, without the / at their ends.

    Raises ConfigError, which does not show them.
    """
    found = [each.rstrip("/") for each in re.split(rf"[,{BLANK}]+", env.get(variable, "")) if each]
    if not all(GATEWAY.fullmatch(each) for each in found):
        raise ConfigError(
            f"{variable} must be URLs such as https://gateway.example, separated by commas, "
            "without a user, a query or a fragment"
        )
    return found


def is_origin(form: re.Pattern[str], text: str) -> bool:
    """Return whether a text has the form of an origin, with a valid port if any."""
    matched = form.fullmatch(text)
    return matched is not None and (matched[3] is None or 0 < int(matched[3]) < 65536)


def origin_pattern(origin: str) -> re.Pattern[str]:
    """Return a pattern that matches the whole Origin header for one of origins(); "*." in it
    matches one or more labels."""
    # Browsers leave out the default port.
    has_default = DEFAULT_PORTS.fullmatch(origin)
    origin = (has_default[1] or has_default[2]) if has_default else origin
    scheme, _, host = origin.partition("://")
    subdomains = LABELS if host.startswith("*.") else ""
    exact = re.escape(host.removeprefix("*."))
    # ASCII, so that IGNORECASE matches no letter outside ASCII.
    return re.compile(rf"{re.escape(scheme)}://{subdomains}{exact}\Z", re.ASCII | re.IGNORECASE)
