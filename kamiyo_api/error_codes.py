"""The codes of all errors and their meanings: those of the API, and those of HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kamiyo_api import errors, outages

# Importing these defines the errors.
MODULES = (errors, outages)

HTTP_CODES = {
    400: ("BAD_REQUEST", "The request cannot be read as HTTP; check its form."),
    404: (errors.NotFound.code, " ".join(str(errors.NotFound.__doc__).split())),
    405: ("METHOD_NOT_ALLOWED", "This address does not take this method; see the Allow header."),
    408: ("REQUEST_TIMEOUT", "The request did not arrive whole in time; send it again, faster."),
    413: ("BODY_TOO_LARGE", "The body is too large; send at most {limit} bytes."),
    414: ("URI_TOO_LONG", "The address is too long; send at most 8,000 characters of it."),
    415: (errors.UnsupportedMediaType.code, str(errors.UnsupportedMediaType.__doc__)),
    417: ("EXPECTATION_FAILED", "Expect may only be 100-continue; leave it out."),
    422: (errors.InvalidInput.code, str(errors.InvalidInput.__doc__)),
    429: (
        "TOO_MANY_CONNECTIONS",
        "Too many requests of your address are under way; wait until some are answered.",
    ),
    431: (
        "REQUEST_HEADERS_TOO_LARGE",
        "The headers are too large; send at most 100, of 8,000 characters each and 32,000 in all.",
    ),
    501: (
        "TRANSFER_CODING_NOT_SUPPORTED",
        "The only transfer coding taken is chunked; send the body with it or with Content-Length.",
    ),
    503: (
        "SERVICE_UNAVAILABLE",
        "The service cannot be reached; try again after the time in Retry-After.",
    ),
}
DEFECT = (
    "Something went wrong on our side and nothing was changed; "
    "report it with the request_id if it happens again."
)


def explained(limit: int | str) -> set[tuple[int, str, str]]:
    """Return the status, code and meaning of every error that a client can correct or wait for;
    `limit` is that of a body."""
    of_http = {
        (status, code, detail.format(limit=limit)) for status, (code, detail) in HTTP_CODES.items()
    }
    of_ours = {(each.status, each.code, each().detail) for each in coded(errors.ApiError)}
    own_codes = {code for _, code, _ in of_ours}
    return of_ours | {each for each in of_http if each[1] not in own_codes}


def coded(root: type[errors.ApiError]) -> Iterator[type[errors.ApiError]]:
    """Yield the subclasses of an error that have a code of their own."""
    for each in root.__subclasses__():
        if each.code != errors.ApiError.code:
            yield each
        yield from coded(each)


def statuses() -> Mapping[str, int]:
    """Return the status of each code, in the order of statuses and codes."""
    codes = {code: status for status, code, _ in explained("")}
    codes[errors.ApiError.code] = errors.ApiError.status
    return dict(sorted(codes.items(), key=lambda each: (each[1], each[0])))


def meanings() -> Mapping[str, str]:
    """Return the meaning of each code in the order of statuses(); of a code that several errors
    have, the meaning of the first that is declared."""
    limit = "the configured number of"
    details = {code: detail.format(limit=limit) for code, detail in HTTP_CODES.values()}
    details |= {each.code: each().detail for each in reversed(list(coded(errors.ApiError)))}
    details[errors.ApiError.code] = DEFECT
    return {code: details[code] for code in statuses()}
