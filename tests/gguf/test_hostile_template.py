"""A template may take time, memory and output within limits only, and its fault is one message."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import psutil
import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.types import Message
from orca_local.gguf import template as template_module
from orca_local.gguf.template import ChatTemplate, TemplateFault
from orca_local.system.limited_process import Limits
from orca_local.system.memory import peak_memory

SMALL = Limits(seconds=0.3, memory=64 << 20, reply=64 << 20)
QUESTION = [Message("system", "S"), Message("user", "hello")]
SHOWN = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
AT_LONG = "{% if messages[-1]['content'] | length > 5 %}"
"""Begins a part that only a longer question than that of the first look reaches."""


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as in earnest, sooner."""
    monkeypatch.setattr(template_module, "LIMITS", SMALL)


@contextmanager
def little_growth(limit: int = 96 << 20) -> Iterator[None]:
    """This process does not grow, whatever a template does in its own."""
    before = peak_memory() or 0
    yield
    assert (peak_memory() or 0) - before < limit


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


LIMIT = "the model's chat template (needs more than .* (processor time|memory)|writes more than .* characters) for one"
LOOP = "{% for i in range(99999) %}"
TIME = [
    "{{ 10 ** (10 ** 9) }}",
    "{% set n = 9 ** 9 %}{{ n ** n }}",
    f"{LOOP}{LOOP}{LOOP}{{% endfor %}}{{% endfor %}}{{% endfor %}}",
    f"{{% macro m() %}}{LOOP}{{% set x = i ** 5000 %}}{{% endfor %}}{{% endmacro %}}{{{{ m() }}}}{{{{ m() }}}}",
    "{% set x = 'x' * 30000000 %}{% for a in x %}{% endfor %}{% for a in x %}{% endfor %}",
]
MEMORY = [
    "{{ 'x' * 10 ** 10 }}",
    "{{ [0] * 10 ** 9 }}",
    "{{ '%1000000000d' | format(1) }}",
    "{{ '{:>10000000000}'.format('x') }}",
    "{{ 'x'.center(5000000000) }}",
    "{% set ns = namespace(x='xxxx') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
    "{{ 'a' | replace('a', 'b' * 9999999) | replace('b', 'c' * 9999) }}",
    "{{ messages | tojson(indent=999999999) }}",
    f"{{% set x %}}{LOOP}{{{{ 'y' * 99999 }}}}{{% endfor %}}{{% endset %}}",
]
OUTPUT = [
    f"{LOOP}{{{{ 'y' * 1000 }}}}{{% endfor %}}",
    "{{ 'y' * 200000 }}",
    "{{ 'y' * 20000000 }}",
]
RAISED = [
    "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
    "{{ 1 / 0 }}",
    "{{ nothing.at.all }}",
    "{{ raise_exception('no ' * 100000) }}",
    "{{ raise_exception('\x1b[2J' ~ 'shown') }}",
    "{{ '%d' | format('x') }}",
    "{% include 'x' %}",
    "{% set n = 10 ** 9 %}{{ n ** 9999 }}",
]


@pytest.mark.parametrize(
    "text",
    [
        *(TIME[0], TIME[2], MEMORY[0], MEMORY[2], OUTPUT[0]),
        *(pytest.param(text, marks=pytest.mark.slow) for text in (TIME[1], *TIME[3:], MEMORY[1], *MEMORY[3:])),
        *(pytest.param(text, marks=pytest.mark.slow) for text in OUTPUT[1:]),
    ],
)
def test_what_takes_too_much_is_refused_when_it_is_opened(text: str) -> None:
    """Which limit it meets first depends on the machine."""
    before = children()
    with little_growth(), pytest.raises(TemplateFault, match=LIMIT) as raised:
        ChatTemplate(text)
    assert raised.value.hint and len(raised.value.message) < 300
    assert not children() - before


@pytest.mark.slow
@pytest.mark.parametrize("text", [TIME[1], MEMORY[5]])
def test_what_only_some_conversations_reach_costs_these_alone(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are rendered, each after a new start if need be."""
    monkeypatch.setattr(template_module, "MAX_FAULTS", 2)
    with closing(ChatTemplate(f"{AT_LONG}{text}{{% endif %}}{SHOWN}")) as template, little_growth():
        long = [Message("user", "a longer question")]
        results = template.render_all([(QUESTION, True), (long, True), (QUESTION, False)])
        assert results[0] == results[2] == "Shello" and isinstance(results[1], TemplateFault)
        for faults in (1, 2):
            assert template.render(QUESTION, add_generation_prompt=True) == "Shello"  # the faults before do not count
            for _ in range(faults):
                with pytest.raises(TemplateFault):
                    template.render(long, add_generation_prompt=True)
        with pytest.raises(TemplateFault):  # it is not tried for ever
            template.render(QUESTION, add_generation_prompt=True)


def test_what_raises_refuses_the_conversation_with_a_short_text() -> None:
    cases = "".join(f"{{% if messages[0]['content'] == '{i}' %}}{text}{{% endif %}}" for i, text in enumerate(RAISED))
    with closing(ChatTemplate(cases)) as template:
        results = template.render_all([([Message("user", str(i))], True) for i in range(len(RAISED))])
    for result in results:
        assert isinstance(result, InputError) and not isinstance(result, TemplateFault)
        assert "refuses the conversation" in result.message and len(result.message) < 500
        assert "\x1b" not in result.message


@pytest.mark.parametrize("text", ["{% for i in range(9) %}", "{{ " + "(" * 5000 + ")" * 5000 + " }}"])
def test_what_is_no_template_cannot_be_read(text: str) -> None:
    before = children()
    with pytest.raises(InputError, match="chat template") as raised:
        ChatTemplate(text)
    assert len(raised.value.message) < 500 and not children() - before


def test_a_long_conversation_is_no_fault() -> None:
    """Its length counts for what it may take."""
    long = [Message("user", "long wörds 🙂 " * 100_000)]
    with closing(ChatTemplate(SHOWN)) as template:
        assert template.render(long, add_generation_prompt=True) == long[0].content


def test_every_text_reaches_the_template_and_comes_back() -> None:
    texts = ["half \ud83d", "\x00\x1b[0m", "\u2028 \u2029 \r\n\t", '"}\n{"text": "x"}', "🙂" * 50, ""]
    with closing(ChatTemplate(SHOWN)) as template:
        assert template.render_all([([Message("user", text)], True) for text in texts]) == texts


def test_a_killed_process_is_started_again() -> None:
    """As the system does when memory is short."""
    before = children()
    with closing(ChatTemplate(SHOWN)) as template:
        (pid,) = children() - before
        psutil.Process(pid).kill()
        with pytest.raises(TemplateFault, match="ended the process"):
            template.render(QUESTION, add_generation_prompt=True)
        assert template.render(QUESTION, add_generation_prompt=True) == "Shello"


@pytest.mark.slow
def test_no_process_outlives_its_template_or_its_parent() -> None:
    before = children()
    template = ChatTemplate(SHOWN)
    assert children() - before
    template.close()
    template.close()
    assert not children() - before
    template = ChatTemplate(SHOWN)
    del template
    assert not children() - before
    program = (
        "from orca_local.gguf.template import ChatTemplate; import os, psutil\n"
        f"kept = ChatTemplate({SHOWN!r}); print(psutil.Process().children()[0].pid, flush=True); os._exit(0)"
    )
    pid = int(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(timeout=20)
    assert not psutil.pid_exists(pid)
