"""Analyse one document: its mentions, accounts and statements of strategy."""

from analysis.attacks import find_accounts
from analysis.mentions import find_actors
from analysis.names import NameRegister
from analysis.records import DocumentRecords
from analysis.strategies import find_statements
from analysis.tagger import tag
from ingest.document import Document


def analyse(document: Document, register: NameRegister) -> DocumentRecords:
    """Return the records of `document`; the same document and register give the same records."""
    paragraphs = tag(document, register)
    actors = find_actors(document, paragraphs, register)
    return DocumentRecords(
        mentions=actors.mentions,
        ties=actors.ties,
        roles=actors.roles,
        relations=actors.relations,
        statements=actors.statements,
        deaths=actors.deaths,
        accounts=find_accounts(document, paragraphs, actors.mentions, register),
        strategies=find_statements(document, paragraphs, actors.mentions, register),
        notes=actors.notes,
    )
