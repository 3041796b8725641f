"""The rules of the contracts, version 2.0.0: logs in the order of the chain become facts.

The owner is that of the last Transfer. A mint sets the wallet to its receiver, every other transfer
clears it. The URI of Registered counts only if the registry wrote one just before, because the
receiver of a mint may set another inside it. For the same reason, the wallet that follows
Registered does not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from kamiyo_api.indexer import events
from kamiyo_api.indexer.abi import WORD
from kamiyo_api.indexer.events import FORMS, Form, decode_as, decode_log
from kamiyo_api.indexer.facts import NOBODY, AgentFacts, Feedback, Place, Token, Validation

DECODER_VERSION = 1
WALLET_KEY = b"agentWallet"
MOST_DECIMALS = 18
MOST_RESPONSE = 100
HIGHEST_INDEX = 2**63 - 1
NO_AGENT = "there is no such agent"


FeedbackKey = tuple[Token, str, int]
Handler = Callable[["Folding", "Registry", Any, Place], None]
# The agent, the registry and the hash of a request for a validation.
Request = tuple[Token, str, bytes]


class Registry(NamedTuple):
    """A contract whose logs are in the journal."""

    address: str
    kind: str
    identity_registry: str


class Unprojected(NamedTuple):
    """A log that leads to no row, and why."""

    place: Place
    event: str
    reason: str


class Rule(NamedTuple):
    """The rule for the logs of a registry that have the topic of one of its events."""

    registry: Registry
    form: Form
    handle: Handler


# A log, without its header: its place, contract, topics and data.
PlacedLog = tuple[Place, bytes, bytes, bytes]
# A log that was read: its contract, event and place; the handler and the agent, if there is a rule.
Entry = tuple[Registry, Any, Place, Any, Any]


class Folding:
    """The facts of some logs: read all logs of their blocks, then fold them once."""

    def __init__(self, registries: Iterable[Registry]) -> None:
        self._registries = {bytes.fromhex(each.address[2:]): each for each in registries}
        self._rules = rules_of(self._registries)
        self._entries: list[Entry] = []
        self._before: dict[str, Entry] = {}
        self.agents: defaultdict[Token, AgentFacts] = defaultdict(AgentFacts)
        self.feedback: dict[FeedbackKey, Feedback] = {}
        self.revocations: list[tuple[FeedbackKey, Place]] = []
        self.responses: list[tuple[Token, Any, Place]] = []
        self.validations: defaultdict[Request, Validation] = defaultdict(Validation)
        self.unprojected: list[Unprojected] = []

    def read(self, logs: Iterable[PlacedLog]) -> None:
        """Read the next logs."""
        rules, keep, malformed = self._rules, self._entries.append, events.Malformed
        for place, address, topics, data in logs:
            rule = rules.get(address + topics[:WORD])
            if rule is None:
                self._read_other(place, address, topics, data)
                continue
            registry, form, handle = rule
            event: Any = decode_as(form, topics, data)
            if type(event) is malformed:
                self._leave(place, event.event, event.reason)
                keep((registry, event, place, None, None))
            else:
                token = registry.identity_registry, event.agent_id
                keep((registry, event, place, handle, token))

    def _read_other(self, place: Place, address: bytes, topics: bytes, data: bytes) -> None:
        """Read a log that is no event of its contract."""
        registry = self._registries.get(address)
        if registry is None:
            self._leave(place, "log", "its contract is no registry of this chain")
            return
        event: Any = decode_log(address, topics, data)
        if isinstance(event, events.Malformed):
            self._leave(place, event.event, event.reason)
        elif not isinstance(event, events.Unknown):
            name = type(event).__name__
            self._leave(place, name, f"its contract is a registry of the kind {registry.kind}")
        self._entries.append((registry, event, place, None, None))

    def tokens(self) -> set[Token]:
        """Return the agents that the logs name."""
        return {entry[4] for entry in self._entries} - {None}

    def fold(self, known: set[Token]) -> None:
        """Fold the logs that were read; `known` are the agents that exist before them. A log about
        another agent is recorded as not projected."""
        known = set(known)
        for entry in self._entries:
            registry, event, place, handle, token = entry
            if handle is not None:
                if token in known:
                    handle(self, registry, event, place)
                elif is_mint(event):
                    known.add(token)
                    handle(self, registry, event, place)
                elif type(event) is not events.MetadataUpdate:
                    self._leave(place, type(event).__name__, NO_AGENT)
            if registry.kind == "identity":
                self._before[registry.address] = entry

    def _leave(self, place: Place, event: str, reason: str) -> None:
        self.unprojected.append(Unprojected(place, event, reason))

    def _agent(self, registry: Registry, agent_id: int, place: Place) -> AgentFacts:
        agent = self.agents[registry.address, agent_id]
        agent.last = place
        return agent

    def _transfer(self, registry: Registry, event: events.Transfer, place: Place) -> None:
        agent = self._agent(registry, event.agent_id, place)
        agent.transfer(event.to_address, place, is_mint=is_mint(event))

    def _metadata_update(self, registry: Registry, event: Any, place: Place) -> None:
        """Nothing follows from it alone."""

    def _registered(self, registry: Registry, event: events.Registered, place: Place) -> None:
        agent = self._agent(registry, event.agent_id, place)
        before = self._before.get(registry.address)
        if before is not None and before[1] == events.MetadataUpdate(event.agent_id):
            agent.uri = event.uri

    def _uri_updated(self, registry: Registry, event: events.UriUpdated, place: Place) -> None:
        self._agent(registry, event.agent_id, place).uri = event.uri

    def _metadata_set(self, registry: Registry, event: events.MetadataSet, place: Place) -> None:
        agent = self._agent(registry, event.agent_id, place)
        if event.key != WALLET_KEY:
            agent.metadata[event.key] = event.value, place
        elif not self._follows_registration(registry, event, place):
            self._set_wallet(agent, event, place)

    def _follows_registration(
        self, registry: Registry, event: events.MetadataSet, place: Place
    ) -> bool:
        before = self._before.get(registry.address)
        if before is None:
            return False
        _, registered, earlier, _, _ = before
        return (
            type(registered) is events.Registered
            and registered.agent_id == event.agent_id
            and (earlier.block, earlier.log_index + 1) == (place.block, place.log_index)
            and earlier.transaction == place.transaction
        )

    def _set_wallet(self, agent: AgentFacts, event: events.MetadataSet, place: Place) -> None:
        if len(event.value) == 20:
            agent.wallet = f"0x{event.value.hex()}"
        elif not event.value:
            agent.wallet = NOBODY
        else:
            self._leave(place, "MetadataSet", f"a wallet of {len(event.value)} bytes")

    def _new_feedback(self, registry: Registry, event: events.NewFeedback, place: Place) -> None:
        if event.value_decimals > MOST_DECIMALS:
            self._leave(place, "NewFeedback", f"{event.value_decimals} decimals, at most 18")
        elif self._has_index(event, place):
            token = registry.identity_registry, event.agent_id
            key = token, event.client, event.feedback_index
            self.feedback[key] = Feedback(event, place, self.feedback.get(key))

    def _has_index(self, event: Any, place: Place) -> bool:
        if event.feedback_index > HIGHEST_INDEX:
            self._leave(place, type(event).__name__, "its feedbackIndex is above 2^63-1")
            return False
        return True

    def _revoked(self, registry: Registry, event: events.FeedbackRevoked, place: Place) -> None:
        if not self._has_index(event, place):
            return
        token = registry.identity_registry, event.agent_id
        key = token, event.client, event.feedback_index
        given = self.feedback.get(key)
        if given is None:
            self.revocations.append((key, place))
        else:
            given.revoked_at = given.revoked_at or place.time

    def _response(self, registry: Registry, event: events.ResponseAppended, place: Place) -> None:
        if self._has_index(event, place):
            self.responses.append(((registry.identity_registry, event.agent_id), event, place))

    def _requested(self, registry: Registry, event: events.ValidationRequest, place: Place) -> None:
        validation = self.validations[self._validation_key(registry, event)]
        validation.set_request(event, place)

    def _responded(
        self, registry: Registry, event: events.ValidationResponse, place: Place
    ) -> None:
        if event.response > MOST_RESPONSE:
            self._leave(place, "ValidationResponse", f"a response of {event.response}, at most 100")
            return
        validation = self.validations[self._validation_key(registry, event)]
        validation.set_response(event, place)

    def _validation_key(self, registry: Registry, event: Any) -> Request:
        token = registry.identity_registry, event.agent_id
        return token, registry.address, event.request_hash


def rules_of(registries: Mapping[bytes, Registry]) -> dict[bytes, Rule]:
    """Return the rules of registries, by their addresses and the topics of their events."""
    return {
        address + topic: Rule(registry, form, HANDLERS[form.event][1])
        for address, registry in registries.items()
        for topic, form in FORMS.items()
        if HANDLERS[form.event][0] == registry.kind
    }


def is_mint(event: Any) -> bool:
    """Return whether an event creates an agent."""
    return type(event) is events.Transfer and event.from_address == NOBODY


HANDLERS: dict[str, tuple[str, Handler]] = {
    "Transfer": ("identity", Folding._transfer),
    "MetadataUpdate": ("identity", Folding._metadata_update),
    "Registered": ("identity", Folding._registered),
    "URIUpdated": ("identity", Folding._uri_updated),
    "MetadataSet": ("identity", Folding._metadata_set),
    "NewFeedback": ("reputation", Folding._new_feedback),
    "FeedbackRevoked": ("reputation", Folding._revoked),
    "ResponseAppended": ("reputation", Folding._response),
    "ValidationRequest": ("validation", Folding._requested),
    "ValidationResponse": ("validation", Folding._responded),
}
