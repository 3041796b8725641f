"""Calls that run in the background of a request or a command, in threads of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from flask import Flask, current_app

from kamiyo_api.context import own_state, services

Result = TypeVar("Result")


class Background:
    """The background calls of a process. Each name runs at most once at a time, so that a call that
    hangs costs one thread and blocks no answer. Threads start with the calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, Future[Any]] = {}

    def start(self, app: Flask, name: str, call: Callable[[], Result]) -> Future[Result]:
        """Start a call and return its future; if a call of this name is running, return that
        one's."""
        with self._lock:
            running = self._running.get(name)
            if running is not None and not running.done():
                return running
            future: Future[Result] = Future()
            self._running[name] = future
        threading.Thread(target=self._run, args=(app, call, future), daemon=True).start()
        return future

    @staticmethod
    def _run(app: Flask, call: Callable[[], Result], future: Future[Result]) -> None:
        with app.app_context(), own_state():
            try:
                future.set_result(call())
            except Exception as error:
                future.set_exception(error)


def run_in_background(name: str, call: Callable[[], Result]) -> Future[Result]:
    """Start a call in the background of the current request or command, and return its future. The
    call has the services, and no request."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return services().background.start(app, name, call)
