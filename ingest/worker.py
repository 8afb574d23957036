"""The parser process: `python -m ingest.worker`, started by ParserProcess, never by hand.

It bounds itself before it reads anything, then answers one request after another: a source in, an
outcome out. It imports neither torch nor an index.
"""

import os
import resource
import sys
from typing import IO, Any

from ingest.fetch import FetchRules, load_url
from ingest.load import is_url, load_file
from ingest.outcome import Limits, Loaded, LoadError, Rejected, printable
from ingest.wire import decode_frame, frame_bytes, outcome_to_message, write_frame

_MAX_REQUEST_BYTES = 2**20


def main() -> None:
    """Answer requests on standard input until it ends."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # A library that prints must not print into the protocol.
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    settings = _read(requests)
    if settings is None:
        return
    limits = Limits(**settings["limits"])
    rules = FetchRules(**settings["fetch"])
    _bound(limits)
    while (request := _read(requests)) is not None:
        _allow_cpu(limits.max_seconds)
        outcome = _load(str(request["source"]), request["name"], limits, rules)
        write_frame(answers, outcome_to_message(outcome))


def _read(stream: IO[bytes]) -> dict[str, Any] | None:
    head = stream.read(8)
    if len(head) < 8:
        return None
    return decode_frame(stream.read(frame_bytes(head, _MAX_REQUEST_BYTES)))


def _bound(limits: Limits) -> None:
    bounds = {
        resource.RLIMIT_AS: limits.max_memory_bytes,
        resource.RLIMIT_CORE: 0,
        # A parser has nothing to write, but py3langid unpacks its model into a temporary file.
        resource.RLIMIT_FSIZE: 256 * 2**20,
        resource.RLIMIT_NOFILE: 64,
    }
    for what, bound in bounds.items():
        hard = resource.getrlimit(what)[1]
        least = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(what, (least, least))
    # So that a crash of this process is never mistaken for one of its owner's.
    sys.setrecursionlimit(2000)


def _allow_cpu(seconds: float) -> None:
    """Grant this much CPU time beyond what was used; then the kernel ends the process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent = usage.ru_utime + usage.ru_stime
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = int(spent + seconds) + 1
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _load(source: str, name: str | None, limits: Limits, rules: FetchRules) -> Loaded | Rejected:
    shown = printable(name or source)
    try:
        if is_url(source):
            return load_url(source, limits, rules)
        return load_file(source, limits, name)
    except LoadError as error:
        return Rejected(shown, error.reason, error.hint)
    except MemoryError:
        return Rejected(
            shown,
            f"needs more than {limits.max_memory_bytes // 2**20:,} MiB to parse",
            "split it into smaller files",
        )
    except RecursionError:
        return Rejected(shown, "is nested too deeply to parse", "save it in a simpler form")
    except Exception as error:  # the edge: one file must not end the process for the next
        return Rejected(
            shown,
            f"could not be parsed ({type(error).__name__}: {printable(str(error))[:200]})",
            "check that the file is whole, or save it in another format",
        )


if __name__ == "__main__":
    main()
