"""Policies: what a view requires of a request and how it is served, declared on the view itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from flask import Request, current_app

if TYPE_CHECKING:
    from kamiyo_api.access.api_key import ApiKey

Budget = Literal["read", "write", "register"]
View = TypeVar("View", bound=Callable[..., Any])

# A scope that no key has: a view that declares no scope admits admin keys only.
UNDECLARED = "undeclared"


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of one view, in its attribute `policy`."""

    scope: str | None = UNDECLARED
    """The scope that a key needs; "any" admits every key, None needs no key."""
    reads_key: bool = True
    """Whether the Authorization header holds an API key, if the view requires none."""
    budget: Budget = "write"
    """The budget that counts requests to the view, other than GET and HEAD."""
    cached: str | None = None
    """The resource that the view answers from the cache."""
    is_transactional: bool = False
    """Whether the view runs in a transaction, which its answer is part of."""
    is_quiet: bool = False
    """Whether only errors are logged."""
    counts_visits: bool = False
    """Whether requests without a key count against the IP address that sent them."""

    def admits(self, key: ApiKey | None) -> bool:
        """Return whether the view may be called with a key, or without one."""
        if self.scope is None:
            return True
        return key is not None and (self.scope == "any" or key.has_scope(self.scope))


UNROUTED = Policy(scope=None)


def declare(view: View, **changes: Any) -> View:
    """Change fields of the policy of a view, and return the view."""
    view.policy = replace(getattr(view, "policy", Policy()), **changes)  # type: ignore[attr-defined]
    return view


def requires(scope: str, *, budget: Budget = "write") -> Callable[[View], View]:
    """Admit only keys that have a scope; "any" admits every key."""
    return lambda view: declare(view, scope=scope, budget=budget)


def public(
    *, reads_key: bool = True, is_quiet: bool = False, counts_visits: bool = False
) -> Callable[[View], View]:
    """Admit requests without a key."""
    return lambda view: declare(
        view,
        scope=None,
        reads_key=reads_key,
        is_quiet=is_quiet,
        counts_visits=counts_visits,
    )


def transactional(view: View) -> View:
    """Pass a view a transaction as its first argument, and commit the transaction with its answer.

    The blueprint begins the transaction outside of all other decorators of the view, so the order
    of the decorators does not matter.
    """
    return declare(view, is_transactional=True)


def policy_of(view: Callable[..., Any]) -> Policy:
    """Return the policy of a view. Raises TypeError if it declares none."""
    policy = getattr(view, "policy", None)
    if not isinstance(policy, Policy) or policy.scope == UNDECLARED:
        raise TypeError(f"{view.__qualname__} declares no policy; add @requires(...) or @public()")
    return policy


def quiet_routes() -> set[str]:
    """Return the routes of the current application for which only errors are logged."""
    views = current_app.view_functions
    rules = current_app.url_map.iter_rules()
    return {rule.rule for rule in rules if policy_of(views[rule.endpoint]).is_quiet}


def policy_for(request: Request) -> Policy:
    """Return the policy of the view of a request; OPTIONS, which runs no view, needs no key."""
    if request.endpoint is None:
        return UNROUTED
    policy = policy_of(current_app.view_functions[request.endpoint])
    return replace(policy, scope=None) if request.method == "OPTIONS" else policy
