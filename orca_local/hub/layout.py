"""Which files of a dataset repository belong to which config and split.

The block `configs:` at the head of README.md says it. Without one, the names of the files and directories do:
`data/train-00000-of-00003.parquet`, `CONFIG/test-00000-of-00001.parquet`, `CONFIG/train/0000.parquet`, `train.jsonl`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from orca_local.domain.frozen import Frozen

SUFFIXES = (".parquet", ".jsonl", ".ndjson", ".json", ".csv", ".tsv")
"""Endings of the names of files that can be read."""
DEFAULT = "default"
"""The config of files that are in no directory of their own."""
_NO_DATA = {"dataset_infos.json", "dataset_info.json", "dataset_dict.json", "state.json", "package.json", "config.json"}
_SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}
_SHARD = re.compile(r"(?P<split>.+)-\d{5}-of-\d{5}(-[0-9a-f]{4,})?")
_WORD = re.compile(r"[^A-Za-z]+")
PARTIAL = "partial-"
"""What the directory of a split begins with that the hub converted in part."""
MAX_FRONT_MATTER = 2_000_000
"""Characters of the block at the head of README.md."""

Splits = dict[str, tuple[str, ...]]
"""Paths of the files of each split."""


class Layout(Frozen):
    """The configs of a repository."""

    configs: Mapping[str, Splits]
    default: str = ""
    """The config to read where none is named; empty if a person has to choose."""
    is_described: bool = False
    """Whether README.md names them."""
    problem: str = ""
    """Why the head of README.md was not followed; empty if it was, or if there is none."""


def find_layout(paths: Sequence[str], readme: str) -> Layout:
    """Return the configs of a repository with these files. `readme` is the text of its README.md."""
    data = [path for path in paths if is_data(path)]
    configs, problem = _front_matter(readme)
    if configs:
        named = {name: splits for name, splits, _ in (_read_config(item, data) for item in configs) if splits}
        defaults = [name for name, _, is_default in (_read_config(item, data) for item in configs) if is_default]
        if named:
            return Layout(named, _default(named, defaults), is_described=True)
    places: dict[str, dict[str, list[str]]] = {}
    for path in data:
        config, split = _place(path)
        places.setdefault(config, {}).setdefault(split, []).append(path)
    found = {config: _splits(lists) for config, lists in places.items()}
    return Layout(found, _default(found, []), problem=problem)


def is_data(path: str) -> bool:
    """Whether a file of a repository may hold rows."""
    name = path.rpartition("/")[2].lower()
    return (
        name.removesuffix(".gz").endswith(SUFFIXES)
        and name not in _NO_DATA
        and not any(p.startswith(".") for p in path.split("/"))
    )


def is_partial(path: str) -> bool:
    """Whether a file belongs to a split that the hub converted to Parquet in part."""
    return any(part.startswith(PARTIAL) for part in path.split("/")[:-1])


def _default(configs: Mapping[str, Splits], marked: Sequence[str]) -> str:
    if len(configs) == 1:
        return next(iter(configs))
    return next((name for name in (*marked, DEFAULT) if name in configs), "")


def _front_matter(readme: str) -> tuple[list[dict[str, Any]], str]:
    """Return the `configs:` of the block at the head of README.md, and why they cannot be read."""
    match = re.match(r"\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*$", readme[:MAX_FRONT_MATTER], re.DOTALL | re.MULTILINE)
    if match is None:
        return [], ""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # Without merge keys (`<<`): each of them may double what the ones before it hold.
    loader = type("_Loader", (loader,), {"flatten_mapping": lambda self, node: None})
    try:
        head = yaml.load(match[1], loader)
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date that is none
        return [], "the head of its README.md is no YAML: its files are grouped by their names"
    configs = head.get("configs") if isinstance(head, dict) else None
    items = configs if isinstance(configs, list) else []
    return [item for item in items if isinstance(item, dict) and ("data_files" in item or "data_dir" in item)], ""


def _read_config(item: dict[str, Any], data: Sequence[str]) -> tuple[str, Splits, bool]:
    """Return the name of a config, its splits, and whether it is the one to read where none is named."""
    name = _text(item.get("config_name"), DEFAULT)
    directory = _text(item.get("data_dir"), "").strip("/")
    inside = f"{directory}/" if directory else ""
    if "data_files" not in item:
        lists: dict[str, list[str]] = {}
        for path in data:
            if path.startswith(inside):
                lists.setdefault(_place(path.removeprefix(inside))[1], []).append(path)
        return name, _splits(lists), item.get("default") is True
    found = {
        split: tuple(path for path in data if any(matches(path, pattern) for pattern in patterns))
        for split, patterns in _patterns(item["data_files"], inside)
    }
    return name, {split: paths for split, paths in found.items() if paths}, item.get("default") is True


def _text(value: Any, default: str) -> str:
    """Return a text or a number as text. A list or an object is no name: with aliases, its text may have no end."""
    return str(value) if isinstance(value, str | int | float) else default


def _splits(lists: Mapping[str, Sequence[str]]) -> Splits:
    return {split: tuple(paths) for split, paths in lists.items()}


def _patterns(value: Any, inside: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the splits of `data_files`, each with the patterns of its paths."""
    entries = value if isinstance(value, list) else [value]
    if all(isinstance(entry, str) for entry in entries):
        entries = [{"split": "train", "path": entries}]
    for entry in entries:
        if isinstance(entry, dict):
            paths = entry.get("path", [])
            texts = [text for text in (paths if isinstance(paths, list) else [paths]) if isinstance(text, str)]
            yield _text(entry.get("split"), "train"), [inside + text.removeprefix("./") for text in texts]


def matches(path: str, pattern: str) -> bool:
    """Whether a path matches a pattern, in which `**` stands for any number of directories."""
    parts = path.split("/")
    reached = {0}  # numbers of parts of the path that the pattern matches so far
    for wanted in pattern.split("/"):
        if wanted == "**":
            reached = set(range(min(reached), len(parts) + 1))
        else:
            reached = {n + 1 for n in reached if n < len(parts) and fnmatchcase(parts[n], wanted)}
        if not reached:
            return False
    return len(parts) in reached


def _place(path: str) -> tuple[str, str]:
    """Return the config and the split of a file, from its path. A directory of a split precedes the file's name."""
    *directories, name = path.split("/")
    stem = name.rpartition(".")[0]
    shard = _SHARD.fullmatch(stem)
    split, kept = "", []
    for directory in directories:
        word = directory.removeprefix(PARTIAL)
        if word in _SPLITS or word != directory:
            split = split or word
        elif directory != "data":
            kept.append(directory)
    split = split or (shard["split"] if shard else _split_of(stem)) or "train"
    return "/".join(kept) or DEFAULT, _SPLITS.get(split, split)


def _split_of(stem: str) -> str:
    """Return the split that the name of a file says; empty if it says none."""
    words = [word.lower() for word in _WORD.split(stem)]
    return next((_SPLITS[word] for word in reversed(words) if word in _SPLITS), "")
