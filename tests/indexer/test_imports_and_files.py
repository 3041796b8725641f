"""What an import leaves, ends or starts of the fetches of registration files."""

from __future__ import annotations

import base64

from tests.support.agent_files import data, entry, naming
from tests.support.imports import counts, line

VERIFIED = data(naming(entry()))
FOLLOWED = """
insert into erc8004_chain_cursors (
  chain, from_block, read_block, read_hash, final_block, checked_block, projected_block, head_block
)
select chain, 1, 1, decode(repeat('00', 32), 'hex'), 1, 1, 1, 1
from erc8004_agents
"""


def test_uri_that_is_not_stored_as_the_chain_holds_it_is_not_fetched(run_import, resolve, sql):
    run_import([line(token_uri="https://127.0.0.1/\x00a")])
    assert resolve() == {"invalid_uri": 1}
    assert sql("select due_at from erc8004_file_fetches") == [{"due_at": None}]


def test_import_without_the_file_leaves_one_that_was_fetched(run_import, resolve, get, sql):
    content = base64.b64encode(b'{"name": "a\\u0000b", "registrations": []}').decode()
    old = line(token_uri=f"data:;base64,{content}")
    assert run_import([old]).exit_code == 0
    assert resolve() == {"resolved": 1}
    before = sql("select * from erc8004_agents")
    assert before[0]["unstorable"]["registration_file"]["reasons"] == ["nul"]
    assert (
        counts(run_import([old]))
        == "read 1 lines: 0 inserted, 0 updated, 1 unchanged, 0 older, 0 rejected"
    )
    assert (sql("select * from erc8004_agents"), resolve()) == (before, {})
    new = line(token_uri=data({"name": "New"}), block_number=24339926)
    run_import([new])
    assert resolve() == {"resolved": 1}
    (agent,) = sql("select registration_file from erc8004_agents")
    assert agent["registration_file"] == {"name": "New"}


def test_import_with_a_file_ends_the_fetches(run_import, resolve, sql):
    run_import([line(token_uri=VERIFIED)])
    resolve()
    run_import([line(token_uri=VERIFIED, registration_file={"name": "Imported"})])
    assert sql("select from erc8004_file_fetches") == []
    (agent,) = sql("select registration_file from erc8004_agents")
    assert agent["registration_file"] == {"name": "Imported"}


def test_import_leaves_the_fetched_file_of_an_agent_of_a_chain(run_import, resolve, sql):
    run_import([line(token_uri=VERIFIED)])
    sql("update erc8004_agents set source = 'chain', registered_at = created_at")
    sql(FOLLOWED)
    other = line(token_uri=VERIFIED, registration_file={"name": "Imported"})
    run_import([other])
    assert sql("select registration_file ->> 'name' as n from erc8004_agents")[0]["n"] == "Imported"
    sql("update erc8004_agents set registration_file = null")
    assert resolve() == {"resolved": 1}
    before = sql("select registration_file, unstorable from erc8004_agents")
    run_import([other])
    assert sql("select registration_file, unstorable from erc8004_agents") == before
    assert sql("select status from erc8004_file_fetches") == [{"status": "resolved"}]


def test_new_owner_who_names_no_uri_has_no_file(run_import, resolve, sql):
    run_import([line(token_uri=VERIFIED)])
    resolve()
    run_import([line(owner_address="0x" + "9" * 40, block_number=24339999)])
    (agent,) = sql("select token_uri, registration_file from erc8004_agents")
    assert (agent["token_uri"], agent["registration_file"]) == (None, None)
    assert sql("select from erc8004_file_fetches") == []
    assert sql("select verified from erc8004_agent_search") == [{"verified": False}]
