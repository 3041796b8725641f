"""Redis or Valkey: whether it answers, and whether it keeps what it is given."""

from __future__ import annotations

from kamiyo_api import db
from kamiyo_api.doctor import commands
from kamiyo_api.doctor.findings import Finding, PartAway, check, failing, graded, ok, warning
from kamiyo_api.doctor.parts import Parts, Redis
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
    "cache", "Without Redis every answer is computed, and each worker limits alone.", is_root=True
)
def redis(parts: Parts) -> Finding:
    """Whether Redis answers."""
    try:
        told = parts.redis
    except PartAway as away:
        return away.finding
    name = told.info.get("server_name", "redis")
    version = told.info.get(f"{name}_version", told.info.get("redis_version"))
    figure = f"{name} {version}, {told.keys['keys']} keys, answered in {span(told.seconds)}"
    return graded(told.seconds, SLOW_ANSWER, 5, figure, commands.restart("redis"))


@check("cache", "Redis that is full drops what others need, or refuses what is new.")
def redis_memory(parts: Parts) -> Finding:
    """Memory used, of what Redis may use."""
    info = parts.redis.info
    used, most = info["used_memory"], info["maxmemory"]
    if not most:
        cure = commands.redis_cli(f"config set maxmemory {DEFAULT_MAXMEMORY}")
        return warning(f"{size(used)}, without a limit: it may take all of the machine's", cure)
    figure = f"{share(used / 2**20, most / 2**20)} MB used"
    if used <= FULL * most:
        return ok(figure)
    cure = commands.redis_cli(f"config set maxmemory {2 * most}")
    if info["maxmemory_policy"] == "noeviction":
        return failing(f"{figure}, and the policy is to refuse writes", cure)
    return warning(figure, cure)


@check("cache", "What is evicted is computed again; under allkeys-* budgets begin anew, too.")
def redis_evictions(parts: Parts) -> Finding:
    """Keys that Redis dropped for want of memory."""
    info = parts.redis.info
    evicted = info["evicted_keys"]
    figure = f"{evicted} keys since Redis started or its counts were reset"
    if not evicted:
        return ok(figure)
    more = commands.redis_cli(f"config set maxmemory {2 * max(info['maxmemory'], 2**20)}")
    return warning(figure, f"{more}; {commands.redis_cli('config resetstat')}")


@check("cache", "A Redis that is full must drop cached answers: neither budgets nor what is new.")
def redis_policy(parts: Parts) -> Finding:
    """What Redis does when it is full."""
    policy = parts.redis.info["maxmemory_policy"]
    if policy.startswith("volatile-"):
        return ok(policy)
    if policy == "noeviction":
        return warning(policy, commands.redis_cli(LRU))
    return warning(f"{policy}: the budgets of keys can be evicted", commands.redis_cli(LRU))


@check("cache", "After a restart without saved data all is computed at once and limits begin anew.")
def redis_persistence(parts: Parts) -> Finding:
    """Whether Redis saves its data, and whether that works."""
    told = parts.redis
    if told.info["rdb_last_bgsave_status"] != "ok":
        return failing("the last save failed: Redis may refuse writes", bgsave())
    if told.info["aof_enabled"]:
        return ok("append-only file")
    if told.save is None:
        return ok("the last save went well; the schedule is not told")
    if not told.save:
        return warning("nothing is saved", commands.redis_cli(SAVE))
    return ok(f"saved by schedule {told.save}")


def bgsave() -> str:
    """Make room on the disk and save again."""
    return f"df -h; {commands.redis_cli('bgsave')}"


@check("cache", "Keys that never expire pile up until Redis is full.")
def redis_expiry(parts: Parts) -> Finding:
    """Keys without an end, beyond the budgets: one of each API key that was ever used."""
    keys = parts.redis.keys
    forever = keys["keys"] - keys["expires"]
    figure = f"{forever} of {keys['keys']} keys never expire"
    if forever < MANY_KEYS:
        return ok(figure)
    parts.require("database")
    told = db.rows("doctor.get_keys")[0]
    budgets = told["active"] + told["expired"] + told["revoked"]
    if forever < budgets + MANY_KEYS:
        return ok(f"{figure}: budgets of API keys")
    return warning(f"{figure}, for {budgets} API keys", commands.list_foreign_keys())


@check("cache", "What is not found in the cache is computed by PostgreSQL.")
def cache_hit_rate(parts: Parts) -> Finding:
    """How many answers came from the cache; what Redis counts where no service answers."""
    told = parts.redis
    try:
        by_result = parts.metrics.by(FOUND, "result")
        hits, all_of_them, source = by_result.get("hit", 0), sum(by_result.values()), "answers"
    except PartAway:
        hits, misses = told.info["keyspace_hits"], told.info["keyspace_misses"]
        by_result, all_of_them, source = {}, hits + misses, "look-ups in Redis"
    if all_of_them < ENOUGH_LOOKUPS:
        return ok(f"too few to tell: {share(hits, all_of_them)} {source}")
    figure = f"{share(hits, all_of_them)} {source} were hits, should be above 80 %"
    others = {name: count for name, count in by_result.items() if name != "hit"}
    if others:
        figure += f"; else {counted(others)}"
    return graded(-hits / all_of_them, -GOOD_HIT_RATE, 0, figure, raise_hit_rate(told))


def raise_hit_rate(told: Redis) -> str:
    """More memory where that was lacking; else fewer refreshes, which each empty the cache."""
    if told.info["evicted_keys"]:
        return commands.redis_cli(f"config set maxmemory {2 * max(told.info['maxmemory'], 2**20)}")
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
