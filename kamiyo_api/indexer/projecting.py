"""Project what the reader has checked, in the process that reads."""

from __future__ import annotations

import threading

from kamiyo_api.indexer import projector
from kamiyo_api.indexer.failures import Stop

AT_ONCE = threading.BoundedSemaphore(2)


class ProjectionRefused(Stop):
    """Do what the reason says; nothing that was read is lost."""

    code = "PROJECTION_REFUSED"


def project_again(chain: str) -> int:
    """Project all that was projected once more, and return the number of logs. Raises Stop."""
    try:
        return projector.rebuild(chain)
    except projector.ProjectionStopped as reason:
        raise ProjectionRefused(str(reason)) from reason


def project_checked(chain: str) -> None:
    """Project all that is final and checked. Raises Stop.

    Of the chains that one process reads, few are projected at once: the logs of a transaction take
    much memory.
    """
    try:
        with AT_ONCE:
            projector.project(chain)
    except projector.ProjectionStopped as reason:
        raise ProjectionRefused(str(reason)) from reason
