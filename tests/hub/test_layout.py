from __future__ import annotations

import pytest

from orca_local.hub.layout import find_layout, is_data, is_partial


def described(*paths: str, readme: str = "") -> dict[str, dict[str, tuple[str, ...]]]:
    return dict(find_layout(paths, readme).configs)


def test_shards_in_data_are_one_config() -> None:
    paths = ("README.md", "data/test-00000-of-00001.parquet", "data/train-00000-of-00002-0a1b2c3d4e5f6789.parquet")
    layout = find_layout(paths, "")
    assert layout.configs == {"default": {"test": (paths[1],), "train": (paths[2],)}}
    assert layout.default == "default" and not layout.is_described


@pytest.mark.parametrize(
    ("path", "config", "split"),
    [
        ("main/train-00000-of-00001.parquet", "main", "train"),
        ("cot_zsopt_data/part.0.parquet", "cot_zsopt_data", "train"),
        ("default/validation/0000.parquet", "default", "validation"),
        ("default/partial-train/0000.parquet", "default", "train"),
        ("train/task020_evaluation_of_tests_train.jsonl", "default", "train"),
        ("test/task1_train_reordering.jsonl", "default", "test"),
        ("bigbench/navigate/val-00000-of-00001.parquet", "bigbench/navigate", "validation"),
        ("train.jsonl", "default", "train"),
        ("svamp_dev.json", "default", "validation"),
        ("1M-GPT4-Augmented.parquet", "default", "train"),
        ("data/holdout-00000-of-00001.parquet", "default", "holdout"),
    ],
)
def test_names_say_config_and_split(path: str, config: str, split: str) -> None:
    assert described(path) == {config: {split: (path,)}}


@pytest.mark.parametrize(
    "path", ["README.md", "dataset_infos.json", "x/state.json", "gsm8k.py", ".hidden/a.csv", "a.jsonl.zst", "image.png"]
)
def test_other_files_hold_no_rows(path: str) -> None:
    assert not is_data(path)


def test_a_partial_conversion_is_known_by_its_directory() -> None:
    assert is_partial("default/partial-train/0000.parquet") and not is_partial("partial-train.parquet")


README = """---
license: mit
configs:
- config_name: socratic
  data_files:
  - split: train
    path: socratic/train-*
- config_name: main
  default: true
  data_files:
  - split: train
    path: main/train-*
  - split: test
    path: ["main/test-*", "more/**/t?st.[cj]sv"]
- config_name: plain
  data_files: "*.csv"
- config_name: inside
  data_dir: main
---
# A card
"""
FILES = ("main/train-0.parquet", "main/test-0.parquet", "socratic/train-0.parquet", "more/x/y/test.csv", "a.csv")


def test_the_head_of_the_readme_goes_before_names() -> None:
    layout = find_layout(FILES, README)
    assert layout.is_described and layout.default == "main"
    assert layout.configs == {
        "socratic": {"train": ("socratic/train-0.parquet",)},
        "main": {"train": ("main/train-0.parquet",), "test": ("main/test-0.parquet", "more/x/y/test.csv")},
        "plain": {"train": ("a.csv",)},
        "inside": {"train": ("main/train-0.parquet",), "test": ("main/test-0.parquet",)},
    }


def test_a_default_is_asked_for_where_none_is_marked() -> None:
    assert find_layout(("a/train.csv", "b/train.csv"), "").default == ""
    assert find_layout(("a/train.csv", "train.csv"), "").default == "default"


@pytest.mark.parametrize(
    "head",
    ["configs: [", "configs: {a: 1}", "configs: [1, {data_files: [[]]}]", "- x", "configs:\n- data_files: {}", "a: 1"],
)
def test_a_head_that_says_nothing_usable_leaves_the_names(head: str) -> None:
    layout = find_layout(("main/train.csv",), f"---\n{head}\n---\n")
    assert layout.configs == {"main": {"train": ("main/train.csv",)}}
    assert bool(layout.problem) == (head == "configs: [")


def test_many_stars_cost_nothing() -> None:
    deep = "/".join("a" * 50)
    stars = "/".join(["**", "*a*a*a*"] * 20)
    readme = f"---\nconfigs:\n- config_name: x\n  data_files: '{stars}/b.csv'\n---\n"
    assert described(f"{deep}/c.csv", readme=readme) == {deep: {"train": (f"{deep}/c.csv",)}}


def test_very_many_files_are_divided_quickly() -> None:
    paths = [f"data/train-{number:06d}.csv" for number in range(100_000)]
    assert described(*paths) == {"default": {"train": tuple(paths)}}


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            [
                *(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 30)),
                *("configs:", "- config_name: *x29", "  data_files: train.csv"),
            ],
            "",
        ),
        ([f"x{n}: &x{n} {{<<: [{', '.join([f'*x{n - 1}'] * 9)}]}}" for n in range(1, 30)], "is no YAML"),
    ],
    ids=["aliases", "merge keys"],
)
def test_a_head_that_refers_to_itself_many_times_takes_little(lines: list[str], problem: str) -> None:
    head = "\n".join(["---", "x0: &x0 {a: b}", *lines, "---"])
    layout = find_layout(["train.csv"], head)
    assert layout.configs == {"default": {"train": ("train.csv",)}} and problem in layout.problem
