"""Work ends when its time is over, wherever it looks at the clock."""

from __future__ import annotations

import threading

import pytest

from geo.atlas import Atlas
from geo.draw.marks import Mark
from geo.draw.placement import fit, place_marks
from geo.draw.raster import encode_png
from geo.errors import DeadlineError
from geo.ground.bbox import Box
from geo.ground.deadline import check_deadline, deadline, until_deadline
from geo.layers.formats import FORMATS, Download
from geo.layers.select import LAYERS, Selection


def test_where_nothing_is_said_work_takes_as_long_as_it_needs() -> None:
    check_deadline()
    assert list(until_deadline("abc")) == ["a", "b", "c"]


def test_work_ends_when_its_time_is_over() -> None:
    with deadline(3600):
        assert list(until_deadline("abc")) == ["a", "b", "c"]
        with deadline(-1):
            with pytest.raises(DeadlineError, match=r"^the answer takes more than -1 seconds to make; ask for less, or again in 30 seconds$"):
                check_deadline()
            with pytest.raises(DeadlineError):
                next(until_deadline("abc"))
        check_deadline()
    check_deadline()


def test_a_deadline_is_that_of_its_thread() -> None:
    seen = []
    with deadline(-1):
        thread = threading.Thread(target=lambda: seen.append(list(until_deadline("abc"))))
        thread.start()
        thread.join()
    assert seen == [["a", "b", "c"]]


@pytest.mark.parametrize("extension", sorted(set(FORMATS) - {"geojson"}))
def test_a_file_of_every_format_ends(atlas: Atlas, extension: str) -> None:
    with deadline(-1), pytest.raises(DeadlineError):
        FORMATS[extension].encode(Download(LAYERS["places"], Selection(), atlas.layers, atlas.tables))


def test_a_picture_ends_and_is_the_same_whether_there_is_a_deadline_or_not() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><circle cx="20" cy="15" r="9" fill="#1f5f8b"/></svg>'
    with deadline(-1), pytest.raises(DeadlineError):
        encode_png(svg)
    # So much of what is drawn one over the other takes half a minute.
    shapes = b'<circle cx="1500" cy="1500" r="1500" fill-opacity="0.1"/>' * 5000
    with deadline(1), pytest.raises(DeadlineError):
        encode_png(b'<svg xmlns="http://www.w3.org/2000/svg" width="3000" height="3000">' + shapes + b"</svg>")
    with deadline(3600):
        apart = encode_png(svg, 2)
    assert apart == encode_png(svg, 2)
    assert apart.startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_rendered_says_why() -> None:
    with deadline(3600), pytest.raises(RuntimeError, match="a picture could not be rendered: "):
        encode_png(b"<svg", 2)


def test_placing_marks_ends(marks: list[Mark], view: Box) -> None:
    with deadline(-1), pytest.raises(DeadlineError):
        place_marks(fit(view, 0, 0, 800, 600), marks)
