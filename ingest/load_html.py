"""HTML: its readable text in blocks, told apart by the page's own structure."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import lxml.etree
import lxml.html

from ingest.decode import decode
from ingest.document import RegionKind
from ingest.metadata import Stated, clean_value, parse_date, stated_from
from ingest.outcome import Limits, LoadError
from ingest.parsed import Block, Parsed, clean_block, join_blocks

_INVISIBLE = frozenset(
    "script style noscript template head svg math iframe object embed canvas audio video select "
    "option textarea input map area datalist title meta link".split()
)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q s samp "
    "small span strike strong sub sup time tt u var wbr ruby rt rp nobr".split()
)
_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
_FURNITURE_TAGS = frozenset(
    "nav footer header aside form button menu dialog fieldset address".split()
)
_FURNITURE_ROLES = frozenset(
    "navigation banner contentinfo complementary search menu menubar toolbar dialog alert".split()
)
_FURNITURE_WORDS = frozenset(
    "nav navbar navigation menu breadcrumb breadcrumbs sidebar share sharing shares social "
    "sociable addtoany sharedaddy related recommended recommendations newsletter subscribe "
    "subscription signup comment comments respond disqus cookie cookies consent gdpr advert "
    "advertisement ads adsense promo sponsored footer masthead pagination pager tags taglist "
    "toolbar skip popup modal widget wpml byline dateline print".split()
)
_BIOGRAPHY_WORDS = re.compile(
    r"(?:^|[-_ ])(?:author|contributor|writer)[-_]?(?:box|bio|info|card|about|description|profile)"
    r"|about[-_]?(?:the[-_])?author|(?:^|[-_ ])bio(?:graphy)?(?:$|[-_ ])",
    re.IGNORECASE,
)
_FOOTNOTE_WORDS = re.compile(
    r"(?:^|[-_ ])(?:footnotes?|endnotes?|references|reflist|bibliography)(?:$|[-_ ])", re.IGNORECASE
)
_CAPTION_WORDS = re.compile(r"(?:^|[-_ ])caption(?:$|[-_ ])|figcaption|caption-text", re.IGNORECASE)
_META_WORDS = re.compile(
    r"(?:^|[-_ ])(?:byline|dateline|(?:entry|post|article)[-_](?:meta|date|info)|published|pubdate)"
    r"(?:$|[-_ ])",
    re.IGNORECASE,
)

# A class name such as "with-sidebar" on a page's main column must not make furniture of it.
MAX_FURNITURE_SHARE = 0.4
# Less than this share of a page's text is no main content, whatever the element is called.
MIN_MAIN_SHARE = 0.4
MAX_LINK_SHARE = 0.8

_DATE_NAMES = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dc.date.issued",
    "dcterms.date",
    "dcterms.issued",
    "citation_publication_date",
    "citation_date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "parsely-pub-date",
    "sailthru.date",
)
_ARTICLE_TYPES = re.compile(r"article|posting|report|webpage|creativework", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Told:
    """A block with what its surroundings tell of it."""

    block: Block
    in_main: bool
    link_share: float


def parse(data: bytes, limits: Limits) -> Iterator[Parsed]:
    """Yield the one page that `data` holds: everything a reader would see, in document order.

    Navigation, captions, notes, biographies and headings are marked as the elements and class names
    tell; outside the main column everything is furniture. Where a page names no main column,
    trafilatura finds it.
    """
    yield parse_html(_decode(data))


def parse_html(page: str) -> Parsed:
    """Return the text and metadata of a whole page."""
    root = _tree(page)
    if root is None:
        return Parsed(text="")
    stated = _stated(root)
    main = _main_element(root)
    told = list(_walk(root, main))
    if main is None:
        told = _without_surroundings(told, page)
    blocks = _titled([_settled(item) for item in told], stated.title)
    text, marked = join_blocks(blocks)
    title = stated.title or next(
        (text[r.start : r.end] for r in marked if r.kind is RegionKind.TITLE), None
    )
    title = title or _page_title(root, stated.source)
    return Parsed(
        text=text,
        stated=stated.or_else(Stated(title=clean_value(title))),
        marked=marked,
        has_marked_headings=any(block.kind is RegionKind.HEADING for block in blocks),
    )


def fragment_blocks(fragment: str) -> list[Block]:
    """Return the blocks of a piece of HTML that stands in another format."""
    root = _tree(fragment)
    return [] if root is None else [item.block for item in _walk(root, None)]


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        declared = re.search(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w-]+)", data[:4096], re.I)
        if declared and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
            try:
                return data.decode(declared.group(1).decode("ascii"))
            except (LookupError, UnicodeDecodeError):
                return decode(data).text
        return decode(data).text


def _tree(page: str) -> Any | None:
    # Without huge_tree libxml2 drops, in silence, whatever is nested deeper than 256 elements.
    parser = lxml.html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True
    )
    cleaned = page.replace("\x00", " ")
    if not cleaned.strip():
        return None
    try:
        root = lxml.html.document_fromstring(cleaned.encode("utf-8"), parser=parser)
    except lxml.etree.ParserError as error:
        if "empty" in str(error).lower():
            return None
        raise LoadError(f"is no readable HTML ({error})", "save the page again") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        # libxml2 stops there and keeps quiet about the rest of the page.
        raise LoadError("nests its elements too deeply", "save the page as text")
    return root


def _names(element: Any) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}"


def _own_kind(element: Any, whole_chars: int) -> RegionKind | None:
    """What an element says that its content is."""
    tag = element.tag
    if tag in ("html", "body", "main", "article"):
        return None
    names = _names(element)
    if tag == "figcaption" or tag == "caption" or _CAPTION_WORDS.search(names):
        return RegionKind.CAPTION
    kind = None
    if _BIOGRAPHY_WORDS.search(names):
        kind = RegionKind.BIOGRAPHY
    elif _FOOTNOTE_WORDS.search(names) or element.get("role") in ("doc-endnotes", "doc-footnote"):
        kind = RegionKind.FOOTNOTE
    elif (
        tag in _FURNITURE_TAGS
        or (element.get("role") or "").lower() in _FURNITURE_ROLES
        or _FURNITURE_WORDS & set(re.split(r"[-_\s]+", names.lower()))
        or _META_WORDS.search(names)
    ):
        kind = RegionKind.FURNITURE
    if kind is not None and _chars(element) > MAX_FURNITURE_SHARE * whole_chars:
        return None
    return kind


def _chars(element: Any) -> int:
    return sum(len(piece.strip()) for piece in element.itertext())


def _is_hidden(element: Any) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    return (
        element.tag in _INVISIBLE
        or element.get("hidden") is not None
        or "display:none" in style
        or "visibility:hidden" in style
    )


def _walk(root: Any, main: Any | None) -> Iterator[_Told]:
    """Yield the blocks of a tree in document order; iterative, as pages can be nested deeply."""
    whole = _chars(root)
    kinds: list[RegionKind | None] = [None]
    pieces: list[str] = []
    links = [0, 0]  # how many links are open, how many characters stand within links
    headings: list[str] = []
    in_main = main is None
    preformatted = 0

    def flush() -> Iterator[_Told]:
        text = clean_block("".join(pieces))
        if text:
            kind = kinds[-1]
            if kind is None and headings:
                kind = RegionKind.TITLE if headings[-1] == "h1" else RegionKind.HEADING
            elif kind is RegionKind.FURNITURE and headings and headings[-1] == "h1":
                kind = RegionKind.TITLE
            yield _Told(Block(text, kind), in_main, min(1.0, links[1] / len(text)))
        pieces.clear()
        links[1] = 0

    def add(text: str | None) -> None:
        if text:
            # The source's own line breaks are white space; only <br> and <pre> break lines.
            piece = text if preformatted else re.sub(r"[\s]+", " ", text)
            pieces.append(piece)
            if links[0]:
                links[1] += len(piece.strip())

    walk = lxml.etree.iterwalk(root, events=("start", "end"))
    skipped: Any | None = None
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            if skipped is not None:
                continue
            if _is_hidden(element):
                skipped = element
                walk.skip_subtree()
                continue
            if tag == "br":
                pieces.append("\n")
                continue
            if tag == "table" and _is_data_table(element):
                yield from flush()
                kind = kinds[-1] or _own_kind(element, whole)
                yield from _table(element, kind, in_main)
                skipped = element
                walk.skip_subtree()
                continue
            if tag not in _INLINE:
                yield from flush()
                kinds.append(kinds[-1] or _own_kind(element, whole))
                if element is main:
                    in_main = True
                if tag in _HEADINGS:
                    headings.append(tag)
                preformatted += tag == "pre"
            links[0] += tag == "a"
            add(element.text)
            continue
        if skipped is not None:
            if element is not skipped:
                continue
            skipped = None
            add(element.tail)
            continue
        if tag == "br":
            add(element.tail)
            continue
        links[0] -= tag == "a"
        if tag not in _INLINE:
            yield from flush()
            kinds.pop()
            if element is main:
                in_main = False
            if tag in _HEADINGS:
                headings.pop()
            preformatted -= tag == "pre"
        if element is not root:
            add(element.tail)
    yield from flush()


def _is_data_table(table: Any) -> bool:
    if table.find(".//table") is not None or table.find(".//h1") is not None:
        return False
    cells = table.iter("td", "th")
    return all(_chars(cell) <= 400 for cell in cells)


def _table(table: Any, kind: RegionKind | None, in_main: bool) -> Iterator[_Told]:
    """A table as one block, a line a row, cells parted by bars; its caption before it."""
    rows = []
    for caption in table.iter("caption"):
        yield _Told(Block(_flat(caption), kind or RegionKind.CAPTION), in_main, 0.0)
    for row in table.iter("tr"):
        cells = [_flat(cell) for cell in row if cell.tag in ("td", "th")]
        if any(cells):
            rows.append(" | ".join(cells))
    if rows:
        yield _Told(Block("\n".join(rows), kind), in_main, 0.0)


def _flat(element: Any) -> str:
    pieces = []
    for part in element.iter():
        if isinstance(part.tag, str) and part.tag not in _INVISIBLE:
            pieces.append(part.text or "")
            if part.tag not in _INLINE:
                pieces.insert(len(pieces) - 1, " ")
        if part is not element:
            pieces.append(part.tail or "")
    return " ".join("".join(pieces).split())


def _main_element(root: Any) -> Any | None:
    """The element that holds the article, where the page names one that holds most of the text."""
    whole = _chars(root.body if root.find("body") is not None else root)
    for path in (".//article", ".//main", ".//*[@role='main']"):
        found = root.findall(path)
        if found:
            largest = max(found, key=_chars)
            if _chars(largest) >= MIN_MAIN_SHARE * whole:
                return largest
    return None


def _settled(item: _Told) -> Block:
    """The block with its kind decided by where it stands and how much of it is links."""
    block = item.block
    if block.kind is None and not item.in_main:
        return Block(block.text, RegionKind.FURNITURE)
    if block.kind is RegionKind.HEADING and not item.in_main:
        return Block(block.text, RegionKind.FURNITURE)
    is_menu = item.link_share > MAX_LINK_SHARE and len(block.text.split()) <= 12
    if block.kind is None and is_menu and not block.text.endswith((".", "!", "?", "”")):
        return Block(block.text, RegionKind.FURNITURE)
    return block


def _without_surroundings(told: list[_Told], page: str) -> list[_Told]:
    """Put what stands before and after the article that trafilatura finds outside the main column.

    What it leaves out within the article stays: it drops short paragraphs and lists at times.
    """
    # Imported here: it takes a quarter of a second, and most pages name their main column.
    import trafilatura

    extracted = trafilatura.extract(
        page, include_comments=False, include_tables=True, deduplicate=False, favor_recall=True
    )
    lines = {_key(line) for line in (extracted or "").split("\n")} - {""}
    kept = [i for i, item in enumerate(told) if _key(item.block.text.split("\n")[0]) in lines]
    if not kept or sum(len(told[i].block.text) for i in kept) < 200:
        return told
    first, last = kept[0], kept[-1]
    return [
        item
        if first <= index <= last or item.block.kind is RegionKind.TITLE
        else _Told(item.block, False, item.link_share)
        for index, item in enumerate(told)
    ]


def _key(line: str) -> str:
    return "".join(re.findall(r"\w+", line))[:80].casefold()


def _titled(blocks: list[Block], title: str | None) -> list[Block]:
    """Leave one TITLE: the level-one heading that is the stated title, or else the first."""
    places = [i for i, block in enumerate(blocks) if block.kind is RegionKind.TITLE]
    same = [i for i in places if title and _key(blocks[i].text) == _key(title)]
    chosen = (same or places)[:1]
    return [
        Block(block.text, RegionKind.HEADING)
        if block.kind is RegionKind.TITLE and index not in chosen
        else block
        for index, block in enumerate(blocks)
    ]


def _page_title(root: Any, source: str | None) -> str | None:
    """The page's <title>, without the site's name behind a bar or dash."""
    title = clean_value(root.findtext(".//title"))
    if title and source:
        return re.sub(rf"\s*[|·•–—-]\s*{re.escape(source)}\s*$", "", title) or title
    return title


def _stated(root: Any) -> Stated:
    """What the page states of itself in JSON-LD, meta elements and marked-up times; no more."""
    from_meta = _meta_values(root)
    return _linked_data(root).or_else(from_meta).or_else(_marked_up(root))


def _meta_values(root: Any) -> Stated:
    values: dict[str, str] = {}
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = clean_value(element.get("content"))
        if content:
            values.setdefault(name.strip().lower(), content)
    canonical = next(
        (e.get("href") for e in root.iter("link") if (e.get("rel") or "").lower() == "canonical"),
        None,
    )
    authors = (
        values.get(name) for name in ("author", "article:author", "dc.creator", "citation_author")
    )
    dates = (values.get(name) for name in _DATE_NAMES)
    return stated_from(
        {
            "title": values.get("og:title") or values.get("citation_title"),
            "author": next((a for a in authors if a and not a.startswith("http")), None),
            "source": values.get("og:site_name")
            or values.get("publisher")
            or values.get("dc.publisher"),
            "published": next((date for date in dates if date and parse_date(date)), None),
            "url": canonical or values.get("og:url"),
            "language": root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang"),
        }
    )


def _linked_data(root: Any) -> Stated:
    stated = Stated()
    for script in root.iter("script"):
        if (script.get("type") or "").strip().lower() != "application/ld+json":
            continue
        try:
            data = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue  # a page's broken data states nothing
        for item in _items(data):
            kinds = item.get("@type")
            names = kinds if isinstance(kinds, list) else [kinds]
            if not any(isinstance(name, str) and _ARTICLE_TYPES.search(name) for name in names):
                continue
            headline = item.get("headline")
            published = item.get("datePublished")
            stated = stated.or_else(
                stated_from(
                    {
                        "title": headline if isinstance(headline, str) else None,
                        "author": _agent(item.get("author")),
                        "source": _agent(item.get("publisher")),
                        "published": published if isinstance(published, str) else None,
                    }
                )
            )
    return stated


def _items(data: object) -> Iterator[dict[str, Any]]:
    if isinstance(data, list):
        for entry in data[:100]:
            if isinstance(entry, dict):
                yield from _items(entry)
    elif isinstance(data, dict):
        yield data
        graph = data.get("@graph")
        if isinstance(graph, list):
            yield from (entry for entry in graph[:100] if isinstance(entry, dict))


def _agent(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return _agent(value.get("name"))
    if isinstance(value, list):
        names = [name for name in map(_agent, value[:20]) if name]
        return ", ".join(names) or None
    return None


def _marked_up(root: Any) -> Stated:
    """Authors and times that the visible page marks up as those of publication."""
    author = next(
        (
            _flat(e)
            for e in root.iter("a", "span", "div", "p")
            if (e.get("rel") or "").lower() == "author" or e.get("itemprop") == "author"
        ),
        None,
    )
    published = None
    for element in root.iter("time"):
        around = " ".join(_names(e) for e in (element, *list(element.iterancestors())[:2]))
        if (
            element.get("pubdate") is not None
            or element.get("itemprop") == "datePublished"
            or _META_WORDS.search(around)
        ):
            stated = element.get("datetime") or element.text or ""
            if parse_date(stated):
                published = stated
                break
    return stated_from({"author": author, "published": published})
