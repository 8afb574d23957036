"""The analysis process: `python -m analysis.worker`, started by AnalysisProcess, never by hand.

A document in, its records out.
"""

import sys
from typing import Any

from ingest.bounded_worker import Answer, answer_requests
from ingest.wire import document_from_message

MAX_REQUEST_BYTES = 2**30
"""A document of the longest text that is taken in, at twelve bytes a character."""


def _begin(settings: dict[str, Any]) -> Answer:
    # The tagger's library loads torch where it finds it, for seconds and 200 MB, and never uses it.
    sys.modules["torch"] = None  # type: ignore[assignment]
    from analysis.document import analyse
    from analysis.names import NameRegister
    from analysis.tagger import load_tagger
    from analysis.wire import ENTRIES, RECORDS

    register = NameRegister(ENTRIES.validate_json(settings["names"]))
    load_tagger()

    def answer(request: dict[str, Any]) -> dict[str, str]:
        try:
            records = analyse(document_from_message(request["document"]), register)
        except MemoryError:
            return {"failed": "needs more memory than the analysis may have"}
        except Exception as error:  # the edge: one document must not stop the next
            return {"failed": f"met an error in the analysis ({type(error).__name__}: {error})"}
        return {"records": RECORDS.dump_json(records, exclude_defaults=True).decode("utf-8")}

    return answer


if __name__ == "__main__":
    answer_requests(_begin, MAX_REQUEST_BYTES)
