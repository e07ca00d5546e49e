"""Measures `orca-local serve`: four streams at once against the same four one after another, on the embedded student.

    python scripts/bench_serve.py [--rounds 5] [--max-tokens 128] [--peer]

`--peer` also measures one stream of llama-cpp-python's server, in turns with ours (it needs llama-cpp-python[server]).
All rounds use other questions, so that no round reads prompts that are in memory.
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import openai

from orca_local.models.locate import resolve_student

STREAMS = 4


def stream(client: openai.OpenAI, model: str, question: str, max_tokens: int) -> int:
    """Read one answer to its end; returns its number of chunks with text, which is that of its tokens or nearly so."""
    chunks = client.chat.completions.create(
        model=model,
        messages=[{"role": "system", "content": "Answer at length."}, {"role": "user", "content": question}],
        max_tokens=max_tokens,
        temperature=0,
        stream=True,
    )
    return sum(1 for chunk in chunks if chunk.choices and chunk.choices[0].delta.content)


def rate(client: openai.OpenAI, model: str, questions: list[str], max_tokens: int, at_once: int) -> float:
    """Tokens per second of all questions together, `at_once` of them at a time."""
    started = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        tokens = sum(pool.map(lambda question: stream(client, model, question, max_tokens), questions))
    return tokens / (time.perf_counter() - started)


@contextmanager
def ours(student: Path) -> Iterator[tuple[openai.OpenAI, str]]:
    """A client of `orca-local serve`, and the model's name."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "orca_local"]
        subprocess.run([*command, "init", directory, "--quiet"], check=True, capture_output=True)
        arguments = [*command, "serve", str(student), "--port", "0", "--json", "-w", directory]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            try:
                assert process.stdout
                printed = json.loads(process.stdout.readline())
                with openai.OpenAI(base_url=printed["url"], api_key=printed["token"]) as client:
                    yield client, printed["model"]
            finally:
                process.terminate()


@contextmanager
def peer(student: Path) -> Iterator[tuple[openai.OpenAI, str]]:
    """The same for llama-cpp-python's server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    options = {"model": str(student), "host": "127.0.0.1", "port": port, "n_ctx": "2048", "model_alias": "peer"}
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
    command = [sys.executable, "-m", "llama_cpp.server", *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            with openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=20) as client:
                stream(client, "peer", "hello", 1)
                yield client, "peer"
        finally:
            process.terminate()


def questions(number: int) -> list[str]:
    """The questions of one round."""
    return [f"Explain how to count to {10 * number + i}, and why people do it." for i in range(STREAMS)]


def report(first: str, slow: list[float], second: str, fast: list[float]) -> None:
    """Print the medians of rounds that were run in turns, and the median of their ratios."""
    for name, rates in ((first, slow), (second, fast)):
        print(f"{name}: {statistics.median(rates):.0f} tokens/s  ({', '.join(f'{rate:.0f}' for rate in rates)})")
    print(f"median of paired ratios: {statistics.median(b / a for a, b in zip(slow, fast, strict=True)):.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--peer", action="store_true")
    arguments = parser.parse_args()
    student = resolve_student("smollm2-135m-instruct", Path.cwd())
    count = arguments.max_tokens
    with ours(student) as (client, model):
        stream(client, model, "hello", 1)
        one, four = [], []
        for number in range(arguments.rounds):
            one.append(rate(client, model, questions(2 * number), count, 1))
            four.append(rate(client, model, questions(2 * number + 1), count, STREAMS))
        report("one after another", one, "four at once", four)
        if arguments.peer:
            with peer(student) as (other, other_model):
                mine, theirs = [], []
                for number in range(100, 100 + arguments.rounds):
                    mine.append(rate(client, model, questions(number)[:1], count, 1))
                    theirs.append(rate(other, other_model, questions(number)[:1], count, 1))
                report("one stream, llama-cpp-python's server", theirs, "one stream, ours", mine)


if __name__ == "__main__":
    main()
