#!/bin/sh
# Make sure that there are the clients of the rehearsal that pip does not have: QGIS, LibreOffice, and the readers of FlatGeobuf, Parquet and kepler.gl
# in JavaScript.
set -eu

has_all() {
    /usr/bin/python3 -c 'import qgis.core' 2>/dev/null && command -v npm >/dev/null 2>&1 && command -v soffice >/dev/null 2>&1
}
if ! has_all; then
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "The rehearsal with real clients needs QGIS with its Python bindings, LibreOffice Calc, and npm; install them." >&2
        exit 1
    fi
    as_root=""
    [ "$(id -u)" = 0 ] || as_root="sudo"
    echo "Installing QGIS, LibreOffice and npm for the rehearsal with real clients …"
    wanted="qgis python3-qgis"
    command -v soffice >/dev/null 2>&1 || wanted="$wanted libreoffice-calc-nogui"
    command -v npm >/dev/null 2>&1 || wanted="$wanted npm"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 - several packages
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted >/dev/null
fi
# Never committed, never shipped.
npm install --silent --no-audit --no-fund --no-save --prefix .venv/clients flatgeobuf@4.5.0 hyparquet@1.33.0 @kepler.gl/processors@3.2.6 >/dev/null
