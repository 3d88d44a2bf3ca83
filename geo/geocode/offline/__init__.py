"""The offline geocoder: it answers from the gazetteer and asks no other host.

::

    mentions ──> context ──> whole_names, slips ──> address ──> english ──> geocoder
       └── heads ───────────────────────────────────────────────────────────────┘

Each of them makes its answers with :mod:`geo.geocode.offline.outcome`.
"""

from geo.geocode.offline.geocoder import VERSION, OfflineGeocoder
from geo.geocode.offline.slips import LEAST_SCORE

__all__ = ["LEAST_SCORE", "VERSION", "OfflineGeocoder"]
