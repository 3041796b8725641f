"""The queue of the files to fetch: lease some, fetch them at the same time, store the results."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, NamedTuple

import orjson

from kamiyo_api import db, errors
from kamiyo_api.cache.invalidation import invalidate_agent, know_database
from kamiyo_api.config import Config
from kamiyo_api.indexer.files.decoding import MAX_URI_CHARACTERS, is_inline
from kamiyo_api.indexer.files.failures import Unresolved
from kamiyo_api.indexer.files.references import WELL_KNOWN, domains_of, reference_of
from kamiyo_api.indexer.files.resolving import File, Resolver

BATCH = 64
THREADS = 32
# Longer than a batch takes, unless several gateways do not have many of its files; a result that
# comes later is dropped only if another process has taken over.
LEASE_SECONDS = 300
# How many files of one host a batch fetches, and after how many seconds the others are due again.
MOST_OF_ONE_HOST = 8
POSTPONED_SECONDS = 5
WEEK_SECONDS = 7 * 24 * 3600
# No time helps against these, unless a redirect causes them.
FINAL = {"empty_uri", "invalid_uri", "scheme_not_supported", "http_refused", "invalid_cid"}


log = logging.getLogger(__name__)


class Job(NamedTuple):
    """A leased fetch: which file of which agent, at which domains if it is a proof, whether its URI
    is not stored as the chain holds it, and in which registry the agent is."""

    agent_uuid: str
    kind: str
    lease: int
    domains: list[str] | None
    token_uri: str
    is_altered: bool
    registry: str
    agent_id: str

    @property
    def uri(self) -> str:
        """Return where the file is; of several domains, where the first one's is."""
        if self.domains:
            return WELL_KNOWN.format(domain=self.domains[0])
        return self.token_uri.strip()

    @property
    def hosts(self) -> list[str]:
        """Return the schemes and hosts that are asked; none if the URI holds the file."""
        if self.domains:
            return [f"https://{domain}" for domain in self.domains]
        return [] if self.holds_file else ["/".join(self.uri.lower().split("/")[:3])]

    @property
    def holds_file(self) -> bool:
        """Return whether the URI holds the file itself."""
        return is_inline(self.uri) or self.uri[:5].lower() == "data:"


class Found(NamedTuple):
    """The file that a fetch found, or why it found none; of a proof, at which domain."""

    domain: str | None
    result: File | Unresolved


def resolve_some(resolver: Resolver, pool: ThreadPoolExecutor) -> Counter[str]:
    """Fetch the files that are due longest, and return how often each outcome was stored: resolved,
    or a reason. Nothing was due if it is empty."""
    jobs, postponed = spread(leased(BATCH))
    for seconds, job in postponed:
        postpone(job, seconds)
    futures = {pool.submit(found_by, resolver, job): job for job in sorted(jobs, key=is_slow)}
    outcomes = Counter({"postponed": len(postponed)}) if postponed else Counter[str]()
    for future in as_completed(futures):
        outcomes[store(futures[future], future.result())] += 1
    return outcomes


def leased(limit: int) -> list[Job]:
    """Lease the fetches that are due longest."""
    with db.transaction() as tx:
        rows = tx.rows(
            "files.update_leases",
            limit=limit,
            seconds=LEASE_SECONDS,
            characters=MAX_URI_CHARACTERS + 1,
        )
    return [Job(**row) for row in rows]


def spread(jobs: Iterable[Job]) -> tuple[list[Job], list[tuple[int, Job]]]:
    """Return the jobs to do now, and those to postpone by some seconds, so that no host is asked
    for many files at once and none that is slow holds up the others."""
    now: list[Job] = []
    later: list[tuple[int, Job]] = []
    asked: Counter[str] = Counter()
    for job in jobs:
        turn = max((asked[host] // MOST_OF_ONE_HOST for host in job.hosts), default=0)
        asked.update(job.hosts)
        if turn:
            later.append((turn * POSTPONED_SECONDS, job))
        else:
            now.append(job)
    return now, later


def is_slow(job: Job) -> bool:
    """Return whether a job has to wait for a host."""
    return not job.holds_file


def postpone(job: Job, seconds: int) -> None:
    """Return a leased fetch to the queue for some seconds."""
    with db.transaction() as tx:
        tx.execute("files.update_postponed", **key_of(job), seconds=seconds)


def found_by(resolver: Resolver, job: Job) -> Found:
    """Return the file of a job, or why there is none: of several domains that of the first which
    proves the agent, else of the first that has one, else why the first has none."""
    if not job.domains:
        return Found(None, file_at(resolver, job, job.uri))
    found = []
    for domain in job.domains:
        result = file_at(resolver, job, WELL_KNOWN.format(domain=domain))
        if isinstance(result, File) and reference_to(job, result) == "verified":
            return Found(domain, result)
        found.append(Found(domain, result))
    return min(found, key=lambda each: isinstance(each.result, Unresolved))


def reference_to(job: Job, file: File) -> str:
    """Return what a file says of the agent of a job."""
    return reference_of(file, job.registry, int(job.agent_id))


def file_at(resolver: Resolver, job: Job, uri: str) -> File | Unresolved:
    """Return the file at a URI, or why there is none."""
    try:
        if job.is_altered and job.kind == "registration":
            raise Unresolved("invalid_uri")
        return resolver.resolve(uri)
    except Unresolved as failure:
        return failure
    except Exception:
        # Whatever a stranger's file causes, it must not end the work for all others.
        log.exception("A registration file could not be handled")
        return Unresolved("defect")


def store(job: Job, found: Found) -> str:
    """Store what was found, unless the URI has changed meanwhile, and return the outcome."""
    if isinstance(found.result, Unresolved):
        store_failure(job, found.result)
        return found.result.reason
    try:
        store_file(job, found.result, found.domain)
    except (errors.RegistrationFileTooLarge, errors.UnstorableInput):
        # PostgreSQL writes numbers out and a space after each comma.
        return store(job, Found(found.domain, Unresolved("too_large")))
    return "resolved"


def store_file(job: Job, file: File, domain: str | None) -> None:
    """Store a file, or what the file of a domain says.

    Raises RegistrationFileTooLarge, UnstorableInput.
    """
    result: dict[str, Any] = {
        "agent_uuid": job.agent_uuid,
        "lease": job.lease,
        "sha256": file.sha256,
        "is_checked": file.is_checked,
        "reference": reference_to(job, file),
        "seconds": seconds_until_next(job, file),
    }
    if job.kind == "domain":
        write(job, "files.update_proof", result | {"domain": domain})
        return
    marks = None if file.mark is None else {"registration_file": file.mark.as_json()}
    result |= {
        "document": file.text.decode(),
        "marks": None if marks is None else orjson.dumps(marks).decode(),
        "domains": domains_of(file.fields),
    }
    write(job, "files.update_resolved", result)


def store_failure(job: Job, failure: Unresolved) -> None:
    """Store why there is no file."""
    may_change = job.uri[:6].lower() == "https:" and not job.is_altered
    is_final = job.holds_file or (failure.reason in FINAL and not may_change)
    write(
        job,
        "files.update_failed",
        {**key_of(job), "reason": failure.reason, "is_final": is_final},
    )


def write(job: Job, query: str, parameters: dict[str, Any]) -> None:
    """Run a query that stores a result, and invalidate what is cached of its agent.

    Each result has its own transaction, of one round trip: one of several agents might deadlock
    with a refresh.
    """

    def work(tx: db.Transaction) -> None:
        invalidate_agent(tx, job.agent_uuid, search=job.kind == "registration")
        tx.row_and_commit(query, **parameters)

    know_database()
    db.in_transaction(work)


def key_of(job: Job) -> dict[str, Any]:
    """Return the parameters that name a leased fetch."""
    return {"agent_uuid": job.agent_uuid, "kind": job.kind, "lease": job.lease}


def seconds_until_next(job: Job, file: File) -> float | None:
    """Return after how many seconds a file is fetched again; None if it cannot change. The fetches
    of many files of one day are spread over later days."""
    if job.holds_file or (file.is_checked and job.uri.lower().startswith("ipfs:")):
        return None
    return WEEK_SECONDS * random.uniform(0.9, 1.1)


def expect_gateways(config: Config) -> None:
    """Fetch at once what waited for a gateway, if there is one now."""
    if config.ipfs_gateways or config.arweave_gateways:
        with db.transaction() as tx:
            tx.execute("files.update_gateway_set")
