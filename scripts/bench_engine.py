"""Compares our engine's speed with llama-cpp-python (one prompt at a time) and llama-server on the same requests.

python scripts/bench_engine.py --data DIRECTORY|FILE [--student GGUF] [--requests 200] [--rounds 3]
    [--server PATH/llama-server] [--batched-bench PATH/llama-batched-bench] [--compute as_is auto] [--one-at-a-time 40]
    [--without-amx]

The contestants take turns; medians are reported. The samples come from the task files (*.jsonl) in DIRECTORY, or from
the starter tasks, and use the strategies in turn. llama-batched-bench does not read prompts, end answers or produce
texts, so at the same lengths it gives the upper limit.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import chain, islice, product
from pathlib import Path
from typing import Any

from orca_local.domain.settings import EngineSettings
from orca_local.domain.strategies import BUILTIN
from orca_local.domain.types import Completion, Request, Sample, SamplingSettings
from orca_local.engines.amx import EXIT_WRONG_RESULTS, amx_works, model_parameters
from orca_local.engines.compute import ComputeChoice, choose_compute
from orca_local.engines.make import make_file_engine
from orca_local.generation.generate import in_batching_order
from orca_local.gguf.header import read_header
from orca_local.kinds.prompts import student_messages
from orca_local.kinds.scoring import is_scored
from orca_local.models.locate import resolve_student
from orca_local.rows.renderer import PromptRenderer
from orca_local.starter.install import load_samples
from orca_local.system.digest import file_sha256
from orca_local.system.threads import physical_cores
from orca_local.tasks.read import read_tasks

PORT = 18_471
SLOTS = 32
Answers = dict[str, tuple[str, int]]
"""Request id → text and generated tokens."""


def main() -> None:
    """Print generated tokens per second of each contestant, and the ratios."""
    arguments = parse()
    student = resolve_student(arguments.student, Path.cwd())
    requests = make_requests(student, arguments)
    few = requests[:: max(1, len(requests) // max(1, arguments.one_at_a_time))]
    prompt = statistics.mean(len(request.token_ids) for request in requests)
    print(f"{len(requests)} requests, {prompt:.0f} prompt tokens each, {physical_cores()} threads, {student.name}")
    repack = ["--no-repack"] if arguments.without_amx else []
    if arguments.without_amx:
        os.environ["ORCA_LOCAL_CACHE"] = tempfile.mkdtemp()
        amx_works(read_header(student), trial=lambda _: EXIT_WRONG_RESULTS)
    contestants: dict[str, Callable[[], tuple[Answers, float]]] = {}
    sha256 = file_sha256(student)
    forms = {name: choose_compute(student, sha256, EngineSettings(compute=name)) for name in arguments.compute}
    for compute, form in forms.items():
        print(f"{compute}: {form.reason}")
        contestants[f"ours ({compute})"] = lambda form=form: ours(form, requests)
    if arguments.one_at_a_time:
        contestants["one at a time"] = lambda: one_at_a_time(student, few)
    if arguments.server:
        contestants["llama-server"] = lambda: llama_server([arguments.server, *repack], student, requests)
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    answers: dict[str, Answers] = {}
    for number in range(arguments.rounds):
        for name in sorted(contestants, reverse=bool(number % 2)):
            answers[name], seconds = contestants[name]()
            rates[name].append(sum(tokens for _, tokens in answers[name].values()) / seconds)
            print(f"round {number + 1}: {name}: {rates[name][-1]:.0f} tokens/s", flush=True)
    report(rates, answers, requests)
    if arguments.batched_bench:
        tokens = statistics.mean(tokens for _, tokens in answers[next(iter(contestants))].values())
        for form, flash in product(forms.values(), ("auto", "off")):
            options = [*repack, "-fa", flash]
            batched_bench([arguments.batched_bench, *options], form.path, round(prompt), round(tokens))


def parse() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--student", default="smollm2-135m-instruct")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--max-tokens", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--compute", nargs="+", default=["as_is"])
    parser.add_argument("--one-at-a-time", type=int, default=40, help="Requests for llama-cpp-python; 0: none.")
    parser.add_argument("--without-amx", action="store_true", help="Do not use AMX kernels.")
    parser.add_argument("--server", type=Path)
    parser.add_argument("--batched-bench", type=Path)
    return parser.parse_args()


def make_requests(student: Path, arguments: argparse.Namespace) -> list[Request]:
    """Requests for samples of all files, with the strategies in turn."""
    data: Path | None = arguments.data
    files = ([data] if data.is_file() else sorted(data.glob("*.jsonl"))) if data else []
    groups: list[list[Sample]] = [list(read_tasks(path).samples) for path in files if "tasks" not in path.name]
    groups = groups or [load_samples()]
    share = -(-arguments.requests // len(groups))
    chosen = [s for group in groups for s in group[:: max(1, len(group) // share)] if is_scored(s)]
    settings = SamplingSettings(max_tokens=arguments.max_tokens)
    requests = []
    with closing(PromptRenderer(student)) as renderer:
        for number, sample in enumerate(islice(chosen, arguments.requests)):
            messages = student_messages(sample, BUILTIN[number % len(BUILTIN)])
            ids = renderer.prompt_ids(messages)
            if len(ids) + arguments.max_tokens < 1024:
                requests.append(Request(str(number), messages, ids, settings))
    return requests


def ours(form: ComputeChoice, requests: Sequence[Request]) -> tuple[Answers, float]:
    """Submit all requests and step until they have ended."""
    with closing(make_file_engine(EngineSettings(), form.path, compute=form.compute)) as engine:
        started = time.perf_counter()
        for request in in_batching_order(requests):
            engine.submit(request)
        answers: Answers = {}
        while len(answers) < len(requests):
            for item in engine.step():
                if isinstance(item, Completion):
                    answers[item.request_id] = (item.text, item.completion_tokens)
        return answers, time.perf_counter() - started


def one_at_a_time(student: Path, requests: Sequence[Request]) -> tuple[Answers, float]:
    """Call `create_chat_completion` for one request after another, as most programs use llama-cpp-python."""
    from orca_local.gguf.llama import library

    llama = library()
    parameters = model_parameters(read_header(student))
    llama.llama_cpp.llama_model_default_params = lambda: type(parameters).from_buffer_copy(parameters)
    model = llama.Llama(str(student), n_ctx=1024, n_threads=physical_cores(), n_gpu_layers=-1, verbose=False)
    answers: Answers = {}
    started = time.perf_counter()
    for request in requests:
        messages: list[Any] = [message.to_dict() for message in request.messages]
        result = model.create_chat_completion(
            messages, temperature=0.0, max_tokens=request.settings.max_tokens, repeat_penalty=1.0
        )
        answers[request.id] = (result["choices"][0]["message"]["content"], result["usage"]["completion_tokens"])
    seconds = time.perf_counter() - started
    model.close()
    return answers, seconds


def llama_server(command: Sequence[Any], student: Path, requests: Sequence[Request]) -> tuple[Answers, float]:
    """Send token ids over HTTP, with `SLOTS` requests in flight."""
    options = {"-m": student, "--port": PORT, "-np": SLOTS, "-c": SLOTS * 1024, "-t": physical_cores()}
    words = [str(word) for word in (*command, "--host", "127.0.0.1", *chain.from_iterable(options.items()))]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        killer = threading.Timer(1800, process.kill)
        killer.start()
        try:
            _wait_until_ready()
            started = time.perf_counter()
            with ThreadPoolExecutor(SLOTS) as pool:
                answers = dict(pool.map(_ask_server, requests))
            return answers, time.perf_counter() - started
        finally:
            killer.cancel()
            process.kill()


def _wait_until_ready() -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("llama-server does not answer")


def _ask_server(request: Request) -> tuple[str, tuple[str, int]]:
    body = {
        "prompt": list(request.token_ids),
        "n_predict": request.settings.max_tokens,
        "temperature": 0.0,
        "samplers": ["top_k"],
        "top_k": 1,
        "cache_prompt": True,
    }
    http_request = urllib.request.Request(f"http://127.0.0.1:{PORT}/completion", json.dumps(body).encode())
    with urllib.request.urlopen(http_request, timeout=900) as response:
        answer = json.load(response)
    return request.id, (answer["content"], answer["tokens_predicted"])


def report(rates: dict[str, list[float]], answers: dict[str, Answers], requests: Sequence[Request]) -> None:
    """Print medians, ratios and the number of equal texts."""
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, rate in medians.items():
        print(f"{name:16} {rate:7.0f} tokens/s   {len(answers[name])} answers")
    ours = [name for name in medians if name.startswith("ours")]
    for mine, other in product(ours, medians):
        if mine != other:
            same = [answers[mine][key][0].strip() == text.strip() for key, (text, _) in answers[other].items()]
            print(f"{mine} ÷ {other}: {medians[mine] / medians[other]:.2f}; equal texts {sum(same)} of {len(same)}")


def batched_bench(command: Sequence[Any], student: Path, prompt: int, tokens: int) -> None:
    """Run llama-batched-bench at the same mean lengths; its own total includes prompt tokens."""
    size = SLOTS * (prompt + tokens + 8)
    options = {"-m": student, "-c": size, "-b": 2048, "-ub": 512, "-npp": prompt, "-ntg": tokens}
    options |= {"-npl": SLOTS, "-t": physical_cores()}
    words = [str(word) for word in (*command, *chain.from_iterable(options.items()))]
    out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    rows = [re.findall(r"[\d.]+", line) for line in out.splitlines() if re.match(r"\|\s*\d", line)]
    seconds = float(rows[-1][8])
    name = f"llama-batched-bench {student.name} {' '.join(map(str, command[1:]))}"
    print(f"{name}: {SLOTS} × ({prompt} + {tokens}): {SLOTS * tokens / seconds:.0f} generated tokens/s")


if __name__ == "__main__":
    sys.exit(main())
