"""What is known of a model, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orca_local.models.listing import ModelView
from tui.text import one_line, size


def fits(view: ModelView, memory: int | None) -> str:
    """Whether the machine has the memory for it."""
    return {True: "yes", False: "no", None: "–"}[view.fits(memory)]


def where(view: ModelView, fetched: int | None) -> str:
    """Whether it is here, on its way, begun, or how to get it."""
    if view.path is not None:
        return "here"
    if fetched is not None:
        return "checking" if fetched >= view.model.bytes else f"↓ {_share(fetched, view)}"
    if view.partial:
        return f"{_share(view.partial, view)} here"
    return "a package" if view.model.source == "package" else "to fetch"


def about(view: ModelView, memory: int | None, fetched: int | None) -> str:
    """All that the catalog says, and what to do with it."""
    model = view.model
    need = f"{model.memory_gb:g} GB to probe, train and export it"
    if view.fits(memory) is False:
        need += "; this machine has less, so training may be refused"
    facts = {
        "file": f"{model.file}, {size(model.bytes)}",
        "from": model.repo,
        "parameters": f"{model.parameters / 1e6:,.0f} million",
        "memory": need,
        "licence": model.licence,
        "here": str(view.path) if view.path else _to_fetch(view, fetched),
    }
    return table(facts) + f'\n\nTo make it the student: file = "{model.id}" under [student] in orca.toml.'


def inspection(description: Mapping[str, Any]) -> str:
    """What a file's header says, its chat template last."""
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
    }
    template = description["chat_template"] or "There is none: it is no instruct or chat model."
    return f"{table(facts)}\n\n── chat template\n{template}"


def table(facts: Mapping[str, object]) -> str:
    """Names and values, a line each."""
    return "\n".join(f"{name:<16}{one_line(str(value), 2_000).plain}" for name, value in facts.items())


def _to_fetch(view: ModelView, fetched: int | None) -> str:
    model = view.model
    if model.source == "package":
        return 'no: pip install "orca-local[starter]"'
    if fetched is not None:
        return f"{size(fetched)} of about {size(model.bytes)}; it goes on when this program is closed; x ends it"
    if view.partial:
        return f"{size(view.partial)} of about {size(model.bytes)}; p goes on from there"
    return "no; p fetches it"


def _share(done: int, view: ModelView) -> str:
    # The catalog's size is about right: a download that goes on is never all done.
    return f"{min(99, 100 * done // view.model.bytes)} %"
