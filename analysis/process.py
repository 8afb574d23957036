"""AnalysisProcess: analysis in a process of its own, bounded in memory and time."""

from pydantic import ValidationError

from analysis.names import NameRegister
from analysis.records import DocumentRecords
from analysis.wire import ENTRIES, RECORDS
from ingest.bounded_process import BoundedProcess, LostError
from ingest.document import Document
from ingest.wire import document_to_message

MAX_MEMORY_BYTES = 6 * 2**30
"""Address space: the tagger takes 0.3 GiB of it, and each million characters 0.9 GiB more."""
MAX_SECONDS = 120.0
SECONDS_A_CHAR = 0.0005
"""Granted beyond MAX_SECONDS; sixty news articles took 0.00003 seconds a character."""
_MAX_ANSWER_BYTES = 2**30


class AnalysisProcess:
    """Analyses documents in a separate process that is killed and restarted beyond its bounds.

    The process starts with the first document and ends with `close`. Whatever a document does to
    the analysis (crash it, hang it, exhaust its memory), it has no records then, and a note that
    says why. Calls from several threads queue.
    """

    def __init__(self, register: NameRegister) -> None:
        """Analyse by the names of `register`."""
        self._process = BoundedProcess(
            "analysis.worker",
            {"names": ENTRIES.dump_json(register.entries).decode("utf-8")},
            called="the analysis",
            task="analyse",
            max_memory_bytes=MAX_MEMORY_BYTES,
            max_answer_bytes=_MAX_ANSWER_BYTES,
        )

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def analyse(self, document: Document) -> DocumentRecords:
        """Return the records of `document`, or none and a note of why."""
        seconds = MAX_SECONDS + SECONDS_A_CHAR * len(document.text)
        try:
            answer = self._process.ask({"document": document_to_message(document)}, seconds)
            if "failed" in answer:
                return _failed(str(answer["failed"]))
            return RECORDS.validate_json(answer["records"])
        except LostError as error:
            return _failed(str(error))
        except (KeyError, ValidationError) as error:
            self.close()
            return _failed(f"broke off the analysis ({type(error).__name__})")


def _failed(reason: str) -> DocumentRecords:
    return DocumentRecords(notes=(f"no actors, attacks or strategies: {reason}",))
