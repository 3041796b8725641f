"""The OpenAPI document, with errors in the error format."""

from __future__ import annotations

from flask import Flask, Response
from flask_smorest import Api
from werkzeug.exceptions import HTTPException

from kamiyo_api.config import VERSION
from kamiyo_api.web import openapi_components, problems
from kamiyo_api.web.json import OrjsonProvider
from kamiyo_api.web.openapi_fields import SchemaPlugin
from kamiyo_api.web.openapi_operations import OperationPlugin
from kamiyo_api.web.urls import (
    AddressConverter,
    ChainConverter,
    TextConverter,
    TokenIdConverter,
    UuidConverter,
)

DESCRIPTION = """\
Trust for AI agents (ERC-8004): identity, feedback, validations, x402 payments, statistics and trust
levels, over all chains.

Requests and answers are JSON in UTF-8, times are RFC 3339 in UTC. Amounts, token ids and values are
strings in answers, because they may be longer than a number can be in many languages. Fields and
parameters that an operation does not have are errors. Every error has the same form (RFC 9457):
switch on its `code`, or on the status if you do not know the code. Answers may get more fields.
"""


class ProblemApi(Api):
    """The API of flask-smorest, with errors in the error format."""

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Return the answer to an HTTP error."""
        return problems.answer_http_error(error)

    def _register_responses(self) -> None:
        openapi_components.register(self.spec)

    def _register_etag_headers(self) -> None:
        """Register no headers of flask-smorest: ours have their own descriptions."""

    def _register_pagination_header(self) -> None:
        """Register no pagination of flask-smorest, which no operation uses."""


api = ProblemApi(
    spec_kwargs={
        "title": "kamiyo-api",
        "version": VERSION,
        "openapi_version": "3.1.0",
        "info": {
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
            "contact": {"name": "The operator of this service"},
        },
        # Paths begin at the root of whichever host the document came from.
        "servers": [{"url": "/", "description": "The service that sent this document."}],
    }
)


def init_app(app: Flask) -> None:
    """Set up JSON, the converters of paths and the OpenAPI document of an application."""
    app.json = OrjsonProvider(app)
    app.url_map.strict_slashes = False
    app.url_map.converters["uuid"] = UuidConverter
    app.url_map.converters["address"] = AddressConverter
    app.url_map.converters["chain"] = ChainConverter
    app.url_map.converters["token_id"] = TokenIdConverter
    app.url_map.converters["text"] = TextConverter
    plugins = {"marshmallow_plugin": SchemaPlugin(), "extra_plugins": [OperationPlugin(app)]}
    api.init_app(app, spec_kwargs=plugins)
