"""The atlas under gunicorn, behind nginx: ``gunicorn --config deploy/gunicorn.conf.py`` in the project's folder."""

from __future__ import annotations

import os

# As with the atlas's own server: ready before it takes requests, and with its log, a line a request on stdout and notices on stderr. gunicorn's own
# notices go to stderr, too, and it writes no lines of requests.
wsgi_app = "app:load()"
# nginx is on the same machine; who may not open the socket cannot pass for it. The unit makes the folder.
bind = "unix:/run/hangzhou-atlas/gunicorn.sock"
umask = 0o007

# A process for each core, as an interpreter uses one, and four at most, as each holds the data and its answers: 400 MB, with ten thousand places 600,
# and while new data are taken up 1 GB. WEB_CONCURRENCY is gunicorn's own variable for it; the unit's MemoryMax goes with it.
workers = int(os.environ.get("WEB_CONCURRENCY") or min(4, len(os.sched_getaffinity(0))))
# As the atlas's own server (geo/serve/server.py): some make files, many wait for that, and the others answer what is quick. A thread is
# busy only until nginx has the answer.
worker_class = "gthread"
threads = 64
# Not before the fork: the libraries that read the data start threads of their own, which do not come along.
preload_app = False
# Nothing leaks that a new process would cure, and each starts with nothing kept: max_requests stays off.

# For a process that hangs; its threads may take as long as they need.
timeout = 60
# So long answers under way get after SIGTERM; less than TimeoutStopSec of the unit.
graceful_timeout = 30
# In memory: on a disk that is slow for a moment a healthy process looks dead.
worker_tmp_dir = "/dev/shm"  # noqa: S108 - gunicorn makes files with names that nobody can guess

# A query of more than 2000 bytes is refused by the atlas, with a problem document; it must come that far. nginx refuses what is longer than this.
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190

# Which X-Forwarded headers are believed is decided in one place, by GEO_PROXIES; gunicorn alone would believe whoever connects.
secure_scheme_headers: dict[str, str] = {}
