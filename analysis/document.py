"""Analyse one document: its mentions, accounts and statements of strategy."""

from analysis.attacks import find_accounts
from analysis.mentions import find_actors
from analysis.names import NameRegister
from analysis.records import DocumentRecords
from analysis.relations import with_killings
from analysis.strategies import find_statements
from analysis.tagger import tag
from ingest.document import Document


def analyse(document: Document, register: NameRegister) -> DocumentRecords:
    """Return the records of `document`; the same document and register give the same records."""
    paragraphs = tag(document, register)
    actors = find_actors(document, paragraphs, register)
    accounts = find_accounts(document, paragraphs, actors.mentions, register)
    return DocumentRecords(
        mentions=actors.mentions,
        ties=actors.ties,
        roles=actors.roles,
        relations=with_killings(actors.relations, accounts, actors.mentions),
        statements=actors.statements,
        deaths=actors.deaths,
        accounts=accounts,
        strategies=find_statements(document, paragraphs, actors.mentions, register),
        notes=actors.notes,
    )
