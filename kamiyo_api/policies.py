"""What a view requires of its requests and how they are served, declared on the view itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from flask import Request, current_app

if TYPE_CHECKING:
    from kamiyo_api.access.api_key import ApiKey

Budget = Literal["write", "register"]
View = TypeVar("View", bound=Callable[..., Any])

# A scope that no key has: a view that declares none is refused to all but admin keys.
UNDECLARED = "undeclared"


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of one view; its attribute `policy`."""

    scope: str | None = UNDECLARED
    """The scope that a key needs; "any" takes every key, None needs no key."""
    reads_key: bool = True
    """Whether an Authorization header that is not required is taken for an API key."""
    budget: Budget = "write"
    """What a request counts in that does not only read."""
    cached: str | None = None
    """The resource that the view answers from the cache."""
    is_transactional: bool = False
    """Whether the view gets a transaction, with which its answer is committed."""
    is_quiet: bool = False
    """Whether only errors are logged."""

    def admits(self, key: ApiKey | None) -> bool:
        """Return whether the view may be called with a key, or without one."""
        if self.scope is None:
            return True
        return key is not None and (self.scope == "any" or key.has(self.scope))


UNROUTED = Policy(scope=None)


def declare(view: View, **changes: Any) -> View:
    """Add to the policy of a view."""
    view.policy = replace(getattr(view, "policy", Policy()), **changes)  # type: ignore[attr-defined]
    return view


def requires(scope: str, *, budget: Budget = "write") -> Callable[[View], View]:
    """Take only keys that have a scope; "any" takes every key."""
    return lambda view: declare(view, scope=scope, budget=budget)


def public(*, reads_key: bool = True, is_quiet: bool = False) -> Callable[[View], View]:
    """Take requests without a key."""
    return lambda view: declare(view, scope=None, reads_key=reads_key, is_quiet=is_quiet)


def transactional(view: View) -> View:
    """Pass a view a transaction as its first argument, and commit its answer with it.

    The blueprint begins the transaction around everything else that the view declares, so it does
    not matter where this stands among the decorators.
    """
    return declare(view, is_transactional=True)


def policy_of(view: Callable[..., Any]) -> Policy:
    """Return the policy of a view. Raises TypeError if it declared none."""
    policy = getattr(view, "policy", None)
    if not isinstance(policy, Policy) or policy.scope == UNDECLARED:
        raise TypeError(f"{view.__qualname__} declares no policy; add @requires(...) or @public()")
    return policy


def quiet_routes() -> set[str]:
    """Return the routes of the present application of which only errors are logged."""
    views = current_app.view_functions
    rules = current_app.url_map.iter_rules()
    return {rule.rule for rule in rules if policy_of(views[rule.endpoint]).is_quiet}


def policy_for(request: Request) -> Policy:
    """Return the policy of the view of a request; OPTIONS, which runs no view, needs no key."""
    if request.endpoint is None:
        return UNROUTED
    policy = policy_of(current_app.view_functions[request.endpoint])
    return replace(policy, scope=None) if request.method == "OPTIONS" else policy
