"""What getSummary of the contract would say, computed by the database."""

from __future__ import annotations

import pytest

from kamiyo_api import db
from tests.support import chain_logs as logs
from tests.support.chain_history import BUYER, CLIENT, ODD, OTHER, OWNER, agent
from tests.support.chain_logs import Chain


@pytest.fixture
def chain():
    return Chain()


def wrapped(number):
    """A number as int128 holds it."""
    return (number + 2**127) % 2**128 - 2**127


SUMMARIES = [
    # Values with their decimals, and what the contract says of them.
    ([], (0, "0", 0)),
    ([(87, 0), (88, 0)], (2, "87", 0)),
    ([(-87, 0), (-88, 0)], (2, "-87", 0)),
    ([(876, 1), (99, 0)], (2, "93", 0)),
    ([(876, 1), (99, 0), (991, 1)], (3, "952", 1)),
    ([(10**38, 0)], (1, str(10**38), 0)),
    ([(10**38, 0), (1, 18), (1, 18)], (3, str(wrapped((10**56 + 2) // 3)), 18)),
    ([(-(10**38), 0), (1, 18), (1, 18)], (3, str(wrapped(-((10**56 - 2) // 3))), 18)),
]


@pytest.fixture
def summary(sql):
    """What getSummary says of agent 0."""

    def ask(clients, tag1=b"", tag2=b""):
        found = db.row(
            "reputation_on_chain.get_summary",
            agent_uuid=agent(sql)["id"],
            clients=clients,
            tag1=tag1,
            tag2=tag2,
        )
        return found["count"], found["value"], found["value_decimals"]

    return ask


@pytest.mark.parametrize(("given", "expected"), SUMMARIES)
def test_the_summary_is_cut_and_wrapped_as_the_contract_does(
    chain, project, summary, given, expected
):
    chain.block(logs.registration(0, OWNER))
    chain.block([logs.feedback(0, CLIENT, n, *each) for n, each in enumerate(given, 1)])
    project(chain)
    assert summary([CLIENT]) == expected


def test_the_summary_compares_bytes_and_counts_clients_as_often_as_they_are_listed(
    chain, project, summary
):
    chain.block(logs.registration(0, OWNER))
    tags = [ODD, b"n\xef\xbf\xbdme\xef\xbf\xbd", b"", b"plain"]
    chain.block([logs.feedback(0, CLIENT, n, n, 0, tag, tag) for n, tag in enumerate(tags, 1)])
    chain.block([logs.feedback(0, OTHER, 1, 100), logs.feedback(0, OTHER, 2, 5)])
    chain.block([logs.revoked(0, OTHER, 1)])
    project(chain)
    assert summary([CLIENT], ODD) == (1, "1", 0)
    assert summary([CLIENT], b"", tags[1]) == (1, "2", 0)
    assert summary([CLIENT], b"plain", ODD) == (0, "0", 0)
    assert summary([CLIENT]) == (4, "2", 0)
    assert summary([OTHER, OTHER, BUYER]) == (2, "5", 0)
