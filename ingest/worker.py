"""The parser process: `python -m ingest.worker`, started by ParserProcess, never by hand.

A source in, an outcome out. It imports neither torch nor an index.
"""

from typing import Any

from ingest.bounded_worker import Answer, answer_requests
from ingest.fetch import FetchRules, load_url
from ingest.load import is_url, load_file
from ingest.outcome import Limits, Loaded, LoadError, Rejected, printable
from ingest.wire import outcome_to_message

_MAX_REQUEST_BYTES = 2**20


def _begin(settings: dict[str, Any]) -> Answer:
    limits = Limits(**settings["limits"])
    rules = FetchRules(**settings["fetch"])
    return lambda request: outcome_to_message(
        _load(str(request["source"]), request["name"], limits, rules)
    )


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
    answer_requests(_begin, _MAX_REQUEST_BYTES)
