"""Whatever strangers write is a file that can be stored, or a reason."""

from __future__ import annotations

import base64
import json
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kamiyo_api.indexer.files.failures import Unresolved
from kamiyo_api.indexer.files.fetching import Fetcher
from kamiyo_api.indexer.files.gateways import Gateways
from kamiyo_api.indexer.files.places import place_of
from kamiyo_api.indexer.files.references import domains_of, reference_of
from kamiyo_api.indexer.files.resolving import Resolver
from kamiyo_api.schemas.registration import REFERENCES
from tests.support.agent_files import GLOBAL, REGISTRY

RESOLVER = Resolver(Fetcher(), Gateways(Fetcher(), (), ()))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["registrations", "agentId", "agentRegistry", "services", "endpoint"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
)
URLS = st.sampled_from(["https://", "https:", "//", "https://[", "https://ab.example"])


@given(VALUES | st.dictionaries(st.sampled_from(["registrations", "services"]), VALUES))
def test_any_json_has_one_of_the_outcomes(value):
    content = json.dumps(value).encode()
    try:
        file = RESOLVER.resolve(f"data:;base64,{base64.b64encode(content).decode()}")
    except Unresolved:
        return
    assert reference_of(file, GLOBAL, 7) in REFERENCES
    assert len(domains_of(file.fields)) <= 5


@given(st.sampled_from(["data:,", "data:;base64,", "ipfs://", "ar://", "{", ""]), st.text())
def test_any_uri_is_a_file_or_a_reason(beginning, text):
    with suppress(Unresolved):
        RESOLVER.resolve(beginning + text)


@given(URLS, st.text())
def test_any_url_is_a_place_in_ascii_or_a_reason(beginning, text):
    try:
        place = place_of(beginning + text)
    except Unresolved:
        return
    written = f"{place.target}{place.authority}"
    assert written.isascii()
    assert not set(written) & set(" \r\n\t\x00")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=60))
def test_any_file_is_stored_or_has_a_reason(insert, resolve, sql, content):
    sql("delete from erc8004_agents where registry_address = %s", REGISTRY)
    insert("data:;base64," + base64.b64encode(b'{"name": "' + content + b'"}').decode())
    (outcome,) = resolve()
    assert outcome in ("resolved", "invalid_json")
