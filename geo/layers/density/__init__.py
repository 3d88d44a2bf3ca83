"""Many points as exact counts: sorted by Morton code once, so that a tile of any zoom is a slice of them, and nothing is thinned out.

::

    points ──> morton ──> pyramid ──> files ──> serving
       │                     │
    tables, geometry      building (runs, put together) ── a Dask cluster, for what one machine does not hold
"""
