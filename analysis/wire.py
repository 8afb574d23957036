"""Names and records as JSON: between the analysis process and its owner, and in the catalogue."""

from pydantic import TypeAdapter

from analysis.names import NameEntry
from analysis.records import DocumentRecords

RECORDS = TypeAdapter(DocumentRecords)
ENTRIES = TypeAdapter(tuple[NameEntry, ...])
