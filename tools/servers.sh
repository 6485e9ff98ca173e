#!/usr/bin/env bash
# Brings the servers and the browser that the tests start for themselves: the programs only, never a
# running daemon.
# Where that is not possible it says so and exits 0: the tests that need them then say they did not run.
set -euo pipefail

# program | Debian packages. MariaDB's core packages have the programs and no daemon.
needed=(
    "mariadbd | mariadb-server-core mariadb-client-core"
    "mariadb-dump | mariadb-client"
    "redis-server | redis-server"
    "haproxy | haproxy"
    "nginx | nginx"
    "prometheus | prometheus"
    "chromium | chromium"
)

PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
missing=()
packages=()
for row in "${needed[@]}"; do
    program="${row%% |*}"
    if ! command -v "$program" >/dev/null; then
        missing+=("$program")
        read -ra wanted <<<"${row#*| }"
        packages+=("${wanted[@]}")
    fi
done
[ ${#missing[@]} -gt 0 ] || exit 0

go_on_without() {
    {
        echo "!!"
        echo "!! Missing: ${missing[*]} ($1)."
        echo "!! The tests that need it will not run. Try: sudo apt-get install ${packages[*]}"
        echo "!!"
    } >&2
    exit 0
}

command -v apt-get >/dev/null || go_on_without "this is not Debian"
[ "$(id -u)" = 0 ] || go_on_without "installing needs root"

# Debian's packages start their daemon when they are installed, unless this file forbids it.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
apt=(apt-get --quiet --quiet -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)

"${apt[@]}" update </dev/null || true
# One after the other: what cannot be had keeps nothing else from being there.
failed=()
for package in "${packages[@]}"; do
    echo "Installing $package"
    "${apt[@]}" install --yes --no-install-recommends "$package" </dev/null >/dev/null \
        || failed+=("$package")
done
if [ ${#failed[@]} -gt 0 ]; then
    packages=("${failed[@]}")
    go_on_without "apt-get could not install ${failed[*]}"
fi
