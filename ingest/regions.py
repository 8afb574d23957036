"""Which parts of a text are not the author's argument: general rules over its paragraphs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.document import Region, RegionKind
from ingest.language import detect_language
from ingest.metadata import Stated, parse_byline
from ingest.paragraphs import ENDS_SENTENCE, LIST_ITEM, paragraph_spans

MAX_HEADING_CHARS = 120
MAX_CAPTION_CHARS = 400

# Beyond this share of a text another language is no author's note but a second text.
MAX_FOREIGN_SHARE = 0.25

# Lines that a web page adds around an article. One must be the whole paragraph, so that a sentence
# which only begins alike stays argument; those that go on end without a full stop.
_REST = r"\b[^.!?]{0,80}"
_NETWORK = (
    r"(?:facebook|twitter|x|linkedin|whatsapp|telegram|instagram|youtube|rss|reddit|e-?mail|print"
    r"|share|tweet|copy link)"
)
_THING = (
    r"(?:posts?|articles?|stories|story|reading|news|reports?|content|topics|coverage|links"
    r"|analyses|tags|publications)"
)
_FURNITURE_LINES = (
    # The same text in other languages.
    r"(?:this|the) (?:post|article|page|story|report|text|entry|analysis) is (?:also )?available in"
    r"\b.{0,120}",
    r"(?:also )?available (?:also )?in(?: other languages)?:.{0,120}",
    r"(?:read|view|see) (?:this|it)\b.{0,30}\bin:? (?:[^\W\d_]+[\s,|/]*){1,6}",
    r"bu (?:yazı|makale|içerik)\b.{0,60}\bmevcut(?:tur| dillerde)?\b.{0,60}",
    r"(?:эта )?(?:запись|статья) (?:также )?доступна.{0,80}",
    # Other texts.
    r"(?:similar|related|recommended|popular|recent|latest|more|other|trending|featured|top) "
    rf"{_THING}(?::?| (?:on|from|in|by|about) [^.!?]{{1,60}})",
    r"(?:related|see also|recommended):(?: [^.!?]+)?",
    r"related|recommended",
    r"(?:you (?:may|might) (?:also )?like|don['’]t miss|most (?:read|popular|viewed)"
    rf"|editor['’]?s?['’]? picks?|what to read next|up next|further reading){_REST}",
    r"(?:recommended|picked) for you|trending(?: now)?",
    r"(?:read|learn|see|show|load|view|find out) (?:more|next|also|all)"
    r"(?::? ?[^.!?]{0,100})?[.…»›→>]*",
    r"(?:continue|keep) reading\b.{0,100}",
    r"click (?:here|to)\b[^.!?]{0,80}[.!]?",
    r"(?:previous|next|older|newer) (?:post|article|story|page)s?(?::? [^.!?]{1,100})?",
    r"(?:benzer|ilgili|diğer) (?:yazılar|içerikler|haberler|makaleler)",
    r"(?:похожие|связанные) (?:записи|статьи)",
    # Comments.
    rf"(?:leave|post|add|write) (?:a|your) (?:comment|reply|response)s?{_REST}",
    r"(?:\d+ |no )?(?:comments?|replies|responses)(?: \(?\d+\)?| are (?:closed|off)\.?| off)?",
    r"cancel reply|reply",
    r"yorum (?:yap|yaz|bırak)\w*|оставить комментарий",
    # Sharing and subscribing.
    r"(?:share|tweet|print|e-?mail|pin|save|copy link|like)"
    r"(?: (?:this|it|on|via|with)\b[^.!?]{0,60}|:.{0,60})?",
    rf"{_NETWORK}(?:[\s,|/·•]+{_NETWORK})+",
    r"(?:subscribe|sign up|sign in|log in|register)"
    r"(?: (?:to|for|now|here|today|with|our|us|free)\b[^.!?]{0,100})?[.!]?",
    r"join (?:us|our) [^.!?]{0,60}\b(?:newsletter|list|channel|telegram|whatsapp)\b.{0,40}",
    r"(?:follow|like|find) (?:us|him|her|them|me|@\w+) (?:on|at|@)\b.{0,80}",
    r"(?:get|receive) (?:our|the latest|the best)\b.{0,80}\b(?:inbox|newsletter|e-?mail)\b.{0,30}",
    r"(?:our )?newsletters?|(?:bizi )?takip et\w*",
    # Advertising.
    r"advertisement|sponsored(?: content)?|advertorial|promoted",
    # Around the page.
    r"skip to (?:main )?content|back to (?:top|home)(?: of page)?",
    r"(?:main )?menu|search|home|loading",
    r"(?:tags?|categories|category|topics?|filed under|posted (?:in|on|by)|tagged(?: (?:with|as))?"
    r"|keywords): [^.!?]{1,160}",
    r"(?:filed under|posted in|tagged) [^.!?]{1,80}",
    r"\d{1,3} min(?:ute)?s?(?: read)?|(?:\d+|no) (?:views|shares|likes)|views:? \d+",
    r"(?:download|view) (?:the |as |full )?(?:pdf|report|document|file)\b[^.!?]{0,40}",
    r"(?:last )?(?:updated|modified)(?: on|:) .{0,60}",
    r"page \d+(?: (?:of|/) \d+)?|\d+ (?:of|/) \d+|[-–—] ?\d+ ?[-–—]",
)
# Sentences that no report argues with.
_FURNITURE_SENTENCES = (
    r".{0,40}\bcookies?\b.{0,40}\b(?:site|website|experience|accept|consent|settings|policy"
    r"|browsing)\b.{0,160}",
    r"(?:we|this (?:site|website)) uses? cookies\b.{0,200}",
    r"(?:accept|reject|manage) (?:all )?cookies|(?:privacy|cookie) (?:policy|notice|settings)"
    r"(?:\W+terms\b.{0,40})?",
    r"terms (?:of|and|&) (?:use|service|conditions)",
    r".{0,60}\ball rights reserved\b.{0,60}|(?:copyright|©|\(c\)) .{0,100}",
    r"your email address will not be published.{0,80}",
)
_LINE = re.compile(rf"(?:{'|'.join(_FURNITURE_LINES)})\W*", re.IGNORECASE)
_SENTENCE = re.compile(rf"(?:{'|'.join(_FURNITURE_SENTENCES)})\W*", re.IGNORECASE)
# A line of this many words that ends with a full stop is a sentence of somebody's.
_MAX_STOPPED_WORDS = 6
_MAX_FURNITURE_CHARS = 320

_CAPITALIZED = r"[^\W\d_a-zà-öø-ÿ][\w.’'-]*"
_CREDIT_LINE = re.compile(
    rf"(?:{_CAPITALIZED}(?: {_CAPITALIZED}){{0,5}} "
    r"\((?i:follow|theo|according to|source|via|compiled|translated|adapted)\b[^)]{1,80}\)"
    r"|(?i:(?:additional )?reporting|editing|edited|translation|translated|compiled|produced) by "
    rf"{_CAPITALIZED}[^!?]{{0,160}})\W*"
)

_CREDIT_WORD = (
    r"(?:photo(?:graph)?s?|graphics?|images?|pictures?|illustrations?|infographics?|maps?|video"
    r"|credits?|courtesy|foto(?:ğraf)?s?|görsel|grafik|harita)"
)
_CAPTION_CREDIT = re.compile(
    rf"(?:^|[.!?”\"\s(\[–—|-]){_CREDIT_WORD}(?: (?:credits?|by|courtesy|source|of))*\s*[:©/]"
    r"\s*[^:\n]{1,100}$|\((?:AP|AFP|EPA|Reuters|Getty)[^)]{0,60}\)\.?$"
    r"|\b(?:getty images|via (?:ap|afp|getty))\W*$",
    re.IGNORECASE,
)
_SOURCE_CREDIT = re.compile(
    r"(?:^|[.!?)”\"]\s+|\()(?:sources?|kaynak):\s*[^:\n]{1,80}$", re.IGNORECASE
)
_NUMBERED_CAPTION = re.compile(
    r"(?:figure|fig\.|table|chart|graph|map|photo|image|plate|box|exhibit|şekil|tablo|harita)"
    r"\s*\d+(?:\.\d+)?\s*[.:–—-]\s*\S",
    re.IGNORECASE,
)

_BRACKET_NOTE = re.compile(r"\[(\d{1,3})\]")
_PLAIN_NOTE = re.compile(r"(?:\^|\()?(\d{1,3})[.)\]]?\s+\S")
_NOTES_HEADING = re.compile(
    r"(?:foot|end)?notes(?: and (?:references|sources))?|references|bibliography|works cited"
    r"|(?:list of )?sources|citations|kaynakça|kaynaklar|dipnotlar|notlar",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"https?://|\bwww\.|\bdoi:|\bdate of acc|\baccess(?:ed)? (?:on|date)|\baccessed\b|\bretrieved\b"
    r"|\berişim|\bibid\b|\ba\.g\.[em]|\bop\. cit|\bloc\. cit|\bpp?\.\s?\d|\bvol\.\s?\d|\bno\.\s?\d"
    r"|^\W*(?:\d+\W+)?[“\"«„‘'][^”\"»“’']{8,}[”\"»“’'],|\(\d{4}\)"
    r"|\b(?:press|journal|et al)\b.*\b(?:19|20)\d\d\b|,\s(?:19|20)\d\d\.?$",
    re.IGNORECASE,
)

_PERSON_HEADING = re.compile(
    r"about (?:the )?(?:authors?|writers?|contributors?|researchers?)|(?:the )?authors?"
    r"|author bio(?:graphy)?|contributors?|yazar(?:lar)?(?: hakkında)?|об авторе",
    re.IGNORECASE,
)
_ROLE = (
    r"(?:fellow|researcher|analyst|professor|lecturer|journalist|correspondent|editor|scholar"
    r"|expert|columnist|reporter|writer|author|director|coordinator|consultant|historian|scientist"
    r"|specialist|candidate|student|associate|intern|chair|founder|graduate)"
)
# In the present tense: a report tells of its own people in the past.
_BIO_IS_A = re.compile(
    rf"(?:(?:Dr|Prof|Mr|Mrs|Ms)\.?\s+)?{_CAPITALIZED}"
    rf"(?:\s+(?:{_CAPITALIZED}|al|bin|de|van|von|der)){{0,4}},?\s+"
    rf"(?:is|works as|serves as) (?:currently )?(?:an?|the|one of)\b[^.]{{0,120}}?\b{_ROLE}s?\b"
)
_BIO_POST = re.compile(rf"\b{_ROLE}s?\b[^.]{{0,60}}\b(?:at|with|for|of|in)\s+(?:the\s+)?[A-Z]")
_BIO_SIGNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:holds|received|earned|completed|obtained|has)\b[^.]{0,50}"
        r"\b(?:degrees?|ph\.?d|doctorate|master|m\.?a\.?|m\.?sc|b\.?a\.?|bachelor)",
        r"\b(?:graduated\s+from|studied\s+at|doctoral\s+(?:candidate|student|studies)"
        r"|ph\.?d\s+(?:candidate|student))",
        r"\b(?:his|her|their)\s+(?:\w+\s+){0,3}"
        r"(?:research|work|writing|articles|interests|publications)\b[^.]{0,40}"
        r"\b(?:focus|include|interest|appeared|cover|concentrat)",
        r"\b(?:research|areas?\s+of)\s+interests?\b|\bis\s+the\s+author\s+of\b|\bfluent\s+in\b",
        r"\b(?:follow|contact|reach)\s+(?:him|her|them)\b|\btweets\s+at\b|(?<!\w)@\w{3,}",
        r"\bmezun\s+ol|\byüksek\s+lisans|\bdoktora(?:sını|\s+(?:eğitim|derece))",
        r"\bçalışma\s+alanları|\blisans\s+(?:eğitim|derece)|\bbilmektedir",
    )
)

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


_NAMES_THE_BODY = frozenset({RegionKind.TITLE, RegionKind.HEADING})


@dataclass(slots=True)
class _Paragraph:
    start: int
    end: int
    text: str
    kind: RegionKind | None = None


def mark_regions(
    text: str,
    marked: Sequence[Region] = (),
    stated: Stated | None = None,
    *,
    has_marked_headings: bool = False,
) -> tuple[tuple[Region, ...], Stated]:
    """Return the regions of `text`, sorted and apart, and `stated` with what bylines add to it.

    `marked` are regions that the format itself tells (headings of HTML, a PDF's running heads);
    they stand. Where it tells headings (`has_marked_headings`), no short line is taken for one.
    Every other region is a whole paragraph. Where title and headings are all there is, they are
    the body.
    """
    stated = stated or Stated()
    paragraphs = _free_paragraphs(text, marked)
    blocks = sorted(
        [*paragraphs, *(_Paragraph(r.start, r.end, text[r.start : r.end], r.kind) for r in marked)],
        key=lambda block: block.start,
    )
    stated = _mark_title(blocks, stated)
    stated = _mark_bylines(blocks, stated)
    _mark_furniture(paragraphs)
    _mark_captions(blocks)
    _mark_footnotes(blocks, text)
    _mark_biographies(blocks)
    if not has_marked_headings:
        _mark_headings(blocks)
    found = [Region(p.kind, p.start, p.end) for p in paragraphs if p.kind is not None]
    regions = sorted([*marked, *found], key=lambda region: region.start)
    only_names = all(region.kind in _NAMES_THE_BODY for region in regions)
    if only_names and not body_spans(text, regions):
        # A note of one line is its own title; what it says can be asked for all the same.
        regions = []
    return tuple(regions), stated


def body_spans(text: str, regions: Sequence[Region]) -> list[tuple[int, int]]:
    """Return the stretches of `text` that no region covers and that are not blank, trimmed."""
    spans = []
    end_of_last = 0
    for start, end in [*((r.start, r.end) for r in regions), (len(text), len(text))]:
        stretch = text[end_of_last:start]
        stripped = stretch.strip()
        if stripped:
            begin = end_of_last + len(stretch) - len(stretch.lstrip())
            spans.append((begin, begin + len(stripped)))
        end_of_last = end
    return spans


def body_text(text: str, regions: Sequence[Region]) -> str:
    """Return the body alone, its stretches joined by newlines: for detection, never for offsets."""
    return "\n".join(text[start:end] for start, end in body_spans(text, regions))


def _free_paragraphs(text: str, marked: Sequence[Region]) -> list[_Paragraph]:
    return [
        _Paragraph(start, end, text[start:end])
        for stretch_start, stretch_end in body_spans(text, marked)
        for start, end in paragraph_spans(text, stretch_start, stretch_end)
    ]


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _mark_title(blocks: list[_Paragraph], stated: Stated) -> Stated:
    """Mark the title where it stands: as stated, or as a first line that looks like one."""
    if any(block.kind is RegionKind.TITLE for block in blocks):
        return stated
    first_body = next((i for i, block in enumerate(blocks) if block.kind is None), None)
    if stated.title is not None:
        title = _words(stated.title)
        for block in blocks[: (first_body or 0) + 3]:
            if block.kind is None and title and _words(block.text) == title:
                block.kind = RegionKind.TITLE
                return stated
        return stated
    if first_body is None or first_body > 3:
        return stated
    first = blocks[first_body]
    rest = [block for block in blocks[first_body + 1 :] if block.kind is None]
    if rest and len(first.text) <= 200 and _looks_like_heading(first.text, max_chars=200):
        first.kind = RegionKind.TITLE
        return stated.or_else(Stated(title=" ".join(first.text.split())))
    return stated


def _mark_bylines(blocks: list[_Paragraph], stated: Stated) -> Stated:
    """Mark lines of names and dates under the title, and take what they state."""
    openers = [block for block in blocks if block.kind is not RegionKind.TITLE][:6]
    for block in openers:
        if block.kind not in (None, RegionKind.FURNITURE):
            continue
        byline = parse_byline(block.text, stated.author)
        if byline is None:
            if block.kind is None and len(block.text) > MAX_HEADING_CHARS:
                break
            continue
        if block.kind is None:
            block.kind = RegionKind.FURNITURE
        stated = stated.or_else(byline)
    return stated


def _mark_furniture(paragraphs: list[_Paragraph]) -> None:
    for paragraph in paragraphs:
        if paragraph.kind is None and len(paragraph.text) <= _MAX_FURNITURE_CHARS:
            line = " ".join(paragraph.text.split())
            if _is_furniture(line) or _CREDIT_LINE.fullmatch(line):
                paragraph.kind = RegionKind.FURNITURE


def _is_furniture(line: str) -> bool:
    if _SENTENCE.fullmatch(line):
        return True
    is_sentence = line.endswith((".", "!", "?")) and len(line.split()) > _MAX_STOPPED_WORDS
    return not is_sentence and _LINE.fullmatch(line) is not None


def _is_credited(text: str) -> bool:
    line = " ".join(text.split())
    if len(line) > MAX_CAPTION_CHARS:
        return False
    if _CAPTION_CREDIT.search(line) or _NUMBERED_CAPTION.match(line):
        return True
    return len(line) <= 160 and _SOURCE_CREDIT.search(line) is not None


def _mark_captions(blocks: list[_Paragraph]) -> None:
    for block in blocks:
        if block.kind is None and _is_credited(block.text):
            block.kind = RegionKind.CAPTION
    for earlier, later in pairwise(blocks):
        # Pages show a caption under the picture and again for screen readers.
        if earlier.kind in (None, RegionKind.CAPTION) and later.kind in (None, RegionKind.CAPTION):
            first, second = _words(earlier.text), _words(later.text)
            short = len(earlier.text) <= MAX_CAPTION_CHARS and len(first) >= 4
            stands_twice = short and first == second and not LIST_ITEM.match(earlier.text)
            has_credit = RegionKind.CAPTION in (earlier.kind, later.kind)
            if stands_twice or (has_credit and _is_near_same(first, second)):
                earlier.kind = later.kind = RegionKind.CAPTION


def _is_near_same(first: list[str], second: list[str]) -> bool:
    shared = len(set(first) & set(second))
    return min(len(first), len(second)) >= 4 and shared >= 0.8 * max(
        len(set(first)), len(set(second))
    )


def _mark_footnotes(blocks: list[_Paragraph], text: str) -> None:
    inline = {int(number) for number in re.findall(r"(?<=\S)\ ?\[(\d{1,3})\]", text)}
    headed = _notes_heading(blocks)
    last_number: int | None = None
    for index, block in enumerate(blocks):
        if block.kind not in (None, RegionKind.FOOTNOTE):
            continue
        is_reference = _REFERENCE.search(block.text) is not None
        bracket = _BRACKET_NOTE.match(block.text)
        plain = _PLAIN_NOTE.match(block.text)
        is_note = False
        if bracket:
            number = int(bracket.group(1))
            follows = number == 1 or (last_number is not None and number == last_number + 1)
            is_note = is_reference or number in inline or (follows and number > 1)
            last_number = number if is_note else last_number
        elif plain and is_reference and (headed is not None or index > len(blocks) / 2):
            number = int(plain.group(1))
            is_note = number == 1 or last_number is not None or headed is not None
            last_number = number if is_note else last_number
        elif last_number is not None and re.fullmatch(r"https?://\S+", block.text):
            is_note = True
        if headed is not None and index > headed and (is_reference or bracket or plain):
            is_note = True
        if is_note:
            block.kind = RegionKind.FOOTNOTE
    if headed is not None:
        blocks[headed].kind = RegionKind.FOOTNOTE


def _notes_heading(blocks: list[_Paragraph]) -> int | None:
    """The last line that announces notes, if notes follow it."""
    for index in range(len(blocks) - 1, -1, -1):
        block = blocks[index]
        if block.kind not in (None, RegionKind.HEADING):
            continue
        if _NOTES_HEADING.fullmatch(block.text.strip(" :.#")):
            after = [later for later in blocks[index + 1 :] if later.kind is None][:3]
            if any(
                _REFERENCE.search(later.text) or _BRACKET_NOTE.match(later.text) for later in after
            ):
                return index
            return None
    return None


def _mark_biographies(blocks: list[_Paragraph]) -> None:
    _mark_headed_biographies(blocks)
    body = "\n".join(block.text for block in blocks if block.kind is None)
    language = detect_language(body[: len(body) // 2 + 1])
    for index in range(len(blocks) - 1, 0, -1):
        block = blocks[index]
        if block.kind is RegionKind.HEADING or block.kind is RegionKind.TITLE:
            return
        if block.kind is not None:
            continue
        is_foreign = (
            language is not None
            and len(block.text) <= MAX_FOREIGN_SHARE * len(body)
            and detect_language(block.text) not in (None, language)
        )
        if is_foreign or _is_biography(block.text) or _names_the_person_of(block, blocks, index):
            block.kind = RegionKind.BIOGRAPHY
        else:
            return


def _mark_headed_biographies(blocks: list[_Paragraph]) -> None:
    for index, block in enumerate(blocks):
        if block.kind not in (None, RegionKind.HEADING) or index < len(blocks) / 2:
            continue
        if not _PERSON_HEADING.fullmatch(block.text.strip(" :.#")):
            continue
        following = blocks[index + 1 : index + 6]
        if following and following[0].kind is None:
            block.kind = RegionKind.BIOGRAPHY
            for later in following:
                if later.kind is not None:
                    break
                later.kind = RegionKind.BIOGRAPHY


def _is_biography(text: str) -> bool:
    if len(text) > 2500:
        return False
    signs = sum(sign.search(text) is not None for sign in _BIO_SIGNS)
    if _BIO_IS_A.match(text):
        return signs >= 1 or _BIO_POST.search(text) is not None
    return signs >= 2


def _names_the_person_of(block: _Paragraph, blocks: list[_Paragraph], index: int) -> bool:
    """Whether the line is the name that the biography below it begins with."""
    below = next((b for b in blocks[index + 1 :] if b.kind is not RegionKind.FURNITURE), None)
    if below is None or below.kind is not RegionKind.BIOGRAPHY or len(block.text) > 80:
        return False
    name = _words(block.text)
    return bool(name) and _words(below.text)[: len(name)] == name


def _looks_like_heading(text: str, max_chars: int = MAX_HEADING_CHARS) -> bool:
    line = text.strip()
    first = next((char for char in line if char.isalnum()), "")
    if not first or len(line) > max_chars or len(line.split()) > 22 or "\t" in line:
        return False
    if line.endswith((".", ",", ";", ":", "…", "!")) or ENDS_SENTENCE.search(line.rstrip("?")):
        return False
    if line.endswith(("”", '"', "»", "’")) and line.startswith(("“", '"', "«", "‘")):
        return False
    if re.match(r"[-*•◦▪·–—]\s", line) or "|" in line:
        return False
    if re.search(r"[.!?]\s+\S", re.sub(r"\b(?:[A-Z]|Dr|Mr|Mrs|St|vs|No|Gen|U\.S)\.\s", "", line)):
        return "?" in line and line.count(".") == 0 and len(line) <= max_chars // 2
    return not first.islower()


def _mark_headings(blocks: list[_Paragraph]) -> None:
    """Mark short lines without a full stop that stand right above a paragraph of sentences."""
    opens_section = False
    for index in range(len(blocks) - 1, -1, -1):
        block = blocks[index]
        if block.kind in (RegionKind.CAPTION, RegionKind.FURNITURE):
            continue
        if block.kind is not None:
            opens_section = False
            continue
        if opens_section and _looks_like_heading(block.text):
            block.kind = RegionKind.HEADING
            opens_section = False
            continue
        opens_section = (
            len(block.text) >= 60 and ENDS_SENTENCE.search(block.text) is not None
        ) or block.text.rstrip().endswith(":")
