"""`python -m ingest FILE…`: show what each file becomes."""

import argparse
import sys

from ingest.chunk import PASSAGE_CHARS, chunk_document
from ingest.document import Document
from ingest.load import Limits, Rejected, find_files, is_url
from ingest.parser_process import ParserProcess


def main() -> int:
    """Show every document; return 1 if anything was rejected."""
    parser = argparse.ArgumentParser(prog="python -m ingest", description=__doc__)
    parser.add_argument("sources", nargs="+", metavar="FILE", help="a file, folder or address")
    parser.add_argument("--allow-urls", action="store_true", help="fetch http and https addresses")
    parser.add_argument(
        "--max-chars", type=int, default=PASSAGE_CHARS, help="longest passage (default %(default)s)"
    )
    arguments = parser.parse_args()
    addresses = [source for source in arguments.sources if is_url(source)]
    files = find_files(source for source in arguments.sources if not is_url(source))
    failed = False
    with ParserProcess(Limits(), allow_urls=arguments.allow_urls) as process:
        for item in [*files, *addresses]:
            outcome = item if isinstance(item, Rejected) else process.load(str(item))
            if isinstance(outcome, Rejected):
                failed = True
                print(outcome, file=sys.stderr)
                continue
            for document in outcome.documents:
                print(describe(document, arguments.max_chars))
            for warning in outcome.warnings:
                print(f"{outcome.path}: {warning}", file=sys.stderr)
            for rejected in outcome.rejected:
                failed = True
                print(rejected, file=sys.stderr)
    return 1 if failed else 0


def describe(document: Document, max_chars: int) -> str:
    """Return a document's metadata, regions and passages as lines for a terminal."""
    lines = ["", document.title, "=" * min(100, len(document.title))]
    facts = {
        "path": ", ".join(document.paths),
        "id": document.id,
        "source": document.source,
        "author": document.author,
        "published": document.published,
        "language": document.language,
        "url": document.url,
        "pages": len(document.page_starts) or None,
        "characters": f"{len(document.text):,}",
    }
    lines += [f"{name:>10}  {value if value is not None else '–'}" for name, value in facts.items()]
    lines += ["", f"Regions ({len(document.regions)}): not the author's argument"]
    for region in document.regions:
        text = document.text[region.start : region.end]
        lines.append(f"  {region.start:>7}–{region.end:<7} {region.kind:<10} {_short(text)}")
    passages = chunk_document(document, max_chars=max_chars)
    lines += ["", f"Passages ({len(passages)})"]
    for passage in passages:
        lines.append(
            f"  {passage.start:>7}–{passage.end:<7} {len(passage.text):>4}  {_short(passage.text)}"
        )
    return _visible("\n".join(lines))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 76 else f"{line[:46]} … {line[-27:]}"


def _visible(text: str) -> str:
    """A document must not command the terminal it is shown on."""
    return "".join(
        char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text
    )


if __name__ == "__main__":
    sys.exit(main())
