#!/usr/bin/env bash
# All tests. Installs what it needs on Debian (nginx, the judge of the limit; Python, for the stand-ins for AWS; groff, which reads the manual pages);
# elsewhere it says what is missing.
#   ./test.sh            everything
#   ./test.sh NAME ...   only the tests whose names hold one of these
set -euo pipefail
cd "$(dirname "$0")"

provide() { # WHAT PACKAGE
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        echo "installing $2"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null
    else
        echo "test.sh: '$1' is missing: install the package $2 (Debian: sudo apt-get install $2)" >&2
        exit 1
    fi
}

need() { # COMMAND PACKAGE
    command -v "$1" >/dev/null || PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null || provide "$1" "$2"
}

# The stand-ins for AWS, in an environment of their own that is made anew when the list of them has changed.
# A virtual environment knows its own path, so the path is part of what may change.
python_environment() { # FOLDER
    local wanted program
    wanted="$1"$'\n'"$(cat tests/requirements.txt)"
    if [ "$wanted" != "$(cat "$1/made-of" 2>/dev/null)" ] || ! "$1/bin/python" -c '' 2>/dev/null; then
        echo "installing tests/requirements.txt into $1"
        python3 -m venv --clear "$1"
        "$1/bin/pip" install --quiet --disable-pip-version-check --requirement tests/requirements.txt
        printf '%s\n' "$wanted" >"$1/made-of"
    fi
    for program in ministack moto_server cfn-lint; do
        [ -x "$1/bin/$program" ] || { echo "test.sh: $1/bin/$program is missing: remove $1 and try again" >&2; exit 1; }
    done
}

need cargo rustup
need cc build-essential
need nginx nginx-light
need tmux tmux
need groff groff-base
need python3 python3
python3 -c 'import ensurepip, venv' 2>/dev/null || provide "python3 -m venv" python3-venv
export PATH="$PATH:/usr/sbin"

JOBQ_VENV="$PWD/target/venv"
export JOBQ_VENV
python_environment "$JOBQ_VENV"

# The Lambda bootstraps are programs only with these.
features=(--features "jobq-drainer/lambda,jobq-autoscaler/lambda")

# The programs under test are built as they are shipped: an unoptimised drainer is no measure of a limit.
cargo build --release --locked -p jobq
cargo build --profile lambda --locked -p jobq-drainer -p jobq-autoscaler "${features[@]}"
target="$(cargo metadata --format-version 1 --no-deps --offline | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')"
# jobq finds the bootstraps beside itself.
mkdir -p "$target/shipped"
# A program that a killed test has left behind can't be written over, but it can be taken away.
rm -f "$target"/shipped/*
cp "$target/release/jobq" "$target/lambda/drainer" "$target/lambda/autoscaler" "$target/shipped/"
JOBQ_BIN="$target/shipped/jobq"
export JOBQ_BIN

cargo test --workspace --locked --no-fail-fast "${features[@]}" -- "$@"
