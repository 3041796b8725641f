"""The rules of the house for SQL, held against every file of sql/ and the real schema."""

from __future__ import annotations

import re

import psycopg2
import pytest

from kamiyo_api import db
from kamiyo_api.db import schema
from kamiyo_api.db.queries import QUERIES, SQL

ROOT = SQL.parent
CODE = "\n".join(path.read_text() for path in (ROOT / "kamiyo_api").rglob("*.py"))
NAMES = sorted(QUERIES)
STATEMENTS = {
    name: re.sub(r"--.*|'[^']*'", "", text).strip().lower() for name, text in QUERIES.items()
}
VERBS = ("get", "list", "count", "insert", "upsert", "update", "delete", "refresh")
# What is there only where an operator created it; test_doctor asks the real one.
EXTENSION = """
    create temporary view pg_stat_statements as
    select ''::text as query, 0::float8 as mean_exec_time, 0::bigint as calls,
      0::bigint as queryid, 0::oid as dbid
"""
# Bulk loads speak of copying into tables of their own.
BULK_VERBS = ("copy", "create", "analyze")
WRITES = re.compile(r"\b(insert\s+into|update\s+\w+(\s+as\s+\w+)?\s+set|delete\s+from|truncate)\b")


def verb(name):
    return name.split(".")[1].split("_")[0]


def parameters(name):
    return dict.fromkeys(re.findall(r"%\((\w+)\)s", QUERIES[name]))


@pytest.fixture
def connection(app, servers):
    """A connection whose transaction is never committed, with every temporary table made."""
    connection = psycopg2.connect(servers.database_url)
    with connection.cursor() as cursor:
        for name in NAMES:
            if STATEMENTS[name].startswith("create temporary table"):
                cursor.execute(QUERIES[name], {})
        cursor.execute(EXTENSION)
    yield connection
    connection.close()


@pytest.mark.parametrize("name", NAMES)
def test_query_fits_the_schema(connection, name):
    with connection.cursor() as cursor:
        if written := re.search(
            r"^copy \((.+)\)\s+to stdout", QUERIES[name], re.DOTALL | re.MULTILINE
        ):
            cursor.execute(f"explain {written[1]}", parameters(name))
        elif STATEMENTS[name].startswith("copy"):
            columns = re.search(r"copy (\w+) \((.+?)\)", STATEMENTS[name], re.DOTALL)
            cursor.execute(f"select {columns[2]} from {columns[1]} limit 0")
        elif STATEMENTS[name].startswith("create"):
            connection.rollback()
            cursor.execute(QUERIES[name], {})
        elif STATEMENTS[name].startswith("analyze"):
            cursor.execute(QUERIES[name], {})
        else:
            cursor.execute(f"explain {QUERIES[name]}", parameters(name))
            assert cursor.fetchone()


@pytest.mark.parametrize("name", NAMES)
def test_query_is_used(name):
    assert f'"{name}"' in CODE


def test_every_part_is_used_more_than_once():
    texts = {path.stem: path.read_text() for path in (SQL / "queries").glob("*.sql")}
    everywhere = "".join(texts.values())
    uses = {
        f"{file}.{part}": text.count(f"{{{part}}}") + everywhere.count(f"{{{file}.{part}}}")
        for file, text in texts.items()
        for part in re.findall(r"^-- part: (\w+)$", text, re.MULTILINE)
    }
    # The settings of a file are for each of its queries.
    assert min(times for part, times in uses.items() if not part.endswith(".settings")) > 1


def test_every_query_that_is_used_exists():
    tables = {name.split(".")[0] for name in NAMES}
    call = rf'\b(?:row|rows|execute|copy|copy_rows)\(\s*(?:\w+,\s*)?"((?:{"|".join(tables)})\.\w+)"'
    used = set(re.findall(call, CODE))
    assert len(used) > 40
    assert used <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_query_begins_with_a_verb_of_the_list_and_a_sentence(name):
    assert verb(name) in VERBS + BULK_VERBS
    comment = re.match(r"(-- .+\n)+", QUERIES[name])
    assert comment, "a sentence of comment"
    assert comment[0].strip().endswith(".")
    assert comment[0][3].isupper()


@pytest.mark.parametrize("name", NAMES)
def test_bulk_verbs_are_used_for_what_they_say(name):
    if verb(name) in BULK_VERBS:
        assert STATEMENTS[name].startswith(verb(name))
    else:
        assert not STATEMENTS[name].startswith(BULK_VERBS)


@pytest.mark.parametrize("name", NAMES)
def test_percent_signs_are_parameters_only(name):
    assert "%" not in re.sub(r"%\(\w+\)s", "", QUERIES[name])


@pytest.mark.parametrize("name", NAMES)
def test_columns_are_explicit(name):
    assert not re.search(r"(select|,|\.)\s*\*", STATEMENTS[name])


@pytest.mark.parametrize("name", [name for name in NAMES if verb(name) == "list"])
def test_list_has_an_order_and_a_limit(name):
    # Those of search order and limit the page inside; their outer select keeps the order.
    assert "order by" in STATEMENTS[name]
    assert re.search(r"\blimit (\d+|%\(limit\)s)", STATEMENTS[name])


@pytest.mark.parametrize("name", NAMES)
def test_reading_query_writes_nothing(name):
    assert bool(WRITES.search(STATEMENTS[name])) == (
        verb(name) in ("insert", "upsert", "update", "delete")
    )


@pytest.mark.parametrize("path", sorted(SQL.rglob("*.sql")), ids=lambda path: path.stem)
def test_keywords_are_in_lower_case(path):
    code = re.sub(r"--.*|'[^']*'|\$\$|E'", "", path.read_text())
    assert not re.search(r"\b(SELECT|FROM|WHERE|INSERT|UPDATE|DELETE|CREATE|AND|OR|NOT)\b", code)


def test_python_holds_no_sql():
    statements = re.findall(
        r"[\"'](?:select .+ from|insert into|update .+ set|delete from|create table) ", CODE, re.I
    )
    assert statements == []


def test_only_the_modules_of_the_database_know_the_driver():
    importers = {
        path.name
        for path in (ROOT / "kamiyo_api").rglob("*.py")
        if re.search(r"^\s*(import|from) psycopg2", path.read_text(), re.MULTILINE)
    }
    assert importers == {"driver.py"}


@pytest.mark.parametrize("name", db.CONSTRAINT_ERRORS)
def test_constraint_that_becomes_an_error_exists(app, sql, name):
    constraint = "select 1 from pg_constraint where conname = %s"
    unique_index = (
        "select 1 from pg_indexes where indexname = %s and indexdef like 'CREATE UNIQUE%%'"
    )
    raised = """
        select 1
        from pg_trigger as t
        join pg_proc as p on p.oid = t.tgfoid
        cross join substring(p.proname from '^erc8004_require_(chain|agent)s$') as target
        where format('fk__%%s__%%s', t.tgrelid::regclass, target) = %s
    """
    assert sql(constraint, name) or sql(unique_index, name) or sql(raised, name)


def test_every_constraint_has_a_name_that_says_its_table(app, sql):
    rows = sql(
        """
        select c.conname, t.relname, c.contype
        from pg_constraint as c
        join pg_class as t on t.oid = c.conrelid
        where t.relnamespace = 'public'::regnamespace and c.contype <> 'n'
        """
    )
    kinds = {"p": "pk", "u": "uq", "f": "fk", "c": "ck"}
    assert len(rows) > 50
    for row in rows:
        assert re.match(rf"{kinds[row['contype']]}__{row['relname']}(__|$)", row["conname"])


def test_migrations_are_numbered_from_the_baseline_on():
    names = [path.name for path in sorted((SQL / "migrations").glob("*.sql"))]
    numbers = [int(name[:4]) for name in names]
    assert numbers[0] == schema.BASELINE + 1
    assert numbers == sorted(set(numbers))
    assert all(re.fullmatch(r"\d{4}_[a-z]+_[a-z_]+\.sql", name) for name in names)


def test_migrations_neither_define_nor_call_a_routine():
    for path in (SQL / "migrations").glob("*.sql"):
        code = re.sub(r"--.*", "", path.read_text())
        assert not re.search(r"\bcreate (or replace )?(function|procedure|trigger|view)\b", code)
        called = re.sub(r"\bdrop (function|procedure) \w+\([^)]*\)", "", code)
        assert not re.search(r"\w*erc8004_\w+\(", called)


def test_functions_are_defined_once_and_may_be_applied_again():
    text = "\n".join(path.read_text() for path in (SQL / "functions").glob("*.sql"))
    code = re.sub(r"--.*", "", text)
    created = re.findall(
        r"^create (.*?)(function|procedure|view|trigger) (\w+)", code, re.MULTILINE
    )
    assert {how for how, _, _ in created} == {"or replace "}
    assert len(created) == len({name for _, _, name in created}) > 50
