"""Attacks: what a document tells of attacks and of operations against armed actors."""

from collections.abc import Sequence

from analysis.records import Account, Mention
from analysis.tagger import Tagged
from ingest.document import Document


def find_accounts(
    document: Document, paragraphs: Sequence[Tagged], mentions: Sequence[Mention]
) -> tuple[Account, ...]:
    """Return the accounts of attacks that `document` gives, in text order."""
    return ()
