"""No query string, path or header of 8 KiB costs more than 50 ms of a processor, or is answered
by more than 100 KB; no longer address is read."""

from __future__ import annotations

import pytest
from werkzeug.middleware.proxy_fix import ProxyFix

from kamiyo_api.web.arguments import MAX_PARAMETERS, cached_query
from kamiyo_api.web.urls import MAX_TARGET_BYTES
from tests.support import factories, request_costs
from tests.support.clients import outcome
from tests.support.endpoints import AGENTS, FAR_UUID, READS, REGISTER


@pytest.fixture
def agent_uuid(make_agent):
    """An agent that hostile requests may be about."""
    return make_agent()["agent_uuid"]


LINES = {
    "names": "&".join(f"{n:x}" for n in range(1_700)),
    "parameters": "&".join(f"{n:x}=1" for n in range(1_100)),
    "as many names as may be": "&".join("x" * 50 + str(n) for n in range(MAX_PARAMETERS)),
    "separators": "&" * 8_000,
    "one name": "x" * 8_000,
    "escapes": "%41" * 2_600,
    "no UTF-8": "%FF" * 2_600,
    "broken escapes": "%" * 8_000,
    "spaces": "+" * 8_000,
}


@pytest.mark.parametrize("line", LINES)
def test_no_query_string_of_8_kib_costs_much(app, key_for, agent_uuid, line):
    wrong = []
    headers = key_for(None, "read", "write", "payments", "admin")
    for method, path, _ in request_costs.routes(app, agent_uuid):
        shape = request_costs.shape(path)
        names = [each for known, each in READS.items() if request_costs.shape(known) == shape]
        for name in ("", *(names[0] if names else ())):
            target = f"{path}?{name}={LINES[line]}" if name else f"{path}?{LINES[line]}"
            result = request_costs.cost(app, method, target[:MAX_TARGET_BYTES], headers=headers)
            wrong += [(method, target[:90], fault) for fault in result.faults()]
    assert wrong == []


@pytest.mark.parametrize("name", sorted({name for names in READS.values() for name in names}))
def test_no_repeated_parameter_costs_much(app, admin, agent_uuid, name):
    for path in READS:
        target = path.replace(FAR_UUID, agent_uuid)
        for value in ("1", "", "0x" + "1" * 40):
            again = "&".join([f"{name}={value}"] * 2_000)[: MAX_TARGET_BYTES - 200]
            result = request_costs.cost(app, "GET", f"{target}?{again}", headers=admin)
            assert result.faults() == []


@pytest.mark.parametrize("path", [*READS, "/api/v1/key"])
def test_query_string_of_too_many_parameters_is_refused_before_any_is_read(client, admin, path):
    names = [f"x{number}" for number in range(MAX_PARAMETERS + 1)]
    for line in ("&".join(names), "&".join(["x=1"] * len(names))):
        answer = client.get(f"{path}?{line}", headers=admin)
        assert outcome(answer) == (422, "VALIDATION_ERROR")
        (message,) = answer.get_json(force=True)["errors"]["_schema"]
        assert str(MAX_PARAMETERS) in message


def test_reputation_may_be_narrowed_by_as_much_as_before(client, admin, agent_uuid):
    clients = "&".join(f"client_address={factories.address()}" for _ in range(100))
    query = f"{clients}&tag1=a&tag2=b{'&' * 500}"
    answer = client.get(f"{AGENTS}{agent_uuid}/reputation?{query}", headers=admin)
    assert answer.status_code == 200


HEADERS = [
    "Authorization",
    "If-None-Match",
    "If-Modified-Since",
    "If-Match",
    "If-Range",
    "Range",
    "Accept-Encoding",
    "Accept",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Request-ID",
    "Idempotency-Key",
    "Origin",
    "Cookie",
    "Host",
    "Content-Type",
    "Access-Control-Request-Headers",
]
WORDS = {
    "spaces": 'W/"x' + " " * 8_000 + "y",
    "commas": "," * 8_000,
    "tags": 'W/"a",' * 1_300,
    "quotes": '"' * 8_000,
    "backslashes": '"' + "\\" * 8_000,
    "qualities": "a;q=0.1," * 1_000,
    "parameters": 'a;b="' * 1_600,
    "addresses": "1.2.3.4, " * 880,
    "words": "Bearer " + "a " * 4_000,
    "secret": "Bearer " + "a" * 8_000,
    "digits": "1" * 8_000,
    "semicolons": ";" * 8_000,
    "brackets": "[" * 8_000,
}


@pytest.mark.parametrize("header", HEADERS)
def test_no_header_of_8_kib_costs_much(app, admin, agent_uuid, header):
    behind_a_proxy = ProxyFix(app, x_for=1, x_proto=1)
    body = b'{"value": "cmVk"}'
    for word in WORDS.values():
        for method, path in [
            ("GET", f"{AGENTS}{agent_uuid}"),
            ("GET", AGENTS),
            ("OPTIONS", AGENTS),
            ("PUT", f"{AGENTS}{agent_uuid}/metadata/a"),
            ("POST", REGISTER),
            ("GET", "/docs/errors"),
        ]:
            given = {**admin, header: word}
            result = request_costs.cost(behind_a_proxy, method, path, body, given)
            assert result.faults() == []


@pytest.mark.parametrize("where", ["path", "query"])
@pytest.mark.parametrize("with_key", [True, False], ids=["key", "no key"])
def test_address_beyond_8_kib_is_refused_unread(app, client, admin, agent_uuid, where, with_key):
    headers = admin if with_key else {}
    for method, path, _ in request_costs.routes(app, agent_uuid):
        start = path + "?q=" if where == "query" else path.rstrip("/") + "/"
        long = start + "x" * (MAX_TARGET_BYTES + 1 - len(start))
        answer = client.open(long, method=method, headers=headers)
        assert answer.status_code == 414
        assert client.open(long[:-1], method=method, headers=headers).status_code != 414
    assert outcome(client.get(long, headers=headers)) == (414, "URI_TOO_LONG")
    assert request_costs.cost(app, "GET", start + "%41" * 3_000_000, headers=headers).faults() == []


def test_link_to_the_next_page_repeats_no_more_than_was_used(client, admin, make_agent):
    for _ in range(2):
        make_agent()
    levels = "&trust_level=new&trust_level=fair"
    answer = client.get(f"{AGENTS}?{'limit=1&' * 100}{levels}", headers=admin)
    assert answer.headers["Link"].count("limit=") == 1
    assert levels in answer.headers["Link"]


def test_what_is_remembered_of_query_strings_is_bounded(app, client, admin):
    cached_query.cache_clear()
    known_searches = app.extensions["kamiyo"].known_searches
    known_searches.clear()
    long = f"{AGENTS}?q={'x' * 190}&sort=registered_at"
    client.get(long + "&service=" + "y" * 400, headers=admin)
    client.get(long + "".join(f"&limit={n % 9 + 1}" for n in range(60)), headers=admin)
    assert (cached_query.cache_info().currsize, len(app.extensions["kamiyo"].known_searches)) == (
        0,
        0,
    )
    client.get(long, headers=admin)
    assert (cached_query.cache_info().currsize, len(app.extensions["kamiyo"].known_searches)) == (
        1,
        1,
    )
    assert cached_query.cache_info().maxsize == 10_000
