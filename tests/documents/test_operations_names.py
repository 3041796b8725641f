"""docs/operations.md: what it names is there, what is there is named, all commands are typed."""

from __future__ import annotations

import json
import logging
import re

import pytest
from prometheus_client import generate_latest

from kamiyo_api.doctor.examination import CHECKS
from kamiyo_api.observability.request_log import JsonFormatter
from tests.support import ROOT
from tests.support.documents import OPERATIONS, blocks

ALERTS = (ROOT / "ops" / "prometheus" / "alerts.yml").read_text()
SERVER_COMMANDS = """
cd /opt/kamiyo-api
set -a; . /etc/kamiyo-api/environment; set +a
PATH=$PWD/.venv/bin:$PATH
URL=http://127.0.0.1:8000
journalctl -u kamiyo-api -o cat --since -1h | grep '"level":"error"'
journalctl -u kamiyo-api -o cat | grep REQUEST_ID
grep REQUEST_ID /var/log/postgresql/postgresql-*.log
sudo systemctl restart redis
tail -f /var/log/postgresql/postgresql-*.log | grep erc8004
grep -A 5 deadlock /var/log/postgresql/postgresql-*.log
systemctl status kamiyo-api-refresh
journalctl -u kamiyo-api-refresh -n 20 --no-pager
sudo systemctl restart kamiyo-api-refresh
sudo systemctl restart kamiyo-api
flask doctor | tail -4
systemctl status 'postgresql*' --no-pager
tail -20 /var/log/postgresql/postgresql-*.log
df -h /var/lib/postgresql
sudo systemctl restart postgresql
df -h /var/lib/postgresql
systemctl status kamiyo-api --no-pager
journalctl -u kamiyo-api -n 20 --no-pager
curl -sS "$URL/health/live"
sudo systemctl restart kamiyo-api
systemctl status kamiyo-api-indexer --no-pager
sudoedit /etc/kamiyo-api/environment
sudo systemctl restart kamiyo-api-indexer
sudoedit /etc/kamiyo-api/environment
sudo systemctl restart kamiyo-api-indexer
flask audit-chain base --sample 500
systemctl status kamiyo-api-indexer --no-pager
journalctl -u kamiyo-api-indexer -n 20 --no-pager
sudo systemctl restart kamiyo-api-indexer
flask audit-chain base --sample 500
journalctl -u kamiyo-api-indexer -n 20 --no-pager
sudo systemctl restart kamiyo-api-indexer
flask index-chain base --rebuild
flask audit-chain base --sample 500
flask audit-chain base
journalctl -u kamiyo-api-indexer -n 20 --no-pager
sudoedit /etc/kamiyo-api/environment
sudo systemctl restart kamiyo-api-indexer
journalctl -u kamiyo-api -n 1000 --no-pager
tail -1000 /var/log/postgresql/postgresql-*.log
git pull
.venv/bin/pip install -r requirements.txt
sudo systemctl restart kamiyo-api kamiyo-api-refresh
"""
PROGRAMS = r"(?:flask|psql|redis-cli|curl|pg_dump|pg_restore|ps|uptime|tar) "
# The old guide's own words, which are run by test_guide_commands.py; and two of a superuser.
QUOTED = {
    "psql -c",
    'redis-cli KEYS "erc8004:*" \\| xargs redis-cli DEL',
    "ps aux \\| grep uvicorn",
    "ps aux \\| grep gunicorn",
    "sudo -u postgres psql",
}
SECTIONS = re.findall(r"^#+ (.*)$", OPERATIONS, re.MULTILINE)
OLD_GUIDE = [
    "Slow query performance",
    "Cache issues",
    "Rate limiting errors",
    "Authentication failures",
    "Transaction rollback errors",
    "Materialized view staleness",
    "High memory usage",
    "Database connection pool exhaustion",
    "Unwritable database",
    "High error rate",
    "Slow response times",
    "Low cache hit rate",
    "Performance tuning",
    "Getting help",
    "Maintenance",
]


OUTAGES = ["Database down", "Service down", "Registration files waiting"]
CHAINS = [
    "Chain provider gone",
    "Chain provider limits",
    "Chain provider lies",
    "Chain lags",
    "Chain reorganised below final",
    "Chain stopped",
    "Unknown event",
    "Chain projection behind",
    "Audit difference",
    "Audit old",
]


def anchors():
    """Where links of the document and to it may lead."""
    named = set(re.findall(r'<a id="([\w-]+)">', OPERATIONS))
    return named | {section.lower().replace(" ", "-") for section in SECTIONS}


def test_commands_that_only_a_server_can_run_are_these():
    assert "".join(block.text for block in blocks() if block.is_for_servers) == SERVER_COMMANDS[1:]


def test_no_command_stands_only_in_the_prose():
    typed = "".join(block.text for block in blocks())
    prose = re.sub(r"^```.*?^```$", "", OPERATIONS, flags=re.MULTILINE | re.DOTALL)
    spans = {" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)}
    commands = {span for span in spans if re.match(rf"(sudo .*)?{PROGRAMS}", span)}
    untyped = {each for each in commands if each not in typed}
    assert untyped - QUOTED == set()


def test_symptoms_come_in_the_order_of_the_old_guide():
    assert [section for section in SECTIONS if section in OLD_GUIDE] == OLD_GUIDE


def test_alerts_and_links_lead_to_sections():
    linked = set(re.findall(r"docs/operations\.md#([\w-]+)", ALERTS))
    assert linked
    assert linked <= {slug(section) for section in [*OLD_GUIDE, *OUTAGES, *CHAINS]}
    assert set(re.findall(r"\]\(#([\w-]+)\)", OPERATIONS)) <= anchors()


def test_every_alert_is_named_in_the_section_that_it_links_to():
    for alert, anchor in re.findall(
        r"- alert: (\w+)\n.*?operations\.md#([\w-]+)", ALERTS, re.DOTALL
    ):
        section = re.split(r"^##+ ", OPERATIONS, flags=re.MULTILINE)
        (told,) = (each for each in section if slug(each) == anchor)
        assert re.search(rf"\b{alert}\b", told), alert
        assert re.search(rf"\b{alert}\b.*\(#{anchor}\)", OPERATIONS), alert


def slug(section):
    """The anchor of a section, from its text."""
    return section.partition("\n")[0].lower().replace(" ", "-")


def test_checks_that_are_named_exist_and_those_of_symptoms_are_named():
    there = {check.name for check in CHECKS}
    told = re.findall(r"Doctor:((?:[^.]|\.\w)*)\.", OPERATIONS)
    named = {name for each in told for name in re.findall(r"`([\w-]+)`", each)}
    assert named <= there
    # The doctor's other checks have no symptom yet when they find something.
    assert there - named == {
        "database-settings",
        "database-size",
        "metrics",
        "unindexed-foreign-keys",
    }


def test_metrics_that_are_named_exist(server):
    exposed = server.request("GET", "/metrics").text + generate_latest().decode()
    there = set(re.findall(r"^# TYPE (\w+)", exposed, re.MULTILINE))
    metrics = re.findall(r"`(erc8004_\w+)(?:\{[^`]*\})?`", OPERATIONS)
    named = {re.sub(r"_(bucket|count|sum)$", "", name) for name in metrics}
    tables = {
        name
        for name in named
        if not re.search(r"_(total|seconds|bytes|up|limit|connections|writable)$", name)
    }
    assert tables == {
        "erc8004_feedback_counts",
        "erc8004_client_counts",
        "erc8004_payment_counts",
        "erc8004_endpoint_counts",
        "erc8004_stats_refreshes",
    }
    assert named - tables - there == set()


def test_tables_that_are_named_exist(sql):
    there = {row["relname"] for row in sql("select relname from pg_class")}
    assert (
        set(
            re.findall(
                r"\b(?:from|update|into|analyze|vacuum \(analyze\)) (erc8004_\w+|api_keys)",
                OPERATIONS,
            )
        )
        <= there
    )


@pytest.fixture
def written():
    """The lines of JSON that requests write to the log."""
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(JsonFormatter().format(record))
    logger = logging.getLogger("kamiyo_api.request")
    logger.addHandler(handler)
    logger.setLevel("INFO")
    yield lines
    logger.setLevel(logging.NOTSET)
    logger.removeHandler(handler)


def test_log_line_has_the_members_that_are_shown(client, make_agent, admin, written):
    (shown,) = re.findall(r"^```json\n(.*)\n```$", OPERATIONS, re.MULTILINE)
    agent = make_agent()
    client.get(f"/api/v1/agents/{agent['agent_uuid']}", headers=admin)
    told = json.loads(written[-1])
    assert list(json.loads(shown)) == list(told)
    assert (told["message"], told["cache"]) == (json.loads(shown)["message"], "leased")
