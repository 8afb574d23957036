"""ParserProcess: parsing in a process of its own, bounded in memory and time."""

from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.bounded_process import BoundedProcess, LateError, LostError
from ingest.fetch import FetchRules
from ingest.outcome import Limits, Loaded, Rejected, printable
from ingest.wire import WireError, outcome_from_message

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
        rules = FetchRules(allow_urls=allow_urls, allow_private=allow_private)
        self._process = BoundedProcess(
            "ingest.worker",
            {"limits": asdict(self.limits), "fetch": asdict(rules)},
            called="the parser",
            task="parse",
            max_memory_bytes=self.limits.max_memory_bytes,
            # JSON escapes every character beyond ASCII, in the worst case as twelve bytes.
            max_answer_bytes=12 * max(self.limits.max_text_chars, self.limits.max_file_bytes)
            + 2**24,
        )

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
        self._process.close()

    def load(self, source: str | Path, *, name: str | None = None) -> Loaded | Rejected:
        """Return what the file or address `source` becomes, or why it gives no document.

        `name` is what the user calls it: for uploads `upload:NAME`; it stands in the documents'
        `paths` instead of the absolute path, and its suffix tells the type.
        """
        shown = printable(name or str(source))
        request = {"source": str(source), "name": name}
        try:
            return outcome_from_message(self._process.ask(request, self.limits.max_seconds))
        except LateError as error:
            return Rejected(shown, str(error), "split it into smaller files, or raise the limit")
        except LostError as error:
            return Rejected(shown, str(error), _HINT)
        except WireError as error:
            self.close()
            return Rejected(shown, f"broke off the parser ({error})", _HINT)
