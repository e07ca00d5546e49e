"""The catalog entry and the header of a model as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orca_local.domain.figures import size
from orca_local.models.listing import ModelView
from tui.text import one_line


def fits(view: ModelView, memory: int | None) -> str:
    """Whether this machine has enough memory for the model."""
    return {True: "yes", False: "no", None: "–"}[view.fits(memory)]


def status(view: ModelView, fetched: int | None) -> str:
    """Whether the model is on disk, is being downloaded, or was downloaded in part."""
    if view.path is not None:
        return "on disk"
    if fetched is not None:
        return "checking" if fetched >= view.model.bytes else f"↓ {_share(fetched, view)}"
    if view.partial:
        return f"{_share(view.partial, view)} on disk"
    return "in a package" if view.model.source == "package" else "not on disk"


def about(view: ModelView, memory: int | None, fetched: int | None) -> str:
    """The catalog entry of a model, and how to get and use it."""
    model = view.model
    required = f"{model.memory_gb:g} GB to probe, train and export it"
    if view.fits(memory) is False:
        required += "; this machine has less, so training may be refused"
    facts = {
        "file": f"{model.file}, {size(model.bytes)}",
        "from": model.repo,
        "parameters": f"{model.parameters / 1e6:,.0f} million",
        "memory": required,
        "licence": model.licence,
        "on disk": str(view.path) if view.path else _how_to_get(view, fetched),
    }
    return table(facts) + f'\n\nTo use it as the student: file = "{model.id}" under [student] in orca.toml.'


def inspection(description: Mapping[str, Any]) -> str:
    """The header of a GGUF, with its chat template at the end."""
    problems = description["problems"]
    types = ", ".join(f"{count} {kind}" for kind, count in description["tensor_types"].items())
    facts = {
        "file": description["path"],
        "name": description["name"] or "–",
        "architecture": description["architecture"],
        "quantization": description["quantization"],
        "parameters": f"{description['parameters']:,}",
        "context length": f"{description['context_length']:,} tokens",
        "size": size(description["bytes"]),
        "tensors": types,
        "trainable": "yes" if description["trainable"] else "no",
        "problems": "; ".join(problems) or "none",
        "untrainable": "; ".join(description["untrainable"]) or "–",
        "warnings": "; ".join(description["warnings"]) or "none",
    }
    template = description["chat_template"] or "None: this is not an instruct or chat model."
    return f"{table(facts)}\n\n── chat template\n{template}"


def table(facts: Mapping[str, object]) -> str:
    """A line for each name and value."""
    return "\n".join(f"{name:<16}{one_line(str(value), 2_000).plain}" for name, value in facts.items())


def _how_to_get(view: ModelView, fetched: int | None) -> str:
    model = view.model
    if model.source == "package":
        return 'no; to install it: pip install "orca-local[starter]"'
    if fetched is not None:
        return f"{size(fetched)} of about {size(model.bytes)}; continues if you close this program; press x to stop it"
    if view.partial:
        return f"{size(view.partial)} of about {size(model.bytes)}; press p to resume the download"
    return "no; press p to download it"


def _share(done: int, view: ModelView) -> str:
    # The catalog's size is approximate, and a running download is not complete.
    return f"{min(99, 100 * done // view.model.bytes)}%"
