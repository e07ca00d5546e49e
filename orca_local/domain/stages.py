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
    """What the stage does, as in "press g to …"."""
    title: str = ""
    """Its entry in the command palette."""
    command: tuple[str, ...] = ()
    """The arguments of `orca-local` that start it; empty if it cannot start without a file."""


STAGES = (
    Stage("tasks", "Add and show tasks.", "import tasks"),
    Stage(
        "probe",
        "Test the student under every strategy and select one for each task.",
        "test the strategies",
        "Probe the student",
        ("probe",),
    ),
    Stage(
        "teach",
        "Ask the teacher to answer the training samples with the selected strategies.",
        "ask the teacher",
        "Ask the teacher",
        ("teach",),
    ),
    Stage(
        "dataset",
        "Review the teacher's answers and turn them into training rows.",
        "build the training rows",
        "Build the dataset",
        ("dataset", "build"),
    ),
    Stage("train", "Fine-tune the student.", "train the student", "Train", ("train",)),
    Stage(
        "export", "Merge the adapter, quantize, test, and write a GGUF.", "write the GGUF file", "Export", ("export",)
    ),
    Stage(
        "evaluate",
        "Compare base and tuned on the holdout samples.",
        "compare base and tuned",
        "Evaluate",
        ("evaluate",),
    ),
)

BASE = "base"
"""The stage name of runs that make the base model. Other stages start them when they need the base."""

BY_NAME = {stage.name: stage for stage in STAGES}
