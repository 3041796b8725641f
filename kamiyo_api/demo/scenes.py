"""The ratings and payments of the cast: each scene shows one case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from random import Random
from typing import NamedTuple

from kamiyo_api.demo.cast import CAST, places
from kamiyo_api.demo.population import CAST_OWNER, Size, address

# The most active reviewers who own no agent: they are known reviewers.
REGULARS = (0, 1, 2, 4, 5, 6)
HOURS = 1 / 24


class Review(NamedTuple):
    """A rating of an agent of the cast, so many days ago."""

    agent: int
    days: float
    client: str
    score: int


class Payment(NamedTuple):
    """A payment to an agent of the cast, so many days ago."""

    agent: int
    days: float
    payer: str
    payee: str
    usdc: float
    status: str = "verified"


class Span(NamedTuple):
    """Some days, from the earlier to the later, counted backwards from now."""

    first: float
    last: float


class Script(NamedTuple):
    """All ratings and payments of the cast, agent by agent."""

    reviews: Sequence[Review]
    payments: Sequence[Payment]


class Stage:
    """The ratings and payments so far, and random numbers from a seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(f"{seed} scenes")
        self.reviews: list[Review] = []
        self.payments: list[Payment] = []

    def wallet(self, kind: str, number: int) -> str:
        """Return one of the wallets of a kind."""
        return address(self.seed, f"cast {kind}", number)

    def owner(self, place: int) -> str:
        """Return the owner of an agent."""
        return address(self.seed, CAST_OWNER, CAST[place].owner)

    def regulars(self) -> list[str]:
        """Return reviewers who have rated many agents for a long time."""
        return [address(self.seed, "client", number) for number in REGULARS]

    def day(self, span: Span) -> float:
        """Return a moment of a span."""
        return self.random.uniform(*span)

    def rate(self, place: int, clients: Iterable[str], span: Span, mean: float) -> None:
        """Let each client rate an agent once, with a score near the given one."""
        for client in clients:
            score = round(min(100, max(0, self.random.gauss(mean, 3))))
            self.reviews.append(Review(place, self.day(span), client, score))

    def pay(
        self, place: int, payer: str, days: float, usdc: float, status: str = "verified"
    ) -> None:
        """Pay the owner of an agent."""
        amount = round(usdc * self.random.uniform(0.7, 1.3), 2)
        self.payments.append(Payment(place, days, payer, self.owner(place), amount, status))

    def serve(
        self, place: int, customers: Sequence[str], span: Span, mean: float, payments: int = 3
    ) -> None:
        """Let customers pay an agent several times, mostly with success, and rate it twice."""
        for customer in customers:
            days = sorted((self.day(span) for _ in range(payments)), reverse=True)
            for number, each in enumerate(days):
                failed = len(self.payments) % 60 == 59
                self.pay(place, customer, each, 1.5, "failed" if failed else "verified")
                if number < 2:
                    after = max(each - HOURS, span.last)
                    self.rate(place, [customer], Span(after, after), mean)

    def customers(self, first: int, many: int) -> list[str]:
        """Return customers; agents may share some."""
        return [self.wallet("customer", number) for number in range(first, first + many)]

    def crowd(self, kind: str, many: int) -> list[str]:
        """Return wallets without a history."""
        return [self.wallet(kind, number) for number in range(many)]


def sound(stage: Stage) -> None:
    """Pay and praise an agent for months; some only pay, some only rate."""
    (place,) = places("sound")
    stage.serve(place, stage.customers(0, 44), Span(110, 2.5), 95, payments=5)
    for payer in stage.crowd("silent payer", 12):
        stage.pay(place, payer, stage.day(Span(80, 3)), 0.8)
    stage.rate(place, stage.regulars(), Span(90, 4), 93)


def small(stage: Stage) -> None:
    """Pay and rate an agent that few know."""
    (place,) = places("sound on a small scale")
    stage.serve(place, stage.customers(30, 9), Span(100, 3), 88)
    stage.rate(place, stage.regulars()[:3], Span(80, 5), 84)


def slander(stage: Stage) -> None:
    """Slander an agent that its customers praise: many new wallets, and three known reviewers."""
    (place,) = places("slander")
    stage.serve(place, stage.customers(40, 26), Span(100, 2.5), 93)
    stage.rate(place, stage.crowd("slanderer", 90), Span(9, 2.2), 4)
    stage.rate(place, stage.regulars()[:3], Span(9, 3), 8)


def stale(stage: Stage) -> None:
    """Stop rating and paying an agent after a good start."""
    (place,) = places("stale")
    stage.serve(place, stage.customers(26, 14), Span(117, 96), 94)


def failing(stage: Stage) -> None:
    """Let half of the payments to an agent fail."""
    (place,) = places("failing")
    for number, customer in enumerate(stage.customers(60, 10)):
        for status in ("verified", "failed" if number % 2 else "verified", "failed"):
            stage.pay(place, customer, stage.day(Span(90, 5)), 2, status)
    stage.rate(place, stage.customers(60, 10), Span(60, 4), 71)


def one_customer(stage: Stage) -> None:
    """Let one customer be the only reviewer of an agent."""
    (place,) = places("one customer")
    stage.serve(place, stage.customers(70, 1), Span(70, 4), 97, payments=14)


def ring(stage: Stage) -> None:
    """Let owners rate and pay each other in a circle."""
    members = places("ring")
    for place in members:
        others = [stage.owner(other) for other in members if other != place]
        stage.rate(place, others, Span(80, 10), 99)
        for payer in others:
            for days in (stage.day(Span(80, 45)), stage.day(Span(45, 4))):
                stage.payments.append(Payment(place, days, payer, stage.owner(place), 5))


def sleepers(stage: Stage) -> None:
    """Let wallets that rated three agents long ago praise one agent within two days."""
    (place,) = places("sleepers")
    asleep = stage.crowd("sleeper", 40)
    for host in places("sound") + places("stale") + places("failing"):
        stage.rate(host, asleep, Span(117, 96), 82)
    stage.rate(place, asleep, Span(4.5, 2.5), 99)
    stage.pay(place, stage.wallet("silent payer", 20), 30, 0.5)


def praise(stage: Stage) -> None:
    """Praise an agent from wallets that have done nothing else."""
    (place,) = places("praise")
    stage.rate(place, stage.crowd("admirer", 120), Span(12, 2.2), 98)
    stage.pay(place, stage.wallet("silent payer", 21), 15, 0.5)


def repeated(stage: Stage) -> None:
    """Let one wallet repeat the same rating many times, besides two other reviewers."""
    (place,) = places("repeated")
    stage.rate(place, stage.crowd("scribe", 1) * 240, Span(85, 2.5), 100)
    stage.rate(place, stage.customers(80, 2), Span(60, 10), 64)
    stage.pay(place, stage.customers(80, 1)[0], 61, 0.2)


def sold(stage: Stage) -> None:
    """Sell an agent with good ratings to an owner who performs worse."""
    (place,) = places("sold")
    stage.serve(place, stage.customers(90, 18), Span(112, 27), 95)
    stage.serve(place, stage.customers(120, 5), Span(21, 3), 66, payments=2)


def own_reviews(stage: Stage) -> None:
    """Let an owner rate its own agent, besides some customers."""
    (place,) = places("own reviews")
    stage.rate(place, [stage.owner(place)] * 6, Span(75, 5), 100)
    stage.serve(place, stage.customers(130, 4), Span(70, 4), 79)


def testnet(stage: Stage) -> None:
    """Praise agents for testnet payments."""
    for place in places("testnet"):
        stage.serve(place, stage.crowd(f"tester {place}", 30), Span(85, 3), 99)


def clones(stage: Stage) -> None:
    """Let the same five wallets praise every agent of one owner."""
    for place in places("clones"):
        stage.rate(place, stage.crowd("claque", 5), Span(60, 4), 97)


def claimed(stage: Stage) -> None:
    """Rate an agent whose token no chain has confirmed."""
    (place,) = places("claimed")
    stage.serve(place, stage.customers(140, 4), Span(28, 4), 90)


SCENES = (
    *(sound, small, slander, stale, failing, one_customer, ring, sleepers, praise, repeated),
    *(sold, own_reviews, testnet, clones, claimed),
)


def script(size: Size) -> Script:
    """Return all ratings and payments of the cast; none if there is no cast."""
    return played(size.seed) if size.cast else Script((), ())


def crowd(size: Size) -> Size:
    """Return the size of the data without the cast."""
    reviews, payments = script(size)
    return replace(
        size,
        agents=size.agents - len(size.cast),
        feedback=size.feedback - len(reviews),
        payments=size.payments - len(payments),
    )


@lru_cache(maxsize=4)
def played(seed: int) -> Script:
    """Play all scenes; the same for the same seed."""
    stage = Stage(seed)
    for scene in SCENES:
        scene(stage)
    return Script(sorted(stage.reviews, key=order), sorted(stage.payments, key=order))


def order(record: Review | Payment) -> tuple[int, float]:
    """Return the position of a record among those of its agent, ordered by time."""
    return record.agent, -record.days
