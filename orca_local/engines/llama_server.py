"""`python -m orca_local.engines.llama_server --model FILE …`: llama-cpp-python's server with our loading parameters."""

from __future__ import annotations

import sys
from pathlib import Path

from orca_local.engines.amx import model_parameters
from orca_local.gguf.header import read_header
from orca_local.gguf.llama import run_server

if __name__ == "__main__":
    run_server(model_parameters(read_header(Path(sys.argv[sys.argv.index("--model") + 1]))))
