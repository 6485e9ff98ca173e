#!/usr/bin/env bash
# Resolves pyproject.toml into constraints.txt: every package that the server, the tests and the
# build need, with its hashes. Arguments go to pip-compile: `make pins PINS="--upgrade"`.
set -euo pipefail
cd "$(dirname "$0")/.."

# Only names, versions and hashes belong in the file: where they come from is each machine's own.
.venv/bin/pip-compile pyproject.toml \
    --extra dev \
    --output-file constraints.txt \
    --generate-hashes \
    --allow-unsafe \
    --strip-extras \
    --no-emit-index-url \
    --no-emit-find-links \
    --no-emit-trusted-host \
    --no-emit-options \
    --no-header \
    --quiet \
    "$@"

{
    echo "# Every package of the server, its tests and its build, with hashes. Made by 'make pins'."
    echo "# Linux, Python $(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')."
    cat constraints.txt
} > constraints.txt.new
mv constraints.txt.new constraints.txt

if grep -nE '://|^--|^-[a-z]' constraints.txt; then
    echo "constraints.txt names a place: see the lines above." >&2
    exit 1
fi

# What a server alone needs of it.
.venv/bin/python tools/runtime_pins.py
