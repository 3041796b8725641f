"""Clients that read and write while things break, and what they were told."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.support import factories
from tests.support.concurrency import working
from tests.support.servers import Place

API = "/api/v1/agents/"
PATIENCE = 30
PAUSE = 0.02
SENT_AGAIN_AFTER = 0.1


@dataclass(frozen=True)
class Answer:
    """One answer, and when it was asked for; status 0 where the connection broke."""

    method: str
    asked: float
    seconds: float
    status: int
    code: str = ""
    retry_after: str | None = None
    is_replay: bool = False


@dataclass
class Ledger:
    """All that clients were told: each answer, and the id that each write was acknowledged by."""

    run: str
    answers: list[Answer] = field(default_factory=list)
    acknowledged: dict[int, str] = field(default_factory=dict)
    given_up: list[int] = field(default_factory=list)

    def errors(self) -> Counter[str]:
        """How many answers were errors, by status and code."""
        return Counter(
            f"{each.status} {each.code}".strip()
            for each in self.answers
            if not 200 <= each.status < 400
        )

    def between(self, begin: float, end: float, method: str = "") -> list[Answer]:
        """The answers to what was asked for in a span of time."""
        return [
            each
            for each in self.answers
            if begin <= each.asked < end and each.method.startswith(method)
        ]

    def figures(self) -> dict[str, Any]:
        """What is told of a run."""
        slowest = max(each.seconds for each in self.answers)
        return {
            "requests": len(self.answers),
            "writes": len(self.acknowledged),
            "replayed": sum(each.is_replay for each in self.answers),
            "errors": dict(self.errors()) or "none",
            "slowest": f"{slowest * 1000:.0f} ms",
        }


class Client:
    """One client, over a connection that it keeps."""

    def __init__(self, place: Place, headers: dict[str, str], ledger: Ledger) -> None:
        self._place = place
        self._headers = headers
        self._ledger = ledger
        self._session = requests.Session()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def ask(self, method: str, path: str, **options: Any) -> requests.Response | None:
        """Send one request and note the answer; None where the connection broke."""
        headers = {**self._headers, **options.pop("headers", {})}
        asked = time.monotonic()
        try:
            answer = self._session.request(
                method, self._place.web.url + path, headers=headers, timeout=PATIENCE, **options
            )
        except requests.RequestException:
            self._note(Answer(method, asked, time.monotonic() - asked, 0, "broken"))
            return None
        code = answer.json().get("code", "") if answer.status_code >= 400 else ""
        seconds = time.monotonic() - asked
        retry_after = answer.headers.get("Retry-After")
        is_replay = "Idempotency-Replayed" in answer.headers
        self._note(Answer(method, asked, seconds, answer.status_code, code, retry_after, is_replay))
        return answer

    def _note(self, answer: Answer) -> None:
        self._ledger.answers.append(answer)

    def write(self, number: int, agent_uuid: str, feedback_id: str) -> None:
        """Write until it is acknowledged, under one Idempotency-Key: by turns an agent,
        a feedback and a response, none of which anything but the key keeps from being doubled."""
        marker = f"{self._ledger.run}-{number}"
        path, body = bodies(marker, agent_uuid, feedback_id)[number % 3]
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            answer = self.ask("POST", path, json=body, headers={"Idempotency-Key": marker})
            if answer is not None and answer.status_code == 201:
                made = answer.json()
                names = ("response_id", "feedback_id", "agent_uuid")
                self._ledger.acknowledged[number] = next(made[n] for n in names if n in made)
                return
            time.sleep(SENT_AGAIN_AFTER)
        self._ledger.given_up.append(number)


def bodies(marker: str, agent_uuid: str, feedback_id: str) -> list[tuple[str, dict[str, Any]]]:
    """The three writes that carry a marker."""
    metadata = [{"key": key, "value": "cmVk"} for key in ("a", "b")]
    agent = factories.agent(metadata=metadata)
    agent["registration_file"]["name"] = marker
    responder = {"responder_address": factories.address(), "response_uri": f"ipfs://{marker}"}
    return [
        (f"{API}register", agent),
        (f"{API}feedback", factories.feedback(agent_uuid=agent_uuid, tag2=marker)),
        (f"{API}feedback/{feedback_id}/responses", responder),
    ]


@dataclass
class Load:
    """A run of clients against a place; reads go to one agent and one search."""

    place: Place
    headers: dict[str, str]
    ledger: Ledger
    agent_uuid: str
    feedback_id: str
    stopped: threading.Event = field(default_factory=threading.Event)

    def client(self) -> Client:
        """A new client of this run."""
        return Client(self.place, self.headers, self.ledger)

    def write(self, numbers: Iterator[int], pause: float = 0) -> None:
        """Write what the numbers say, one after the other, until stopped."""
        with self.client() as client:
            for number in numbers:
                client.write(number, self.agent_uuid, self.feedback_id)
                if self.stopped.wait(pause):
                    return

    def read(self) -> None:
        """Read the agent, its statistics and a search by turns, until stopped."""
        paths = (self.agent_uuid, f"{self.agent_uuid}/stats", "?limit=5")
        with self.client() as client:
            for below in itertools.cycle(paths):
                client.ask("GET", API + below)
                if self.stopped.wait(PAUSE):
                    return


def prepared(place: Place, run: str) -> Load:
    """A load that has not begun: an agent with a feedback is there."""
    load = Load(place, place.headers(), Ledger(run), "", "")
    with load.client() as client:
        load.agent_uuid = made(client, "register", factories.agent())["agent_uuid"]
        feedback = factories.feedback(agent_uuid=load.agent_uuid)
        load.feedback_id = made(client, "feedback", feedback)["feedback_id"]
    load.ledger.answers.clear()
    return load


def made(client: Client, path: str, body: dict[str, Any]) -> Any:
    """What a POST made."""
    answer = client.ask("POST", API + path, json=body)
    assert answer is not None
    assert answer.status_code == 201, answer.text
    return answer.json()


@contextmanager
def under_load(place: Place, run: str) -> Iterator[Load]:
    """Two clients that write and two that read, with a breath between requests, while the
    block runs; after it, each write under way is finished."""
    load = prepared(place, run)
    numbers = itertools.count()
    with working([lambda: load.write(numbers, PAUSE)] * 2 + [load.read] * 2):
        try:
            yield load
        finally:
            load.stopped.set()
