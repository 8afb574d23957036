"""Fetch one web page or file, only where the operator allows it, bounded in time and size."""

import http.client
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from ingest.outcome import Limits, Loaded, LoadError

MAX_REDIRECTS = 5

_SUFFIX_OF_TYPE = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/jsonl": ".jsonl",
    "application/x-ndjson": ".jsonl",
}


@dataclass(frozen=True, slots=True)
class FetchRules:
    """What may be fetched."""

    allow_urls: bool = False
    allow_private: bool = False
    """Also from loopback, private and link-local addresses: whoever may name an address could
    otherwise read what only this machine can reach."""


@dataclass(frozen=True, slots=True)
class _Fetched:
    data: bytes
    url: str
    media_type: str
    charset: str | None


def load_url(url: str, limits: Limits, rules: FetchRules) -> Loaded:
    """Return what the page or file at `url` becomes; its path and URL are the address asked for.

    Raises LoadError when it may not or cannot be fetched, or gives no document.
    """
    from ingest.load import LOADERS, load_bytes, suffix_of  # load imports what imports this module

    if not rules.allow_urls:
        raise LoadError(
            "is a web address, and fetching is switched off",
            "save the page as a file, or have the operator allow URLs",
        )
    fetched = _fetch(url, limits, rules)
    data = fetched.data
    suffix = _SUFFIX_OF_TYPE.get(fetched.media_type) or suffix_of(urlsplit(fetched.url).path)
    if suffix not in LOADERS:
        suffix = ".html" if not fetched.media_type else suffix
    if suffix not in LOADERS:
        raise LoadError(
            f"is of the unknown type {fetched.media_type!r}", "name a page, text, PDF or DOCX file"
        )
    if fetched.charset and suffix in (".html", ".txt", ".md"):
        try:
            # The server's word counts more than the page's; the mark tells the loader.
            data = data.decode(fetched.charset).encode("utf-8-sig")
        except (LookupError, UnicodeError):
            data = fetched.data
    return load_bytes(data, suffix, url, limits, url=url)


def _fetch(url: str, limits: Limits, rules: FetchRules) -> _Fetched:
    deadline = time.monotonic() + limits.fetch_seconds
    address = url
    for _ in range(MAX_REDIRECTS + 1):
        try:
            answer = _get(address, limits, rules, deadline)
        except TimeoutError as error:
            raise LoadError(
                f"did not answer within {limits.fetch_seconds:g} seconds", "try again later"
            ) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise LoadError(
                f"could not be fetched ({reason[:200]})", "check the address and the connection"
            ) from error
        if isinstance(answer, _Fetched):
            return answer
        address = answer
    raise LoadError(f"redirects more than {MAX_REDIRECTS} times", "name the final address")


def _get(url: str, limits: Limits, rules: FetchRules, deadline: float) -> _Fetched | str:
    """Return what `url` holds, or the address that it redirects to."""
    parts = urlsplit(url)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise LoadError(f"leads to {url[:200]!r}, which is no http or https address", "check it")
    is_secure = parts.scheme.lower() == "https"
    port = parts.port or (443 if is_secure else 80)
    connection = http.client.HTTPConnection(parts.hostname, port)
    connected = _connect(parts.hostname, port, rules, deadline)
    try:
        if is_secure:
            connected = ssl.create_default_context().wrap_socket(
                connected, server_hostname=parts.hostname
            )
        connection.sock = connected
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"User-Agent": "Dossier", "Accept-Encoding": "identity", "Connection": "close"}
        connection.request("GET", target, headers=headers)
        response = connection.getresponse()
        location = response.getheader("Location")
        if response.status in (301, 302, 303, 307, 308) and location:
            return urljoin(url, location)
        if response.status != 200:
            raise LoadError(f"answered with status {response.status}", "check the address")
        if response.getheader("Content-Encoding", "identity").lower() != "identity":
            raise LoadError("answered compressed, though asked not to", "save the page as a file")
        data = _read_bounded(response, connected, limits, deadline)
        content_type = response.headers
        media_type = content_type.get_content_type() if "Content-Type" in content_type else ""
        return _Fetched(data, url, media_type, content_type.get_content_charset())
    finally:
        connected.close()
        connection.close()


def _connect(host: str, port: int, rules: FetchRules, deadline: float) -> socket.socket:
    """Connect to an address that was checked, and not to what the name may mean a moment later."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    error: OSError | None = None
    for _, _, _, _, where in found:
        address = ipaddress.ip_address(str(where[0]).split("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        if not rules.allow_private and (not mapped.is_global or mapped.is_multicast):
            raise LoadError(
                f"leads to {mapped}, an address of a private network",
                "name a public address, or save the page as a file",
            )
        try:
            return socket.create_connection(
                (str(address), port), timeout=max(0.1, deadline - time.monotonic())
            )
        except OSError as failure:
            error = failure
    raise error or OSError(f"no address is known for {host}")


def _read_bounded(
    response: http.client.HTTPResponse, connected: socket.socket, limits: Limits, deadline: float
) -> bytes:
    received = bytearray()
    while True:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        if connected.fileno() >= 0:
            connected.settimeout(remaining)
        chunk = response.read1(2**16)
        if not chunk:
            break
        received += chunk
        if len(received) > limits.max_file_bytes:
            raise LoadError(
                f"is larger than the limit of {limits.max_file_bytes:,} bytes",
                "split it into smaller files",
            )
    if response.length:
        raise LoadError(f"broke off with {response.length:,} bytes to go", "try again")
    return bytes(received)
