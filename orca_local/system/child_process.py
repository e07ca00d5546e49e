"""Native code in a process of its own: what ends that one does not end ours."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def module_command(name: str, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """The command that runs a module of ours with this interpreter, and the environment to run it in.

    Modules in the working directory, which is the user's, are none of ours and stay out.
    """
    package = Path(__file__).resolve().parents[2]
    paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
    command = [sys.executable, "-P", "-m", name, *arguments]
    return command, os.environ | {"PYTHONPATH": os.pathsep.join(paths), "GGML_NO_BACKTRACE": "1"}
