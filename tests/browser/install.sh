#!/bin/sh
# Make sure that there is a Chromium, Chrome or Edge for the browser tests, and a font with Chinese characters for their pictures.
set -eu

has_browser() {
    [ -n "${GEO_BROWSER:-}" ] && return 0
    for name in chromium chromium-browser google-chrome google-chrome-stable microsoft-edge; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    [ -d "/Applications/Google Chrome.app" ] || [ -d "/Applications/Microsoft Edge.app" ] || [ -d "/Applications/Chromium.app" ]
}

has_chinese_font() {
    ! command -v fc-list >/dev/null 2>&1 && [ "$(uname)" != Linux ] && return 0
    [ -n "$(fc-list :lang=zh 2>/dev/null)" ]
}

if has_browser && has_chinese_font; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The browser tests need Chromium, Chrome or Edge and a Chinese font; install them, or name a browser in GEO_BROWSER." >&2
    exit 1
fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
echo "Installing Chromium and a Chinese font for the browser tests …"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null
