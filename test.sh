#!/usr/bin/env bash
# All tests. Installs what it needs on Debian (nginx, the judge of the limit); elsewhere it says what is missing.
#   ./test.sh            everything
#   ./test.sh NAME ...   only the tests whose names hold one of these
set -euo pipefail
cd "$(dirname "$0")"

need() { # COMMAND PACKAGE
    command -v "$1" >/dev/null || PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null && return
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        echo "installing $2"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null
    else
        echo "test.sh: '$1' is missing: install the package $2 (Debian: sudo apt-get install $2)" >&2
        exit 1
    fi
}

need cargo rustup
need cc build-essential
need nginx nginx-light
export PATH="$PATH:/usr/sbin"

# The programs under test are built as they are shipped: an unoptimised drainer is no measure of a limit.
cargo build --release --locked -p jobq
JOBQ_BIN="$(cargo metadata --format-version 1 --no-deps --offline | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/jobq"
export JOBQ_BIN

cargo test --workspace --locked --no-fail-fast -- "$@"
