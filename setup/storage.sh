#!/bin/sh
# Puts the pinned S3-compatible server for the tests of backups into .setup/storage.
set -eu
cd "$(dirname "$0")/.."
stamp=.setup/storage/installed.txt
cmp -s setup/storage.txt "$stamp" && exit 0
echo "setup: getting the S3 server" >&2
rm -rf .setup/storage
python3 -m venv .setup/storage
.setup/storage/bin/python -m pip --quiet --disable-pip-version-check install --no-deps -r setup/storage.txt
cp setup/storage.txt "$stamp"
