#!/bin/sh
# Puts the pinned generator of API clients, and what its clients need, into .setup/clients.
set -eu
cd "$(dirname "$0")/.."
stamp=.setup/clients/installed.txt
cmp -s setup/clients.txt "$stamp" && exit 0
echo "setup: getting the client generator" >&2
rm -rf .setup/clients
python3 -m venv .setup/clients
.setup/clients/bin/python -m pip --quiet --disable-pip-version-check install --no-deps -r setup/clients.txt
cp setup/clients.txt "$stamp"
