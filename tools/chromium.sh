#!/bin/sh
# Makes sure that a Chromium is there for the tests of the HTML report, and says which. When there is none, it is
# installed by apt-get where that needs no password; else this says what to do. Tests that need a browser are then
# skipped, and fail where everything must run (TFRATCHET_REQUIRE_ALL=1).
set -eu

find_one() {
    for name in "${TFRATCHET_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

if found=$(find_one); then
    echo "Chromium: $found"
    exit 0
fi

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "installing chromium by apt-get (the first time takes a while)"
    log=$(mktemp)
    if (apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium fonts-dejavu-core) >"$log" 2>&1 &&
        found=$(find_one); then
        rm -f "$log"
        echo "Chromium: $found"
        exit 0
    fi
    tail -n 15 "$log" >&2
    rm -f "$log"
fi

echo "No Chromium here: the tests of the HTML report in a browser are skipped." >&2
echo "Install one (Debian, Ubuntu: apt-get install chromium; macOS: brew install --cask chromium)," >&2
echo "or name it: TFRATCHET_CHROMIUM=/path/to/chrome make test" >&2
if [ "${TFRATCHET_REQUIRE_ALL:-}" = 1 ]; then
    exit 1
fi
