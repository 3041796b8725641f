"""The members of a registration file and their kinds."""

from __future__ import annotations

from typing import Any, NamedTuple

from kamiyo_api.lint.findings import Findings, kind_of, shown
from kamiyo_api.lint.texts import check_text, check_url

TYPE = "https://eips.ethereum.org/EIPS/eip-8004#registration-v1"
TRUST = ("reputation", "crypto-economic", "tee-attestation")
# Members of ERC-721 metadata, which are allowed too.
OTHERS = frozenset(
    ("external_url", "animation_url", "background_color", "youtube_url", "attributes", "properties")
)
MOST_UNKNOWN = 20
MOST_TRUST = 20
LONGEST_NAME = 200
LONGEST_DESCRIPTION = 4_000
DATA_IMAGE = {
    "because": "every reader of the file has to load",
    "do": "store the picture under https: or ipfs:",
}


class Member(NamedTuple):
    """A member: its kind and the words for it; if it is missing: the code, the effect and the
    remedy."""

    kind: type
    expected: str
    missing: str
    because: str
    do: str


FLAG = "true or false without quotation marks"
MEMBERS = {
    "type": Member(
        str, TYPE, "REQUIRED_MISSING", "clients cannot recognize the file", f"write {TYPE}"
    ),
    "name": Member(str, "a string", "REQUIRED_MISSING", "lists can only show its number", "add it"),
    "description": Member(
        str,
        "a string",
        "RECOMMENDED_MISSING",
        "nobody can see what the agent does",
        "describe what it does and what it costs",
    ),
    "image": Member(
        str, "a URL", "RECOMMENDED_MISSING", "wallets show no picture", "add an https: URL"
    ),
    "services": Member(
        list,
        "a list of objects with name and endpoint",
        "RECOMMENDED_MISSING",
        "nobody can reach the agent",
        "list at least one service with its name and endpoint",
    ),
    "registrations": Member(list, "a list of objects with agentId and agentRegistry", "", "", ""),
    "supportedTrust": Member(
        list,
        "a list of strings",
        "OPTIONAL_MISSING",
        "clients only use it to discover the agent, not to trust it",
        f"list those that apply of {', '.join(TRUST)}",
    ),
    "x402Support": Member(
        bool,
        FLAG,
        "OPTIONAL_MISSING",
        "clients cannot tell if it accepts payments",
        "write true or false",
    ),
    "active": Member(
        bool, FLAG, "OPTIONAL_MISSING", "clients cannot tell if it works", "write true or false"
    ),
}
ALIASES = {
    "endpoints": "services",
    "service": "services",
    "supportedtrusts": "supportedTrust",
    "trustmodels": "supportedTrust",
    "isactive": "active",
    "registration": "registrations",
    "imageurl": "image",
    "logo": "image",
} | {name.lower(): name for name in MEMBERS}


def meant_by(name: str) -> str | None:
    """Return the standard name for an alias; None if it has none or is standard itself."""
    meant = ALIASES.get(name.lower().replace("_", "").replace("-", "")[:40])
    return None if meant == name else meant


def by_meaning(file: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """Return the members of a file by their standard names, each with the name in the file; the
    standard name takes precedence over aliases."""
    named: dict[str, tuple[str, Any]] = {}
    for name, value in file.items():
        meant = meant_by(name)
        if meant and meant not in file:
            named.setdefault(meant, (shown(name), value))
        elif name in MEMBERS:
            named[name] = (name, value)
    return named


def check_members(found: Findings, file: dict[str, Any], named: dict[str, Any]) -> None:
    """Find members that are missing, of another kind, misnamed or unknown."""
    for name, member in MEMBERS.items():
        if name not in named:
            if member.missing:
                missing(found, name, member, "missing")
        else:
            check_kind(found, named[name][0], named[name][1], member)
    check_names(found, file)


def check_kind(found: Findings, path: str, value: Any, member: Member) -> None:
    """Find a value that is of the wrong kind or empty."""
    if not isinstance(value, member.kind):
        found.add("WRONG_KIND", path, kind=kind_of(value), expected=member.expected)
    elif member.missing and (value == [] or (isinstance(value, str) and not value.strip())):
        missing(found, path, member, "empty")


def missing(found: Findings, path: str, member: Member, how: str) -> None:
    """Find that a member is missing or empty."""
    found.add(member.missing, path, how=how, because=member.because, do=member.do)


def check_names(found: Findings, file: dict[str, Any]) -> None:
    """Find aliases and unknown names."""
    unknown = 0
    for name in file:
        if name in MEMBERS or name in OTHERS:
            continue
        meant = meant_by(name)
        if meant:
            found.add("RENAMED", shown(name), expected=meant)
        elif unknown < MOST_UNKNOWN:
            unknown += 1
            found.add("UNKNOWN_MEMBER", shown(name))


def check_values(found: Findings, named: dict[str, tuple[str, Any]]) -> None:
    """Find problems in the values of simple members."""
    values = {name: value for name, (_, value) in named.items()}
    if isinstance(values.get("type"), str) and values["type"].strip() not in ("", TYPE):
        found.add("WRONG_TYPE", "type", value=shown(values["type"]), expected=TYPE)
    for name, most in (("name", LONGEST_NAME), ("description", LONGEST_DESCRIPTION)):
        if isinstance(values.get(name), str):
            check_text(found, name, values[name], most)
    if isinstance(values.get("image"), str) and values["image"].strip():
        check_url(found, named["image"][0], values["image"], ("https", "ipfs", "ar"), DATA_IMAGE)
    if values.get("active") is False:
        found.add("NOT_ACTIVE", named["active"][0])
    if isinstance(values.get("supportedTrust"), list):
        check_trust(found, *named["supportedTrust"])


def check_trust(found: Findings, path: str, models: list[Any]) -> None:
    """Find trust models that the standard does not define."""
    for place, model in enumerate(models[:MOST_TRUST]):
        if not isinstance(model, str):
            found.add("WRONG_KIND", f"{path}[{place}]", kind=kind_of(model), expected="a string")
        elif model not in TRUST:
            known = ", ".join(TRUST)
            found.add("UNKNOWN_TRUST", f"{path}[{place}]", value=shown(model), expected=known)
