"""The versions that a run's results depend on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "orca-local",
    "llama-cpp-python",
    "numpy",
    "torch",
    "bitsandbytes",
    "mlx",
    "mlx-lm",
    "openai",
    "jinja2",
    "gguf",
    "sqlite-utils",
)


def installed_versions() -> dict[str, str]:
    """Python, the system, and each package that is installed; nothing is imported."""
    versions = {"python": platform.python_version(), "system": platform.platform()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
