"""The stages of the pipeline, in order: the one table that commands, screens and views are made from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the pipeline."""

    name: str
    """Its command, and the name under which its runs are stored."""
    help: str
    """One line for `orca-local --help`."""
    action: str
    """What to do when the stage is next, in a few words."""
    title: str = ""
    """Its entry in the command palette."""
    command: tuple[str, ...] = ()
    """The arguments of `orca-local` that start it; empty if it cannot start without a file."""


STAGES = (
    Stage("tasks", "Add and show tasks.", "import a file"),
    Stage(
        "probe",
        "Measure the student under every strategy and choose one per task.",
        "measure",
        "Probe the student",
        ("probe",),
    ),
    Stage(
        "teach",
        "Gather the teacher's answers under the chosen strategies.",
        "ask the teacher",
        "Ask the teacher",
        ("teach",),
    ),
    Stage(
        "dataset",
        "Turn answers into training rows, the strategy erased.",
        "build the rows",
        "Build the dataset",
        ("dataset", "build"),
    ),
    Stage("train", "Fine-tune the student.", "train", "Train", ("train",)),
    Stage("export", "Merge, quantize, test and write a GGUF.", "write the GGUF", "Export", ("export",)),
    Stage("evaluate", "Compare base and tuned files on the holdout samples.", "compare", "Evaluate", ("evaluate",)),
)

BY_NAME = {stage.name: stage for stage in STAGES}
