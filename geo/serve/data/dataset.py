"""The layers as a schema.org ``Dataset``, in which portals and search engines find them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import url_for

from geo.layers.formats import FORMATS, Format
from geo.layers.select import Layer
from geo.serve.site import Site
from geo.tables.reading import Tables
from geo.tables.rows import Indicator
from geo.words.cards import Wording
from geo.words.phrases import LANGUAGES


def dataset_document(site: Site, wording: Wording, layers: Sequence[Layer]) -> dict[str, Any]:
    """Describe the atlas as JSON-LD.

    Parameters
    ----------
    site, wording
        What is described, and in which language.
    layers
        Whose files are listed; absolute addresses, those of the current request's host.

    Returns
    -------
    dict
        A `Dataset <https://schema.org/Dataset>`_, which says the same in the words of `DCAT <https://www.w3.org/TR/vocab-dcat-3/>`_. Boxes are
        ``south west north east`` in degrees, WGS-84, as schema.org has them. The licence is the page that says how the data may be used.
    """
    tables, extent = site.atlas.tables, site.once(_extent_of)
    files = [_file(layer, format_) for layer in layers for format_ in FORMATS.values()]
    document: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": ["Dataset", "dcat:Dataset"],
        "@id": url_for("catalogue.layers", f="jsonld", lang=wording.language, _external=True),
        "url": url_for("catalogue.layers", f="html", lang=wording.language, _external=True),
        "name": wording.title,
        "dct:title": wording.title,
        "description": wording.abstract,
        "dct:description": wording.abstract,
        "version": tables.version,
        "dateModified": site.last_change.date().isoformat(),
        "dct:modified": site.last_change.date().isoformat(),
        "inLanguage": list(LANGUAGES),
        "isAccessibleForFree": True,
        "usageInfo": url_for("documents.about", _external=True),
        "license": url_for("documents.about", _external=True),
        "dct:license": {"@id": url_for("documents.about", _external=True)},
        "variableMeasured": _variables(tables, extent, wording),
        "isBasedOn": [_work(site, id_) for id_ in extent.sources],
        "distribution": files,
        "dcat:distribution": [{"@id": file["@id"]} for file in files],
    }
    if extent.box:
        document["spatialCoverage"] = {"@type": "Place", "name": wording.city, "geo": {"@type": "GeoShape", "box": extent.box}}
        south, west, north, east = extent.box.split()
        ring = ", ".join(f"{lon} {lat}" for lon, lat in ((west, south), (east, south), (east, north), (west, north), (west, south)))
        document["dct:spatial"] = {"@type": "dct:Location", "dcat:bbox": {"@type": "geo:wktLiteral", "@value": f"POLYGON (({ring}))"}}
    if extent.period:
        document["temporalCoverage"] = extent.period
        first, _, last = extent.period.partition("/")
        document["dct:temporal"] = {"@type": "dct:PeriodOfTime", "dcat:startDate": first, "dcat:endDate": last}
    return document


def brief_document(document: dict[str, Any]) -> dict[str, Any]:
    """Leave of a dataset what search engines need: the words of schema.org, without those of DCAT that say the same once more.

    The lists of what is measured and of the sources are left to the page of the layers.
    """

    def brief(value: Any) -> Any:
        if isinstance(value, list):
            kept = [brief(one) for one in value if not (isinstance(one, str) and one.startswith("dcat:"))]
            return kept[0] if value != kept and len(kept) == 1 else kept
        if isinstance(value, dict):
            return {name: brief(one) for name, one in value.items() if not name.startswith(("dct:", "dcat:"))}
        return value

    kept = {name: value for name, value in document.items() if name not in ("variableMeasured", "isBasedOn")}
    return {**brief(kept), "@context": _CONTEXT[0]}


# schema.org for search engines, DCAT for the portals of public bodies.
_CONTEXT = [
    "https://schema.org/",
    {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "geo": "http://www.opengis.net/ont/geosparql#"},
]


def _file(layer: Layer, format_: Format) -> dict[str, Any]:
    address, media_type = (
        url_for("downloads.layer", name=layer.name, extension=format_.extension, _external=True),
        format_.media_type.partition(";")[0],
    )
    return {
        "@type": ["DataDownload", "dcat:Distribution"],
        "@id": address,
        "name": f"{layer.name}.{format_.extension}",
        "encodingFormat": media_type,
        "contentUrl": address,
        "dct:title": f"{layer.name}.{format_.extension}",
        "dcat:downloadURL": {"@id": address},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{media_type}"},
    }


class _Extent(NamedTuple):
    """What a site covers, in any language.

    Attributes
    ----------
    box
        ``south west north east`` of the places, degrees, WGS-84, four decimals; ``None`` where none is located.
    period
        The first and the last day that any figure is about, as an ISO 8601 interval; ``None`` where no figure says.
    measured
        A figure of each indicator, one with a unit where there is one.
    sources
        The ids of what places, figures and corridors are from, in table order.
    """

    box: str | None
    period: str | None
    measured: dict[str, Indicator]
    sources: tuple[str, ...]


def _extent_of(site: Site) -> _Extent:
    tables, points = site.atlas.tables, site.atlas.layers.places.geometry.dropna()
    west, south, east, north = (round(float(degrees), 4) for degrees in points.total_bounds) if len(points) else (None,) * 4
    periods = [figure.period for figure in tables.indicators if figure.period]
    starts, ends = [period.start for period in periods if period.start], [period.end for period in periods if period.end]
    cited = {place.source for place in tables.places} | {figure.source for figure in tables.indicators} | {row.source for row in tables.corridors}
    return _Extent(
        box=f"{south} {west} {north} {east}" if len(points) else None,
        period=f"{min(starts).isoformat()}/{max(ends).isoformat()}" if starts and ends else None,
        measured={figure.indicator: figure for figure in sorted(tables.indicators, key=lambda one: one.unit is not None)},
        sources=tuple(id_ for id_ in site.sources if id_ in cited),
    )


def _variables(tables: Tables, extent: _Extent, wording: Wording) -> list[dict[str, str]]:
    described = []
    for row in tables.vocabulary:
        if row.indicator in extent.measured:
            unit = wording.unit(extent.measured[row.indicator]).strip().removeprefix("× ")
            variable = {"@type": "PropertyValue", "propertyID": row.indicator, "name": wording.pick(row.label_zh, row.label_en)}
            described.append(variable | ({"unitText": unit} if unit else {}))
    return described


def _work(site: Site, id_: str) -> dict[str, Any]:
    source = site.sources[id_]
    work: dict[str, Any] = {"@type": "CreativeWork", "name": source.title, "url": source.url or url_for("documents.source", id_=id_, _external=True)}
    if source.publisher:
        work["publisher"] = {"@type": "Organization", "name": source.publisher}
    if source.published:
        work["datePublished"] = source.published.text
    return work
