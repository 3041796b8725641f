"""Audit a chain: compare the answers of its contracts at the projected block with the stored data.
Each difference becomes a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from kamiyo_api import db
from kamiyo_api.indexer.abi import Undecodable
from kamiyo_api.indexer.audit_sample import Sample, take_sample
from kamiyo_api.indexer.contract_calls import (
    REVERTS,
    SHORT,
    Question,
    first_differences,
    shown,
)
from kamiyo_api.indexer.failures import CallError, OtherHistory, ProviderFailure, Stop
from kamiyo_api.indexer.pieces import headers_by_number
from kamiyo_api.indexer.provider import Provider
from kamiyo_api.indexer.providers import Patience, Providers

PATIENCE = Patience(attempts=2, first_wait=0.5, longest_wait=2.0)
CALLS_AT_ONCE = 100
# A provider that refuses so many calls does not answer for the block at all.
MOST_REFUSALS = 50
REVERT_CODES = {3, -32015}
EQUAL, DIFFERENT, UNASKED = "equal", "different", "unasked"


class StateUnavailable(Stop):
    """The node keeps no state of that block. Audit when the projection has caught up, or add a
    provider with an archive to RPC_URL_… Nothing is known to be wrong."""

    code = "STATE_UNAVAILABLE"


class NoState(ProviderFailure):
    """The provider does not answer calls at a block."""

    stop, outcome = StateUnavailable, "no_state"


class Unanswered(NamedTuple):
    """The reason why a question has no answer."""

    reason: str


class Difference(NamedTuple):
    """A question whose answer is not what is held."""

    question: Question
    answer: Any


class Audit(NamedTuple):
    """The result of an audit."""

    block: int
    agents: int
    answers: int
    unanswered: int
    differences: list[Difference]
    detail: str | None

    @property
    def outcome(self) -> str:
        """Return the result in a word."""
        if self.differences:
            return DIFFERENT
        return EQUAL if self.answers else UNASKED


def audit(chain: str, providers: Providers, agents: int) -> Audit:
    """Audit a sample of agents, and record the result. Raises Stop if nothing is projected."""
    sample = take_sample(chain, agents)
    try:
        answers = providers.use(partial(ask, sample=sample))
        different = differing(sample.questions, answers)
        if different:
            different = confirmed(providers, sample.block, different)
        result = result_of(sample, answers, different)
    except Stop as stop:
        result = Audit(sample.block, sample.agents, 0, len(sample.questions), [], str(stop))
    record(chain, result, providers.taken_outcomes())
    return result


def result_of(sample: Sample, answers: Sequence[Any], different: list[Difference]) -> Audit:
    """Return the result that answers lead to."""
    reasons = Counter(each.reason for each in answers if isinstance(each, Unanswered))
    unanswered = reasons.total()
    most = [f"{reason} ({count} times)" for reason, count in reasons.most_common(5)]
    detail = "; ".join(most) or None
    answered = len(answers) - unanswered
    return Audit(sample.block, sample.agents, answered, unanswered, different, detail)


def ask(provider: Provider, sample: Sample) -> list[Any]:
    """Return the answers to all questions: values, or Unanswered. Raises ProviderFailure."""
    check_block(provider, sample)
    first = sample.questions[0]
    try:
        provider.ask([first.call(sample.block)])
    except CallError as error:
        raise NoState(f"block {sample.block}: {error}") from None
    answers: list[Any] = []
    refused = 0
    for start in range(0, len(sample.questions), CALLS_AT_ONCE):
        asked = sample.questions[start : start + CALLS_AT_ONCE]
        answers += answers_to(provider, sample.block, asked)
        refused = sum(isinstance(each, Unanswered) for each in answers)
        if refused == len(answers) or refused > MOST_REFUSALS + len(answers) // 10:
            raise NoState(f"block {sample.block}: {refused} of {len(answers)} calls unanswered")
    return answers


def check_block(provider: Provider, sample: Sample) -> None:
    """Check that the provider has the block of the sample. Raises ProviderFailure."""
    (header,) = headers_by_number(provider, [sample.block])
    if sample.block_hash not in (None, header.hash):
        raise OtherHistory(f"its block {sample.block} is another one than the projected one")


def answers_to(provider: Provider, block: int, questions: Sequence[Question]) -> list[Any]:
    """Return the answers to questions; those among which one is refused are halved."""
    try:
        results = provider.ask([each.call(block) for each in questions])
    except CallError as error:
        if len(questions) == 1:
            return [REVERTS if is_revert(error) else Unanswered(str(error))]
        middle = len(questions) // 2
        halves = questions[:middle], questions[middle:]
        return [answer for half in halves for answer in answers_to(provider, block, half)]
    return [read(*each) for each in zip(questions, results, strict=True)]


def is_revert(error: CallError) -> bool:
    """Return whether the contract itself refused a call."""
    return error.code in REVERT_CODES or "revert" in error.message.lower()


def read(question: Question, result: Any) -> Any:
    """Return the value in a result."""
    try:
        value = question.answer(result)
    except Undecodable as error:
        return Unanswered(f"an answer to {question.function} that is none: {error}")
    if question.function == "nextId" and value == 0 < question.held:
        return Unanswered("the registry stores its last id elsewhere")
    return value


def differing(questions: Sequence[Question], answers: Sequence[Any]) -> list[Difference]:
    """Return the questions whose answers are not what is held."""
    return [
        Difference(question, answer)
        for question, answer in zip(questions, answers, strict=True)
        if not isinstance(answer, Unanswered) and answer != question.held
    ]


def confirmed(
    providers: Providers, block: int, different: Sequence[Difference]
) -> list[Difference]:
    """Return the differences that remain when they are requested again, by the next provider if
    there is one. One that cannot be asked for again remains."""
    questions = [each.question for each in different]
    before = providers.current
    providers.rotate()
    try:
        answers = providers.use(lambda provider: answers_to(provider, block, questions))
    except Stop:
        return list(different)
    again = [
        first.answer if isinstance(answer, Unanswered) else answer
        for first, answer in zip(different, answers, strict=True)
    ]
    remaining = differing(questions, again)
    if len(remaining) < len(different):
        before.suspect("audit_answer_changed", len(different) - len(remaining))
    return remaining


def record(chain: str, result: Audit, outcomes: Counter[tuple[str, str]]) -> None:
    """Store an audit with its differences, and count them."""
    counts = outcomes + Counter({("audit", result.outcome): 1})
    for each in result.differences:
        counts["audit_difference", each.question.function] += 1
    with db.transaction(limited=False) as tx:
        row = tx.row(
            "audit.insert_audit",
            chain=chain,
            block_number=result.block,
            outcome=result.outcome,
            agents=result.agents,
            answers=result.answers,
            differences=len(result.differences),
            unanswered=result.unanswered,
            detail=None if result.detail is None else shown(result.detail),
        )
        assert row is not None
        if result.differences:
            columns = columns_of(result.differences)
            tx.execute(
                "audit.insert_differences", chain=chain, audited_at=row["audited_at"], **columns
            )
        tx.execute(
            "journal.upsert_counts",
            chain=chain,
            kinds=[kind for kind, _ in counts],
            labels=[label for _, label in counts],
            totals=list(counts.values()),
        )


def columns_of(differences: Sequence[Difference]) -> dict[str, list[Any]]:
    """Return the columns of the rows of differences."""
    texts = [first_differences(each.question.held, each.answer) for each in differences]
    questions = [each.question for each in differences]
    return {
        "contracts": [each.contract for each in questions],
        "functions": [each.function for each in questions],
        "agent_ids": [None if each.function == "nextId" else each.agent_id for each in questions],
        "abouts": [each.about for each in questions],
        "helds": [held for held, _ in texts],
        "answereds": [answered for _, answered in texts],
    }


def lines_of(chain: str, result: Audit, most: int = 20) -> Iterator[str]:
    """Yield what an operator reads of an audit."""
    if result.outcome == UNASKED:
        yield f"{chain}: could not ask at block {result.block}: {result.detail}"
        return
    compared = f"{result.answers} answers about {result.agents} agents at block {result.block}"
    if result.outcome == EQUAL:
        yield f"{chain}: equal: {compared}"
    else:
        yield f"{chain}: different: {len(result.differences)} of {compared}"
    for question, answer in result.differences[:most]:
        held, answered = first_differences(question.held, answer, SHORT)
        yield f"  {question.name}: held {held}, the chain says {answered}"
    if result.unanswered:
        yield f"  {result.unanswered} calls unanswered: {result.detail}"
