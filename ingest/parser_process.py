"""ParserProcess: parsing in a process of its own, bounded in memory and time."""

import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from ingest.fetch import FetchRules
from ingest.outcome import Limits, Loaded, Rejected, printable
from ingest.wire import WireError, decode_frame, frame_bytes, outcome_from_message, write_frame

_START_SECONDS = 30.0
_HINT = "check that the file is whole, or save it in another format"


class ParserProcess:
    """Loads sources in a separate process that is killed and restarted when it exceeds `limits`.

    A context manager; the process starts with the first source. Whatever a source does to the
    parser (crash it, hang it, exhaust its memory) is a Rejected for that source only. Calls from
    several threads queue.
    """

    def __init__(
        self, limits: Limits | None = None, *, allow_urls: bool = False, allow_private: bool = False
    ) -> None:
        """Fetch addresses with `allow_urls` only, of private networks with `allow_private` only."""
        self.limits = limits or Limits()
        self._rules = FetchRules(allow_urls=allow_urls, allow_private=allow_private)
        self._process: subprocess.Popen[bytes] | None = None
        self._is_fresh = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Return itself; nothing is started yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process."""
        self.close()

    def close(self) -> None:
        """End the process, if it runs; the next load starts another."""
        with self._lock:
            self._kill()

    def load(self, source: str | Path, *, name: str | None = None) -> Loaded | Rejected:
        """Return what the file or address `source` becomes, or why it gives no document.

        `name` is what the user calls it: for uploads `upload:NAME`; it stands in the documents'
        `paths` instead of the absolute path, and its suffix tells the type.
        """
        shown = printable(name or str(source))
        with self._lock:
            try:
                process = self._running()
                assert process.stdin is not None
                write_frame(process.stdin, {"source": str(source), "name": name})
                return outcome_from_message(self._answer(process))
            except _TimeoutError:
                self._kill()
                return Rejected(
                    shown,
                    f"took longer than {self.limits.max_seconds:g} seconds to parse",
                    "split it into smaller files, or raise the limit",
                )
            except (WireError, OSError) as error:
                return Rejected(shown, self._cause(error), _HINT)
            except BaseException:
                # An answer may still be under way; it must not be read as the next source's.
                self._kill()
                raise

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._kill()
        root = str(Path(__file__).resolve().parent.parent)
        environment = {
            # Nothing else: settings and keys of the service are none of a parser's business.
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])]),
            "PYTHONUTF8": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            # One thread each: thread pools reserve more address space than the parser may have.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ingest.worker"],
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
            self._process.stdin, {"limits": asdict(self.limits), "fetch": asdict(self._rules)}
        )
        return self._process

    def _answer(self, process: subprocess.Popen[bytes]) -> dict[str, object]:
        assert process.stdout is not None
        grace = _START_SECONDS if self._is_fresh else 0.0
        deadline = time.monotonic() + self.limits.max_seconds + grace
        head = _read_exactly(process.stdout, 8, deadline)
        # JSON escapes every character beyond ASCII, in the worst case as twelve bytes.
        most = 12 * max(self.limits.max_text_chars, self.limits.max_file_bytes) + 2**24
        length = frame_bytes(head, most)
        message = decode_frame(_read_exactly(process.stdout, length, deadline))
        self._is_fresh = False
        return message

    def _cause(self, error: Exception) -> str:
        """Why the process broke off, in words for the file's owner."""
        process = self._process
        status: int | None = None
        if process is not None:
            try:
                status = process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                status = None
        self._kill()
        if status == -signal.SIGXCPU:
            return f"took longer than {self.limits.max_seconds:g} CPU seconds to parse"
        if status is not None and status < 0:
            return f"crashed the parser (signal {signal.Signals(-status).name})"
        if status:
            return (
                f"ended the parser (status {status}), likely for want of its "
                f"{self.limits.max_memory_bytes // 2**20:,} MiB of memory"
            )
        return f"broke off the parser ({error})"

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
                raise WireError("the parser ended without an answer")
            received += chunk
    return bytes(received)
