"""BoundedProcess: work on what strangers wrote, in a process of its own with bounds."""

import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from ingest.wire import WireError, decode_frame, frame_bytes, write_frame

_START_SECONDS = 30.0


class LostError(Exception):
    """The process ended, or was ended, before it answered; the message says why, as a fragment."""


class LateError(LostError):
    """The answer took longer than it may."""


class BoundedProcess:
    """Asks a worker process, which is killed and started again when it exceeds its bounds.

    The process starts with the first request. Calls from several threads queue.
    """

    def __init__(
        self,
        module: str,
        settings: Mapping[str, object],
        *,
        called: str,
        task: str,
        max_memory_bytes: int,
        max_answer_bytes: int,
    ) -> None:
        """Run `python -m MODULE`, which calls `ingest.bounded_worker.answer_requests`.

        `settings` is what that is told first. Messages say `called` for the process and `task` for
        what it does: "the parser", "parse".
        """
        self._module = module
        self._settings = settings
        self._called = called
        self._task = task
        self._max_memory_bytes = max_memory_bytes
        self._max_answer_bytes = max_answer_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._is_fresh = False
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the process, if it runs, whatever it is doing; the next request starts another."""
        if (process := self._process) is not None:
            process.kill()  # who waits for its answer holds the lock until it ends
        with self._lock:
            self._kill()

    def ask(self, request: Mapping[str, object], max_seconds: float) -> dict[str, Any]:
        """Return the answer to `request`, given within so many seconds by the clock and of CPU.

        Raises LateError if it was not, LostError if the process ended instead.
        """
        with self._lock:
            try:
                process = self._running()
                assert process.stdin is not None
                write_frame(process.stdin, {"max_seconds": max_seconds, "request": request})
                return self._answer(process, max_seconds)
            except _TimeoutError:
                self._kill()
                raise LateError(
                    f"took longer than {max_seconds:g} seconds to {self._task}"
                ) from None
            except (WireError, OSError) as error:
                raise self._lost(error, max_seconds) from error
            except BaseException:
                # An answer may still be under way; it must not be read as the next request's.
                self._kill()
                raise

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._kill()
        root = str(Path(__file__).resolve().parent.parent)
        environment = {
            # Nothing else: settings and keys of the service are none of a worker's business.
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])]),
            "PYTHONUTF8": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            # One thread each: thread pools reserve more address space than a worker may have.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,  # Ctrl-C goes to the owner, who then ends it
        )
        self._is_fresh = True
        assert self._process.stdin is not None
        write_frame(
            self._process.stdin,
            {"max_memory_bytes": self._max_memory_bytes, "settings": self._settings},
        )
        return self._process

    def _answer(self, process: subprocess.Popen[bytes], max_seconds: float) -> dict[str, Any]:
        assert process.stdout is not None
        grace = _START_SECONDS if self._is_fresh else 0.0
        deadline = time.monotonic() + max_seconds + grace
        head = _read_exactly(process.stdout, 8, deadline)
        length = frame_bytes(head, self._max_answer_bytes)
        message = decode_frame(_read_exactly(process.stdout, length, deadline))
        self._is_fresh = False
        return message

    def _lost(self, error: Exception, max_seconds: float) -> LostError:
        """Why the process broke off, in words for the owner of what it worked on."""
        process = self._process
        status: int | None = None
        if process is not None:
            try:
                status = process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                status = None
        self._kill()
        if status == -signal.SIGXCPU:
            return LateError(f"took longer than {max_seconds:g} CPU seconds to {self._task}")
        if status is not None and status < 0:
            return LostError(f"crashed {self._called} (signal {signal.Signals(-status).name})")
        if status:
            return LostError(
                f"ended {self._called} (status {status}), likely for want of its "
                f"{self._max_memory_bytes // 2**20:,} MiB of memory"
            )
        return LostError(f"broke off {self._called} ({error})")

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue  # a request that nobody will read


class _TimeoutError(Exception):
    pass


def _read_exactly(stream: IO[bytes], count: int, deadline: float) -> bytes:
    """Read `count` bytes from the pipe under `stream`, past its buffer, before `deadline`."""
    descriptor = stream.fileno()
    received = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while len(received) < count:
            remaining = deadline - time.monotonic()
            if remaining <= 0 or not selector.select(remaining):
                raise _TimeoutError
            chunk = os.read(descriptor, min(count - len(received), 2**20))
            if not chunk:
                raise WireError("it ended without an answer")
            received += chunk
    return bytes(received)
