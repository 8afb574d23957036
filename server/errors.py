"""Errors as clients see them: `{"error": {"code", "message", "hint"}}`, or a page for people."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.templating import Jinja2Templates
from starlette.exceptions import HTTPException

from index.search import QueryError
from index.store import StoreError

logger = logging.getLogger("dossier.server")

# Everything else is a page, made for people.
MACHINE_PATHS = ("/api", "/metrics", "/healthz", "/readyz", "/openapi.json", "/static", "/docs/ui")


class ApiError(HTTPException):
    """A request that cannot be served as it is: a status, a stable code, what is wrong, what to do.

    An HTTPException, so that FastAPI lets it through while it reads a body.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        hint: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, dict(headers or {}))
        self.code = code
        self.message = message
        self.hint = hint


def error_body(error: ApiError) -> dict[str, dict[str, str]]:
    """Return the error as the contract's JSON."""
    return {"error": {"code": error.code, "message": error.message, "hint": error.hint}}


def from_query_error(error: QueryError) -> ApiError:
    """Return the wire form of a question that the index or the answerer refuses."""
    return ApiError(422, "invalid_query", _sentence(str(error)), _sentence(error.hint))


def storage_error() -> ApiError:
    """Return the error for a data directory in trouble; where it lies is the operator's to know."""
    return ApiError(
        503,
        "storage_error",
        "The collection cannot be read or written just now.",
        "Tell the operator: the service's log says what is wrong.",
    )


def internal_error() -> ApiError:
    """Return the error that hides what went wrong; the log has it."""
    return ApiError(
        500,
        "internal_error",
        "Something went wrong inside Dossier.",
        "Try again; if it happens again, tell the operator: the service's log has the details.",
    )


def wants_page(scope: Mapping[str, Any]) -> bool:
    """Return whether the request of this ASGI scope is for a page rather than for a program."""
    path: str = scope["path"]
    if any(path == prefix or path.startswith(prefix + "/") for prefix in MACHINE_PATHS):
        return False
    accept = next((v for n, v in scope["headers"] if n == b"accept"), b"")
    return b"application/json" not in accept


def error_response(
    templates: Jinja2Templates, scope: Mapping[str, Any], error: ApiError
) -> Response:
    """Return the error as a page for a page's request, as JSON for everything else."""
    if wants_page(scope):
        page = templates.get_template("error.html").render(
            status=error.status_code,
            title=HTTPStatus(error.status_code).phrase,
            message=error.message,
            hint=error.hint,
        )
        return Response(
            page, error.status_code, media_type="text/html", headers=dict(error.headers or {})
        )
    return JSONResponse(error_body(error), error.status_code, headers=dict(error.headers or {}))


def install(app: FastAPI, templates: Jinja2Templates) -> None:
    """Give every error that a request can cause the contract's form."""

    async def on_api_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # as registered below
        known = error if isinstance(error, ApiError) else _from_http(request, error)
        return error_response(templates, request.scope, known)

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return error_response(templates, request.scope, _from_validation(error.errors()))

    async def on_query(request: Request, error: Exception) -> Response:
        assert isinstance(error, QueryError)
        return error_response(templates, request.scope, from_query_error(error))

    async def on_store(request: Request, error: Exception) -> Response:
        logger.error("%s %s: %s", request.method, request.url.path, error)
        return error_response(templates, request.scope, storage_error())

    app.add_exception_handler(StoreError, on_store)
    app.add_exception_handler(HTTPException, on_api_error)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(QueryError, on_query)


def _from_http(request: Request, error: HTTPException) -> ApiError:
    status = error.status_code
    path = request.url.path
    if status == 404:
        return ApiError(404, "not_found", "There is nothing at this address.", "See /docs.")
    if status == 405:
        allowed = (error.headers or {}).get("Allow", "")
        return ApiError(
            405,
            "method_not_allowed",
            f"{request.method} is not possible here.",
            f"Use {allowed}." if allowed else "See /docs.",
            error.headers,
        )
    if status == 400 and path.startswith(("/api/documents", "/documents")):
        # The multipart reader's own words: "Too many files…", "Missing boundary…".
        return ApiError(
            400,
            "malformed_body",
            f"The upload could not be read: {_printable(str(error.detail))}",
            'Send multipart/form-data with the files in the field "files".',
        )
    if status == 400:
        return ApiError(
            400, "malformed_body", "The body could not be read.", "Send valid JSON in UTF-8."
        )
    phrase = HTTPStatus(status).phrase
    return ApiError(
        status, phrase.lower().replace(" ", "_"), f"{phrase}.", "See /docs.", error.headers
    )


def _from_validation(problems: Sequence[Mapping[str, Any]]) -> ApiError:
    """Return what is wrong, field by field, without repeating what was sent."""
    if any(problem["type"] == "json_invalid" for problem in problems):
        return ApiError(
            422, "invalid_json", "The body is not valid JSON.", "Send valid JSON in UTF-8."
        )
    lines = []
    for problem in problems:
        where = ".".join(_printable(str(part)) for part in problem["loc"][1:]) or "the body"
        message = _printable(str(problem["msg"]).removeprefix("Value error, "))
        if problem["type"] == "extra_forbidden":
            message = "unknown field"
        lines.append(f"{where}: {message[:1].lower()}{message[1:]}")
    return ApiError(
        422, "invalid_request", "; ".join(lines), "Correct what is named; /docs shows examples."
    )


def _sentence(fragment: str) -> str:
    """Return one of the index's fragments of a line as a sentence."""
    ended = fragment if fragment.endswith((".", "?", "!")) else fragment + "."
    return ended[:1].upper() + ended[1:]


def _printable(text: str, limit: int = 200) -> str:
    """Return `text` fit for a message: a lone surrogate or a control would break the response."""
    shown = text if len(text) <= limit else text[:limit] + "…"
    return "".join(char if char.isprintable() else "�" for char in shown)
