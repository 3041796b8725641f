"""Follow all chains that have a URL, each in a thread of its own, and audit them, until the process
ends."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from flask import Flask

from kamiyo_api.indexer.auditing import keep_auditing
from kamiyo_api.indexer.chains import reader_of
from kamiyo_api.indexer.failures import Stop
from kamiyo_api.indexer.following import follow
from kamiyo_api.indexer.projecting import project_checked

log = logging.getLogger(__name__)

# How long a chain that stopped waits before it is tried again, so that it goes on by itself after
# what stopped it is repaired.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 15.0, 300.0
LONG_ENOUGH_SECONDS = 600.0


def follow_all(app: Flask, chains: Sequence[str]) -> None:
    """Follow chains for ever, also if there are none. One that stops is tried again, without effect
    on the others."""
    threads = [
        threading.Thread(target=keep_following, args=(app, chain), name=chain, daemon=True)
        for chain in chains
    ]
    ended = threading.Event()
    arguments = (app, chains, ended)
    threads.append(threading.Thread(target=keep_auditing, args=arguments, daemon=True))
    for thread in threads:
        thread.start()
    ended.wait()


def keep_following(app: Flask, chain: str) -> None:
    """Follow a chain for ever."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        began = time.monotonic()
        with app.app_context():
            try:
                follow(reader_of(chain), once=False, project=project_checked)
            except Stop as stop:
                log.error("Reading of %s stopped: %s", chain, stop)
            except Exception:
                log.exception("Reading of %s failed", chain)
        if time.monotonic() - began > LONG_ENOUGH_SECONDS:
            pause = FIRST_PAUSE_SECONDS
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
