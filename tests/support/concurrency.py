"""Things that happen at once, and waiting for them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import requests


def wait_until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait until a condition holds; what it answered."""
    until = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < until, f"the condition did not hold within {seconds} seconds"
        time.sleep(0.02)
    return answer


def seconds_until(condition: Callable[[], Any]) -> float:
    """Wait until a condition holds; how many seconds that took."""
    began = time.monotonic()
    wait_until(condition)
    return time.monotonic() - began


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    """What a call with 0, 1, … answers, where all begin at the same moment."""
    start = threading.Barrier(count)

    def wait_and_call(number: int) -> Any:
        start.wait()
        return call(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(wait_and_call, range(count)))


@contextmanager
def working(calls: list[Callable[[], None]]) -> Iterator[None]:
    """Threads that work while the block runs, and that it waits for."""
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()


def statuses(answers: Iterable[requests.Response]) -> Counter[int]:
    """How many answers have each status."""
    return Counter(answer.status_code for answer in answers)
