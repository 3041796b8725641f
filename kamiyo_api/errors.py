"""The errors of the API. To answer with an error, raise its class: it defines the whole answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class ApiError(Exception):
    """An answer with an error: a class defines status, code and title, its docstring the default
    detail."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "INTERNAL_ERROR"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.detail = detail or " ".join((self.__doc__ or "").split())
        self.errors = errors
        self.headers = dict(headers or {})
        super().__init__(self.detail)


class MalformedJson(ApiError):
    """The body is not JSON; send one JSON document in UTF-8."""

    status, code, title = 400, "MALFORMED_JSON", "Malformed JSON"


class MalformedPath(ApiError):
    """The path is not UTF-8; percent-encode the UTF-8 bytes of each of its parts."""

    status, code, title = 400, "MALFORMED_PATH", "Malformed path"


class ChainNotSupported(ApiError):
    """This chain is not supported here; GET /api/v1/chains lists the chains and their names."""

    status, code, title = 400, "CHAIN_NOT_SUPPORTED", "Chain not supported"


class InvalidCursor(ApiError):
    """The cursor belongs to another list, filter or sort, was altered, or is older than the
    service's keys; start again without it, and send each next_cursor unchanged."""

    status, code, title = 400, "INVALID_CURSOR", "Invalid cursor"


class Unauthorized(ApiError):
    """The caller is unknown."""

    status = 401

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="kamiyo-api"'})


class MissingApiKey(Unauthorized):
    """Send your API key as "Authorization: Bearer YOUR_API_KEY"."""

    code, title = "MISSING_API_KEY", "Missing API key"


class InvalidApiKey(Unauthorized):
    """Invalid API key: it is unknown or revoked; check it, or ask the operator for a new one."""

    code, title = "INVALID_API_KEY", "Invalid API key"


class ExpiredApiKey(Unauthorized):
    """This API key has expired; ask the operator for a new one."""

    code, title = "EXPIRED_API_KEY", "Expired API key"


class Forbidden(ApiError):
    """The API key has no right to do this."""

    status = 403


class InsufficientScope(Forbidden):
    """The key lacks the scope for this; ask the operator for a key that has it."""

    code, title = "INSUFFICIENT_SCOPE", "Insufficient scope"


class NotAgentOwner(Forbidden):
    """Only the agent's owner may do this; use a key that is bound to the owner's wallet."""

    code, title = "NOT_AGENT_OWNER", "Not the agent's owner"


class NotFeedbackClient(Forbidden):
    """Only the client who gives the feedback may do this; use a key that is bound to the
    client's wallet."""

    code, title = "NOT_FEEDBACK_CLIENT", "Not the feedback's client"


class NotResponder(Forbidden):
    """A key can respond only as its own wallet; set responder_address to that wallet."""

    code, title = InsufficientScope.code, "Not the responder"


class NotValidator(Forbidden):
    """Only the validator named in the request may respond; use a key that is bound to the
    validator's wallet."""

    code, title = "NOT_VALIDATOR", "Not the validator"


class SelfFeedback(Forbidden):
    """An agent's owner cannot rate their own agent; let a client of the agent give the feedback."""

    code, title = "SELF_FEEDBACK", "Feedback to one's own agent"


class NotFound(ApiError):
    """There is nothing at this URL; see /docs for those that exist."""

    status, code, title = 404, "NOT_FOUND", "Not found"


class AgentNotFound(NotFound):
    """There is no agent with this uuid; search with GET /api/v1/agents/."""

    code, title = "AGENT_NOT_FOUND", "Agent not found"


class ReviewerNotFound(NotFound):
    """This address gave no feedback and made no payment, as of the last refresh of the statistics;
    check the address."""

    code, title = "REVIEWER_NOT_FOUND", "Reviewer not found"


class OwnerNotFound(NotFound):
    """No agent here has this owner; check the address, or search by `wallet` with
    GET /api/v1/agents/."""

    code, title = "OWNER_NOT_FOUND", "Owner not found"


class FeedbackNotFound(NotFound):
    """There is no feedback with this id; list it with GET /api/v1/agents/{agent_uuid}/feedback."""

    code, title = "FEEDBACK_NOT_FOUND", "Feedback not found"


class ResponseNotFound(NotFound):
    """This feedback has no response with this id; list them with
    GET /api/v1/agents/feedback/{feedback_id}/responses."""

    code, title = "RESPONSE_NOT_FOUND", "Response not found"


class NotReadFromChain(NotFound):
    """This agent was not read from a chain, so this service has no on-chain data about it; see
    `source` of GET /api/v1/agents/{agent_uuid}."""

    code, title = "NOT_READ_FROM_CHAIN", "Not read from a chain"


class PaymentNotFound(NotFound):
    """There is no payment with this id; list them with GET /api/v1/agents/{agent_uuid}/payments."""

    code, title = "PAYMENT_NOT_FOUND", "Payment not found"


class ValidationNotFound(NotFound):
    """There is no validation request with this hash or id; list them with
    GET /api/v1/agents/{agent_uuid}/validations."""

    code, title = "VALIDATION_NOT_FOUND", "Validation not found"


class MetadataNotFound(NotFound):
    """The agent has no metadata under this key; list it with
    GET /api/v1/agents/{agent_uuid}/metadata."""

    code, title = "METADATA_NOT_FOUND", "Metadata not found"


class UnsupportedMediaType(ApiError):
    """Send the body as JSON, with the header "Content-Type: application/json"."""

    status, code, title = 415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported media type"


class Conflict(ApiError):
    """The request does not fit the current state."""

    status = 409


class AgentAlreadyExists(Conflict):
    """An agent with this agent_id is already registered in this registry; find it with
    GET /api/v1/agents/?chain=…&agent_id=…&status=any&claimed=any&active=any. If somebody else
    claimed a token of yours, ask the operator to import it: the registry's owner then replaces
    them."""

    code, title = "AGENT_ALREADY_EXISTS", "Agent already exists"


class AgentNotActive(Conflict):
    """The agent is suspended or revoked and accepts nothing new until its owner sets it active."""

    code, title = "AGENT_NOT_ACTIVE", "Agent not active"


class PaymentAlreadyLinked(Conflict):
    """This payment is already linked to another agent or with other details; check chain, tx_hash
    and amount_usdc. Send log_index, or payer_address and nonce, to tell the payments of one
    transaction apart."""

    code, title = "PAYMENT_ALREADY_LINKED", "Payment already linked"


class ValidationAlreadyExists(Conflict):
    """This agent already used this request_hash in this validation registry; hash a new
    request."""

    code, title = "VALIDATION_ALREADY_EXISTS", "Validation already exists"


class InvalidTransition(Conflict):
    """The state cannot change in this way; read the current state and the rules in /docs."""

    code, title = "INVALID_TRANSITION", "Invalid transition"


class AlreadyRevoked(Conflict):
    """This feedback is already revoked; there is nothing left to do."""

    code, title = "ALREADY_REVOKED", "Already revoked"


class DecidedOnChain(Conflict):
    """The chain decides this; send the transaction that changes it to the registry of the agent.
    The change shows here once its block is final."""

    code, title = "DECIDED_ON_CHAIN", "Decided on chain"


class ChainIsFollowed(Conflict):
    """The agents of this chain are read from its registry; call register() of the identity
    registry, and the agent shows here once its block is final. Without agent_id, you can register
    an agent that is not on chain."""

    code, title = "CHAIN_IS_FOLLOWED", "Chain is followed"


class IdempotencyKeyReused(Conflict):
    """This Idempotency-Key was used for another request within 24 hours; use a new one."""

    code, title = "IDEMPOTENCY_KEY_REUSED", "Idempotency key reused"


class InvalidInput(ApiError):
    """Some fields or parameters are not valid; "errors" says which and why."""

    status, code, title = 422, "VALIDATION_ERROR", "Validation error"


class UnstorableInput(InvalidInput):
    """PostgreSQL can store no NUL character and no number with thousands of digits; remove it."""


class RegistrationFileTooLarge(InvalidInput):
    """The registration file is too large; "errors" says what the limit is."""

    REASON = "Give at most 64 KiB of JSON."

    def __init__(self) -> None:
        super().__init__(errors={"registration_file": [self.REASON]})


class RateLimitExceeded(ApiError):
    """Rate limit exceeded; wait as long as Retry-After says."""

    status, code, title = 429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded"
