"""The operator trusts reviewers by command; the next refresh counts them in full."""

from __future__ import annotations

import pytest

from tests.support import factories

FIRST, SECOND = factories.address(), factories.address()


@pytest.fixture
def flask(app):
    """Return a function that runs `flask trusted-reviewers …`."""

    def run(*words, code=0, **options):
        made = app.test_cli_runner().invoke(args=["trusted-reviewers", *words], **options)
        assert made.exit_code == code, made.output
        return made.output

    return run


def trusted(sql):
    rows = sql("select client_address, note from erc8004_trusted_reviewers order by client_address")
    return {row["client_address"]: row["note"] for row in rows}


def test_reviewer_is_added_listed_and_removed(flask, sql):
    upper = FIRST.upper().replace("0X", "0x")
    assert flask("add", upper, "--note", "Knows weather") == f"added {FIRST}\n"
    assert "already" in flask("add", FIRST)
    assert trusted(sql) == {FIRST: "Knows weather"}
    _, row = flask("list").splitlines()
    assert row.split()[0] == FIRST
    assert row.endswith("no        Knows weather")
    assert flask("remove", FIRST) == f"removed {FIRST}\n"
    assert trusted(sql) == {}
    assert "is not trusted" in flask("remove", FIRST, code=1)


def test_next_refresh_counts_trusted_reviewers(flask, get, make_agent, give_feedback, refresh):
    agent = make_agent()["agent_uuid"]
    reviewer = give_feedback(agent_uuid=agent, score=80)["client_address"]
    path = f"/agents/{agent}/decision?amount_usdc=1"
    flask("add", reviewer)
    refresh()
    evidence = get(path)["evidence"]
    assert (evidence["trusted_reviewers"], evidence["newcomers"]["weight"]) == (1, "1000000")
    assert " 1  yes" in flask("list")
    flask("remove", reviewer)
    refresh()
    assert get(path)["evidence"]["trusted_reviewers"] == 0


def test_file_is_imported_completely_or_not_at_all(flask, sql, tmp_path):
    file = tmp_path / "reviewers.txt"
    file.write_text(f"# ours\n\n{FIRST}\n{SECOND}, wrote a study\n{FIRST} twice\n")
    assert flask("import", str(file)) == "added 2 of 2\n"
    assert trusted(sql) == {FIRST: "twice", SECOND: "wrote a study"}
    third = factories.address()
    answer = flask("import", "-", input=f"{third}\n0x12\n", code=1)
    assert "line 2" in answer
    assert third not in trusted(sql)
    flask("import", "-", input=f"{FIRST}\n")
    assert trusted(sql)[FIRST] == "twice"


@pytest.mark.parametrize("line", ["nobody", f"{FIRST}x", FIRST + " " + "n" * 1_001, f"{FIRST} \0"])
def test_invalid_line_is_refused(flask, sql, line):
    assert "line 1" in flask("import", "-", input=f"{line}\n", code=1)
    assert trusted(sql) == {}


def test_wallets_of_paid_keys_are_suggested_and_never_added(flask, key_for, sql):
    key_for(FIRST, tier="pro")
    key_for(SECOND, tier="free")
    assert FIRST in flask("suggest")
    assert SECOND not in flask("suggest")
    assert trusted(sql) == {}
    flask("add", FIRST)
    assert FIRST not in flask("suggest")
