"""What only the llama.cpp engine does: memory, shared prefixes, scores, and errors of files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.settings import EngineSettings
from orca_local.domain.statistics import mean_kl
from orca_local.domain.types import Completion, Message, Request, SamplingSettings
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.engines.slot import Slot, SlotAssignment, assign_slot
from orca_local.rows.renderer import PromptRenderer
from tests.engines.drive import prompt, prompt_logits, request, run

SETTINGS = EngineSettings(capacity=4, context=1024, threads=1)


@pytest.fixture
def engine(tiny_gguf: Path) -> Iterator[LlamaCppEngine]:
    """Four sequences of the tiny model."""
    opened = LlamaCppEngine(tiny_gguf, SETTINGS)
    yield opened
    opened.close()


def test_the_same_prompt_again_reads_two_tokens(engine: LlamaCppEngine) -> None:
    first = run(engine, [request("first", prompt(5, 300))])["first"]
    again = run(engine, [request("again", prompt(5, 300))])["again"]
    assert engine.prompt_tokens_read == 302
    assert first.text == again.text


def test_a_place_is_where_most_is_known() -> None:
    ids = list(range(100))
    busy = Slot(0, cached=ids[:80])
    busy.active = object()  # type: ignore[assignment]
    empty, some = Slot(1), Slot(2, cached=ids[:70])
    assert assign_slot([busy, empty, some], ids, share=True) == assign_slot([some], ids, share=True)
    place = assign_slot([busy, empty], ids, share=True)
    assert place == SlotAssignment(empty, busy, 80)
    assert assign_slot([busy, empty, some], ids, share=False).common == 0
    assert assign_slot([Slot(0, cached=ids)], ids, share=True).common == 98, "the last two are read"


def test_long_prompts_are_read_in_parts(engine: LlamaCppEngine) -> None:
    long = request("long", prompt(1, 900), max_tokens=5)
    short = request("short", prompt(2, 20), max_tokens=5)
    together = run(engine, [long, short])
    fresh = run(engine, [request("again", prompt(2, 20), max_tokens=5)])
    assert together["long"].completion_tokens == 5
    assert together["short"].text == fresh["again"].text


def test_memory_grows_when_a_longer_request_comes(tiny_q8_gguf: Path) -> None:
    engine = LlamaCppEngine(tiny_q8_gguf, SETTINGS)
    short = [request(f"s{i}", prompt(i), max_tokens=10) for i in range(3)]
    before = {key: value.text for key, value in run(engine, short).items()}
    mixed = [*short, request("long", prompt(7, 600), max_tokens=10), request("last", prompt(0), max_tokens=10)]
    after = {key: value.text for key, value in run(engine, mixed).items()}
    assert after.pop("long")
    assert after == before | {"last": before["s0"]}
    engine.close()


def test_token_ids_outside_the_vocabulary_are_refused(engine: LlamaCppEngine) -> None:
    for bad in (-1, 10**6):
        with pytest.raises(InputError, match="vocabulary"):
            engine.submit(request("bad", [5, bad, 5]))


def test_the_context_is_not_longer_than_the_model_was_trained_for(tiny_gguf: Path) -> None:
    engine = LlamaCppEngine(tiny_gguf, EngineSettings(context=100_000, threads=1))
    assert engine.context == 2048
    engine.close()


def test_scores_are_the_log_probabilities_of_the_logits(engine: LlamaCppEngine) -> None:
    ids, more = prompt(1, 30), prompt(2, 8)
    logits = prompt_logits(engine, [*ids, *more], range(29, 37)).astype(np.float64)
    expected = logits - np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1, keepdims=True))
    expected -= logits.max(1, keepdims=True)
    scores = engine.score(ids, more)
    np.testing.assert_allclose(scores, expected[np.arange(8), more], atol=1e-5)
    assert len(engine.score(ids, [])) == 0


def test_logits_of_a_long_text_come_in_order(tiny_q8_gguf: Path) -> None:
    engine = LlamaCppEngine(tiny_q8_gguf, SETTINGS)
    ids = prompt(1, 900)
    positions = [0, 1, 500, 511, 512, 513, 899]
    logits = prompt_logits(engine, ids, positions)
    assert logits.shape == (7, 49152)
    assert logits.dtype == np.float32
    for row, position in zip(logits, positions, strict=True):
        alone = prompt_logits(engine, ids[: position + 1], [position])[0]
        # Here the first token is computed alone, by other kernels. Logits of other positions differ by more than 1.
        assert np.array_equal(row, alone) if position else np.abs(row - alone).mean() < 0.03
    greedy = run(engine, [request("greedy", ids, max_tokens=1)])["greedy"]
    assert greedy.completion_tokens == 1
    engine.close()


def test_a_text_begins_with_a_prompt_that_was_answered(tiny_q8_gguf: Path) -> None:
    """As in an export test: the prompt of each row is in memory already."""
    prompts = [prompt(i, 30 + i) for i in range(4)]
    texts = [(ids + prompt(20 + i, 12), range(len(ids) - 1, len(ids) + 11)) for i, ids in enumerate(prompts)]
    with closing(LlamaCppEngine(tiny_q8_gguf, SETTINGS)) as engine:
        answers = run(engine, [request(str(i), ids, max_tokens=5) for i, ids in enumerate(prompts)])
        assert {answer.completion_tokens for answer in answers.values()} == {5}
        # This text continues a generated answer, which is computed again because single tokens take other kernels.
        answered = next(slot.cached[:] for slot in engine._slots if slot.cached[:30] == prompts[0])
        texts.append((answered + prompt(30, 9), range(len(answered), len(answered) + 9)))
        before = engine.prompt_tokens_read
        actual = [prompt_logits(engine, ids, at) for ids, at in reversed(texts)]
        shared = [30, 32, 31, 30, 29]
        assert engine.prompt_tokens_read - before == sum(len(ids) for ids, _ in texts) - sum(shared)
    for (ids, at), logits in zip(reversed(texts), actual, strict=True):
        with closing(LlamaCppEngine(tiny_q8_gguf, SETTINGS)) as fresh:
            assert np.array_equal(prompt_logits(fresh, ids, at), logits)


@pytest.mark.slow
def test_texts_that_begin_alike_share_the_beginning_and_change_no_bit(tiny_q8_gguf: Path) -> None:
    """As with the labels of one prompt, or rows with one system message."""
    begin = prompt(9, 60)
    texts: list[tuple[list[int], Sequence[int]]]
    texts = [(begin + prompt(i, 10 + i), range(55 + i, 69 + i)) for i in range(5)]
    texts += [(begin, range(59, 60)), (prompt(7, 1), range(1)), (begin[:2], range(2)), (begin[:30], [])]
    texts += [([*prompt(7, 1), *begin], [40]), (prompt(8, 1), [0]), ([*prompt(8, 1), *begin], [40])]
    with closing(LlamaCppEngine(tiny_q8_gguf, SETTINGS)) as engine:
        together = [prompt_logits(engine, ids, at) for ids, at in texts]
        shared = [55 + i for i in range(1, 5)] + [58, 0, 0, 2, 0, 0, 0]
        assert engine.prompt_tokens_read == sum(len(ids) for ids, _ in texts) - sum(shared)
        engine.set_adapter(None)
        again = prompt_logits(engine, *texts[0])
        assert engine.prompt_tokens_read == sum(len(ids) for ids, _ in texts) - sum(shared) + len(texts[0][0])
        greedy = run(engine, [request("greedy", texts[0][0], max_tokens=3)])["greedy"]
    for (ids, at), actual in zip(texts, together, strict=True):
        with closing(LlamaCppEngine(tiny_q8_gguf, SETTINGS)) as fresh:
            assert np.array_equal(prompt_logits(fresh, ids, at), actual)
            if ids == texts[0][0]:
                assert np.array_equal(again, actual)
                assert run(fresh, [request("greedy", ids, max_tokens=3)])["greedy"].text == greedy.text


def test_scoring_waits_for_nothing_in_flight(engine: LlamaCppEngine) -> None:
    engine.submit(request("busy", prompt(1)))
    with pytest.raises(RuntimeError, match="in flight"):
        engine.score([1, 2], [3])


def test_a_text_longer_than_the_context_cannot_be_scored(engine: LlamaCppEngine) -> None:
    with pytest.raises(InputError, match=r"1500 tokens.*context of 1024"):
        engine.score(prompt(1, 1000), prompt(2, 500))


@pytest.mark.parametrize("content", [b"", b"GGUF", b"not a model at all" * 100])
def test_a_file_that_is_no_model_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.gguf"):
        LlamaCppEngine(path, SETTINGS)


def test_a_truncated_model_is_refused(tmp_path: Path, tiny_gguf: Path) -> None:
    path = tmp_path / "truncated.gguf"
    path.write_bytes(tiny_gguf.read_bytes()[:-5000])
    with pytest.raises(InputError, match=r"truncated\.gguf.*cut short"):
        LlamaCppEngine(path, SETTINGS)


@pytest.mark.parametrize("name", ["nothing.gguf", "."])
def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no model file"):
        LlamaCppEngine(tmp_path / name, SETTINGS)


def test_nothing_is_printed(tmp_path: Path, tiny_gguf: Path, capfd: pytest.CaptureFixture[str]) -> None:
    engine = LlamaCppEngine(tiny_gguf, SETTINGS)
    run(engine, [request("quiet", prompt(1))])
    engine.close()
    (tmp_path / "bad.gguf").write_bytes(b"GGUFxxxx")
    with pytest.raises(InputError):
        LlamaCppEngine(tmp_path / "bad.gguf", SETTINGS)
    assert capfd.readouterr() == ("", "")


def test_native_threads_give_way_on_a_busy_machine() -> None:
    """libgomp's default spinning makes generation a hundred times slower beside one busy process."""
    code = (
        "import os; os.environ.pop('GOMP_SPINCOUNT', None); os.environ.pop('OMP_WAIT_POLICY', None)\n"
        "from orca_local.gguf.llama import library; library(); print(os.environ['GOMP_SPINCOUNT'])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 0 < int(result.stdout) <= 3000


@pytest.mark.student
def test_the_student_ends_its_turn_by_itself(student_gguf: Path) -> None:
    """Trap 7: the end of a turn differs from the end of text. Both end a completion; neither is part of its text."""
    renderer = PromptRenderer(student_gguf)
    engine = LlamaCppEngine(student_gguf, EngineSettings(capacity=3, context=512))
    questions = [
        "What is the capital of France? Answer in one word.",
        "Is the sky blue? Answer yes or no.",
        "What is 1 + 1? Answer with a number.",
        "Say hello.",
        "Name a colour.",
    ]
    requests = []
    for question in questions:
        messages = (Message("system", ""), Message("user", question))
        requests.append(Request(question, messages, renderer.prompt_ids(messages), SamplingSettings(max_tokens=120)))
    together = run(engine, requests)
    # If two words are equally likely, the CPU's kernels decide.
    assert sum(item.finish_reason == "stop" for item in together.values()) >= 3
    assert "Paris" in together[questions[0]].text
    assert not any("<|" in item.text for item in together.values())
    alone: dict[str, Completion] = {}
    for item in requests:
        alone |= run(engine, [item])
    assert {key: item.text for key, item in alone.items()} == {key: item.text for key, item in together.items()}
    engine.close()
    renderer.close()


@pytest.mark.student
def test_keys_and_values_in_eight_bits_take_half_and_say_almost_the_same(student_gguf: Path) -> None:
    ids = list(range(300, 340))
    logits, names = [], []
    for kv_type in ("f16", "q8_0"):
        settings = EngineSettings(context=128, kv_type=kv_type)
        with closing(LlamaCppEngine(student_gguf, settings)) as engine:
            logits.append(prompt_logits(engine, ids, range(40)))
            names.append(engine.fingerprint)
    assert mean_kl(*logits) < 0.05 and names[0] != names[1]
