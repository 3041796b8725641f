"""No request of a megabyte costs more than 50 ms of a processor, or is answered by more than
100 KB: what is too large is refused before it is looked at."""

from __future__ import annotations

import threading
import time

import marshmallow as ma
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import fields

from bench.serving import serving
from kamiyo_api.schemas import bounded
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.decisions import Policy
from kamiyo_api.schemas.payment_requirements import PaymentRequirements
from kamiyo_api.web.arguments import MAX_JSON_STRUCTURE
from tests.support import factories, hostile_bodies, request_costs
from tests.support.concurrency import at_once
from tests.support.endpoints import BODIES, REGISTER

EVERYTHING = (None, "read", "write", "payments", "admin")
# What a worker may take for four such bodies at once, with what it keeps of it.
MOST_GROWTH = 80 * 2**20
SCALARS = (
    fields.String,
    fields.Integer,
    fields.Float,
    fields.Boolean,
    fields.UUID,
    fields.AwareDateTime,
    own.BigInteger,
    own.Amount,
    own.Base64Bytes,
)
BOUNDED_BY_THEMSELVES = (own.RegistrationFile, PaymentRequirements)


@pytest.fixture
def agent_uuid(make_agent):
    """An agent that hostile requests may be about."""
    return make_agent()["agent_uuid"]


def input_schemas(app):
    """Every schema by which a route reads a body or a query string."""
    for endpoint, view in app.view_functions.items():
        arguments = getattr(view, "_apidoc", {}).get("arguments", {})
        for parameter in arguments.get("parameters", []):
            if isinstance(parameter.get("schema"), ma.Schema):
                yield endpoint, parameter["schema"]


def unbounded(name, kind):
    """What an input schema or a field takes without a bound, by its name."""
    if isinstance(kind, ma.Schema):
        found = [] if isinstance(kind, bounded.Schema) and not kind.many else [name]
        parts = kind.load_fields.items()
        return found + [
            each for part, field in parts for each in unbounded(f"{name}.{part}", field)
        ]
    if isinstance(kind, fields.Nested):
        return [name] if kind.many else unbounded(name, kind.schema)
    if isinstance(kind, fields.List):
        is_bounded = isinstance(kind, bounded.List) and kind.length.max <= 100
        return ([] if is_bounded else [name]) + unbounded(f"{name}[]", kind.inner)
    if isinstance(kind, Policy):
        return unbounded(name, kind.MEMBERS)
    return [] if isinstance(kind, (*SCALARS, *BOUNDED_BY_THEMSELVES)) else [name]


def test_every_list_and_object_of_every_input_is_bounded(app):
    schemas = list(input_schemas(app))
    assert len(schemas) >= 14
    assert [each for name, schema in schemas for each in unbounded(name, schema)] == []


@pytest.mark.parametrize(
    "field",
    [
        fields.List(fields.String()),
        fields.List(fields.String(), validate=ma.validate.Length(max=5)),
        bounded.List(fields.Dict(), max_length=5),
        bounded.List(fields.String(), max_length=101),
        fields.Nested(ma.Schema.from_dict({})),
        fields.Nested(bounded.Schema, many=True),
        fields.Dict(),
        fields.Raw(),
        fields.Tuple((fields.String(),)),
    ],
)
def test_field_without_a_bound_would_be_found(field):
    schema = bounded.Schema.from_dict({"wide": field})()
    assert unbounded("schema", schema)


def test_no_body_of_a_megabyte_costs_much(app, key_for, agent_uuid):
    wrong = []
    for method, path, valid in request_costs.routes(app, agent_uuid):
        headers = key_for(*EVERYTHING)
        request_costs.once(app, method, path, b"{}", headers)
        for what, body in hostile_bodies.bodies(valid):
            assert len(body) <= hostile_bodies.MEGABYTE
            result = request_costs.cost(app, method, path, body, headers)
            wrong += [(method, path, what, fault) for fault in result.faults()]
    assert wrong == []


NAMES = st.sampled_from(["a", "key", "ä", "x" * 90, "", "\\u0000"])
FRAGMENTS = st.recursive(
    st.sampled_from(["1", "-0.5", '""', '"a"', "null", "true", '"\\ud83d\\ude00"', "1e300", "{}"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: f"[{','.join(items)}]"),
        st.lists(st.tuples(NAMES, inner), max_size=4).map(
            lambda members: "{" + ",".join(f'"{name}":{value}' for name, value in members) + "}"
        ),
    ),
    max_leaves=12,
)


@st.composite
def hostile_values(draw):
    """A small JSON value many times, in a list or an object, some levels deep."""
    value, levels = draw(FRAGMENTS).encode(), draw(st.integers(0, 120))
    size = hostile_bodies.MEGABYTE - hostile_bodies.ROOM - 10 * levels
    wide = draw(
        st.sampled_from(
            [
                lambda: hostile_bodies.repeated(value, b"[", b"]", size),
                lambda: hostile_bodies.repeated(b'"a":' + value, b"{", b"}", size),
                lambda: hostile_bodies.distinct(value, size),
                lambda: hostile_bodies.distinct(value, size, "{:090d}"),
            ]
        )
    )()
    opening, closing = draw(st.sampled_from([(b"[", b"]"), (b'{"a":', b"}")]))
    return opening * levels + wide + closing * levels


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(path=st.sampled_from(sorted(BODIES)), value=hostile_values(), data=st.data())
def test_no_made_up_body_of_a_megabyte_costs_much(app, admin, path, value, data):
    field = data.draw(st.sampled_from([None, "unknown", *BODIES[path]]))
    body = value if field is None else hostile_bodies.around(field, value, BODIES[path])
    assert request_costs.cost(app, "POST", path, body, admin).faults() == []


def test_largest_valid_body_is_not_refused_for_its_structure(client, admin):
    file = {"description": "," * 65_000}
    entries = [{"key": f"{number}", "value": "A" * 10_000} for number in range(50)]
    body = factories.agent(registration_file=file, metadata=entries)
    answer = client.post(REGISTER, json=body, headers=admin)
    assert answer.status_code == 201
    assert MAX_JSON_STRUCTURE > 64 * 1024


def test_four_megabytes_at_once_take_little_memory(app, admin):
    with serving(WEB_CONCURRENCY="1", WEB_THREADS="4") as server:
        at_once(4, lambda _: send(server, admin, b"{}"))
        (worker,) = server.workers()
        with peak_of(worker) as peak:
            for what, value in hostile_bodies.values().items():
                body = hostile_bodies.around("metadata", value, factories.agent())
                statuses = at_once(4, lambda _, body=body: send(server, admin, body))
                assert set(statuses) <= {400, 422}, what
                assert peak.growth() < MOST_GROWTH, what
        assert server.workers() == [worker]


def send(server, headers, body):
    headers = {**headers, "Content-Type": "application/json"}
    return server.request("POST", REGISTER, data=body, headers=headers).status_code


class peak_of:
    """How much the resident memory of a process grows."""

    def __init__(self, pid):
        self.process = psutil.Process(pid)
        self.done = threading.Event()
        self.before = self.most = self.process.memory_info().rss

    def __enter__(self):
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    def watch(self):
        while not self.done.is_set():
            self.most = max(self.most, self.process.memory_info().rss)
            time.sleep(0.002)

    def growth(self):
        return self.most - self.before
