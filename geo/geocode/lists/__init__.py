"""Lists of names in files, geocoded row by row: read in chunks, answered part by part, put together again.

::

    reading ──> columns ──> asking ──> results ──> parts ──> writing
       │                       │          │           └── cluster
    rows, headings        corrections     └── documents (what is sent over HTTP)

Memory is bounded by the chunk, work that was interrupted goes on where it stopped, and a cluster gives the same file as one process.
"""

# Rows of a part: memory grows with it and not with the list.
CHUNK_ROWS = 50_000
