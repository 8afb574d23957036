"""Security: who may ask, from which page, how much, and what a browser may do with the reply."""

import hashlib
import hmac
import ipaddress
import logging
import time
import urllib.parse
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie

import anyio
from fastapi.responses import RedirectResponse, Response
from fastapi.templating import Jinja2Templates
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import ApiError, error_response, internal_error, wants_page
from server.metrics import Metrics
from server.settings import Settings

logger = logging.getLogger("dossier.server")

COOKIE = "dossier_session"
OPEN_PATHS = ("/healthz", "/readyz", "/login")
UPLOAD_PATHS = ("/api/documents", "/documents")
DISCARD_SECONDS = 10
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

# img-src data: is for the arrows inside Swagger UI's own style sheet.
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: browsers then send "Origin: null" with our own forms, which the check below
    # could not tell from a foreign page's. No other site learns anything either way.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Sessions:
    """Log-ins by the page's form: a signed time of expiry, nothing stored.

    A changed key ends every session, since it signs them.
    """

    def __init__(self, settings: Settings) -> None:
        key = settings.api_key.get_secret_value() if settings.api_key else ""
        self._key = key.encode()
        self.seconds = settings.session_hours * 3600

    def matches(self, key: str) -> bool:
        """Return whether this is the key, in a time that does not depend on how close it is."""
        return hmac.compare_digest(key.encode("utf-8", "replace"), self._key)

    def issue(self) -> str:
        """Return a cookie value that is good for `seconds`."""
        expiry = str(int(time.time()) + self.seconds)
        return f"{expiry}.{self._sign(expiry)}"

    def valid(self, value: str) -> bool:
        """Return whether the cookie was issued here and has not run out."""
        expiry, _, signature = value.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(expiry).encode()):
            return False
        return int(expiry) > time.time()

    def _sign(self, expiry: str) -> str:
        return hmac.new(self._key, f"session {expiry}".encode(), hashlib.sha256).hexdigest()


class Gate:
    """The outermost layer: checks each request, measures it, and dresses each response.

    Plain ASGI, because Starlette's BaseHTTPMiddleware hides disconnects from event streams.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        sessions: Sessions,
        metrics: Metrics,
        templates: Jinja2Templates,
    ) -> None:
        self._app = app
        self._settings = settings
        self._sessions = sessions
        self._metrics = metrics
        self._templates = templates
        self._hosts = {"localhost", settings.host.lower(), *settings.allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0
        head = scope["method"] == "HEAD"
        if head:
            # FastAPI's routes answer GET only; what HEAD may ask for is the same without its body.
            scope = {**scope, "method": "GET"}

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if "cache-control" not in headers:
                    # Static files have ETags, so asking again costs nothing; pages show documents.
                    static = scope["path"].startswith("/static/")
                    headers["cache-control"] = "no-cache" if static else "no-store"
            elif head:
                message = {**message, "body": b""}
            await send(message)

        try:
            refusal = self._refuse(scope)
            if refusal is not None:
                await self._discard(scope, receive)
                await refusal(scope, receive, dressed)
            else:
                await self._app(scope, self._limited(scope, receive), dressed)
        except ApiError as error:
            # A body that grew past its limit where no handler could answer for it.
            if status:
                raise
            await error_response(self._templates, scope, error)(scope, receive, dressed)
        except ClientDisconnect:
            logger.info("%s %s: the client left", scope["method"], scope["path"])
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            if not status:
                error_reply = error_response(self._templates, scope, internal_error())
                await error_reply(scope, receive, dressed)
        finally:
            self._measure(scope, status, time.perf_counter() - began)

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        # The route's pattern, not the path: a label per document id would never stop growing.
        route = getattr(scope.get("route"), "path", None) or "other"
        method = scope["method"] if scope["method"].isalpha() else "other"
        if status in (404, 405) and route == "other":
            method = "other"
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)

    def _refuse(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        error = (
            self._wrong_host(headers)
            or _not_text(scope)
            or _foreign_origin(scope["method"], headers)
            or self._too_large(scope, headers)
        )
        if error is not None:
            return error_response(self._templates, scope, error)
        return self._unknown_caller(scope, headers)

    def _wrong_host(self, headers: Headers) -> ApiError | None:
        """Refuse names that a hostile site's DNS could point at this machine.

        A bare IP address cannot be such a name, so it needs no listing.
        """
        name = _host_name(headers.get("host", ""))
        if name in self._hosts or _is_ip(name):
            return None
        return ApiError(
            400,
            "unknown_host",
            "The service does not go by this host name.",
            "Use http://localhost, or add the name to DOSSIER_ALLOWED_HOSTS.",
        )

    def _too_large(self, scope: Scope, headers: Headers) -> ApiError | None:
        announced = headers.get("content-length", "0")
        if not announced.isdecimal() or len(announced) > 18:
            return ApiError(
                400,
                "bad_content_length",
                "Content-Length is not a number of bytes.",
                "Send the body's length in decimal digits, or leave the header out.",
            )
        limit = self._limit(scope)
        return _over(limit, scope) if int(announced) > limit else None

    def _limit(self, scope: Scope) -> int:
        if scope["path"] in UPLOAD_PATHS:
            return self._settings.max_upload_bytes
        return self._settings.max_body_bytes

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """Count what really arrives: a chunked body announces no length."""
        limit = self._limit(scope)
        received = 0

        async def counting() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    if message.get("more_body"):
                        await self._discard(scope, receive)
                    raise _over(limit, scope)
            return message

        return counting

    async def _discard(self, scope: Scope, receive: Receive) -> None:
        """Read on a little past a refusal, so that a browser still sending sees the reply.

        A connection closed in mid-upload shows as "connection reset" instead.
        """
        if Headers(scope=scope).get("expect"):
            return  # it waits for leave to send
        left = self._limit(scope)
        with anyio.move_on_after(DISCARD_SECONDS):
            while left > 0:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body"):
                    return
                left -= len(message.get("body", b"")) or 1

    def _unknown_caller(self, scope: Scope, headers: Headers) -> Response | None:
        path: str = scope["path"]
        if self._settings.api_key is None or path in OPEN_PATHS or path.startswith("/static/"):
            return None
        given = headers.get("x-api-key")
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if given is None and scheme.lower() == "bearer":
            given = token.strip()
        if given is not None:
            if self._sessions.matches(given):
                return None
        elif self._sessions.valid(_cookie(headers)):
            return None
        elif wants_page(scope) and scope["method"] in SAFE_METHODS:
            query = scope["query_string"].decode("ascii", "replace")
            target = path + (f"?{query}" if query else "")
            return RedirectResponse("/login?" + urllib.parse.urlencode({"next": target}), 303)
        return error_response(
            self._templates,
            scope,
            ApiError(
                401,
                "unauthorized",
                "The key is wrong." if given is not None else "This service asks for a key.",
                "Send the operator's key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'; "
                "in a browser, log in at /login.",
                {"WWW-Authenticate": "Bearer"},
            ),
        )


def local_target(target: str) -> str:
    """Return where to go after log-in: a path of this service, whatever was asked for."""
    # "//elsewhere" and "/\\elsewhere" are other hosts to a browser.
    local = target.startswith("/") and not target.startswith("//") and "\\" not in target
    return target if local and target.isascii() and target.isprintable() else "/"


def _over(limit: int, scope: Scope) -> ApiError:
    upload = scope["path"] in UPLOAD_PATHS
    setting = "DOSSIER_MAX_UPLOAD_BYTES" if upload else "DOSSIER_MAX_BODY_BYTES"
    return ApiError(
        413,
        "too_large",
        f"The {'upload' if upload else 'request'} is larger than {limit:,} bytes.",
        f"Send {'fewer or smaller files' if upload else 'less'}, or raise {setting}.",
        {"Connection": "close"},
    )


def _host_name(host: str) -> str:
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _not_text(scope: Scope) -> ApiError | None:
    """Refuse what is not UTF-8 in the address: decoders put U+FFFD there without a word."""
    try:
        for part in (scope.get("raw_path") or b"", scope["query_string"]):
            text = urllib.parse.unquote_to_bytes(part.replace(b"+", b" ")).decode("utf-8")
            if "\0" in text:
                return ApiError(
                    400, "nul_character", "The address contains a NUL character.", "Remove it."
                )
    except UnicodeDecodeError:
        return ApiError(
            400, "not_utf8", "The address is not UTF-8.", "Percent-encode the text as UTF-8."
        )
    return None


def _foreign_origin(method: str, headers: Headers) -> ApiError | None:
    """Refuse a change that another site's page asks for (cross-site request forgery).

    Browsers always send one of the two headers with such a request; programs send neither.
    """
    if method in SAFE_METHODS:
        return None
    origin = headers.get("origin")
    site = headers.get("sec-fetch-site")
    foreign = site in ("cross-site", "same-site")
    if origin is not None and site != "same-origin":
        # By host and port alone: behind a proxy that ends TLS the scheme differs.
        foreign = origin.partition("://")[2].lower() != headers.get("host", "").lower()
    if not foreign:
        return None
    return ApiError(
        403,
        "foreign_origin",
        "The request comes from another site's page.",
        "Use Dossier's own pages, or a program with the key.",
    )


def _cookie(headers: Mapping[str, str]) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""
