"""Paths of the API, a valid body for each that takes one, and the parameters of its lists."""

from __future__ import annotations

from tests.support import factories

AGENTS = "/api/v1/agents/"
REGISTER = "/api/v1/agents/register"
FAR_UUID = "019fffff-ffff-7fff-bfff-ffffffffffff"
FEEDBACK = "/api/v1/agents/feedback"
BODIES = {
    REGISTER: factories.agent(metadata=[{"key": "color", "value": "cmVk"}]),
    FEEDBACK: factories.feedback(agent_uuid=FAR_UUID, tag1="", tag2="", endpoint="", file_uri=""),
    f"{FEEDBACK}/{FAR_UUID}/revoke": {"reason": ""},
    f"{FEEDBACK}/{FAR_UUID}/responses": {
        "responder_address": factories.address(),
        "response_uri": "ipfs://x",
        "response_hash": factories.hash32(),
    },
    "/api/v1/agents/link-payment": factories.payment(agent_uuid=FAR_UUID, endpoint=""),
    "/api/v1/agents/validations": factories.validation(agent_uuid=FAR_UUID, request_uri=""),
    f"/api/v1/agents/validations/{factories.hash32()}/response": {
        "response": 1,
        "tag": "",
        "response_uri": "",
    },
}
LOOKUP = "/api/v1/agents/lookup"
BODIES[LOOKUP] = {"agents": [{"agent_uuid": FAR_UUID}], "include": ["stats"]}
DECISIONS = "/api/v1/decisions"
BODIES[DECISIONS] = {"agent_uuid": FAR_UUID, "amount_usdc": "1", "policy": {"ignore": ["STALE"]}}
BODIES[f"{DECISIONS}/batch"] = {"decisions": [BODIES[DECISIONS]]}
READS = {
    AGENTS: (
        *("owner_address", "chain", "registry_address", "agent", "agent_id"),
        *("service", "q", "sort", "cursor", "status"),
    ),
    f"{AGENTS}{FAR_UUID}/feedback": ("client_address", "tag1", "tag2", "cursor", "limit"),
    f"{AGENTS}{FAR_UUID}/reputation": ("client_address", "tag1", "tag2"),
    f"{AGENTS}{FAR_UUID}/payments": ("status", "cursor", "limit"),
    f"{AGENTS}{FAR_UUID}/validations": ("status", "cursor", "limit"),
}
PARAMETERS = [(path, name) for path, names in READS.items() for name in names]
