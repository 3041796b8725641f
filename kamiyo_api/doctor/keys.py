"""API keys: whether anybody can call, and whose key ends soon."""

from __future__ import annotations

from kamiyo_api import db
from kamiyo_api.doctor import commands
from kamiyo_api.doctor.findings import Finding, check, ok, warning
from kamiyo_api.doctor.parts import Parts
from kamiyo_api.doctor.wording import span

SOON_DAYS = 7
FIRST_KEY = "flask api-keys create --name first --tier pro --scope read --expires 90d"


@check("database", "Without an active key every request is refused with 401.")
def api_keys(parts: Parts) -> Finding:
    """How many keys open the door."""
    told = db.rows("doctor.get_keys")[0]
    figure = f"{told['active']} active, {told['expired']} expired, {told['revoked']} revoked"
    return ok(figure) if told["active"] else warning(figure, FIRST_KEY)


@check("database", "A key that ends unnoticed locks its owner out, at an hour nobody chose.")
def expiring_keys(parts: Parts) -> Finding:
    """Keys that end within a week and have no successor."""
    found = db.rows("doctor.list_expiring_keys", days=SOON_DAYS)
    if not found:
        return ok(f"none within {SOON_DAYS} days")
    told = ", ".join(f"{row['key_prefix']} in {span(row['seconds'])}" for row in found)
    steps = "; ".join(commands.successor(row) for row in found)
    return warning(f"{len(found)} within {SOON_DAYS} days: {told}", steps)


CHECKS = (api_keys, expiring_keys)
