"""Redis or Valkey: whether it answers, and whether it loses data."""

from __future__ import annotations

from kamiyo_api import db
from kamiyo_api.doctor import commands
from kamiyo_api.doctor.components import Components, Redis
from kamiyo_api.doctor.findings import (
    ComponentUnavailable,
    Finding,
    check,
    failing,
    graded,
    ok,
    warning,
)
from kamiyo_api.doctor.wording import counted, share, size, span

GOOD_HIT_RATE = 0.8
ENOUGH_LOOKUPS = 100
FULL = 0.9
SLOW_ANSWER = 0.05
SAVE = 'config set save "900 1 300 10 60 10000"'
LRU = "config set maxmemory-policy volatile-lru"
DEFAULT_MAXMEMORY = 1024**3
MANY_KEYS = 1000
FOUND = "erc8004_cache_requests_total"


@check(
    "cache",
    "Without Redis every answer is computed, and each worker limits on its own.",
    is_root=True,
)
def redis(components: Components) -> Finding:
    """Check whether Redis answers."""
    try:
        server = components.redis
    except ComponentUnavailable as error:
        return error.finding
    name = server.info.get("server_name", "redis")
    version = server.info.get(f"{name}_version", server.info.get("redis_version"))
    figure = f"{name} {version}, {server.keys['keys']} keys, answered in {span(server.seconds)}"
    return graded(server.seconds, SLOW_ANSWER, 5, figure, commands.restart("redis"))


@check("cache", "A full Redis evicts cached answers, or refuses to store new ones.")
def redis_memory(components: Components) -> Finding:
    """Check how much of its memory Redis uses."""
    info = components.redis.info
    used, limit = info["used_memory"], info["maxmemory"]
    if not limit:
        fix = commands.redis_cli(f"config set maxmemory {DEFAULT_MAXMEMORY}")
        return warning(f"{size(used)}, without a limit: it may take all of the machine's", fix)
    figure = f"{share(used / 2**20, limit / 2**20)} MB used"
    if used <= FULL * limit:
        return ok(figure)
    fix = commands.redis_cli(f"config set maxmemory {2 * limit}")
    if info["maxmemory_policy"] == "noeviction":
        return failing(f"{figure}, and the policy is to refuse writes", fix)
    return warning(figure, fix)


@check(
    "cache",
    "Evicted answers are computed again; with allkeys-* evicted rate limits also start again.",
)
def redis_evictions(components: Components) -> Finding:
    """Check how many keys Redis evicted."""
    info = components.redis.info
    evicted = info["evicted_keys"]
    figure = f"{evicted} keys since Redis started or its counts were reset"
    if not evicted:
        return ok(figure)
    more_memory = commands.redis_cli(f"config set maxmemory {2 * max(info['maxmemory'], 2**20)}")
    return warning(figure, f"{more_memory}; {commands.redis_cli('config resetstat')}")


@check(
    "cache",
    "A full Redis must evict cached answers, and neither evict rate limits nor refuse writes.",
)
def redis_policy(components: Components) -> Finding:
    """Check what Redis does when it is full."""
    policy = components.redis.info["maxmemory_policy"]
    if policy.startswith("volatile-"):
        return ok(policy)
    if policy == "noeviction":
        return warning(policy, commands.redis_cli(LRU))
    return warning(f"{policy}: the budgets of keys can be evicted", commands.redis_cli(LRU))


@check(
    "cache",
    "After a restart without saved data, all answers are computed and limits start again.",
)
def redis_persistence(components: Components) -> Finding:
    """Check whether Redis saves its data successfully."""
    server = components.redis
    if server.info["rdb_last_bgsave_status"] != "ok":
        return failing("the last save failed: Redis may refuse writes", bgsave())
    if server.info["aof_enabled"]:
        return ok("append-only file")
    if server.save is None:
        return ok("the last save went well; its schedule is not reported")
    if not server.save:
        return warning("nothing is saved", commands.redis_cli(SAVE))
    return ok(f"saved by schedule {server.save}")


def bgsave() -> str:
    """Return the commands that show the free space of the disk and save again."""
    return f"df -h; {commands.redis_cli('bgsave')}"


@check("cache", "Keys that never expire accumulate until Redis is full.")
def redis_expiry(components: Components) -> Finding:
    """Check for keys that never expire, besides the rate limits: one key per API key."""
    keys = components.redis.keys
    without_expiry = keys["keys"] - keys["expires"]
    figure = f"{without_expiry} of {keys['keys']} keys never expire"
    if without_expiry < MANY_KEYS:
        return ok(figure)
    components.require("database")
    counts = db.rows("doctor.get_keys")[0]
    api_keys = counts["active"] + counts["expired"] + counts["revoked"]
    if without_expiry < api_keys + MANY_KEYS:
        return ok(f"{figure}: budgets of API keys")
    return warning(f"{figure}, for {api_keys} API keys", commands.list_foreign_keys())


@check("cache", "PostgreSQL computes each answer that is not cached.")
def cache_hit_rate(components: Components) -> Finding:
    """Check the cache hit rate, from the counts of Redis if the service does not answer."""
    server = components.redis
    try:
        by_result = components.metrics.by(FOUND, "result")
        hits, lookups, source = by_result.get("hit", 0), sum(by_result.values()), "answers"
    except ComponentUnavailable:
        hits, misses = server.info["keyspace_hits"], server.info["keyspace_misses"]
        by_result, lookups, source = {}, hits + misses, "look-ups in Redis"
    if lookups < ENOUGH_LOOKUPS:
        return ok(f"too few to tell: {share(hits, lookups)} {source}")
    figure = f"{share(hits, lookups)} {source} were hits, should be above 80 %"
    others = {name: count for name, count in by_result.items() if name != "hit"}
    if others:
        figure += f"; else {counted(others)}"
    return graded(-hits / lookups, -GOOD_HIT_RATE, 0, figure, raise_hit_rate(server))


def raise_hit_rate(server: Redis) -> str:
    """Return the command for more memory if keys were evicted, else for fewer refreshes, since each
    refresh invalidates the cache."""
    if server.info["evicted_keys"]:
        maxmemory = 2 * max(server.info["maxmemory"], 2**20)
        return commands.redis_cli(f"config set maxmemory {maxmemory}")
    return "flask refresh-stats --every 300"


CHECKS = (
    redis,
    redis_memory,
    redis_evictions,
    redis_policy,
    redis_persistence,
    redis_expiry,
    cache_hit_rate,
)
