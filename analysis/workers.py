"""Workers: many documents analysed in several processes at a time."""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain

from analysis.document import analyse
from analysis.names import NameEntry, NameRegister
from analysis.records import DocumentRecords
from ingest.document import Document

POOL_CHARS = 600_000
"""From so much text on, some 100,000 words, starting processes that load the tagger pays."""
MAX_WORKERS = 4
"""Each worker holds a tagger of some 300 MB."""
_AHEAD = 4
"""Documents per worker that are read before their turn, and no more, to bound the memory."""


def analyse_all(
    documents: Iterable[Document], register: NameRegister, workers: int | None = None
) -> Iterator[DocumentRecords]:
    """Yield the records of `documents` in their order, as `analyse` makes them.

    `workers` is how many processes may run, by default as many as there are processors; little text
    is analysed in this process. Processes end with this one, however it ends.
    """
    count = min(workers or os.cpu_count() or 1, MAX_WORKERS)
    remaining = iter(documents)
    first: list[Document] = []
    while count > 1 and sum(len(document.text) for document in first) < POOL_CHARS:
        document = next(remaining, None)
        if document is None:
            count = 1
            break
        first.append(document)
    if count == 1:
        for document in chain(first, remaining):
            yield analyse(document, register)
        return
    yield from _in_processes(chain(first, remaining), register, count)


def _in_processes(
    documents: Iterator[Document], register: NameRegister, count: int
) -> Iterator[DocumentRecords]:
    # Fork would copy the threads' locks of the embedding model in whatever state they are.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, _begin, (register.entries,)) as pool:
        waiting: deque[tuple[Document, Future[DocumentRecords] | None]] = deque()

        def result() -> DocumentRecords:
            document, future = waiting.popleft()
            try:
                return analyse(document, register) if future is None else future.result()
            except BrokenProcessPool:
                return analyse(document, register)  # a worker was killed: go on without

        try:
            for document in documents:
                try:
                    waiting.append((document, pool.submit(_analyse, document)))
                except BrokenProcessPool:
                    waiting.append((document, None))
                if len(waiting) >= _AHEAD * count:
                    yield result()
            while waiting:
                yield result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_register: NameRegister | None = None


def _begin(entries: Sequence[NameEntry]) -> None:
    """Prepare a worker: its register, and its end when the process that started it ends."""
    global _register
    _register = NameRegister(entries)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _analyse(document: Document) -> DocumentRecords:
    assert _register is not None
    return analyse(document, _register)
