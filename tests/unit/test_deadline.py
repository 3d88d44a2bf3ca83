"""Work ends when its time is over, wherever it looks at the clock."""

from __future__ import annotations

import threading

import pytest

from geo.atlas import Atlas
from geo.bbox import Box
from geo.deadline import check_deadline, deadline, until_deadline
from geo.draw.marks import Mark
from geo.draw.placement import fit, place_marks
from geo.errors import DeadlineError
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


@pytest.mark.parametrize("extension", ["csv", "xlsx", "gpkg", "kml"])
def test_a_file_that_is_written_row_by_row_ends(atlas: Atlas, extension: str) -> None:
    with deadline(-1), pytest.raises(DeadlineError):
        FORMATS[extension].encode(Download(LAYERS["places"], Selection(), atlas.layers, atlas.tables))


def test_placing_marks_ends(marks: list[Mark], view: Box) -> None:
    with deadline(-1), pytest.raises(DeadlineError):
        place_marks(fit(view, 0, 0, 800, 600), marks)
