"""Analyses: the documents' records, made at ingest, kept in the catalogue, brought together on use.

The catalogue holds each document's records beside the document; corrections are kept there, too.
What all documents say together is built from both once for each state of the store.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from pydantic import TypeAdapter

from analysis.build import build
from analysis.collection import Records, SourceRecords
from analysis.corrections import Correction
from analysis.document import ANALYSIS_VERSION, analyse
from analysis.names import NameRegister
from analysis.records import DocumentRecords
from index.catalogue import Catalogue, CatalogueWriter, CorrectionRow

_RECORDS = TypeAdapter(DocumentRecords)
_CORRECTION = TypeAdapter(Correction)


def made_by(register: NameRegister) -> str:
    """Return what decides a document's records beside the document: the rules and the names."""
    return f"{ANALYSIS_VERSION}/{register.digest[:16]}"


def analyse_pending(
    writer: CatalogueWriter,
    register: NameRegister,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Analyse the documents that were not, or by other rules or names; return how many.

    `on_progress` is told how many are done, and of how many.
    """
    version = made_by(register)
    pending = writer.unanalysed(version)
    for done, row in enumerate(pending):
        if on_progress is not None:
            on_progress(done, len(pending))
        document = writer.document(row)
        assert document is not None
        records = _RECORDS.dump_json(analyse(document, register), exclude_defaults=True)
        writer.set_analysis(row, version, records.decode("utf-8"))
    if pending and on_progress is not None:
        on_progress(len(pending), len(pending))
    return len(pending)


def build_records(catalogue: Catalogue, register: NameRegister) -> Records:
    """Return the records of all documents of the catalogue, corrections applied."""
    stored = dict(catalogue.analyses())
    infos = catalogue.infos(stored)
    origins = catalogue.origins()
    ids = catalogue.infos(origins.values())
    sources = [
        SourceRecords(
            document_id=info.id,
            title=info.title,
            source=info.source,
            published=info.published,
            origin=ids[origins[row]].id if row in origins else info.id,
            records=_RECORDS.validate_json(stored[row]),
        )
        for row, info in infos.items()
    ]
    return build(sources, register, corrections_of(catalogue.corrections()))


def add_correction(writer: CatalogueWriter, correction: Correction) -> Correction:
    """Keep a correction within the writer's transaction; return it with its number."""
    number = writer.add_correction(_CORRECTION.dump_json(correction).decode("utf-8"))
    return replace(correction, number=number)


def corrections_of(rows: Sequence[CorrectionRow]) -> list[Correction]:
    """Return the catalogue's corrections as what they are, in order."""
    return [replace(_CORRECTION.validate_json(row.correction), number=row.number) for row in rows]
