from __future__ import annotations

from itertools import combinations
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from geo.draw.lettering import Label, place_labels, text_width
from geo.draw.marks import Mark, plain_look
from geo.draw.placement import Frame, Placed, Rectangle
from geo.ground.palette import LABEL_BASE, LABEL_HEIGHT, LABEL_SIZE

FRAME = Frame(left=0, top=0, width=600, height=400, scale=1, centre=(0, 0), middle=(0, 0))
# A dense middle, with places around it: most names find no room where they are looked for first.
spots = st.tuples(st.integers(150, 330), st.integers(120, 240)) | st.tuples(st.integers(-40, 640), st.integers(-40, 440))
names = st.sampled_from(["白马湖", "中国数谷", "浙江省鲲鹏生态创新中心", "Binjiang Internet Town", "International Zero-Magnetism Science Valley"])


@st.composite
def drawn(draw: st.DrawFn) -> Placed:
    points = draw(st.lists(spots, max_size=30, unique=True))
    kinds = st.sampled_from(["platform", "zone", "site"])
    marks = [
        Mark(str(number), None, symbol := draw(kinds), "none", 0, 0, draw(names), plain_look(symbol), value=draw(st.sampled_from(["", "756 亿元"])))
        for number, _ in enumerate(points)
    ]
    return Placed(marks, {str(number): (float(x), float(y)) for number, (x, y) in enumerate(points)})


def box_of(label: Label) -> Rectangle:
    """What a name covers."""
    top = label.base - LABEL_BASE
    return label.left, top, label.left + max(text_width(line, LABEL_SIZE) for line in label.lines), top + len(label.lines) * LABEL_HEIGHT


def overlap(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@given(drawn())
def test_a_name_covers_no_other_one_no_symbol_and_nothing_beyond_the_edge(placed: Placed) -> None:
    labels, _ = place_labels(FRAME, placed)
    boxes = {id_: box_of(label) for id_, label in labels.items()}
    assert not [(one, other) for one, other in combinations(boxes, 2) if overlap(boxes[one], boxes[other])]
    symbols = [(x - mark.extent, y - mark.extent, x + mark.extent, y + mark.extent) for mark in placed.marks for x, y in [placed.spots[mark.id]]]
    assert not [id_ for id_, box in boxes.items() if any(overlap(box, symbol) for symbol in symbols)]
    assert all(map(FRAME.has_inside, boxes.values()))


@given(drawn())
def test_nothing_beyond_the_edge_is_named(placed: Placed) -> None:
    labels, _ = place_labels(FRAME, placed)
    assert not [id_ for id_ in labels if not (0 < placed.spots[id_][0] < FRAME.width and 0 < placed.spots[id_][1] < FRAME.height)]


@given(drawn())
def test_the_line_to_a_name_begins_at_its_symbol_and_runs_under_no_other_name(placed: Placed) -> None:
    labels, _ = place_labels(FRAME, placed)
    extents = {mark.id: mark.extent for mark in placed.marks}
    for id_, label in labels.items():
        if not label.leader:
            continue
        (x1, y1), (x2, y2) = label.leader
        x, y = placed.spots[id_]
        assert abs(((x1 - x) ** 2 + (y1 - y) ** 2) ** 0.5 - extents[id_] - 1) < 1e-6
        points = [(x1 + (x2 - x1) * share / 50, y1 + (y2 - y1) * share / 50) for share in range(51)]
        others = [box_of(other) for name, other in labels.items() if name != id_]
        assert not [(point, box) for point in points for box in others if overlap((*point, *point), box)]


@given(drawn())
def test_taking_the_place_of_another_name_never_costs_a_name(placed: Placed) -> None:
    labels, _ = place_labels(FRAME, placed)
    with patch("geo.draw.lettering.LABEL_RETRIED", -1):
        in_turn, _ = place_labels(FRAME, placed)
    assert in_turn.keys() <= labels.keys()


def test_a_name_makes_room_for_one_that_has_no_other() -> None:
    """One in a corner can be named on the right only, where another one's name stands that could stand on the left of its own as well."""
    marks = [Mark(id_, None, "site", "none", 0, 0, "白马湖", plain_look("site")) for id_ in ("free", "shut in")]
    # Walls on all sides of the second, but for the strip that the first one's name takes.
    placed = Placed(marks, {"free": (200.0, 100.0), "shut in": (270.0, 100.0)})
    walls = [(0, 0, 600, 88), (0, 112, 600, 400), (278, 0, 600, 400)]
    with patch("geo.draw.lettering.LABEL_RETRIED", -1):
        in_turn, _ = place_labels(FRAME, placed, walls)
    assert in_turn.keys() == {"free"}
    labels, _ = place_labels(FRAME, placed, walls)
    assert labels.keys() == {"free", "shut in"}
    assert box_of(labels["free"])[2] < 200 < box_of(labels["shut in"])[0]
