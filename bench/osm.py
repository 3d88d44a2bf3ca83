"""Extracts of OpenStreetMap of any size, made up: for measuring how one is taken in (``bench/basemap.py``), and for tests.

The two formats are written as their descriptions say (https://wiki.openstreetmap.org/wiki/PBF_Format, https://wiki.openstreetmap.org/wiki/OSM_XML).
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

Tags = Mapping[str, str]
STATED = "2026-11-01T00:00:00Z"
_STATED_S = 1_793_491_200
_IN_A_BLOCK = 8000


class Extract(NamedTuple):
    """What an extract has; ids count from 1, for ways and relations likewise.

    Attributes
    ----------
    nodes
        Lon, lat and tags.
    ways
        The ids of their nodes, and tags.
    relations
        The ids of the ways that are their outer members, and tags.
    """

    nodes: Sequence[tuple[float, float, Tags]]
    ways: Sequence[tuple[Sequence[int], Tags]]
    relations: Sequence[tuple[Sequence[int], Tags]] = ()


def make_city(ways: int, box: tuple[float, float, float, float], seed: int = 1) -> Extract:
    """Make up a city: one way in ten is a main road, one in fifty water or a park, one in two hundred a railway; the others are small streets.

    Parameters
    ----------
    ways
        How many.
    box
        West, south, east and north, degrees.
    seed
        The same one gives the same city.
    """
    chance = random.Random(seed)
    west, south, east, north = box
    nodes: list[tuple[float, float, Tags]] = []
    lines: list[tuple[Sequence[int], Tags]] = []
    roads = ("motorway", "trunk", "primary", "primary", "secondary", "secondary", "secondary")
    for number in range(ways):
        lon, lat = chance.uniform(west, east), chance.uniform(south, north)
        first = len(nodes) + 1
        if number % 50 == 7:
            reach = chance.uniform(0.0005, 0.01)
            corners = [(0, 0), (1, 0.1), (1.2, 1), (0.6, 1.3), (0, 1)]
            nodes += [(lon + reach * x, lat + reach * y, {}) for x, y in corners]
            tags = chance.choice(({"natural": "water", "name": f"湖{number}"}, {"leisure": "park", "name": f"公园{number}"}))
            lines.append(([*range(first, first + 5), first], tags))
            continue
        east_step, north_step = chance.choice(((0.001, 0.0001), (0.0001, 0.001)))
        nodes += [(lon + step * east_step, lat + step * north_step + chance.uniform(-1e-4, 1e-4), {}) for step in range(10)]
        if number % 10 == 3:
            kind: Tags = {"highway": chance.choice(roads), "name": f"路{number}"}
        elif number % 200 == 11:
            kind = {"railway": chance.choice(("rail", "rail", "subway"))}
        else:
            kind = {"highway": chance.choice(("residential", "service", "footway", "tertiary"))}
        lines.append((range(first, first + 10), kind))
    for number in range(ways // 400):
        kind = chance.choice(({"place": "village"}, {"place": "town"}, {"railway": "station", "station": "subway"}, {"natural": "peak"}))
        nodes.append((chance.uniform(west, east), chance.uniform(south, north), {**kind, "name": f"名{number}", "name:en": f"Name {number}"}))
    relations = []
    for column in range(8):
        for row in range(8):
            wide, high, first = (east - west) / 8, (north - south) / 8, len(nodes) + 1
            corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
            nodes += [(west + wide * x, south + high * y, {}) for x, y in corners]
            lines.append(([*range(first, first + 4), first], {}))
            tags = {"type": "boundary", "boundary": "administrative", "admin_level": "8", "name": f"{column}-{row}镇"}
            relations.append(([len(lines)], tags))
    return Extract(nodes, lines, relations)


def write_xml(extract: Extract, path: Path, stated: str = STATED) -> None:
    """Write an extract as ``.osm``.

    Parameters
    ----------
    extract, path
        What, and where.
    stated
        When the data were taken, as the file says.
    """

    def tagged(tags: Tags) -> str:
        return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())

    with path.open("w", encoding="utf-8") as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" timestamp="{stated}">\n')
        for id_, (lon, lat, tags) in enumerate(extract.nodes, 1):
            file.write(f'<node id="{id_}" version="1" lat="{lat:.7f}" lon="{lon:.7f}">{tagged(tags)}</node>\n')
        for id_, (refs, tags) in enumerate(extract.ways, 1):
            file.write(f'<way id="{id_}" version="1">{"".join(f"<nd ref={chr(34)}{ref}{chr(34)}/>" for ref in refs)}{tagged(tags)}</way>\n')
        for id_, (members, tags) in enumerate(extract.relations, 1):
            inner = "".join(f'<member type="way" ref="{ref}" role="outer"/>' for ref in members)
            file.write(f'<relation id="{id_}" version="1">{inner}{tagged(tags)}</relation>\n')
        file.write("</osm>\n")


def write_pbf(extract: Extract, path: Path) -> None:
    """Write an extract as ``.osm.pbf``, with dense nodes and zlib as the usual tools do."""
    with path.open("wb") as file:
        header = _text(4, "OsmSchema-V0.6") + _text(4, "DenseNodes") + _text(16, "bench") + _number(32, _STATED_S)
        file.write(_blob("OSMHeader", header))
        for start in range(0, len(extract.nodes), _IN_A_BLOCK):
            file.write(_block(_dense_nodes, extract.nodes[start : start + _IN_A_BLOCK], start + 1))
        for start in range(0, len(extract.ways), _IN_A_BLOCK):
            file.write(_block(_ways, extract.ways[start : start + _IN_A_BLOCK], start + 1))
        if extract.relations:
            file.write(_block(_relations, extract.relations, 1))


# --- protocol buffers ---------------------------------------------------------------------------------------------------------------------


class _Strings:
    def __init__(self) -> None:
        self.ids: dict[str, int] = {"": 0}

    def of(self, text: str) -> int:
        return self.ids.setdefault(text, len(self.ids))


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _signed(value: int) -> bytes:
    return _varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode())


def _packed(field: int, values: Iterable[int], encode: Callable[[int], bytes] = _varint) -> bytes:
    return _bytes(field, b"".join(map(encode, values)))


def _deltas(values: Iterable[int]) -> Iterator[int]:
    before = 0
    for value in values:
        yield value - before
        before = value


def _blob(kind: str, content: bytes) -> bytes:
    blob = _number(2, len(content)) + _bytes(3, zlib.compress(content, 1))
    header = _text(1, kind) + _number(3, len(blob))
    return len(header).to_bytes(4, "big") + header + blob


def _block(encode: Callable[[Sequence[tuple], int, _Strings], bytes], things: Sequence[tuple], first: int) -> bytes:  # type: ignore[type-arg]
    strings = _Strings()
    group = encode(things, first, strings)
    table = b"".join(_text(1, text) for text in strings.ids)
    return _blob("OSMData", _bytes(1, table) + _bytes(2, group))


def _dense_nodes(nodes: Sequence[tuple[float, float, Tags]], first: int, strings: _Strings) -> bytes:
    tags: list[int] = []
    for _, _, own in nodes:
        tags += [number for key, value in own.items() for number in (strings.of(key), strings.of(value))]
        tags.append(0)
    dense = _packed(1, _deltas(range(first, first + len(nodes))), _signed)
    for field, degrees in ((8, [lat for _, lat, _ in nodes]), (9, [lon for lon, _, _ in nodes])):
        dense += _packed(field, _deltas(round(one * 1e7) for one in degrees), _signed)
    return _bytes(2, dense + _packed(10, tags))


def _tags(own: Tags, strings: _Strings) -> bytes:
    # GDAL takes an empty list for an error.
    return b"" if not own else _packed(2, map(strings.of, own)) + _packed(3, map(strings.of, own.values()))


def _ways(ways: Sequence[tuple[Sequence[int], Tags]], first: int, strings: _Strings) -> bytes:
    encoded = (_number(1, id_) + _tags(tags, strings) + _packed(8, _deltas(refs), _signed) for id_, (refs, tags) in enumerate(ways, first))
    return b"".join(_bytes(3, way) for way in encoded)


def _relations(relations: Sequence[tuple[Sequence[int], Tags]], first: int, strings: _Strings) -> bytes:
    encoded = []
    for id_, (members, tags) in enumerate(relations, first):
        roles = _packed(8, [strings.of("outer")] * len(members))
        encoded.append(_number(1, id_) + _tags(tags, strings) + roles + _packed(9, _deltas(members), _signed) + _packed(10, [1] * len(members)))
    return b"".join(_bytes(4, relation) for relation in encoded)
