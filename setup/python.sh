#!/bin/sh
# Puts the pinned Python packages of setup/NAME.txt into an environment of their own, .setup/NAME.
#
#   setup/python.sh clients     the generator of API clients, what its clients need, and axe-core
#   setup/python.sh storage     the S3-compatible server for the tests of backups
set -eu
cd "$(dirname "$0")/.."
name=$1
folder=.setup/$name
stamp=$folder/installed.txt

# What must be there, and where: such an environment knows its own place, and does not work in a folder that moved.
wanted() {
    cat "setup/$name.txt"
    echo "# in $(cd "$folder" && pwd -P)"
}

if [ -d "$folder" ] && wanted | cmp -s - "$stamp"; then
    exit 0
fi
echo "setup: getting the packages of setup/$name.txt" >&2
rm -rf "$folder"
python3 -m venv "$folder"
"$folder/bin/python" -m pip --quiet --disable-pip-version-check install --no-deps -r "setup/$name.txt"
wanted >"$stamp"
