"""The rule of trust, in pictures and words."""

from __future__ import annotations

from flask import Response

from kamiyo_api import db
from kamiyo_api.explorer.guides import guide_of, path_of
from kamiyo_api.explorer.pages import page, rendered
from kamiyo_api.schemas.agents import TRUST_LEVELS

# What is said of an invented agent: how many paid a dollar or more and say what, how many did not.
EXAMPLES = (
    ("One customer who paid a dollar says 100.", 1, 100, 0, 0),
    ("Five who paid say 90.", 5, 90, 0, 0),
    ("Fifty who paid say 90.", 50, 90, 0, 0),
    ("Five who paid say 90; a thousand who did not say 0.", 5, 90, 1_000, 0),
    ("Five who paid say 20; a thousand who did not say 100.", 5, 20, 1_000, 100),
)


@page("/trust")
def show_rule() -> Response:
    """Show how a score comes about."""
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
