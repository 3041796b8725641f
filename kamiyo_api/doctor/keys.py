"""API keys: whether there is a valid one, and which expire soon."""

from __future__ import annotations

from kamiyo_api import db
from kamiyo_api.doctor import commands
from kamiyo_api.doctor.components import Components
from kamiyo_api.doctor.findings import Finding, check, ok, warning
from kamiyo_api.doctor.wording import span

SOON_DAYS = 7
FIRST_KEY = "flask api-keys create --name first --tier pro --scope read --expires 90d"


@check("database", "Without an active key every request is refused with 401.")
def api_keys(components: Components) -> Finding:
    """Check how many keys are valid."""
    counts = db.rows("doctor.get_keys")[0]
    figure = f"{counts['active']} active, {counts['expired']} expired, {counts['revoked']} revoked"
    return ok(figure) if counts["active"] else warning(figure, FIRST_KEY)


@check("database", "When a key expires, its user is locked out.")
def expiring_keys(components: Components) -> Finding:
    """Check for keys that expire within a week and have no successor."""
    found = db.rows("doctor.list_expiring_keys", days=SOON_DAYS)
    if not found:
        return ok(f"none within {SOON_DAYS} days")
    keys = ", ".join(f"{row['key_prefix']} in {span(row['seconds'])}" for row in found)
    steps = "; ".join(commands.successor(row) for row in found)
    return warning(f"{len(found)} within {SOON_DAYS} days: {keys}", steps)


CHECKS = (api_keys, expiring_keys)
