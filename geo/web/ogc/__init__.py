"""OGC API - Features: the layers as collections, for GIS clients and for people."""

from __future__ import annotations

from geo.web.ogc.views import blueprint

__all__ = ["blueprint"]
