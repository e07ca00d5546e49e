"""What a chat template does with a question is said before a workspace is made."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from orca_local.gguf.header import read_header
from orca_local.gguf.template_check import TemplateFindings, check_template
from orca_local.gguf.tokenizer import Tokenizer
from tests.command import error_of, orca
from tests.gguf.files import with_template, write_model

TURNS = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}</s>{% endfor %}"
PROMPT = "{% if add_generation_prompt %}<assistant>"
ASKED = PROMPT + "{% endif %}"


def findings(tmp_path: Path, template: str) -> TemplateFindings:
    header = read_header(write_model(tmp_path / "m.gguf", **with_template(template)))
    with closing(Tokenizer(header.path)) as vocabulary:
        return check_template(header, vocabulary)


@pytest.mark.parametrize(
    "template",
    [
        TURNS + ASKED,
        TURNS + PROMPT + "<think>\n\n</think>\n\n{% endif %}",
        "{{ bos_token }}" + TURNS.replace("m['content']", "m['content'] | trim") + ASKED,
        "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}" + TURNS + ASKED,
        TURNS.replace("m['content']", "m['content'][0]['text']") + ASKED,
        TURNS.replace(
            "{{ m['content'] }}",
            "{% for part in m['content'] if part['type'] == 'text' %}{{ part['text'] }}{% endfor %}",
        )
        + ASKED,
        "{% if tools is defined %}{{ tools | length }}{% endif %}" + TURNS + ASKED,
        "{{ tools | length }}" + TURNS + ASKED,
        TURNS.replace("</s>", "{% if not loop.last or m['role'] != 'assistant' %}</s>{% endif %}") + ASKED,
        TURNS + PROMPT + "<think></think>{% endif %}",
        TURNS.replace("{{ m['c", "{% if m['role'] == 'assistant' %}</think>{% endif %}{{ m['c")
        + PROMPT
        + "<think></think>{% endif %}",
    ],
)
def test_a_usual_template_gives_no_word(tmp_path: Path, template: str) -> None:
    assert findings(tmp_path, template) == TemplateFindings()


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("fixed", "its chat template does not show the question"),
        (TURNS.replace("m['content']", "m['role']") + ASKED, "does not show the question"),
        (TURNS.replace("m['content']", "m['content'] | upper") + ASKED, "does not show the question"),
        ("{{ messages[0]['content'] if messages[0]['role'] == 'system' }}" + ASKED, "does not show the question"),
        ("{{ raise_exception('only tools') }}", "its chat template refuses the conversation: only tools"),
        ("{{ messages | nonsense }}", "its chat template cannot be read: No filter named 'nonsense'"),
        ("{{ 'y' * 1000000 }}", "its chat template writes more than"),
        ("{{ messages[1]['content'] }}\n" + TURNS + ASKED, "shows the question 2 times"),
    ],
)
def test_what_cannot_be_used_is_a_problem(tmp_path: Path, template: str, problem: str) -> None:
    found = findings(tmp_path, template)
    assert len(found.problems) == 1 and problem in found.problems[0]


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        (
            TURNS.replace("m['content']", "m['content'] if m['role'] != 'assistant' else ''") + ASKED,
            "answers cannot be trained on: the template does not show the answer exactly once",
        ),
        (TURNS + "{% if add_generation_prompt %}<model>{% endif %}", "generation prompt differs"),
        (
            "{% for m in messages %}{% if m['role'] == 'assistant' %}{{ raise_exception('no answers') }}{% endif %}"
            "{{ m['content'] }}{% endfor %}",
            "its chat template refuses the conversation: no answers",
        ),
        (TURNS + PROMPT + "<think>\n{% endif %}", "opens a thinking block"),
        (TURNS + PROMPT + "[THINK]{% endif %}", "opens a thinking block"),
        (TURNS.replace("</s>", "<end>") + ASKED, "ends them with '<end><user>', which is no end token of"),
        (TURNS.replace("</s>", "") + ASKED, "the template ends them with '<user>'"),
        ("{% for m in messages %}{{ m['content'] }}{% endfor %}", "the template ends them with no end token"),
    ],
)
def test_what_cannot_be_trained_is_said(tmp_path: Path, template: str, problem: str) -> None:
    found = findings(tmp_path, template)
    assert not found.problems and len(found.untrainable) == 1 and problem in found.untrainable[0]


@pytest.mark.parametrize(
    ("template", "warning"),
    [
        (TURNS + PROMPT + "<think>\n{% endif %}", "begins every answer with <think>"),
        (TURNS + PROMPT + "<THINK> {% endif %}", "begins every answer with <think>"),
        (TURNS + PROMPT + "[THINK]{% endif %}", "begins every answer with [THINK]"),
        (TURNS + PROMPT + "</think><think>{% endif %}", "begins every answer with <think>"),
        ("{{ strftime_now('%d %b') }}" + TURNS + ASKED, "writes the date: the student always reads 2024-07-26"),
        (
            "{% if tools is defined %}{{ tools | length }}{% endif %}{{ functions + datetime }}" + TURNS + ASKED,
            "writes the date",
        ),
        (
            "{% if messages | length > 3 %}{{ raise_exception('one question only') }}{% endif %}" + TURNS + ASKED,
            "refuses the conversation: one question only (a second question",
        ),
        (
            TURNS.replace("in messages", "in (messages if messages | length < 4 else messages[-1:])") + ASKED,
            "leaves out earlier turns",
        ),
    ],
)
def test_what_the_user_should_know_is_a_warning(tmp_path: Path, template: str, warning: str) -> None:
    found = findings(tmp_path, template)
    assert found.problems == () and len(found.warnings) == 1 and warning in found.warnings[0]


@pytest.mark.slow
def test_init_refuses_and_warns(tmp_path: Path) -> None:
    write_model(tmp_path / "silent.gguf", **with_template("fixed"))
    refused = orca("init", "w", "--student", "silent.gguf", "--json", cwd=tmp_path)
    assert "does not show the question" in error_of(refused)["message"] and not (tmp_path / "w").exists()
    write_model(tmp_path / "thinker.gguf", **with_template(TURNS + PROMPT + "<think>{% endif %}"))
    made = orca("init", "w", "--student", "thinker.gguf", "--json", cwd=tmp_path)
    thinks, untrained = json.loads(made.stdout)["warnings"]
    assert made.returncode == 0 and f"warning: {thinks}" in made.stderr and "<think>" in thinks
    assert "not trained here: answers cannot be trained on: the template opens a thinking block" in untrained
