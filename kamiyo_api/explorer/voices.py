"""The evidence behind a score, for the plots and tables of an agent's page."""

from __future__ import annotations

import datetime as dt
from typing import Any

from kamiyo_api import db

# The numbers of reviewers and records that a page reads; they bound its cost.
MOST_VOICES = 500
MOST_RECORDS = 1_000
MOST_REVIEWERS = 15
MOST_TAGS = 12
MOST_MONTHS = 24
MOST_DAYS = 100
MOST_STEPS = 60
STEP_DAYS = {"day": 1, "week": 7}
OUTCOMES = ("verified", "failed", "pending")
NOTHING = dict.fromkeys((*OUTCOMES, "verified_usdc", "other_usdc"), 0)
STEPS = [f"{low} to {low + 9}" for low in range(0, 90, 10)] + ["90 to 100"]


def evidence_of(agent_uuid: str) -> dict[str, Any]:
    """Return the ratings and the reviewers of an agent, and the history of its score."""
    evidence = db.rows(
        "pages.get_evidence",
        agent_uuid=agent_uuid,
        most_voices=MOST_VOICES,
        most_reviewers=MOST_REVIEWERS,
        most_days=MOST_DAYS,
    )[0]
    return evidence | {"ranges": STEPS, "levels": levels_in(evidence["history"])}


def levels_in(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the days on which the level changed."""
    before = [None, *(day["trust_level"] for day in history)]
    return [day for day, level in zip(history, before, strict=False) if day["trust_level"] != level]


def courses_of(agent_uuid: str) -> dict[str, Any]:
    """Return the feedback, the payments and the validations of an agent over time."""
    course = db.rows(
        "pages.get_courses", agent_uuid=agent_uuid, most=MOST_RECORDS, most_steps=MOST_STEPS
    )[0]
    return course | {
        "months": fill_months(course["months"]),
        "tags": course["tags"][:MOST_TAGS],
        "most_records": MOST_RECORDS,
        "paid": fill_steps(course["paid"], STEP_DAYS[course["step"]]),
    }


def fill_steps(buckets: list[dict[str, Any]], days: int) -> list[dict[str, Any]]:
    """Return the newest MOST_STEPS days or weeks, with empty ones in the gaps."""
    if not buckets:
        return []
    by_day = {each["day"]: each for each in buckets}
    first, last = (dt.date.fromisoformat(buckets[place]["day"]) for place in (0, -1))
    count = min((last - first).days // days + 1, MOST_STEPS)
    names = [str(last - dt.timedelta(days * place)) for place in reversed(range(count))]
    return [by_day.get(name, NOTHING | {"day": name}) for name in names]


def fill_months(months: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the newest MOST_MONTHS months, with empty ones in the gaps."""
    if not months:
        return []
    by_name = {each["month"]: each for each in months}
    first, last = (number_of(months[place]["month"]) for place in (0, -1))
    names = map(name_of, range(max(first, last - MOST_MONTHS + 1), last + 1))
    return [by_name.get(name, {"month": name, "records": 0, "average": None}) for name in names]


def number_of(month: str) -> int:
    """Return the number of a month; consecutive months have consecutive numbers."""
    return int(month[:4]) * 12 + int(month[5:]) - 1


def name_of(number: int) -> str:
    """Return the name of a month by its number."""
    return f"{number // 12:04}-{number % 12 + 1:02}"
