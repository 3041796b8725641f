"""Cases of the trust rule. Run as a program, it writes them with their expected results to
vectors.json."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.trust.rule import DAY, NOW, Record, Reviewer, expected

VECTORS = Path(__file__).with_name("vectors.json")
TEN_SETTLED = {"settled": 10, "success_rate": "100"}


def new(rating: str = "100", **known: Any) -> Reviewer:
    """Return a reviewer who was first seen yesterday."""
    return Reviewer([rating], days_known=1, **known)


def old(rating: str = "100", **known: Any) -> Reviewer:
    """Return a known reviewer."""
    return Reviewer([rating], days_known=60, owners=4, **known)


def paying(count: int, rating: str, paid: str = "1", **known: Any) -> list[Reviewer]:
    """Return paying known reviewers with the same rating."""
    return [old(rating, paid=paid, **known) for _ in range(count)]


def one(reviewer: Reviewer, **known: Any) -> Record:
    """Return a record with one reviewer."""
    return Record([reviewer], **known)


MANY_SMALL = [
    old(rating, paid=paid)
    for rating, paid in zip(["70", "80", "90", "95"] * 9, ["0.01", "0.05", "0.2"] * 12, strict=True)
]
CASES: dict[str, Record] = {
    "nobody knows it": Record(),
    "payments alone make it fair": Record(settled=12, success_rate="100"),
    "payments alone that fail make it poor": Record(settled=8, success_rate="50"),
    "four payments that fail say too little": Record(settled=4, success_rate="0"),
    "a newcomer praises": one(new("100")),
    "a newcomer objects": one(new("0")),
    "ten newcomers praise": Record([new("100")] * 10),
    "ten newcomers object": Record([new("0")] * 10),
    "two hundred newcomers object": Record([new("0")] * 200),
    "a known reviewer, unpaid": one(old("90")),
    "fifty known reviewers, unpaid": Record([old("95")] * 50),
    "known for 29 days": one(Reviewer(["80"], days_known=29, owners=3)),
    "known for 30 days": one(Reviewer(["80"], days_known=30, owners=3)),
    "known, but of two owners": one(Reviewer(["80"], days_known=400, owners=2)),
    "known ones praise, newcomers object": Record([old("90")] * 4 + [new("5")] * 60),
    "one who repeats himself": Record([Reviewer(["0"] * 500, days_known=60, owners=3), old("80")]),
    "means are rounded half up": one(Reviewer(["33.33", "33.34"], days_known=60, owners=3)),
    "a mean of thirds": one(Reviewer(["100", "50", "50"], days_known=60, owners=3, paid="0.3")),
    "one unhappy dollar": Record(paying(1, "0"), settled=1, success_rate="100"),
    "two unhappy dollars": Record(paying(2, "0"), settled=2, success_rate="100"),
    "high is 60 exactly": Record(paying(2, "20"), **TEN_SETTLED),
    "high is just under 60": Record([*paying(1, "20"), *paying(1, "19.99")], **TEN_SETTLED),
    "middle is 70 exactly": Record(paying(2, "90"), settled=5, success_rate="85"),
    "middle is just under 70": Record(
        [*paying(1, "90"), *paying(1, "89.99")], settled=5, success_rate="85"
    ),
    "middle is 80 exactly": Record(paying(6, "90"), settled=10, success_rate="95"),
    "middle is just under 80": Record(
        [*paying(5, "90"), *paying(1, "89.99")], settled=10, success_rate="95"
    ),
    "excellent but for nine settled": Record(paying(6, "90"), settled=9, success_rate="100"),
    "excellent but for a rate of 94": Record(paying(6, "90"), settled=100, success_rate="94"),
    "good but for a rate of 84": Record(paying(6, "90"), settled=100, success_rate="84"),
    "poor by a rate of 74": Record(paying(9, "99"), settled=100, success_rate="74"),
    "twenty satisfied customers": Record(paying(20, "96"), **TEN_SETTLED),
    "an eighth of many is more than two": Record(
        [*paying(90, "88"), *paying(6, "0")], **TEN_SETTLED
    ),
    "many small customers": Record(MANY_SMALL, **TEN_SETTLED),
    "money in one purse": Record(paying(1, "0", "2"), **TEN_SETTLED),
    "the same money in many": Record(paying(20, "0", "0.1"), **TEN_SETTLED),
    "a millionth of a dollar": Record(paying(10, "100", "0.000001"), **TEN_SETTLED),
    "a fortune counts as one": Record(paying(1, "100", "1000000"), **TEN_SETTLED),
    "half of it came back": Record(paying(4, "90", "1", returned="0.5"), **TEN_SETTLED),
    "all of it came back": Record(paying(4, "90", "1", returned="3"), **TEN_SETTLED),
    "they rate each other": Record(paying(4, "100", rates_mutually=True), **TEN_SETTLED),
    "they rate each other and are trusted": Record(
        paying(1, "100", rates_mutually=True, trusted=True), **TEN_SETTLED
    ),
    "three are trusted": Record([old("90", trusted=True)] * 3 + [new("0")]),
    "a trusted newcomer": one(new("70", trusted=True)),
    "newcomers who pay": Record([new("95", paid="2")] * 6, **TEN_SETTLED),
    "unpaid and paying disagree": Record(paying(8, "95") + [old("10")] * 12, **TEN_SETTLED),
    "they differ by 30 exactly": Record([*paying(2, "80"), old("50")], **TEN_SETTLED),
    "they differ by less than 30": Record([*paying(2, "80"), old("50.01")], **TEN_SETTLED),
    "too few unpaid to disagree": Record([*paying(2, "80"), new("0"), new("0")], **TEN_SETTLED),
    "nothing new from those who pay": Record(
        [*paying(6, "90", last_rated=NOW - 91 * DAY), old("90")], **TEN_SETTLED
    ),
    "news of 90 days ago": Record(paying(6, "90", last_rated=NOW - 90 * DAY), **TEN_SETTLED),
    "payments fail": Record(paying(6, "90"), settled=5, success_rate="80"),
    "it reviews itself": Record(paying(3, "90"), own_ratings=2, **TEN_SETTLED),
    "records without a score": one(old("70"), unscored=4),
    "a new owner": one(new("40"), has_new_owner=True),
    "a testnet": Record(paying(9, "100"), is_testnet=True, **TEN_SETTLED),
    "a testnet, and poor": Record(paying(9, "0"), is_testnet=True, **TEN_SETTLED),
    "claimed here": Record(paying(9, "100"), is_claimed=True, **TEN_SETTLED),
}
MANY = Record(
    [
        Reviewer(
            [f"{n * 37 % 101}"], paid=f"{n**4 % 3000000 / 1e6:.6f}", days_known=n, owners=n % 5
        )
        for n in range(1, 61)
    ],
    **TEN_SETTLED,
)


def vectors() -> list[dict[str, Any]]:
    """Return every case with its expected results; equal reviewers are written once."""
    return [
        {"name": name, "record": grouped(record), "expected": expected(record)}
        for name, record in {**CASES, "sixty of all kinds": MANY}.items()
    ]


def grouped(record: Record) -> dict[str, Any]:
    """Return a record as JSON; `times` is the number of equal reviewers."""
    groups: list[dict[str, Any]] = []
    for reviewer in record.reviewers:
        if groups and groups[-1]["reviewer"] == asdict(reviewer):
            groups[-1]["times"] += 1
        else:
            groups.append({"reviewer": asdict(reviewer), "times": 1})
    return {**asdict(record), "reviewers": groups}


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(each) for each in vectors())
    VECTORS.write_text(f"[\n{lines}\n]\n")
