"""Drawing: where the marks of a timeline and of a relation graph stand, in a picture's units.

The templates turn these into SVG; colours, sizes of type and focus are the style sheet's.
"""

import math
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from server.present import brief, period, record_href
from server.record_schemas import ActorBody, TimelineEvent

WIDTH = 960
LANE_LABEL = 20
ROW = 24
AXIS = 28
MARGIN = 14
MAX_LABELLED = 60
"""From more events on, names beside the marks would only hide each other."""
MAX_MARKS = 400
"""From more on, marks are gathered by month."""
MAX_LANES = 40
MAX_LABEL_CHARS = 34
CHAR = 6.4
"""Average width of a letter of the labels, rounded up."""
MAX_LANE_CHARS = 60
SMALLEST_BAR = 9.0
DOT = 6.0
GAP = 5.0
TICKS_WANTED = 9
MAX_NEIGHBOURS = 14
GRAPH_WIDTH = 800
NODE_CHARS = 22


@dataclass(frozen=True, slots=True)
class Mark:
    """An event: a dot for a day, a bar for what may have been any day of a period.

    Where there are too many to tell apart, a bar is all events of a lane that begin in one month.
    """

    href: str
    title: str
    label: str
    """Beside the mark; empty where there are too many."""
    label_x: float
    anchor: str
    period: str
    kind: str
    x: float
    """A bar's beginning, a dot's middle."""
    y: float
    width: float
    """0 for a dot."""
    differs: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """A row of the timeline with its events."""

    name: str
    y: float
    height: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A date on the axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class TimelineView:
    """A timeline as drawn."""

    width: int
    height: float
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    gathered: bool = False
    """Whether a bar is all events of a month."""
    left_out: int = 0
    """How many lanes there was no room for."""


@dataclass(frozen=True, slots=True)
class _Item:
    """What one mark stands for."""

    lane: str
    title: str
    kind: str
    first: date
    last: date
    href: str
    differs: bool


def _items(events: Sequence[TimelineEvent]) -> list[_Item]:
    """Return each event, or, from MAX_MARKS on, the events of each month of each lane."""
    found = [
        _Item(
            event.lane,
            event.title,
            event.kind,
            event.first,
            event.last or event.first,
            record_href(event.id, "attacks"),
            bool(event.differing),
        )
        for event in events
        if event.first is not None
    ]
    if len(found) <= MAX_MARKS:
        return found
    months: dict[tuple[str, int, int], list[_Item]] = {}
    for item in found:
        months.setdefault((item.lane, item.first.year, item.first.month), []).append(item)
    gathered = []
    for (lane, year, month), held in sorted(months.items(), key=lambda pair: pair[0][1:]):
        first = date(year, month, 1)
        last = date(year, month, monthrange(year, month)[1])
        kinds = ", ".join(dict.fromkeys(item.kind for item in held))
        within = urlencode({"event_from": first, "event_to": last})
        title = f"{len(held):,} event{'s' if len(held) > 1 else ''}"
        differs = any(item.differs for item in held)
        gathered.append(_Item(lane, title, kinds, first, last, f"/attacks?{within}", differs))
    return gathered


@dataclass(frozen=True, slots=True)
class _Scale:
    """From days to the picture's width."""

    first: date
    last: date

    def __call__(self, day: date) -> float:
        share = (day - self.first).days / (self.last - self.first).days
        return round(MARGIN + (WIDTH - 2 * MARGIN) * share, 1)


def timeline_view(lanes: Sequence[str], events: Sequence[TimelineEvent]) -> TimelineView:
    """Lay events out in time, in lanes; within a lane neither marks nor labels overlap."""
    items = _items(events)
    days = [day for item in items for day in (item.first, item.last)]
    if not days:
        return TimelineView(WIDTH, 0, (), ())
    # A little room before and after, and never a width of no days.
    room = timedelta(days=max(15, (max(days) - min(days)).days // 40))
    scale = _Scale(min(days) - room, max(days) + room)
    top: float = AXIS
    drawn = []
    for name in lanes[:MAX_LANES]:
        ends: list[float] = []  # where each row of the lane is taken up to
        marks = []
        for item in (each for each in items if each.lane == name):
            x, width = _extent(item, scale)
            label = brief(item.title, MAX_LABEL_CHARS) if len(items) <= MAX_LABELLED else ""
            left, right = (x, x + width) if width else (x - DOT, x + DOT)
            anchor, label_x = "start", right + GAP
            if label and label_x + CHAR * len(label) > WIDTH:
                anchor, label_x = "end", left - GAP
                left = label_x - CHAR * len(label)
            elif label:
                right = label_x + CHAR * len(label)
            row = next((at for at, end in enumerate(ends) if end + 6 < left), len(ends))
            ends[row : row + 1] = [right]
            marks.append(
                Mark(
                    href=item.href,
                    title=item.title,
                    label=label,
                    label_x=round(label_x, 1),
                    anchor=anchor,
                    period=period(item.first, item.last),
                    kind=item.kind,
                    x=x,
                    y=top + LANE_LABEL + ROW * (row + 0.5),
                    width=width,
                    differs=item.differs,
                )
            )
        height = LANE_LABEL + ROW * len(ends) + 6
        drawn.append(Lane(brief(name, MAX_LANE_CHARS), top, height, tuple(marks)))
        top += height
    return TimelineView(
        WIDTH,
        top + 6,
        tuple(drawn),
        tuple(_ticks(scale)),
        gathered=len(events) > MAX_MARKS,
        left_out=len(lanes[MAX_LANES:]),
    )


def _extent(item: _Item, scale: _Scale) -> tuple[float, float]:
    """Return where the mark begins, or a dot's middle, and how wide it is: 0 for a day."""
    x = scale(item.first)
    if item.last == item.first:
        return x, 0.0
    return x, round(max(scale(item.last + timedelta(days=1)) - x, SMALLEST_BAR), 1)


def _ticks(scale: _Scale) -> Iterator[Tick]:
    """Yield the dates of the axis: months, or years in steps that leave about TICKS_WANTED."""
    months = (scale.last.year - scale.first.year) * 12 + scale.last.month - scale.first.month
    steps = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000)
    step = next((each for each in steps if months / each <= TICKS_WANTED), steps[-1])
    at = (scale.first.year * 12 + scale.first.month - 1) // step * step
    while True:
        year, month = divmod(at, 12)
        at += step
        if year < 1:
            continue
        if year > 9999 or (day := date(year, month + 1, 1)) > scale.last:
            return
        if day >= scale.first:
            yield Tick(scale(day), str(year) if step >= 12 else f"{day:%b} {year}")


@dataclass(frozen=True, slots=True)
class Node:
    """An actor in the graph."""

    id: str
    name: str
    x: float
    y: float
    anchor: str
    centre: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation: a line from subject to object, and the words beside it."""

    x1: float
    y1: float
    x2: float
    y2: float
    label_x: float
    label_y: float
    label: str


@dataclass(frozen=True, slots=True)
class GraphView:
    """An actor among those it stands in relation to."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    left_out: int
    """How many actors there was no room for."""


def graph_view(actor: ActorBody) -> GraphView | None:
    """Lay an actor's relations out on an ellipse around it; None where it has none."""
    kinds: dict[str, list[tuple[str, bool]]] = {}
    names: dict[str, str] = {}
    for relation in actor.relations:
        names[relation.other.id] = relation.other.name
        said = (relation.kind, relation.inverse)
        all_said = kinds.setdefault(relation.other.id, [])
        if said not in all_said:
            all_said.append(said)
    shown = list(kinds)[:MAX_NEIGHBOURS]
    if not shown:
        return None
    height = 110 if len(shown) < 3 else 280 if len(shown) < 6 else 420
    middle_x, middle_y = GRAPH_WIDTH / 2, height / 2
    nodes = [Node(actor.id, brief(actor.name, NODE_CHARS), middle_x, middle_y, "middle", True)]
    edges = []
    for number, other in enumerate(shown):
        # Begun at the side, where labels have most room.
        angle = 2 * math.pi * number / len(shown) + (math.pi / len(shown) if len(shown) > 2 else 0)
        x = round(middle_x + 215 * math.cos(angle), 1)
        y = round(middle_y + (middle_y - 45) * math.sin(angle), 1)
        aside = math.cos(angle)
        anchor = "middle" if abs(aside) < 0.35 else "start" if aside > 0 else "end"
        nodes.append(Node(other, brief(names[other], NODE_CHARS), x, y, anchor, False))
        for inverse in (False, True):
            held = [kind for kind, other_way in kinds[other] if other_way is inverse]
            if not held:
                continue
            ends = (x, y, middle_x, middle_y) if inverse else (middle_x, middle_y, x, y)
            # Where both directions hold, their words stand apart.
            share = 0.58 if len({way for _, way in kinds[other]}) == 1 else 0.7 - 0.25 * inverse
            edges.append(
                Edge(
                    *_shortened(*ends),
                    label_x=round(middle_x + share * (x - middle_x), 1),
                    label_y=round(middle_y + share * (y - middle_y) - 4, 1),
                    label=", ".join(held),
                )
            )
    return GraphView(GRAPH_WIDTH, height, tuple(nodes), tuple(edges), len(kinds) - len(shown))


def _shortened(x1: float, y1: float, x2: float, y2: float) -> tuple[float, float, float, float]:
    """Return the line without its ends, where the nodes and the arrow's head stand."""
    length = math.hypot(x2 - x1, y2 - y1)
    begin, end = 16 / length, 1 - 16 / length
    along = [(x1 + (x2 - x1) * part, y1 + (y2 - y1) * part) for part in (begin, end)]
    return (
        round(along[0][0], 1),
        round(along[0][1], 1),
        round(along[1][0], 1),
        round(along[1][1], 1),
    )
