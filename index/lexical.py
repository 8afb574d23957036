"""LexicalIndex: BM25 over passages, incremental and crash-safe, in tantivy.

Tantivy rather than SQLite's FTS5, compared on 100,000 synthetic passages of 60 to 130 words with
queries of one to five words, on one core: 1 to 2 ms against 78 to 232 ms, and 33 MB against 38 MB
on disk. FTS5 scores every passage that holds any word of the query before it can order them;
tantivy skips blocks of passages that cannot reach the first ranks. Names are one term each for the
same reason: their spellings as phrases stopped the skipping and took 60 ms.
"""

import math
import shutil
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import tantivy

from analysis.names import NameMatch, NameRegister
from analysis.terms import Word, stems, words

ANALYSIS_VERSION = 1
"""Raise it with every change to analysis.terms or to the fields: an older index is then rebuilt."""

TITLE_WEIGHT = 0.3
"""What a word counts in the title of a passage's document, against 1 in the passage itself."""

WRITER_BYTES = 64 * 1024 * 1024
"""Memory for one writer thread before it starts a new segment; tantivy's least is 15 million."""

ADDED_ABOVE = 20_000
"""From so many matches on, wordings add up: a plain sum of words is what tantivy can prune.

What so many passages hold is common, so little is added; over 100,000 passages a question about a
group that two fifths of them name takes 2 ms instead of 8.
"""

PICKED_ABOVE = 1_000
"""So many wanted passages are picked from the ranking; fewer are asked for as terms.

Over 100,000 passages a query that names 1,000 of them takes 14 ms and one that names 60,000 takes
270 ms, against 3 ms for none; the ranking is read on until enough of the wanted ones are found.
"""

REBUILD_BELOW = 5_000
REBUILD_SHARE = 0.1
# Two spellings of one sum differ by about 1e-6 in single precision; scores that agree to here tie.
SCORE_DECIMALS = 4


class LexicalError(Exception):
    """The lexical index on disk cannot be used; it is derived, so build it again."""


class Field(StrEnum):
    """Where a term is looked for; that decides the form that it must have."""

    STEMS = "stems"
    """English stems, as `analysis.terms.stem` makes them."""
    NAMES = "names"
    """What is named, by whichever spelling, as `name_term` writes it."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One way of writing a thing."""

    field: Field
    term: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that the query asks for; of its wordings in a passage only the best counts.

    (Where very many passages hold it, they add up: see ADDED_ABOVE.)

    All wordings share one rarity, that of the most frequent of the weightiest: a passage does not
    rank higher for writing the thing in a rare way.
    """

    wordings: tuple[Wording, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class LexicalQuery:
    """What to look for: a passage scores the sum over the clauses that it matches."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class LexicalEntry:
    """One passage as the lexical index takes it."""

    row_id: int
    document_row: int
    title: str
    text: str


class LexicalIndex:
    """The lexical index of one directory; one writer at a time, any number of readers."""

    def __init__(self, directory: Path, index: tantivy.Index, names: NameRegister) -> None:
        """Use `open`, which checks what it finds."""
        self._directory = directory
        self._index = index
        self._names = names

    @classmethod
    def open(cls, directory: Path, names: NameRegister) -> "LexicalIndex":
        """Open the index in `directory`, or start an empty one of generation 0.

        `names` are looked for in what is added. An index made with other names can be read and
        added to; `worth_rebuilding` then says so.

        Raises LexicalError if what lies there cannot be read or was made by another version.
        """
        directory.mkdir(parents=True, exist_ok=True)
        try:
            index = tantivy.Index(_schema(), path=str(directory), reuse=True)
            index.config_reader(reload_policy="manual")
            index.reload()
            opened = cls(directory, index, names)
            current = opened.searcher().holds_only("analysis_version", str(ANALYSIS_VERSION))
        except (ValueError, OSError) as error:
            raise LexicalError(
                f"{directory}: the lexical index cannot be read ({error}); expected one written by "
                'this version. Rebuild it with "dossier check --rebuild".'
            ) from error
        if not current:
            raise LexicalError(
                f"{directory}: the lexical index was analysed by another version; expected "
                f'version {ANALYSIS_VERSION}. Rebuild it with "dossier check --rebuild".'
            )
        return opened

    @classmethod
    def reset(cls, directory: Path, names: NameRegister) -> "LexicalIndex":
        """Delete what lies in `directory` and start an empty index of generation 0 there."""
        shutil.rmtree(directory, ignore_errors=True)
        return cls.open(directory, names)

    def update(self, add: Iterable[LexicalEntry], remove: Iterable[int], generation: int) -> None:
        """Remove the rows `remove`, then add `add`, in one commit stamped with `generation`.

        After a crash at any moment the index is as before or as after. Merges are done when this
        returns, so that scores do not move later. A row that is added must be new or in `remove`.

        Raises LexicalError if another process is writing.
        """
        self._commit(add, remove, generation, from_scratch=False)

    def rebuild(self, entries: Iterable[LexicalEntry], generation: int) -> None:
        """Replace the whole content by `entries`, in one commit stamped with `generation`."""
        self._commit(entries, (), generation, from_scratch=True)

    @property
    def worth_rebuilding(self) -> bool:
        """Whether the index ranks otherwise than one built afresh, and by enough to build it so.

        That is when the register of names has changed, or when removed passages still weigh in the
        scores: tantivy counts them among those that hold a word until their segment is merged. A
        small index is rebuilt at once (seconds), so that it ranks as if they had never been there;
        a large one when they are a tenth of it, before which they hardly move a score.
        """
        searcher = self.searcher()
        alive, extra = searcher.counts()
        return alive > 0 and (
            extra > (0 if alive <= REBUILD_BELOW else REBUILD_SHARE * alive)
            or not searcher.holds_only("names_digest", self._names.digest)
        )

    def searcher(self) -> "LexicalSearcher":
        """Return an immutable view of the newest commit, by whichever process it was made."""
        self._index.reload()
        return LexicalSearcher(self._index)

    def _commit(
        self,
        add: Iterable[LexicalEntry],
        remove: Iterable[int],
        generation: int,
        *,
        from_scratch: bool,
    ) -> None:
        try:
            # One thread: two would cut segments, and with them float sums, by chance.
            writer = self._index.writer(heap_size=WRITER_BYTES, num_threads=1)
        except ValueError as error:
            raise LexicalError(
                f"{self._directory}: the lexical index is being written by another process "
                f"({error}); expected to be the only writer. Wait for the other ingest to end."
            ) from error
        schema = self._index.schema
        try:
            if from_scratch:
                writer.delete_all_documents()
            else:
                # Not by term: that looks for a signed number and silently deletes nothing.
                gone = tantivy.Query.term_set_query(schema, "row", list(remove))
                writer.delete_documents_by_query(gone)
                writer.delete_documents_by_term("kind", "marker")
            stamped = False
            for entry in add:
                writer.add_document(_document(entry, self._names, generation, schema))
                stamped = True
            if not stamped:
                # Alone in its segment, so it leaves no trace in the scores when it goes.
                marker: dict[str, int | str] = {"kind": "marker", "generation": generation}
                writer.add_document(tantivy.Document.from_dict(marker, schema))
            writer.commit()
        except BaseException:
            writer.rollback()
            raise
        finally:
            writer.wait_merging_threads()
        self._index.reload()


class LexicalSearcher:
    """An immutable view of one commit; safe to use from several threads."""

    def __init__(self, index: tantivy.Index) -> None:
        """Use `LexicalIndex.searcher`."""
        self._schema = index.schema
        self._searcher = index.searcher()
        newest = self._searcher.search(
            tantivy.Query.all_query(), limit=1, count=False, order_by_field="generation"
        ).hits
        self.generation: int = int(newest[0][0]) if newest else 0
        """The catalogue's generation that this commit belongs to; 0 for an empty index."""

    def search(
        self,
        query: LexicalQuery,
        depth: int,
        document_rows: Collection[int] | None = None,
        passage_rows: Collection[int] | None = None,
    ) -> list[tuple[int, float]]:
        """Return up to `depth` (row id, BM25 score), best first, ties by lower row id.

        With `document_rows` or `passage_rows`, only passages of these documents, or these passages,
        are ranked at all.
        """
        parts = [part for clause in query.clauses for part in self._clause(clause)]
        limits = [("document", sorted(document_rows))] if document_rows is not None else []
        among = None
        if passage_rows is not None and len(passage_rows) > PICKED_ABOVE:
            among = frozenset(passage_rows)
        elif passage_rows is not None:
            limits.append(("row", sorted(passage_rows)))
        if not parts or depth < 1 or not all(rows for _, rows in limits):
            return []
        wanted = tantivy.Query.boolean_query([(tantivy.Occur.Should, part) for part in parts])
        for field, rows in limits:
            within = tantivy.Query.term_set_query(self._schema, field, rows)
            wanted = tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Must, wanted),
                    (tantivy.Occur.Must, tantivy.Query.const_score_query(within, 0.0)),
                ]
            )
        return self._best(wanted, depth, among)

    def row_ids(self) -> set[int]:
        """Return the row ids of all passages."""
        passages = self._searcher.search(
            tantivy.Query.term_query(self._schema, "kind", "passage"),
            limit=max(1, self._searcher.num_docs),
            count=False,
        )
        addresses = [address for _, address in passages.hits]
        return set(self._numbers("row", addresses))

    def document_frequency(self, form: str) -> int:
        """Return how many passages hold the folded word `form`; removed ones may still count."""
        return int(self._searcher.doc_freq("words", form))

    def forms(self, prefix: str) -> list[tuple[str, int]]:
        """Return the folded words that begin with `prefix`, each with its number of passages."""
        return list(self._searcher.terms_with_prefix("words", prefix))

    def spellings(self, canonical: str) -> list[tuple[tuple[str, ...], int]]:
        """Return how passages spell a name, as folded words, each with its number of passages.

        The most frequent comes first, then alphabetical order; removed passages may still count.
        """
        prefix = name_term(canonical) + _SPELLED
        found = self._searcher.terms_with_prefix("spellings", prefix)
        return [
            (tuple(term.removeprefix(prefix).split(_JOINED)), frequency)
            for term, frequency in found
        ]

    def counts(self) -> tuple[int, int]:
        """Return how many passages there are, and what else still counts as one in the scores.

        The latter are removed passages and the marker of a commit that added none.
        """
        markers = self._searcher.search(
            tantivy.Query.term_query(self._schema, "kind", "marker"), limit=1, count=False
        )
        alive = int(self._searcher.num_docs) - len(markers.hits)
        return alive, self._counted() - alive

    def holds_only(self, field: str, value: str) -> bool:
        """Whether every passage, removed ones that still count included, has `value` in `field`."""
        return int(self._searcher.doc_freq(field, value)) == self._counted("passage")

    def _counted(self, *kinds: str) -> int:
        return sum(self._searcher.doc_freq("kind", kind) for kind in kinds or ("passage", "marker"))

    def _best(
        self, wanted: tantivy.Query, depth: int, among: frozenset[int] | None
    ) -> list[tuple[int, float]]:
        """Return the best `depth` rows of those `among` (None: of all)."""
        # Tantivy breaks ties by its own numbering. Read on until the score has fallen below that
        # of the last rank wanted, so that all who tie for it are there to be ordered by row.
        limit = depth + 32
        while True:
            hits = self._searcher.search(wanted, limit=limit, count=False).hits
            rows = self._numbers("row", [address for _, address in hits])
            scores = [round(score, SCORE_DECIMALS) for score, _ in hits]
            found = [
                (row, score)
                for row, score in zip(rows, scores, strict=True)
                if among is None or row in among
            ]
            if len(hits) < limit or (len(found) >= depth and scores[-1] < found[depth - 1][1]):
                return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:depth]
            limit *= 4

    def _numbers(self, field: str, addresses: list[tantivy.DocAddress]) -> list[int]:
        values = self._searcher.fast_field_values(field, addresses)
        return [int(value) for value in values if value is not None]

    def _clause(self, clause: Clause) -> list[tantivy.Query]:
        """Return the queries whose scores a clause adds: for the passage and for the title."""
        added = []
        for prefix, weight in (("", 1.0), ("title_", TITLE_WEIGHT)):
            held = [
                (wording, frequency)
                for wording in clause.wordings
                if (frequency := self._searcher.doc_freq(prefix + wording.field, wording.term))
            ]
            best = max((wording.weight for wording, _ in held), default=0.0)
            shared = self._rarity(max((n for w, n in held if w.weight == best), default=0))
            wordings = [
                _boosted(
                    tantivy.Query.term_query(self._schema, prefix + wording.field, wording.term),
                    # Tantivy weighs by the wording's own rarity; a lone one keeps it exactly.
                    weight * clause.weight * wording.weight * (shared / self._rarity(frequency)),
                )
                for wording, frequency in held
            ]
            if sum(frequency for _, frequency in held) > ADDED_ABOVE:
                added += wordings
            elif wordings:
                added.append(_best_of(wordings))
        return added

    def _rarity(self, frequency: int) -> float:
        """Return BM25's inverse document frequency, as tantivy has it: positive, natural log."""
        total = self._counted()
        return math.log1p((total - frequency + 0.5) / (frequency + 0.5))


def _boosted(query: tantivy.Query, weight: float) -> tantivy.Query:
    # Left bare where it can be: a plain union of words is what tantivy prunes.
    return query if weight == 1.0 else tantivy.Query.boost_query(query, weight)


def _best_of(queries: list[tantivy.Query]) -> tantivy.Query:
    return queries[0] if len(queries) == 1 else tantivy.Query.disjunction_max_query(queries)


# Neither stands in a folded word.
_SPELLED = ":"
_JOINED = "_"


def name_term(canonical: str) -> str:
    """Return the term of `Field.NAMES` for an entry of the register."""
    return _JOINED.join(word.form for word in words(canonical))


def _document(
    entry: LexicalEntry, names: NameRegister, generation: int, schema: tantivy.Schema
) -> tantivy.Document:
    # The analysis is ours, so tantivy is given terms that it only has to split at spaces.
    fields: dict[str, int | str] = {
        "kind": "passage",
        "row": entry.row_id,
        "document": entry.document_row,
        "generation": generation,
        "analysis_version": str(ANALYSIS_VERSION),
        "names_digest": names.digest,
    }
    for prefix, text in (("", entry.text), ("title_", entry.title)):
        found = words(text)
        matches = list(names.matcher.find(text, found))
        fields[prefix + Field.STEMS] = " ".join(stems(text, found))
        fields[prefix + Field.NAMES] = " ".join(name_term(m.entry.canonical) for m in matches)
        if not prefix:
            fields["words"] = " ".join(word.form for word in found)
            fields["spellings"] = " ".join(_spelling(match, found) for match in matches)
    return tantivy.Document.from_dict(fields, schema)


def _spelling(match: NameMatch, found: Sequence[Word]) -> str:
    spelled = _JOINED.join(word.form for word in found[match.first : match.end])
    return name_term(match.entry.canonical) + _SPELLED + spelled


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for stamp in ("kind", "analysis_version", "names_digest"):
        builder.add_text_field(stamp, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("row", indexed=True, fast=True)
    builder.add_unsigned_field("document", indexed=True)
    builder.add_unsigned_field("generation", fast=True)
    for prefix in ("", "title_"):
        for field in Field:
            builder.add_text_field(prefix + field, tokenizer_name="whitespace", index_option="freq")
    # The vocabulary: for spelling and for telling how names are written, not for ranking.
    for vocabulary in ("words", "spellings"):
        builder.add_text_field(vocabulary, tokenizer_name="whitespace", index_option="basic")
    return builder.build()
