"""Records ahead: brings the records of a new generation together before anybody asks for them.

It takes seconds where documents are many, and whoever opened a page first after an ingest paid for
it. Nothing waits for it: a request that comes sooner gets what it would have got without.
"""

import logging
import threading
import time

from index.store import Store

LOOK_SECONDS = 2.0
"""How often it looks whether another process has published; what this one does, it is told."""
_END_SECONDS = 5.0

logger = logging.getLogger("dossier.server")


class RecordsAhead:
    """A thread that follows a store; it raises nothing and ends with `close`."""

    def __init__(self, store: Store, look_seconds: float = LOOK_SECONDS) -> None:
        """Begin at once with the generation that is open."""
        self._store = store
        self._look_seconds = look_seconds
        self._seen: int | None = None
        self._failing = False
        self._ended = False
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="records-ahead", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that something was published; returns at once."""
        self._woken.set()

    def close(self) -> None:
        """Begin nothing more; a build that is under way is not waited for beyond a few seconds."""
        self._ended = True
        self._woken.set()
        self._thread.join(_END_SECONDS)

    def _follow(self) -> None:
        while not self._ended:
            self._woken.clear()
            self._look()
            self._woken.wait(self._look_seconds)

    def _look(self) -> None:
        """Bring the newest generation's records together unless that was tried before."""
        try:
            with self._store.snapshot() as snapshot:
                if snapshot.generation != self._seen:
                    self._seen = snapshot.generation
                    began = time.monotonic()
                    _ = snapshot.lookup
                    seconds = time.monotonic() - began
                    logger.debug("records of generation %d ready in %.1f s", self._seen, seconds)
            self._failing = False
        except Exception:
            # Said once: a store that cannot be read fails at every look.
            if not (self._failing or self._ended):
                logger.exception("records could not be brought together ahead of requests")
            self._failing = True
