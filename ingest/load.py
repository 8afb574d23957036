"""Files to documents: which loader reads what, and what can be told without parsing."""

import importlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol, cast

from ingest.outcome import Limits, Loaded, LoadError, Rejected, printable
from ingest.parsed import BadLine, Parsed, build_document

__all__ = [
    "LOADERS",
    "Limits",
    "LoadError",
    "Loaded",
    "Rejected",
    "find_files",
    "is_url",
    "load_bytes",
    "load_file",
    "printable",
]

# The whole list of formats. Modules are named, not imported: each brings a library along, and the
# parser process should start at once and load what the first file needs.
LOADERS = {
    ".txt": "ingest.load_text",
    ".md": "ingest.load_markdown",
    ".markdown": "ingest.load_markdown",
    ".html": "ingest.load_html",
    ".htm": "ingest.load_html",
    ".pdf": "ingest.load_pdf",
    ".docx": "ingest.load_docx",
    ".jsonl": "ingest.load_jsonl",
}

MAX_FOLDER_DEPTH = 200
"""Folders within folders that are followed; each costs frames of the stack."""

_HINT_FORMATS = "give one of " + " ".join(sorted(LOADERS))

# How files begin that are something else, whatever their name says.
_FOREIGN_MAGIC = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an encrypted or old Word file (OLE container)"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"{\\rtf", "an RTF file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"SQLite format 3", "an SQLite database"),
)
_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>])", re.I | re.S
)


class _Loader(Protocol):
    def parse(self, data: bytes, limits: Limits) -> Iterator[Parsed | BadLine]: ...


def is_url(source: str | Path) -> bool:
    """Return whether `source` is a web address rather than a path."""
    return isinstance(source, str) and re.match(r"https?://", source, re.IGNORECASE) is not None


def load_file(path: str | Path, limits: Limits, name: str | None = None) -> Loaded:
    """Return what the file at `path` becomes; documents carry `name`, or the absolute path.

    Parses in this process: for files that one trusts. The product uses `ingest.parser_process`.

    Raises LoadError when the file gives no document.
    """
    absolute = os.path.abspath(path)
    known_as = name or absolute
    data = _read(absolute, limits)
    return load_bytes(data, suffix_of(name or absolute), known_as, limits)


def load_bytes(
    data: bytes, suffix: str, path: str, limits: Limits, url: str | None = None
) -> Loaded:
    """Return what `data` becomes when read as its content says, and else as `suffix` says.

    Raises LoadError when it gives no document.
    """
    if not data:
        raise LoadError("is empty (0 bytes)", "give a file with text in it")
    module = cast(_Loader, importlib.import_module(LOADERS[_told_suffix(data, suffix)]))
    documents = []
    rejected = []
    warnings: list[str] = []
    for item in module.parse(data, limits):
        line: int | None = None
        try:
            if isinstance(item, BadLine):
                line = item.number
                raise item.error
            line = item.line
            if url is not None:
                item = replace(item, stated=replace(item.stated, url=url))
            documents.append(build_document(item, path, limits))
            warnings.extend(item.warnings)
        except LoadError as error:
            if line is None:
                raise
            rejected.append(Rejected(f"{printable(path)}:{line}", error.reason, error.hint))
    if not documents:
        first = (
            f"; the first, line {_line_of(rejected[0])}: {rejected[0].reason}" if rejected else ""
        )
        raise LoadError(
            f"none of its {len(rejected):,} lines is a document{first}",
            'give one JSON object a line, each with a "text"',
        )
    return Loaded(printable(path), tuple(documents), tuple(warnings), tuple(rejected))


def _line_of(rejected: Rejected) -> str:
    return rejected.path.rpartition(":")[2]


def suffix_of(name: str) -> str:
    """Return the suffix of a file name in lower case, with its dot; empty where it has none."""
    return os.path.splitext(name)[1].lower()


def _told_suffix(data: bytes, suffix: str) -> str:
    """The suffix of the format that `data` is in: what it begins with counts more than its name."""
    head = data[:1024]
    if b"%PDF-" in head:
        return ".pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ".docx"
    for magic, what in _FOREIGN_MAGIC:
        if data.startswith(magic):
            hint = "remove its password or save it as .docx" if "Word" in what else _HINT_FORMATS
            raise LoadError(f"is {what}", hint)
    if suffix == ".pdf":
        raise LoadError("is no PDF: %PDF- is not among its first bytes", "export it again as PDF")
    if suffix == ".docx":
        raise LoadError("is no DOCX: it is not a ZIP archive", "save it again as .docx")
    if suffix in (".txt", "") and _HTML_START.match(data.removeprefix(b"\xef\xbb\xbf")):
        return ".html"
    if suffix not in LOADERS:
        raise LoadError(f"is of the unknown type {printable(suffix)!r}", _HINT_FORMATS)
    return suffix


def _read(path: str, limits: Limits) -> bytes:
    try:
        _refuse_special(os.stat(path).st_mode)
        # Non-blocking, in case the path became a FIFO since.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            _refuse_special(status.st_mode)
            _refuse_large(status.st_size, limits)
            data = file.read(limits.max_file_bytes + 1)
    except OSError as error:
        raise LoadError(*_os_error(error)) from error
    _refuse_large(len(data), limits)
    return data


def _refuse_special(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise LoadError("is a folder, not a file", "name the folder itself to read what is in it")
    if not stat.S_ISREG(mode):
        raise LoadError("is a pipe, socket or device, not a file", "copy its content into a file")


def _refuse_large(size: int, limits: Limits) -> None:
    if size > limits.max_file_bytes:
        raise LoadError(
            f"has {size:,} bytes or more, the limit is {limits.max_file_bytes:,}",
            "split it into smaller files",
        )


def _os_error(error: OSError) -> tuple[str, str]:
    if isinstance(error, FileNotFoundError):
        return "does not exist, or no longer", "check the path"
    if isinstance(error, PermissionError):
        return "may not be read by this user", "change its permissions"
    if error.errno == 40:  # ELOOP
        return "is a symbolic link that leads to itself", "remove or repair the link"
    return f"could not be read ({error.strerror or error})", "check the file system"


def find_files(sources: Iterable[str | Path]) -> list[Path | Rejected]:
    """Return every file that `sources` name or hold, absolute, each once, and what cannot be read.

    Folders are read recursively, in the order of names; hidden files and folders in them are left
    out, links to folders followed but not in a circle. Files of unknown type are reported, as is
    whatever does not exist, may not be read, or is no regular file. Addresses (`is_url`) are not
    for this function.
    """
    found: list[Path | Rejected] = []
    seen: set[str] = set()
    for source in sources:
        if not os.fspath(source).strip():
            # It would mean the working directory: an unset variable of a script, not a wish.
            found.append(
                Rejected(
                    "''", "is an empty name", "name a file or folder; the working directory is ."
                )
            )
            continue
        for item in _find(os.path.abspath(source), (), named=True):
            key = os.fsdecode(item) if isinstance(item, Path) else f"\0{item.path}"
            if key not in seen:
                seen.add(key)
                found.append(item)
    return found


def _find(
    path: str, parents: tuple[tuple[int, int], ...], *, named: bool = False
) -> Iterator[Path | Rejected]:
    shown = printable(path)
    if not _is_utf8(path):
        yield Rejected(shown, "its name is not UTF-8", "rename it")
        return
    try:
        status = os.stat(path)
    except FileNotFoundError:
        if os.path.islink(path):
            yield Rejected(shown, "is a link to nothing", "remove or repair the link")
        else:
            yield Rejected(shown, "does not exist", "check the path")
        return
    except (OSError, ValueError) as error:
        reason, hint = _os_error(error) if isinstance(error, OSError) else (str(error), "check it")
        yield Rejected(shown, reason, hint)
        return
    if stat.S_ISDIR(status.st_mode):
        identity = (status.st_dev, status.st_ino)
        if identity in parents:
            yield Rejected(shown, "links back to a folder that holds it", "remove the link")
            return
        if len(parents) >= MAX_FOLDER_DEPTH:
            yield Rejected(
                shown,
                f"lies {MAX_FOLDER_DEPTH} folders deep or more",
                "name it, or a folder closer to it",
            )
            return
        try:
            names = sorted(os.listdir(path))
        except OSError as error:
            reason, hint = _os_error(error)
            yield Rejected(shown, f"cannot be listed: {reason}", hint)
            return
        for name in names:
            if not name.startswith("."):
                yield from _find(os.path.join(path, name), (*parents, identity))
        if named and not names:
            yield Rejected(shown, "is an empty folder", "name a folder with reports in it")
    elif not stat.S_ISREG(status.st_mode):
        yield Rejected(
            shown, "is a pipe, socket or device, not a file", "copy its content into a file"
        )
    elif suffix_of(path) not in LOADERS:
        kind = suffix_of(path)
        reason = f"is of the unknown type {printable(kind)}" if kind else "has no file type"
        yield Rejected(shown, reason, _HINT_FORMATS)
    elif not os.access(path, os.R_OK):
        yield Rejected(shown, "may not be read by this user", "change its permissions")
    else:
        yield Path(path)


def _is_utf8(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
