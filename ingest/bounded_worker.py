"""The other end of a BoundedProcess: a worker that bounds itself, then answers one by one."""

import os
import resource
import sys
from collections.abc import Callable, Mapping
from typing import IO, Any

from ingest.wire import decode_frame, frame_bytes, write_frame

Answer = Callable[[dict[str, Any]], Mapping[str, Any]]
"""What a worker does with one request."""


def answer_requests(begin: Callable[[dict[str, Any]], Answer], max_request_bytes: int) -> None:
    """Answer requests on standard input until it ends.

    `begin` is given the settings once the process is bounded, and returns what answers.
    """
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # A library that prints must not print into the protocol.
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    first = _read(requests, max_request_bytes)
    if first is None:
        return
    _bound(first["max_memory_bytes"])
    answer = begin(first["settings"])
    while (message := _read(requests, max_request_bytes)) is not None:
        _allow_cpu(message["max_seconds"])
        write_frame(answers, answer(message["request"]))


def _read(stream: IO[bytes], max_bytes: int) -> dict[str, Any] | None:
    head = stream.read(8)
    if len(head) < 8:
        return None
    return decode_frame(stream.read(frame_bytes(head, max_bytes)))


def _bound(max_memory_bytes: int) -> None:
    bounds = {
        resource.RLIMIT_AS: max_memory_bytes,
        resource.RLIMIT_CORE: 0,
        # A worker has nothing to write, but py3langid unpacks its model into a temporary file.
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
