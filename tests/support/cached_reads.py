"""What is cached, and what a client sees of it."""

from __future__ import annotations

AGENTS = "/api/v1/agents/"
CACHED = ("{}", "{}/stats", "{}/reputation", "{}/decision?amount_usdc=1", "?limit=2&q=agent")
OF_EACH_REQUEST = ("X-Request-ID", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Date")


def shown(answer):
    """An answer as a client sees it, but for what each has of its own."""
    headers = [each for each in answer.headers if each[0] not in OF_EACH_REQUEST]
    return answer.status_code, headers, answer.data
