"""The page about the trust rule, with examples."""

from __future__ import annotations

from flask import Response

from kamiyo_api import db
from kamiyo_api.explorer.guides import guide_of, path_of
from kamiyo_api.explorer.pages import page, rendered
from kamiyo_api.schemas.agents import TRUST_LEVELS

# Words, paying reviewers with their rating, and unpaid reviewers with theirs.
EXAMPLES = (
    ("1 paying customer rates 100", 1, 100, 0, 0),
    ("5 paying customers rate 90", 5, 90, 0, 0),
    ("50 paying customers rate 90", 50, 90, 0, 0),
    ("5 paying customers rate 90; 1,000 others rate 0", 5, 90, 1_000, 0),
    ("5 paying customers rate 20; 1,000 others rate 100", 5, 20, 1_000, 100),
)


@page("/trust")
def show_rule() -> Response:
    """Show how a score is computed."""
    columns = zip(*EXAMPLES, strict=True)
    names = ("words", "paying", "paid_voices", "unpaid", "unpaid_voices")
    given = {name: list(column) for name, column in zip(names, columns, strict=True)}
    words = given.pop("words")
    scores = db.rows("explorer.list_examples", **given, limit=len(EXAMPLES))
    return rendered(
        "trust.html",
        examples=list(zip(words, scores, strict=True)),
        levels=TRUST_LEVELS,
        guide=guide_of("trust") if path_of("trust").exists() else None,
    )
