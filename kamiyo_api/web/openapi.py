"""The OpenAPI document, with errors in the error format."""

from __future__ import annotations

from flask import Flask, Response
from flask_smorest import Api
from flask_smorest.utils import prepare_response
from werkzeug.exceptions import HTTPException

from kamiyo_api.config import VERSION
from kamiyo_api.schemas.problem import Problem
from kamiyo_api.web import problems
from kamiyo_api.web.json import OrjsonProvider
from kamiyo_api.web.urls import ChainConverter, TextConverter, TokenIdConverter, UuidConverter


class ProblemApi(Api):
    """The API of flask-smorest, with errors in the error format."""

    ERROR_SCHEMA = Problem

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Return the answer to an HTTP error."""
        return problems.answer_http_error(error)

    def _register_responses(self) -> None:
        response = {"description": "The error, as RFC 9457 has it.", "schema": Problem}
        prepare_response(response, self.spec, "application/problem+json")
        for name in ("DEFAULT_ERROR", "UNPROCESSABLE_ENTITY", "UNPROCESSABLE_CONTENT"):
            self.spec.components.response(name, response, lazy=True)


api = ProblemApi(
    spec_kwargs={
        "title": "kamiyo-api",
        "version": VERSION,
        "openapi_version": "3.1.0",
        "info": {
            "description": (
                "Trust for AI agents (ERC-8004): identity, feedback, validations, x402 payments, "
                "statistics and trust levels, over all chains."
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
    }
)


def init_app(app: Flask) -> None:
    """Set up JSON, the converters of paths and the OpenAPI document of an application."""
    app.json = OrjsonProvider(app)
    app.url_map.strict_slashes = False
    app.url_map.converters["uuid"] = UuidConverter
    app.url_map.converters["chain"] = ChainConverter
    app.url_map.converters["token_id"] = TokenIdConverter
    app.url_map.converters["text"] = TextConverter
    api.init_app(app)
    api.spec.components.security_scheme("apiKey", {"type": "http", "scheme": "bearer"})
