"""PNG of a drawing: a large one in a process of its own where somebody waits for it, as the renderer lets nothing else run and knows no clock."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path

import resvg_py

from geo.ground.deadline import check_deadline, find_time_left

FONT = "Noto Sans CJK SC"
# What lies around a place is rendered in less than a tenth of a second, as long as a process takes to start; a page of places asks for several.
_SMALL = 30_000


def encode_png(svg: bytes, zoom: float = 1) -> bytes:
    """Render an SVG of :func:`geo.draw.picture.draw_svg` to PNG, with a font that has Chinese characters and comes as a package.

    Parameters
    ----------
    svg
        As :func:`geo.draw.picture.draw_svg` returns it.
    zoom
        Pixels of the PNG for each pixel of the SVG.

    Raises
    ------
    DeadlineError
        If the time is over before it is done.
    """
    left_s = find_time_left()
    check_deadline()
    if left_s is None or (zoom <= 1 and len(svg) <= _SMALL):
        return _render(svg, zoom)
    command = [sys.executable, "-m", "geo.draw.raster", str(zoom)]
    try:
        # In a session of its own: whoever ends the server by Ctrl+C has what was asked answered.
        done = subprocess.run(  # noqa: S603
            command, input=svg, capture_output=True, timeout=left_s, check=False, cwd=Path(__file__).parents[2], start_new_session=True
        )
    except subprocess.TimeoutExpired:
        check_deadline()
        raise
    if done.returncode:
        raise RuntimeError(f"a picture could not be rendered: {done.stderr.decode(errors='replace')[-500:]}")
    return done.stdout


def _render(svg: bytes, zoom: float) -> bytes:
    with as_file(files("noto_cjk_sans_otc") / "NotoSansCJK-Regular.ttc") as font:
        png: bytes = resvg_py.svg_to_bytes(
            svg_string=svg.decode(), zoom=zoom, skip_system_fonts=True, font_files=[str(font)], font_family=FONT, sans_serif_family=FONT
        )
    return png


if __name__ == "__main__":
    sys.stdout.buffer.write(_render(sys.stdin.buffer.read(), float(sys.argv[1])))
