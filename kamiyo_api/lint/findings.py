"""Findings about a registration file: collected, sorted and bounded."""

from __future__ import annotations

from typing import Any, NamedTuple

from kamiyo_api.schemas.lint import SEVERITIES

# The number of characters of a value that a sentence repeats.
LONGEST_VALUE = 60
MOST_FINDINGS = 100
KINDS = {
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
}
RULES = {
    "NO_URI": (
        "error",
        "The agent has no URI, so nobody finds its file; set one with setAgentURI.",
    ),
    "UNREADABLE": (
        "error",
        "The file at the URI could not be read ({reason}); repair it, or set another URI.",
    ),
    "NOT_READ": (
        "note",
        "No file has been read yet; it is fetched once a followed chain has its URI, or the owner "
        "can send it with PATCH.",
    ),
    "REQUIRED_MISSING": ("error", "{path} is {how}, so {because}; {do}."),
    "WRONG_KIND": ("error", "{path} is {kind}; write {expected}."),
    "WRONG_TYPE": ("error", 'type is "{value}"; write exactly {expected}.'),
    "NO_REFERENCE": (
        "error",
        "Nothing in the file proves that it belongs to this agent ({reason}); add "
        "{entry} to registrations.",
    ),
    "RECOMMENDED_MISSING": ("warning", "{path} is {how}, so {because}; {do}."),
    "RENAMED": ("warning", "{path} is not the standard name; rename it to {expected}."),
    "NOT_HTTPS": (
        "warning",
        "{path} begins with http:, so anyone on the network can change it; serve it over https:.",
    ),
    "DATA_URI": ("warning", "{path} is a data: URI, which {because}; {do}."),
    "UNUSUAL_SCHEME": (
        "warning",
        '{path} begins with "{value}:", which clients do not support; use {expected}.',
    ),
    "NOT_PUBLIC": (
        "warning",
        '{path} is on "{value}", which is not reachable from the Internet; use a public host.',
    ),
    "MALFORMED": ("warning", '{path} is "{value}"; write {expected}.'),
    "TOO_LONG": (
        "warning",
        "{path} has {length:,} characters; shorten it to {most:,}, as clients truncate it.",
    ),
    "TOO_MANY": (
        "warning",
        "{path} has {length:,} entries; list at most {most:,}, as clients ignore the others.",
    ),
    "HIDDEN_CHARACTERS": (
        "warning",
        "{path} has characters that are invisible or reverse the text; remove them.",
    ),
    "NUMBER_AS_TEXT": (
        "warning",
        "{path} is a string; write the number without quotation marks.",
    ),
    "NOT_ON_CHAIN": (
        "note",
        "The agent has no id on a chain yet; register it on chain, then add the entry to "
        "registrations.",
    ),
    "OPTIONAL_MISSING": ("note", "{path} is {how}, so {because}; {do}."),
    "UNKNOWN_TRUST": (
        "note",
        '{path} is "{value}", which ERC-8004 does not define; it defines {expected}.',
    ),
    "UNKNOWN_MEMBER": (
        "note",
        'ERC-8004 defines no member "{path}"; use the members that it defines.',
    ),
    "NOT_ACTIVE": (
        "note",
        "active is false, so searches hide the agent; write true once it works.",
    ),
}
ORDER = {severity: place for place, severity in enumerate(SEVERITIES)}


class Finding(NamedTuple):
    """A change that the owner of a file should make."""

    severity: str
    code: str
    path: str | None
    text: str


class Findings:
    """The findings about a file so far."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def add(self, code: str, path: str | None = None, **values: Any) -> None:
        """Add a finding: the sentence of its rule with these values."""
        severity, sentence = RULES[code]
        self._found.append(Finding(severity, code, path, sentence.format(path=path, **values)))

    def listed(self) -> list[Finding]:
        """Return the findings by severity, the worst first, then in the order of the file."""
        return sorted(self._found, key=lambda each: ORDER[each.severity])[:MOST_FINDINGS]

    def counts(self) -> dict[str, int]:
        """Return the number of findings of each severity."""
        return {name: sum(name == each.severity for each in self._found) for name in SEVERITIES}

    def is_cut(self) -> bool:
        """Return whether not all findings are listed."""
        return len(self._found) > MOST_FINDINGS


def kind_of(value: Any) -> str:
    """Return the name of the kind of a JSON value."""
    return KINDS.get(type(value), "null")


def shown(value: Any) -> str:
    """Return a value of the file, shortened for a sentence."""
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
