"""The stages of the pipeline, in order: the one table that commands, screens and views are made from."""

from __future__ import annotations

from orca_local.domain.frozen import Frozen


class Stage(Frozen):
    """One stage of the pipeline."""

    name: str
    """Its command, and the name under which its runs are stored."""
    help: str
    """One line for `orca-local --help`."""
    action: str
    """The action of the stage, as in "press g to …"."""
    subcommand: str = ""
    """The subcommand that runs it; empty for the command itself."""

    @property
    def title(self) -> str:
        """Its entry in the command palette."""
        return self.action[0].upper() + self.action[1:]

    @property
    def command(self) -> tuple[str, ...]:
        """The arguments of `orca-local` that run it; empty for `tasks`, which needs a file."""
        return () if self.name == "tasks" else (self.name, *filter(None, [self.subcommand]))


STAGES = (
    Stage("tasks", "Add, show and remove tasks, and choose their strategies.", "import tasks"),
    Stage("probe", "Test the student under every strategy and select one for each task.", "test the strategies"),
    Stage("teach", "Ask the teacher to answer the training samples with the selected strategies.", "ask the teacher"),
    Stage(
        "dataset", "Review the teacher's answers and make training rows of them.", "build the training rows", "build"
    ),
    Stage("train", "Fine-tune the student.", "train the student"),
    Stage("export", "Merge the adapter, quantize, test, and write a GGUF.", "write the GGUF file"),
    Stage("evaluate", "Compare base and tuned on the holdout samples.", "compare base and tuned"),
)

BASE = "base"
"""The stage name of runs that make the base model. Other stages start them when they need the base."""
SEEDS = "seeds"
"""The stage name of runs that train with further seeds (`run --seeds`)."""
JUDGE = "judge"
"""The stage name of runs that compare a judge's grades with the user's (`judge check`)."""

SUITES = "suites"
"""The stage name of runs that evaluate benchmarks (`evaluate --suite`)."""

BY_NAME = {stage.name: stage for stage in STAGES}
