"""The evidence behind a score, as the page of an agent draws it."""

from __future__ import annotations

from typing import Any

from kamiyo_api import db

# How many reviewers and records a page looks at, so that its cost does not grow with history.
MOST_VOICES = 5_000
MOST_RECORDS = 1_000
MOST_REVIEWERS = 15
MOST_TAGS = 12
MOST_MONTHS = 24
STEPS = [f"{low} to {low + 9}" for low in range(0, 90, 10)] + ["90 to 100"]


def evidence_of(agent_uuid: str) -> dict[str, Any]:
    """Return the voices, the reviewers and the course of the feedback of an agent."""
    voices = db.rows("explorer.get_voices", agent_uuid=agent_uuid, most=MOST_VOICES)[0]
    course = db.rows("explorer.get_course", agent_uuid=agent_uuid, most=MOST_RECORDS)[0]
    return {
        "steps": STEPS,
        "voices": voices,
        "is_part": voices["counted"] >= MOST_VOICES,
        "months": without_gaps(course["months"]),
        "tags": course["tags"][:MOST_TAGS],
        "records": course["records"],
        "most_records": MOST_RECORDS,
        "reviewers": db.rows(
            "explorer.list_reviewers", agent_uuid=agent_uuid, most=MOST_VOICES, limit=MOST_REVIEWERS
        ),
    }


def without_gaps(months: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the months from the first to the last, and of them the newest MOST_MONTHS."""
    if not months:
        return []
    by_name = {each["month"]: each for each in months}
    first, last = (number_of(months[place]["month"]) for place in (0, -1))
    names = map(name_of, range(max(first, last - MOST_MONTHS + 1), last + 1))
    return [by_name.get(name, {"month": name, "records": 0, "average": None}) for name in names]


def number_of(month: str) -> int:
    """Return the number of a month, such that the next one has the next."""
    return int(month[:4]) * 12 + int(month[5:]) - 1


def name_of(number: int) -> str:
    """Return the name of a month by its number."""
    return f"{number // 12:04}-{number % 12 + 1:02}"
