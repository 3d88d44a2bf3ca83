#!/bin/sh
# Make sure that there is an nginx for the rehearsal of the deployment.
set -eu

if command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The rehearsal of the deployment needs nginx; install it." >&2
    exit 1
fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
echo "Installing nginx for the rehearsal of the deployment …"
$as_root apt-get update -qq
# Only the program is wanted: in this run level the package does not start its service.
$as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light >/dev/null
