"""WriterLock: one writer at a time in a data directory, over all processes and threads."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

FILE_NAME = "writer.lock"


class WriterLock:
    """Held from entering to leaving a `with` block; the kernel frees it when its holder dies.

    The file stays and means nothing by itself. It is not inherited by programs that the holder
    starts, so that a parser that outlives a killed ingest locks nobody out.
    """

    def __init__(self, directory: Path, on_wait: Callable[[str], None] | None = None) -> None:
        """`on_wait` is told, once, whom one waits for, if one has to."""
        self._path = directory / FILE_NAME
        self._on_wait = on_wait
        self._descriptor: int | None = None

    def acquire(self, *, wait: bool) -> bool:
        """Take the lock; return whether it was got, which with `wait` it always is."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not wait:
                    os.close(descriptor)
                    return False
                if self._on_wait is not None:
                    holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
                    self._on_wait(f"process {holder}" if holder else "another process")
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let the next writer in."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        """Wait for the lock and take it."""
        self.acquire(wait=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Release it."""
        self.release()
