"""Snapshot: one consistent state of a store, and search over it."""

import difflib
import hashlib
import logging
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from analysis.collection import Records
from analysis.lookup import Lookup
from analysis.names import NameRegister
from analysis.terms import stem
from index.analyses import build_records, made_by, notes_of
from index.catalogue import Catalogue, CorrectionRow, PassageRow
from index.dense import DenseIndex
from index.embed import SENTENCE_RULES, Embedder, Vectors
from index.fuse import fuse
from index.lexical import ANALYSIS_VERSION, LexicalSearcher
from index.narrow import Scope, narrow
from index.query import AnalyzedQuery, analyze, highlight_spans
from index.search import DocumentInfo, Filters, Hit, QueryError
from index.spelling import Spelling
from index.vectors import as_kept, open_vector_cache, sentence_vectors
from ingest.chunk import PASSAGE_GAP, Passage
from ingest.document import Document

_log = logging.getLogger(__name__)

MAX_QUERY_CHARS = 2_000
"""A question that is longer is a mistake, or means harm."""
DEPTH = 100
"""How many candidates the dense and the lexical index give each."""
_REMEMBERED_QUERIES = 256
_REMEMBERED_SCOPES = 64
_SHOWN_CHOICES = 10
_STEM_CHARS = 3
"""Words of one stem begin alike for at least so many characters."""


class Shared:
    """What all states of a store share: model, names, sentences and vectors of recent queries."""

    def __init__(self, embedder: Embedder, names: NameRegister, vectors: Path) -> None:
        """Remember no query yet; `vectors` is the file of the vector cache."""
        self.embedder = embedder
        self.names = names
        self._file = vectors
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def query_vector(self, text: str) -> Vectors:
        """Return the unit vector of a query; shape (dim,)."""
        with self._lock:
            if text in self._vectors:
                self._vectors.move_to_end(text)
                return self._vectors[text]
        vector = self.embedder.embed_query(text)
        with self._lock:
            self._vectors[text] = vector
            if len(self._vectors) > _REMEMBERED_QUERIES:
                self._vectors.popitem(last=False)
        return vector

    def sentences(self, rows: Iterable[PassageRow]) -> dict[bytes, Vectors]:
        """Return the unit vectors of passages' sentences, by the passages' SHA-256.

        Those that the file has lost, or another process has dropped from it, are computed anew: a
        search finds the same whatever becomes of the file.
        """
        texts = {row.sha256: row.passage.text for row in rows}
        model = self.embedder.fingerprint, self.embedder.dim
        found = sentence_vectors(self._file, *model, texts)
        lost = sorted(texts.keys() - found.keys())
        if lost:
            _log.warning("%s: embedded %d passages whose sentences it lost", self._file, len(lost))
            embedded = self.embedder.embed_passages([texts[key] for key in lost])
            try:
                with closing(open_vector_cache(self._file, *model)) as cache:
                    cache.put(lost, embedded)
            except sqlite3.Error as error:
                _log.warning("%s: they could not be kept: %s", self._file, error)
            found.update(
                (key, as_kept(vectors)) for key, vectors in zip(lost, embedded, strict=True)
            )
        return found


@dataclass(slots=True)
class State:
    """All parts at one generation; closed when it is retired and no snapshot uses it any more."""

    shared: Shared
    catalogue: Catalogue
    """Within a read transaction, so that it stays at its generation."""
    lexical: LexicalSearcher
    dense: DenseIndex
    spelling: Spelling
    generation: int = field(init=False)
    fingerprint: str = field(init=False)
    infos: dict[int, DocumentInfo] = field(default_factory=dict)
    """Of documents that were hit before, by row."""
    _scopes: OrderedDict[Filters, Scope] = field(default_factory=OrderedDict)
    _records: Records | None = None
    _lookup: Lookup | None = None
    _building: threading.Lock = field(default_factory=threading.Lock)
    _users: int = 1
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Read what identifies the state."""
        self.generation = self.catalogue.generation
        parts = (
            self.catalogue.content,
            self.shared.embedder.fingerprint,
            SENTENCE_RULES,
            self.shared.names.digest,
            str(ANALYSIS_VERSION),
            made_by(self.shared.names),
            *(f"{row.number} {row.correction}" for row in self.catalogue.corrections()),
        )
        self.fingerprint = hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()

    @property
    def records(self) -> Records:
        """All actors, attacks and strategies; brought together when first asked for.

        Who asks meanwhile waits for what is left of that.
        """
        if self._records is None:
            with self._building:
                if self._records is None:
                    self._records = build_records(self.catalogue, self.shared.names)
        return self._records

    @property
    def lookup(self) -> Lookup:
        """Finds records by their names; made when first asked for."""
        records = self.records
        if self._lookup is None:
            with self._building:
                if self._lookup is None:
                    self._lookup = Lookup(records)
        return self._lookup

    def scope(self, filters: Filters) -> Scope | None:
        """Return what `filters` let through; None where that was not worked out lately."""
        with self._lock:
            return self._scopes.get(filters)

    def remember(self, filters: Filters, scope: Scope) -> None:
        """Keep what `filters` let through, and forget the oldest of many."""
        with self._lock:
            self._scopes[filters] = scope
            if len(self._scopes) > _REMEMBERED_SCOPES:
                self._scopes.popitem(last=False)

    def use(self) -> None:
        """Count one user more."""
        with self._lock:
            self._users += 1

    def retire(self) -> None:
        """Count one user less, and close when none is left; the store counts as one."""
        with self._lock:
            self._users -= 1
            last = self._users == 0
        if last:
            self.catalogue.close()


class Snapshot:
    """A consistent state of the collection, unmoved by what is ingested while it is held.

    Safe to use from several threads. Close it, or use it in a `with` block: it keeps files open.
    """

    def __init__(self, state: State) -> None:
        """Use `Store.snapshot`."""
        state.use()
        self.state = state
        """For index.check, which looks at all parts."""
        self._open = True

    @property
    def generation(self) -> int:
        """The catalogue's generation: how often something was published before."""
        return self.state.generation

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits over all that decides a search: documents, model, names, rules.

        The same documents give the same fingerprint in whatever order they came.
        """
        return self.state.fingerprint

    def documents(self) -> list[DocumentInfo]:
        """Return all documents by title, then by id."""
        return self.state.catalogue.documents()

    def document(self, document_id: str) -> Document | None:
        """Return a whole document, with its regions; None if there is no such id."""
        row = self.state.catalogue.document_row(document_id)
        return None if row is None else self.state.catalogue.document(row)

    def passages(self, document_id: str) -> list[Passage]:
        """Return a document's passages in order; none if there is no such id."""
        row = self.state.catalogue.document_row(document_id)
        if row is None:
            return []
        return [found.passage for found in self.state.catalogue.passages_of(row)]

    def notes(self, document_id: str) -> tuple[str, ...]:
        """Return what of a document was not searched for records, and why; needs no records."""
        row = self.state.catalogue.document_row(document_id)
        return () if row is None else notes_of(self.state.catalogue, row)

    def beside(self, passage: Passage) -> tuple[Passage | None, Passage | None]:
        """Return the passages that a passage goes on from and that go on from it.

        None where it begins or ends the text, or where another region (a heading, a footnote)
        stands between; both None for a stretch that is no passage.
        """
        row = self.state.catalogue.document_row(passage.document_id)
        if row is None:
            return None, None
        start, end = passage.start - PASSAGE_GAP, passage.end + PASSAGE_GAP
        around = [found.passage for found in self.state.catalogue.passages_around(row, start, end)]
        if passage not in around:
            return None, None
        before, after = around[: around.index(passage)], around[around.index(passage) + 1 :]
        return (before[-1] if before else None), (after[0] if after else None)

    def info(self, document_id: str) -> DocumentInfo | None:
        """Return what is shown of a document; None if there is no such id."""
        row = self.state.catalogue.document_row(document_id)
        return None if row is None else self._infos([row])[row]

    def passages_within(self, document_id: str, filters: Filters) -> list[Passage]:
        """Return those of a document's passages that `filters` let through, in order.

        Raises QueryError as `search` does.
        """
        row = self.state.catalogue.document_row(document_id)
        scope = self._scope(filters)
        if row is None or (scope.document_rows is not None and row not in scope.document_rows):
            return []
        found = self.state.catalogue.passages_of(row)
        if scope.passage_rows is not None:
            allowed = set(scope.passage_rows)
            found = [each for each in found if each.row_id in allowed]
        return [each.passage for each in found]

    def linked(self, document_id: str) -> list[DocumentInfo]:
        """Return the documents that nearly repeat this one, by title, then by id."""
        row = self.state.catalogue.document_row(document_id)
        if row is None:
            return []
        infos = self.state.catalogue.infos(self.state.catalogue.near_duplicates(row))
        return sorted(infos.values(), key=lambda info: (info.title.casefold(), info.id))

    def known(self) -> dict[str, list[str]]:
        """Return the values that each filter can name, sorted."""
        return {
            "document": sorted(self.state.catalogue.values("id")),
            "source": self.state.catalogue.values("source"),
            "language": self.state.catalogue.values("language"),
            "actor": sorted(self.records.actor),
            "attack": sorted(self.records.attack),
            "strategy": sorted(self.records.strategy),
        }

    def explain(self, filters: Filters) -> tuple[str, ...]:
        """Return how filters by records were understood and what they let through, in sentences.

        That a known filter lets nothing through is said there, with the filter that does not.
        Raises QueryError as `search` does.
        """
        return self._scope(filters).explanations

    @property
    def lookup(self) -> Lookup:
        """Finds actors, attacks and strategies by id or name."""
        return self.state.lookup

    @property
    def records(self) -> Records:
        """All actors, attacks and strategies of the documents, corrections applied."""
        return self.state.records

    def corrections(self, *, withdrawn: bool = False) -> list[CorrectionRow]:
        """Return the operator's corrections, oldest first; with `withdrawn`, all there ever were.

        `index.analyses.corrections_of` reads them.
        """
        return self.state.catalogue.corrections(withdrawn=withdrawn)

    @property
    def names(self) -> NameRegister:
        """The register of names that queries are read with."""
        return self.state.shared.names

    @property
    def passage_count(self) -> int:
        """How many passages there are."""
        return len(self.state.dense)

    def document_frequency(self, form: str) -> int:
        """Return how many passages hold the folded word `form` (see analysis.terms)."""
        return self.state.lexical.document_frequency(form)

    def is_mentioned(self, form: str) -> bool:
        """Return whether a passage holds a word of the same stem as the folded word `form`."""
        wanted = stem(form)
        beginning = wanted[: max(_STEM_CHARS, len(wanted) - 1)]  # "carried" is of "carri"
        return any(stem(each) == wanted for each, _ in self.state.lexical.forms(beginning))

    def analyze(self, query: str) -> AnalyzedQuery:
        """Return how `query` is understood.

        Raises QueryError if it is blank, longer than MAX_QUERY_CHARS, or no Unicode text.
        """
        if not query.strip():
            raise QueryError("the question is empty", "ask for something, in a few words or more")
        if len(query) > MAX_QUERY_CHARS:
            raise QueryError(
                f"the question has {len(query):,} characters; at most {MAX_QUERY_CHARS:,} are read",
                "ask one thing in one or two sentences",
            )
        if any("\ud800" <= char <= "\udfff" for char in query):
            raise QueryError(
                "the question is not text: it holds bytes that are not UTF-8, or half characters",
                "write it in UTF-8",
            )
        return analyze(query, self.state.shared.names, self.state.spelling)

    def search(self, query: str, k: int = 10, filters: Filters = Filters()) -> list[Hit]:  # noqa: B008 - immutable
        """Return the k passages that best match `query`, best first.

        The candidates are the DEPTH or k passages nearest to the query, and as many that share
        most of its words, all within `filters`. They are ranked by how near their nearest sentence
        is and how well their words match, together (see index.fuse). `score` orders hits within one
        call and means nothing between calls. Ties go to the lower document id, then the earlier
        passage, so that the order in which documents came does not matter. Fewer than k come back
        when fewer are let through.

        Raises QueryError if `query` is blank or too long, k is less than 1, or a filter names
        something unknown or something that may mean several.
        """
        if k < 1:
            raise QueryError(f"{k} passages were asked for", "ask for 1 or more")
        analyzed = self.analyze(query)
        scope = self._scope(filters)
        limits = scope.document_rows, scope.passage_rows
        depth = max(DEPTH, k)
        vector = self.state.shared.query_vector(analyzed.dense_text)
        dense = self.state.dense.search(vector, depth, *limits)
        lexical = self.state.lexical.search(analyzed.lexical, depth, *limits)
        rows = self.state.catalogue.passages({row for row, _ in (*dense, *lexical)})
        by_place = {_place(row): row for row in rows.values()}
        fused = fuse(
            {_place(rows[row]): near for row, near in self._nearest_sentences(vector, rows)},
            {_place(rows[row]): score for row, score in lexical},
        )
        chosen = [(by_place[place], score) for place, score in fused[:k]]
        infos = self._infos([row.document_row for row, _ in chosen])
        return [
            Hit(
                rank=rank,
                score=score,
                passage=row.passage,
                document=infos[row.document_row],
                highlights=tuple(
                    (row.passage.start + start, row.passage.start + end)
                    for start, end in highlight_spans(row.passage.text, analyzed)
                ),
            )
            for rank, (row, score) in enumerate(chosen, start=1)
        ]

    def _nearest_sentences(
        self, vector: Vectors, rows: Mapping[int, PassageRow]
    ) -> list[tuple[int, float]]:
        """Return passage rows with the cosine of the sentence that is nearest to `vector`.

        A passage is as near as its best sentence: the mean over a whole passage blurs what one of
        them says.
        """
        if not rows:
            return []
        held = self.state.shared.sentences(rows.values())
        keys = sorted(held)
        firsts = np.cumsum([0, *(len(held[key]) for key in keys[:-1])])
        scores = np.concatenate([held[key] for key in keys]) @ vector
        best = np.maximum.reduceat(scores, firsts)
        of_text = dict(zip(keys, best.tolist(), strict=True))
        return [(row_id, of_text[row.sha256]) for row_id, row in rows.items()]

    def close(self) -> None:
        """Let go of the state; closing twice does no harm."""
        if self._open:
            self._open = False
            self.state.retire()

    def __enter__(self) -> Self:
        """Hold the state until the block ends."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of it."""
        self.close()

    def _infos(self, document_rows: Sequence[int]) -> dict[int, DocumentInfo]:
        known = self.state.infos
        missing = [row for row in document_rows if row not in known]
        if missing:
            known.update(self.state.catalogue.infos(missing))
        return known

    def _scope(self, filters: Filters) -> Scope:
        """Return what `filters` let through; what was worked out lately is not worked out again."""
        if filters == Filters():
            return Scope()
        known = self.state.scope(filters)
        if known is not None:
            return known
        document_rows = self._document_rows(filters)
        scope = narrow(filters, document_rows, self.state.catalogue, lambda: self.lookup)
        self.state.remember(filters, scope)
        return scope

    def _document_rows(self, filters: Filters) -> list[int] | None:
        """Return the rows of the documents that `filters` let through; None where all are."""
        conditions: list[str] = []
        values: list[str] = []
        for name, column in (("document", "id"), ("source", "source"), ("language", "language")):
            wanted: tuple[str, ...] = getattr(filters, name)
            if wanted:
                self._refuse_unknown(name, column, wanted)
                conditions.append(f"{column} IN ({','.join('?' * len(wanted))})")
                values.extend(wanted)
        first, last = filters.published_from, filters.published_to
        if first is not None and last is not None and first > last:
            raise QueryError(
                f"the period from {first} to {last} is empty", "give the earlier day first"
            )
        if first is not None:
            conditions.append("published >= ?")
            values.append(first.isoformat())
        if last is not None:
            conditions.append("published <= ?")
            values.append(last.isoformat())
        if not conditions:
            return None
        return self.state.catalogue.document_rows(" AND ".join(conditions), values)

    def _refuse_unknown(self, name: str, column: str, wanted: Sequence[str]) -> None:
        known = self.state.catalogue.values(column)
        for value in wanted:
            if value not in known:
                raise QueryError(f"unknown {name}: {value[:80]!r}", _choices(name, value, known))


def _place(row: PassageRow) -> tuple[str, int, int]:
    return row.passage.document_id, row.passage.start, row.passage.end


def _choices(name: str, value: str, known: Sequence[str]) -> str:
    """Say what could be meant by `value`, the most similar first."""
    if not known:
        return f"no document states a {name}; leave the filter out"
    near = difflib.get_close_matches(value, known, n=_SHOWN_CHOICES, cutoff=0.0)
    rest = len(known) - len(near)
    return "known are: " + ", ".join(near) + (f", and {rest:,} more" if rest else "")
