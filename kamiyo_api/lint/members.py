"""The members of a registration file and their kinds."""

from __future__ import annotations

from typing import Any, NamedTuple

from kamiyo_api.lint.findings import Findings, kind_of, shown
from kamiyo_api.lint.texts import check_text, check_url

TYPE = "https://eips.ethereum.org/EIPS/eip-8004#registration-v1"
TRUST = ("reputation", "crypto-economic", "tee-attestation")
# What tokens of ERC-721 have besides, and what the registry keeps under a key of the same name.
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
    """A member as it should be: its kind with the words for it, what it is if it is missing, and
    what follows from that and what to do."""

    kind: type
    expected: str
    missing: str
    because: str
    do: str


FLAG = "true or false without quotation marks"
MEMBERS = {
    "type": Member(
        str, TYPE, "REQUIRED_MISSING", "readers cannot tell what it is", f"write {TYPE}"
    ),
    "name": Member(str, "a text", "REQUIRED_MISSING", "lists can only show its number", "add it"),
    "description": Member(
        str,
        "a text",
        "RECOMMENDED_MISSING",
        "nobody learns what the agent does",
        "say what it does, for whom and at which price",
    ),
    "image": Member(
        str, "a URL", "RECOMMENDED_MISSING", "wallets show nothing", "name a picture under https:"
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
        "a list of texts",
        "OPTIONAL_MISSING",
        "the agent says that it is only there to be found",
        f"list what applies of {', '.join(TRUST)}",
    ),
    "x402Support": Member(
        bool,
        FLAG,
        "OPTIONAL_MISSING",
        "clients cannot tell if it takes payments",
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
    """Return the member that another name means; None if it means none or is the name itself."""
    meant = ALIASES.get(name.lower().replace("_", "").replace("-", "")[:40])
    return None if meant == name else meant


def by_meaning(file: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """Return the members of a file under the names that ERC-8004 has for them, each with the name
    that it has; the right name counts before others."""
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
    """Find whether a value is of another kind than its member asks for, or empty."""
    if not isinstance(value, member.kind):
        found.add("WRONG_KIND", path, kind=kind_of(value), expected=member.expected)
    elif member.missing and (value == [] or (isinstance(value, str) and not value.strip())):
        missing(found, path, member, "empty")


def missing(found: Findings, path: str, member: Member, how: str) -> None:
    """Find that a member is missing or empty."""
    found.add(member.missing, path, how=how, because=member.because, do=member.do)


def check_names(found: Findings, file: dict[str, Any]) -> None:
    """Find names that the standard does not have."""
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
    """Find what is the matter with the values of the members that are no lists of objects."""
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
    """Find models of trust that the standard does not name."""
    for place, model in enumerate(models[:MOST_TRUST]):
        if not isinstance(model, str):
            found.add("WRONG_KIND", f"{path}[{place}]", kind=kind_of(model), expected="a text")
        elif model not in TRUST:
            known = ", ".join(TRUST)
            found.add("UNKNOWN_TRUST", f"{path}[{place}]", value=shown(model), expected=known)
