"""The versions of the packages that the results of a run depend on."""

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
    """The versions of Python, the system and each installed package, by name. Imports none of them."""
    versions = {"python": platform.python_version(), "system": platform.platform()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
