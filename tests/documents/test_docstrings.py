"""Docstrings of the package are imperative: they say what to do or what a thing is."""

from __future__ import annotations

import ast

import pytest

from tests.support import ROOT

PACKAGE = ROOT / "kamiyo_api"
FILES = sorted(PACKAGE.rglob("*.py"))
QUESTIONS = ("What", "Whether", "How", "Where")


def questions(source: str) -> list[str]:
    """The docstrings of a file that begin as a question, with their lines."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, documented)]
    texts = [(getattr(node, "lineno", 1), ast.get_docstring(node) or "") for node in nodes]
    return [f"{line}: {text}" for line, text in texts if text.split()[:1] and is_question(text)]


def is_question(text: str) -> bool:
    """Whether a text begins with one of the words."""
    return text.split()[0].strip(",:;") in QUESTIONS


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_docstring_begins_as_a_question(path):
    assert questions(path.read_text()) == []


def test_docstring_that_begins_as_a_question_is_seen():
    source = 'def is_new():\n    """Whether it is new."""\nclass A:\n    """Whatever."""\n'
    assert questions(source) == ["1: Whether it is new."]
