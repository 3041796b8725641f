"""The queue of the registration files."""

from __future__ import annotations

from kamiyo_api import db
from kamiyo_api.doctor.components import Components
from kamiyo_api.doctor.findings import Finding, check, graded
from kamiyo_api.doctor.wording import span

WAIT_SECONDS = 3600
LONG_SECONDS = 24 * 3600


@check("database", "An agent without a fetched file has no name, and no search finds it by words.")
def registration_files(components: Components) -> Finding:
    """Check whether due registration files are fetched."""
    queue = db.rows("files.get_queue")[0]
    waited = queue["files_wait_seconds"]
    figure = f"{queue['files_due']} are due, the first for {span(waited)}"
    return graded(waited, WAIT_SECONDS, LONG_SECONDS, figure, "flask resolve-files --once")


CHECKS = (registration_files,)
