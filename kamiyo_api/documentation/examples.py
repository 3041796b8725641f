"""An example of each operation: shell commands that run unchanged."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from kamiyo_api.config import API_PREFIX
from kamiyo_api.documentation.operations import Operation
from kamiyo_api.documentation.samples import INVENTED

# The key of `make run`, unless API_KEY is set.
KEY = '-H "Authorization: Bearer ${API_KEY:-$(cat .data/api-key)}"'
JSON = "-H 'Content-Type: application/json'"
# The placeholder for a sample in a path, a query or a body.
SAMPLE = re.compile(r"{(\w+)}")
RANDOM = "0x$(python3 -c 'import secrets; print(secrets.token_hex(32))')"
OWNER = "0x1111111111111111111111111111111111111111"
OTHER = "0x2222222222222222222222222222222222222222"


class Step(NamedTuple):
    """A preparatory request, and the field of its answer to store in a variable."""

    variable: str
    path: str
    body: Mapping[str, Any]
    field: str


class Example(NamedTuple):
    """A request: its query, its body, the values of its path, and its preparatory steps.

    A name after $ is a shell variable; a name in braces is a sample.
    """

    query: str = ""
    body: Mapping[str, Any] | None = None
    path: Mapping[str, str] = {}
    steps: tuple[Step | str, ...] = ()


class Shown(NamedTuple):
    """The lines of an example, and whether they use ids that do not exist here."""

    text: str
    is_invented: bool


AGENT = Step(
    "AGENT",
    "/agents/register",
    {"owner_address": OWNER, "chain": "base", "registration_file": {"name": "Tide table"}},
    "agent_uuid",
)
COLORED_AGENT = AGENT._replace(body={**AGENT.body, "metadata": [{"key": "color", "value": "cmVk"}]})
FEEDBACK = Step(
    "FEEDBACK",
    "/agents/feedback",
    {"agent_uuid": "$AGENT", "client_address": OTHER, "score": 92},
    "feedback_id",
)
VALIDATION = Step(
    "VALIDATION",
    "/agents/validations",
    {"agent_uuid": "$AGENT", "validator_address": OTHER, "request_hash": "$HASH"},
    "validation_id",
)
RANDOM_HASH = f"HASH={RANDOM}"
OF_AGENT = {"agent_uuid": "$AGENT"}
OF_FEEDBACK = {"feedback_id": "$FEEDBACK"}
OF_METADATA = {"agent_uuid": "{metadata_agent_uuid}", "key": "{metadata_key}"}
REGISTERED = {
    "owner_address": OWNER,
    "chain": "base",
    "registration_file": {
        "name": "Tide table",
        "description": "Tells the tides of any harbour",
        "services": [{"name": "MCP", "endpoint": "https://tides.example/mcp"}],
    },
}
PAYMENT = {
    "agent_uuid": "$AGENT",
    "chain": "base",
    "tx_hash": "$HASH",
    "amount_usdc": "0.05",
    "status": "verified",
}
RESPONSE = {"responder_address": OWNER, "response_uri": "ipfs://QmResponse"}
DECIDED = {"agent_uuid": "{agent_uuid}", "amount_usdc": "1"}
NAMED = [
    {"agent_uuid": "{agent_uuid}"},
    {"chain": "{chain}", "agent_id": "{agent_id}", "registry_address": "{registry_address}"},
]

# Operations without an entry need only samples in their path.
EXAMPLES: Mapping[str, Example] = {
    "search_agents": Example("q=code+review&min_paying_reviewers=1&limit=2"),
    "register_agent": Example(body=REGISTERED),
    "change_agent": Example(body={"status": "suspended"}, path=OF_AGENT, steps=(AGENT,)),
    "get_registration": Example(path={"agent_uuid": "{described_agent_uuid}"}),
    "get_agent_by_token": Example("registry_address={registry_address}"),
    "look_up_agents": Example(body={"agents": NAMED, "include": ["stats"]}),
    "get_decision": Example("amount_usdc=1"),
    "make_decision": Example(body=DECIDED),
    "make_decisions": Example(body={"decisions": [DECIDED]}),
    "get_reviewer": Example(path={"address": "{client_address}"}),
    "list_reviewed_agents": Example("limit=5", path={"address": "{client_address}"}),
    "list_reviewer_tags": Example(path={"address": "{client_address}"}),
    "get_owner": Example(path={"address": "{owner_address}"}),
    "get_on_chain_reputation": Example(
        f"client_address={OTHER}", path={"agent_uuid": "{chain_agent_uuid}"}
    ),
    "list_owners": Example(path={"agent_uuid": "{chain_agent_uuid}"}),
    "list_feedback": Example("sort=-score&limit=2"),
    "give_feedback": Example(body={**FEEDBACK.body, "tag1": "starred"}, steps=(AGENT,)),
    "revoke_feedback": Example(
        body={"reason": "By mistake"}, path=OF_FEEDBACK, steps=(AGENT, FEEDBACK)
    ),
    "append_response": Example(body=RESPONSE, path=OF_FEEDBACK, steps=(AGENT, FEEDBACK)),
    "list_payments": Example("status=verified&limit=2"),
    "link_payment": Example(body=PAYMENT, steps=(AGENT, RANDOM_HASH)),
    "request_validation": Example(body=VALIDATION.body, steps=(AGENT, RANDOM_HASH)),
    "respond_to_validation": Example(
        body={"response": 100, "tag": "tests"},
        path={"request_hash": "$HASH"},
        steps=(AGENT, RANDOM_HASH, VALIDATION),
    ),
    "get_metadata": Example(path=OF_METADATA),
    "set_metadata": Example(
        body={"value": "Ymx1ZQ=="}, path=OF_AGENT | {"key": "color"}, steps=(AGENT,)
    ),
    "delete_metadata": Example(path=OF_AGENT | {"key": "color"}, steps=(COLORED_AGENT,)),
}


def example_of(operation: Operation, samples: Mapping[str, str], url: str) -> Shown:
    """Return the lines that send the example of an operation to a service."""
    example = EXAMPLES.get(operation.id, Example())
    path = f"{operation.path}?{example.query}" if example.query else operation.path
    for name, value in example.path.items():
        path = path.replace(f"{{{name}}}", value)
    body = json.dumps(example.body, indent=2)
    used = set(re.findall(SAMPLE, path + body))
    known = {**INVENTED, **samples}
    address = url + re.sub(SAMPLE, lambda found: quote(known[found[1]], safe=""), path)
    shown = json.loads(re.sub(SAMPLE, lambda found: known[found[1]], body))
    lines = [step if isinstance(step, str) else line_of(step, url) for step in example.steps]
    lines.append(curl(operation.method, address, shown, operation.scope is not None))
    return Shown("\n".join(lines), not used <= set(samples))


def line_of(step: Step, url: str) -> str:
    """Return the line that sends the request of a step and sets its variable."""
    sent = curl("POST", f"{url}{API_PREFIX}{step.path}", step.body, True, indent=None)
    return f'{step.variable}=$({sent} |\n  sed \'s/.*"{step.field}":"\\([^"]*\\)".*/\\1/\')'


def curl(method: str, address: str, body: Any, has_key: bool, indent: int | None = 2) -> str:
    """Return the curl command that sends a request."""
    is_usual = method == ("GET" if body is None else "POST")
    words = ["curl -sS", *([] if is_usual else [f"-X {method}"]), *([KEY] if has_key else [])]
    if body is None:
        return f'{" ".join(words)} "{address}"'
    text = re.sub(r'"\$([A-Z]+)"', r'''"'$\1'"''', json.dumps(body, indent=indent))
    return f"{' '.join([*words, JSON])} \\\n  \"{address}\" -d '{text}'"
