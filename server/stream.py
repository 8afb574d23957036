"""Server-sent events: what a worker thread has to say, as it says it."""

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from fastapi.responses import StreamingResponse

from index.search import QueryError
from index.store import StoreError
from server.errors import ApiError, from_query_error, internal_error, storage_error

logger = logging.getLogger("dossier.server")

KEEP_ALIVE_SECONDS = 15.0

Emit = Callable[[str, Any], None]
Work = Callable[[Emit], None]
RunInThread = Callable[[Callable[[], None]], Awaitable[None]]


class ClientLeft(Exception):
    """Raised in the worker by `emit` when nobody listens any more, so that it can stop."""


def event_response(
    work: Work, run_in_thread: RunInThread, describe_error: Callable[[ApiError], Any]
) -> StreamingResponse:
    """Return the response that streams what `work(emit)` emits, from a thread of its own.

    An error ends the stream as an `error` event with `describe_error(error)`.
    """
    return StreamingResponse(
        _events(work, run_in_thread, describe_error),
        media_type="text/event-stream",
        # Proxies such as nginx hold events back unless told.
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


def format_event(name: str, data: Any) -> bytes:
    """Return one event; JSON escapes line breaks, so the data is one line."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def accepts_events(accept: str | None) -> bool:
    """Return whether the client asks for server-sent events."""
    return "text/event-stream" in (accept or "")


async def _events(
    work: Work, run_in_thread: RunInThread, describe_error: Callable[[ApiError], Any]
) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes | None] = asyncio.Queue()
    left = threading.Event()

    def put(item: bytes | None) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, item)

    def emit(name: str, data: Any) -> None:
        if left.is_set():
            raise ClientLeft
        put(format_event(name, data))

    def run() -> None:
        try:
            work(emit)
        except ClientLeft:
            logger.info("a client left before its events ended")
        except QueryError as error:
            put(format_event("error", describe_error(from_query_error(error))))
        except StoreError as error:
            logger.error("an event stream failed: %s", error)
            put(format_event("error", describe_error(storage_error())))
        except ApiError as error:
            put(format_event("error", describe_error(error)))
        except Exception:
            logger.exception("an event stream failed")
            put(format_event("error", describe_error(internal_error())))
        put(None)

    # No task group: a generator that a disconnect abandons would close it from another task.
    worker = asyncio.ensure_future(run_in_thread(run))
    try:
        while True:
            try:
                item = await asyncio.wait_for(queue.get(), KEEP_ALIVE_SECONDS)
            except TimeoutError:
                item = b": working\n\n"
            if item is None:
                break
            yield item
        await worker
    finally:
        left.set()
