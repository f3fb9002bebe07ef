#!/bin/sh
# Installs what is missing, on Debian and Ubuntu, and does nothing when everything is there.
#
#   setup/install.sh run    what building and running Ella needs
#   setup/install.sh test   the same, and what the tests need besides
#
# Elsewhere it says in one sentence what to install. No service is started and no database cluster is made:
# Ella makes one of her own. What only the tests need, and would come with a service, is unpacked into .setup/.
set -eu
cd "$(dirname "$0")/.."
purpose=${1:-run}

has() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }
has_postgres() {
    for program in /usr/lib/postgresql/*/bin/initdb; do [ -x "$program" ] && return; done
    has initdb || { has pg_config && [ -x "$(pg_config --bindir)/initdb" ]; }
}
has_browser() { has chromium || has google-chrome || has google-chrome-stable; }
fail() { echo "setup: $*" >&2; exit 1; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Another set-up, or the machine's own updates, may hold the lock just now: wait for it.
apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@"
}

# apt-get does not wait for the lock of its package lists by itself.
update() {
    tries=60
    until apt update; do
        tries=$((tries - 1))
        tail -n 4 "$log" | grep -q 'lists/lock' && [ $tries -gt 0 ] || return 1
        sleep 5
    done
}

# Debian's PostgreSQL packages make and start a cluster named "main" unless they are told not to.
forbid_main_cluster() {
    [ -d /etc/postgresql-common ] || apt install --no-install-recommends postgresql-common
    as_root mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' |
        as_root tee /etc/postgresql-common/createcluster.d/ella.conf >/dev/null
}

# Unpacks packages into .setup/debian without installing them: no service starts, and nothing has to be removed.
unpack() {
    mkdir -p .setup/debian .setup/downloads
    for package; do
        (cd .setup/downloads && apt-get -q -o APT::Sandbox::User=root download "$package")
        dpkg -x .setup/downloads/"$package"_*.deb .setup/debian
    done
    rm -rf .setup/downloads
}

has cargo || fail "Rust is missing: install it as https://rustup.rs says (the toolchain is named in rust-toolchain.toml), and try again."

missing=
has cc || missing="$missing gcc libc6-dev"
if [ -z "${DATABASE_URL:-}" ] || [ "$purpose" = test ]; then
    [ -n "${ELLA_POSTGRES_BIN:-}" ] || has_postgres || missing="$missing postgresql"
    has pgbackrest || missing="$missing pgbackrest"
fi
unpacked=
browser=
if [ "$purpose" = test ]; then
    has curl || missing="$missing curl"
    has jq || missing="$missing jq"
    has openssl || missing="$missing openssl"
    has python3 && python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
    for program in pgbouncer nginx caddy; do
        has "$program" || [ -x ".setup/debian/usr/sbin/$program" ] || [ -x ".setup/debian/usr/bin/$program" ] ||
            unpacked="$unpacked $program"
    done
    # Ubuntu has it as a snap only, which cannot be had here: then the tests of the pages are skipped, with a word.
    has_browser || browser="chromium fonts-liberation"
fi
[ -n "$missing$unpacked$browser" ] || exit 0

has apt-get || fail "This system has no apt-get. Install these with its own package manager, and try again:$missing$unpacked (PostgreSQL 15 or newer)."
[ "$(id -u)" = 0 ] || has sudo ||
    fail "Installing$missing$unpacked needs root: run 'make $purpose' as root once, or install sudo."
echo "setup: getting$missing$unpacked${browser:+ $browser}" >&2
# Only what apt-get says about trouble is worth reading.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{
    update &&
        case $missing in *postgresql*) forbid_main_cluster ;; esac &&
        { [ -z "$missing" ] || apt install --no-install-recommends $missing; } &&
        { [ -z "$browser" ] || ! apt-cache show chromium || apt install --no-install-recommends $browser; } &&
        # The libraries of PgBouncer are not on every machine; unlike PgBouncer itself they start nothing.
        case $unpacked in
        *pgbouncer*)
            apt install --no-install-recommends $(apt-cache depends pgbouncer |
                sed -n 's/^ *Depends: \(libevent[^ ]*\|libc-ares[^ ]*\)$/\1/p')
            ;;
        esac &&
        unpack $unpacked
} >"$log" 2>&1 || { cat "$log" >&2; fail "apt-get could not install$missing$unpacked; its own words stand above."; }
[ -z "$browser" ] || has_browser ||
    echo "setup: apt-get has no Chromium here. Install Google Chrome if the tests of the pages are to run." >&2
