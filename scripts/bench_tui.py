"""Time the interface in a real terminal, on a workspace of 1,500 tasks and 300,000 answers.

python scripts/bench_tui.py [--student GGUF] [--only paint|scroll|idle|probe|flood] [--pairs 8]

First paint: time from the start of the process until the first screen is drawn, and until it shows the results of the
stages. Scrolling: pages per second through the matrix. Idle: processor time during a run that reports progress four
times a second. Following: the time of a probe of the starter's student with and without its screen open, and of a run
that writes events as fast as it can, which no stage does. Runs with and without the interface alternate, and so does
the order within a pair.
"""

from __future__ import annotations

import argparse
import os
import pty
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from orca_local.models.locate import resolve_student
from orca_local.pipeline.quickstart import prepare_quickstart
from orca_local.runs.workspace import DATABASE_FILE
from tests.tui.big import make_big

FIRST_PAINT, FRAMES, IDLE, FOLLOWING = 0.8, 30, 0.02, 0.05
"""Targets: seconds, pages a second, share of one processor, share of the run's time."""
SIZE = (40, 120)
RUN = """
import sys, time
from pathlib import Path
from orca_local.domain.events import StageFinished, StageProgressed, StageStarted, StrategyDropped
from orca_local.runs.run import run_stage
from orca_local.runs.workspace import Workspace
workspace, count, pause = Workspace.open(Path(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3])
def events(run):
    yield StageStarted("probe", count, "generations")
    for done in range(count):
        if pause:
            time.sleep(pause)
        yield StageProgressed(done, tokens=10 * done)
        if done % 10 == 0:
            sum(i * i for i in range(20000))
            yield StrategyDropped("task-0001", "direct_answer", done)
    yield StageFinished("probe")
with workspace.store() as store:
    run_stage(store, workspace.directory, "probe", workspace.settings, events, lambda event: None)
"""


def main() -> None:
    """Print each result beside its target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--student", default="smollm2-135m-instruct", help="Student of the large workspace.")
    parser.add_argument("--only", choices=["paint", "scroll", "idle", "probe", "flood"], help="Measure only this.")
    parser.add_argument(
        "--pairs", type=int, default=8, help="Pairs of runs with and without the interface; at least 2."
    )
    arguments = parser.parse_args()
    if arguments.pairs < 2:
        parser.error("--pairs: two at least, for quartiles")
    with tempfile.TemporaryDirectory() as name:
        big, real = Path(name) / "big", Path(name) / "real"
        if arguments.only != "probe":
            make_big(big, resolve_student(arguments.student, Path.cwd()))
        figures: dict[str, Callable[[], None]] = {
            "paint": lambda: _first_paint(big),
            "scroll": lambda: _scroll(big),
            "idle": lambda: _idle(big),
            "probe": lambda: _following_a_probe(real, arguments.pairs),
            "flood": lambda: _following_a_flood(big, arguments.pairs),
        }
        for figure in [arguments.only] if arguments.only else figures:
            figures[figure]()


def _first_paint(directory: Path) -> None:
    drawn, filled = [], []
    for _ in range(5):
        began = time.perf_counter()
        with Terminal(directory) as terminal:
            terminal.read_until(b"Recent")
            drawn.append(time.perf_counter() - began)
            terminal.read_until(b"certain")
            filled.append(time.perf_counter() - began)
    print(f"first paint {statistics.median(drawn):.2f} s (≤ {FIRST_PAINT}), figures {statistics.median(filled):.2f} s")


def _scroll(directory: Path) -> None:
    with Terminal(directory) as terminal:
        terminal.read_until(b"certain")
        terminal.write(b"3")
        terminal.read_until(b"task-0001")
        terminal.settle()
        pages = 40
        began = time.perf_counter()
        for _ in range(pages):
            terminal.write(b"\x1b[6~")
            terminal.read_some()
        terminal.settle(0.05)
        seconds = time.perf_counter() - began
    print(f"scrolling: {pages / seconds:.0f} pages/s (≥ {FRAMES})")


def _idle(directory: Path) -> None:
    with _run(directory, 400, 0.1), Terminal(directory) as terminal:
        terminal.read_until(b"certain")
        terminal.settle(3.0)
        before, began = terminal.processor_seconds(), time.perf_counter()
        terminal.read_for(15.0)
        share = (terminal.processor_seconds() - before) / (time.perf_counter() - began)
    print(f"during a run: {100 * share:.1f} % of a processor (≤ {100 * IDLE:.0f} %)")


def _following_a_probe(directory: Path, pairs: int) -> None:
    """Probe the starter's tasks under every strategy, from the same store each time, with the matrix on the screen."""
    workspace = prepare_quickstart(directory)
    command = [sys.executable, "-m", "orca_local", "probe", "--method", "exhaustive", "-q", "-w", str(directory)]
    subprocess.run([*command, "--samples", "1"], check=True, stdout=subprocess.DEVNULL)  # makes the base
    database, kept = directory / DATABASE_FILE, directory / "kept.db"
    workspace.store().close()  # closing moves the write-ahead log into the file
    shutil.copy(database, kept)

    def begin() -> None:
        for path in directory.glob(f"{DATABASE_FILE}*"):
            path.unlink()
        shutil.copy(kept, database)

    _compare("a probe of the starter's student", directory, [*command, "--samples", "3"], b"3", pairs, begin)


def _following_a_flood(directory: Path, pairs: int) -> None:
    command = [sys.executable, "-c", RUN, str(directory), "20000", "0"]
    _compare("20,000 events as fast as they come", directory, command, b"1", pairs, lambda: None)


def _compare(
    name: str, directory: Path, command: Sequence[str], screen: bytes, pairs: int, begin: Callable[[], None]
) -> None:
    """Compare the time of a command with the interface open on a screen and without the interface."""
    alone, followed, used = [], [], []
    for number in range(pairs):
        for is_followed in (False, True) if number % 2 else (True, False):
            begin()
            if not is_followed:
                alone.append(_timed(command))
                continue
            with Terminal(directory) as terminal:
                terminal.read_until(b"certain")
                terminal.write(screen)
                terminal.settle(1.0)
                before = terminal.processor_seconds()
                followed.append(_timed(command, terminal))
                used.append((terminal.processor_seconds() - before) / followed[-1])
    low, more, high = statistics.quantiles([f / a - 1 for f, a in zip(followed, alone, strict=True)], n=4)
    print(
        f"following {name} adds {100 * more:+.1f} % (quartiles {100 * low:+.0f} and {100 * high:+.0f}) to "
        f"{statistics.median(alone):.1f} s (≤ {100 * FOLLOWING:.0f} %); the interface used "
        f"{100 * statistics.median(used):.1f} % of a processor",
        flush=True,
    )


def _timed(command: Sequence[str], terminal: Terminal | None = None) -> float:
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        if terminal is not None:
            terminal.read_for(0.05)
        else:
            time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"the run ended with {process.returncode}")
    return time.perf_counter() - began


@contextmanager
def _run(directory: Path, count: int, pause: float) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", RUN, str(directory), str(count), str(pause)])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


class Terminal:
    """The program in a pseudo-terminal."""

    def __init__(self, directory: Path) -> None:
        self._pid, self._file = pty.fork()
        if self._pid == 0:
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.environ |= {"LINES": str(SIZE[0]), "COLUMNS": str(SIZE[1])}
            os.execv(sys.executable, [sys.executable, "-m", "orca_local", "tui", "-w", str(directory)])

    def __enter__(self) -> Terminal:
        import fcntl
        import struct
        import termios

        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, 9)
        os.waitpid(self._pid, 0)
        os.close(self._file)

    def write(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._file, keys)

    def read_until(self, text: bytes, seconds: float = 30.0) -> None:
        """Wait until the program has drawn `text`."""
        seen, until = b"", time.perf_counter() + seconds
        while text not in seen:
            if time.perf_counter() > until:
                raise SystemExit(f"{text!r} was never drawn; the last was {seen[-400:]!r}")
            seen = seen[-20000:] + self.read_some()

    def read_some(self, seconds: float = 0.5) -> bytes:
        """The output that is drawn next; empty if nothing is drawn."""
        ready, _, _ = select.select([self._file], [], [], seconds)
        return os.read(self._file, 1 << 16) if ready else b""

    def read_for(self, seconds: float) -> None:
        """Read and discard the output for that time."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self.read_some(left)

    def settle(self, seconds: float = 0.3) -> None:
        """Wait until nothing was drawn for that time."""
        while self.read_some(seconds):
            pass

    def processor_seconds(self) -> float:
        """Processor time that the program has used so far."""
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
