"""OGC API - Features: the layers as collections, for GIS clients and for people."""

from __future__ import annotations

from geo.serve.ogc.views import blueprint

__all__ = ["blueprint"]
