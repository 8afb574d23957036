"""DenseIndex: passages by the cosine of their vectors, in FAISS."""

import hashlib
import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss as faiss_module
import numpy as np
from numpy.typing import NDArray

from index.embed import Vectors

# Its stubs describe the C++ classes; what its Python layer adds to them they do not know.
faiss: Any = faiss_module

Rows = NDArray[np.int64]

EXACT_UP_TO = 100_000
"""Passages that are compared one by one: 12 ms of one core for 100,000 vectors of 384 numbers."""
CANDIDATES = 1_000
"""Passages that are compared exactly beyond that, chosen by one bit a number. Of 100,000 made-up
vectors of 384 numbers, 400 candidates held 99.8 % of the nearest ten and 1,000 held all; the scan
takes 2.5 ms there, a sixth of the exact one, and needs no clustering, which took minutes and found
85 % when it looked into a quarter of the clusters."""
_TRAINING_VECTORS = 100_000


class DenseIndexError(Exception):
    """A saved dense index cannot be used; it is derived, so build it again."""


@dataclass(frozen=True, slots=True)
class _Coarse:
    """The bulk of a large collection: scanned by one bit a number, never changed once built."""

    index: Any
    """A FAISS IDMap over a RaBitQ index refined by half-precision vectors."""
    row_ids: Rows
    """Sorted; row by row what `index` holds."""


class DenseIndex:
    """Vectors by passage row; immutable, so safe to use from several threads.

    Up to EXACT_UP_TO passages all are compared exactly, and what comes back depends on nothing but
    the rows and their vectors. Beyond, a base is scanned roughly for candidates that are then
    compared closely, and what came since it was built is compared exactly; rows removed since are
    skipped inside the search, not dropped afterwards.
    """

    def __init__(
        self,
        dim: int,
        row_ids: Rows,
        document_rows: Rows,
        exact: Any,
        exact_rows: Rows,
        coarse: _Coarse | None,
    ) -> None:
        """Use `build`, `updated` or `load`."""
        self._dim = dim
        self.row_ids = row_ids
        """The passage rows it holds, sorted: int64."""
        self._document_rows = document_rows
        self._exact = exact
        self._exact_rows = exact_rows
        self._coarse = coarse

    @classmethod
    def build(cls, row_ids: Rows, document_rows: Rows, vectors: Vectors) -> "DenseIndex":
        """Index unit `vectors` of shape (n, dim) under sorted `row_ids` of the given documents."""
        dim = vectors.shape[1]
        if len(row_ids) <= EXACT_UP_TO:
            return cls(dim, row_ids, document_rows, _flat(vectors), row_ids, None)
        coarse = _Coarse(_rough(vectors, row_ids), row_ids)
        empty = np.empty((0, dim), dtype=np.float32)
        return cls(dim, row_ids, document_rows, _flat(empty), row_ids[:0], coarse)

    def __len__(self) -> int:
        """Return the number of passages."""
        return len(self.row_ids)

    @property
    def outgrown(self) -> bool:
        """Whether so much was added or removed that building it anew pays."""
        if self._coarse is None:
            return len(self) > EXACT_UP_TO
        gone = len(self._coarse.row_ids) + len(self._exact_rows) - len(self)
        return len(self._exact_rows) > EXACT_UP_TO // 2 or gone > len(self) // 4

    def updated(
        self, row_ids: Rows, document_rows: Rows, vectors: Vectors, removed: Collection[int]
    ) -> "DenseIndex":
        """Return the index with rows added and others removed; this one stays as it is.

        `row_ids` are sorted and higher than all that it holds: the catalogue never gives one twice.
        """
        gone = np.fromiter(removed, dtype=np.int64, count=len(removed))
        stay = ~np.isin(self.row_ids, gone)
        exact_stay = ~np.isin(self._exact_rows, gone)
        held: Vectors = self._exact.reconstruct_n(0, len(self._exact_rows))
        return DenseIndex(
            self._dim,
            np.concatenate([self.row_ids[stay], row_ids]),
            np.concatenate([self._document_rows[stay], document_rows]),
            _flat(np.concatenate([held[exact_stay], vectors])),
            np.concatenate([self._exact_rows[exact_stay], row_ids]),
            self._coarse,
        )

    def search(
        self,
        vector: Vectors,
        depth: int,
        document_rows: Collection[int] | None = None,
        passage_rows: Collection[int] | None = None,
    ) -> list[tuple[int, float]]:
        """Return up to `depth` (row id, cosine), best first, ties by lower row id.

        `vector` is a unit vector of shape (dim,). With `document_rows` or `passage_rows`, only
        passages of these documents, or these passages, are compared at all.
        """
        allowed: NDArray[np.bool_] | None = None
        for held, rows in ((self._document_rows, document_rows), (self.row_ids, passage_rows)):
            if rows is not None:
                wanted = np.isin(held, np.fromiter(rows, dtype=np.int64, count=len(rows)))
                allowed = wanted if allowed is None else allowed & wanted
        size = len(self) if allowed is None else int(allowed.sum())
        if depth < 1 or not size:
            return []
        query = np.ascontiguousarray(vector, dtype=np.float32)[None]
        found = self._search_exact(query, depth, allowed)
        if self._coarse is not None:
            found += self._search_coarse(query, depth, allowed)
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:depth]

    def _search_exact(
        self, query: Vectors, depth: int, allowed: NDArray[np.bool_] | None
    ) -> list[tuple[int, float]]:
        count = len(self._exact_rows)
        parameters = None
        if allowed is not None:
            mask = np.isin(self._exact_rows, self.row_ids[allowed])
            parameters = faiss.SearchParameters(sel=_selector(mask))
        # FAISS breaks ties as its heap falls. Read on until the score has dropped below that of
        # the last rank wanted, so that all who tie for it are there to be ordered by row.
        limit = min(depth + 32, count)
        while limit:
            scores, places = self._exact.search(query, limit, params=parameters)
            found = places[0] >= 0  # -1 pads a short result
            if limit == count or not found[-1] or scores[0][-1] < scores[0][depth - 1]:
                rows = self._exact_rows[places[0][found]]
                return list(zip(rows.tolist(), scores[0][found].tolist(), strict=True))
            limit = min(limit * 4, count)
        return []

    def _search_coarse(
        self, query: Vectors, depth: int, allowed: NDArray[np.bool_] | None
    ) -> list[tuple[int, float]]:
        assert self._coarse is not None
        rows = self.row_ids if allowed is None else self.row_ids[allowed]
        mask = np.isin(self._coarse.row_ids, rows)
        count = int(mask.sum())
        if not count:
            return []
        selector = None if count == len(mask) else _selector(mask)
        # Straight to the refined index: its places, unlike the map's ids, fit a bitmap.
        refined = faiss.downcast_index(self._coarse.index.index)
        scores, places = refined.search(
            query,
            min(depth, count),
            params=faiss.IndexRefineSearchParameters(
                k_factor=max(1.0, CANDIDATES / depth),
                base_index_params=faiss.RaBitQSearchParameters(sel=selector),
            ),
        )
        real = places[0] >= 0
        found = self._coarse.row_ids[places[0][real]]
        return list(zip(found.tolist(), scores[0][real].tolist(), strict=True))

    @property
    def worth_saving(self) -> bool:
        """Whether it has a base that took long to build."""
        return self._coarse is not None

    def save(self, directory: Path, model: str, generation: int) -> None:
        """Write the base into `directory`, and delete older ones there.

        Written beside, flushed and renamed: under its name there is a whole file or none. The name
        tells model, generation and content, so that it can't be taken for another.
        """
        assert self._coarse is not None
        # Each process its own: a reader that opens and a writer may save at the same time.
        staged = directory / f"dense-{os.getpid()}.new"
        faiss.write_index(self._coarse.index, str(staged))
        with staged.open("rb") as file:
            os.fsync(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        older = saved_files(directory)
        target = directory / f"dense-{_short(model)}-{generation}-{digest}.faiss"
        staged.replace(target)
        sync_directory(directory)
        for file_path in older:
            if file_path != target:
                file_path.unlink(missing_ok=True)

    @classmethod
    def load(
        cls,
        file: Path,
        model: str,
        row_ids: Rows,
        document_rows: Rows,
        vectors_of: Callable[[Rows], Vectors],
    ) -> "DenseIndex":
        """Return the index over `row_ids` with the base saved in `file`.

        `vectors_of` gives the vectors of the rows that the base lacks.

        Raises DenseIndexError if the file is damaged or belongs to another model.
        """
        match = _FILE.fullmatch(file.name)
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()[:16]
        if match is None or match["model"] != _short(model) or match["digest"] != digest:
            raise DenseIndexError(
                f"{file}: expected a whole file, of the model {model}; its name and content say "
                "otherwise. It is built again."
            )
        index = faiss.read_index(str(file))
        base = faiss.vector_to_array(index.id_map)
        fresh = row_ids[~np.isin(row_ids, base)]
        exact = _flat(vectors_of(fresh))
        return cls(index.d, row_ids, document_rows, exact, fresh, _Coarse(index, base))


_FILE = re.compile(
    r"dense-(?P<model>[0-9a-f]{8})-(?P<generation>\d+)-(?P<digest>[0-9a-f]{16})\.faiss"
)


def saved_files(directory: Path) -> list[Path]:
    """Return the saved bases in `directory`, newest generation first."""
    found = [(match, path) for path in directory.iterdir() if (match := _FILE.fullmatch(path.name))]
    return [path for _, path in sorted(found, key=lambda pair: -int(pair[0]["generation"]))]


def discard_staged(directory: Path) -> None:
    """Delete what a killed `save` left half written."""
    for file in directory.glob("dense-*.new"):
        file.unlink(missing_ok=True)


def sync_directory(directory: Path) -> None:
    """Make renames and deletions in `directory` survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _short(model: str) -> str:
    return hashlib.sha256(model.encode("utf-8")).hexdigest()[:8]


def _flat(vectors: Vectors) -> Any:
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    return index


def _rough(vectors: Vectors, row_ids: Rows) -> Any:
    refined = faiss.index_factory(
        vectors.shape[1], "RaBitQ,Refine(SQfp16)", faiss.METRIC_INNER_PRODUCT
    )
    # A fixed sample: the same vectors give the same codes.
    step = max(1, len(vectors) // _TRAINING_VECTORS)
    refined.train(np.ascontiguousarray(vectors[::step]))
    index = faiss.IndexIDMap(refined)
    index.add_with_ids(vectors, row_ids)
    return index


def _selector(mask: NDArray[np.bool_]) -> Any:
    return faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))
