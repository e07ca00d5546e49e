"""An Ollama Modelfile whose template renders the same text as the GGUF's own chat template.

Ollama does not run the chat template of a GGUF. It has built-in templates for some models, and sends the bare prompt
if none of them matches. So we derive a template in Go's syntax from the text that the GGUF's template renders. Format
and quoting: https://github.com/ollama/ollama/blob/main/docs/modelfile.mdx.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Message
from orca_local.gguf.answer_text import RowError
from orca_local.rows.renderer import PromptRenderer

_SYSTEM, _QUESTION, _ANSWER, _QUESTION_2 = "orcasystem", "orcaquestion", "orcaanswer", "orcaquestionagain"
"""Messages whose position in the rendered text is looked up."""
_CONVERSATION = (
    Message("system", "A b"),
    Message("user", "C d"),
    Message("assistant", "E f"),
    Message("user", "G h"),
    Message("assistant", "I j"),
    Message("user", "K l"),
)


class TurnTexts(Frozen):
    """The texts that a chat template puts around the messages."""

    opening: str
    """Before the system message."""
    first: str
    """Between the system message and the first question."""
    opening_without: str
    """Before the first question if the system message is empty."""
    reply: str
    """Between a question and its answer."""
    later: str
    """Between an answer and the next question."""

    def render(self, messages: Sequence[Message]) -> str:
        """Render a conversation that starts with a system message and ends with a question."""
        system, question, *rest = messages
        text = self.opening + system.content + self.first if system.content else self.opening_without
        text += question.content + self.reply
        for message in rest:
            text += message.content if message.role == "assistant" else self.later + message.content + self.reply
        return text

    def go_template(self) -> str:
        """`render` as a Go template with the variables that Ollama sets."""
        return (
            f"{{{{ if .System }}}}{self.opening}{{{{ .System }}}}{self.first}{{{{ else }}}}{self.opening_without}"
            "{{ end }}{{ $first := true }}{{ range .Messages }}"
            f'{{{{ if eq .Role "user" }}}}{{{{ if $first }}}}{{{{ $first = false }}}}{{{{ else }}}}{self.later}'
            f'{{{{ end }}}}{{{{ .Content }}}}{self.reply}{{{{ else if eq .Role "assistant" }}}}{{{{ .Content }}}}'
            "{{ end }}{{ end }}"
        )


def derive_turn_texts(renderer: PromptRenderer) -> TurnTexts | None:
    """The texts around the messages; None if the template does more than put texts around them."""
    template, tokenizer = renderer.template, renderer.tokenizer

    def rendered(*messages: Message) -> str:
        text = template.render(messages, add_generation_prompt=True)
        bos = tokenizer.token_text(tokenizer.bos) if tokenizer.bos is not None and tokenizer.adds_bos else ""
        return text.removeprefix(bos)  # Ollama adds it, as llama.cpp does

    system, question = Message("system", _SYSTEM), Message("user", _QUESTION)
    answer, question_2 = Message("assistant", _ANSWER), Message("user", _QUESTION_2)
    try:
        opening, first, _ = _split_at(rendered(system, question), _SYSTEM, _QUESTION)
        opening_without, reply = _split_at(rendered(Message("system", ""), question), _QUESTION)
        text = rendered(system, question, answer, question_2)
        later = _split_at(text, _SYSTEM, _QUESTION, _ANSWER, _QUESTION_2)[3]
        texts = TurnTexts(opening, first, opening_without, reply, later)
        without = (Message("system", ""), *_CONVERSATION[1:])
        is_same = all(texts.render(messages) == rendered(*messages) for messages in (_CONVERSATION, without))
    except (InputError, ValueError):
        return None
    # Go would interpret braces, and the template is put between triple quotes.
    is_writable = not any(mark in part for part in astuple(texts) for mark in ("{", '"""'))
    return texts if is_same and is_writable else None


def _split_at(text: str, *marks: str) -> list[str]:
    """The parts of `text` before, between and after `marks`. Raises `ValueError` if a mark does not follow."""
    parts = []
    for mark in marks:
        before, separator, text = text.partition(mark)
        if not separator:
            raise ValueError(mark)
        parts.append(before)
    return [*parts, text]


def turn_end(renderer: PromptRenderer) -> str | None:
    """The text of the token that ends the assistant's turn; None if the template cannot render such a turn."""
    try:
        row = renderer.training_ids([Message("user", "a"), Message("assistant", "b")])
    except (InputError, RowError):
        return None
    return renderer.tokenizer.token_text(row.token_ids[-1])


def render_modelfile(gguf_name: str, renderer: PromptRenderer, system_message: str) -> str:
    """The Modelfile for a GGUF in the same directory."""
    lines = [f"FROM ./{gguf_name}"]
    texts = derive_turn_texts(renderer)
    if texts is not None:
        lines.append(f'TEMPLATE """{texts.go_template()}"""')
    else:
        lines += [
            "# No TEMPLATE: this chat template cannot be written in Ollama's syntax. Ollama chooses one of its",
            "# own that is similar to the one in the GGUF. Compare it with `ollama show --template`.",
        ]
    end = turn_end(renderer)
    if end is not None:
        lines += [f'PARAMETER stop "{stop}"' for stop in (end, renderer.next_turn) if stop and '"' not in stop]
    lines.append("PARAMETER temperature 0")
    if '"""' in system_message:
        lines.append('# No SYSTEM: the system message contains """, which a Modelfile cannot express.')
    elif system_message:
        lines.append(f'SYSTEM """{system_message}"""')
    return "\n".join(lines) + "\n"
