"""An Ollama Modelfile, whose template writes what the GGUF's own template writes.

Ollama does not run the chat template of a GGUF: it knows some by heart, and where none of them is near it
sends the bare prompt. So the template is written out here, in Go's syntax, from what the GGUF's own renders.
Its form and the quoting are those of https://github.com/ollama/ollama/blob/main/docs/modelfile.mdx.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from orca_local.domain.errors import InputError
from orca_local.domain.types import Message
from orca_local.rows.renderer import PromptRenderer, RowError

_SYSTEM, _ASKED, _ANSWERED, _ASKED_AGAIN = "orcasystem", "orcaquestion", "orcaanswer", "orcaquestionagain"
_CONVERSATION = (
    Message("system", "A b"),
    Message("user", "C d"),
    Message("assistant", "E f"),
    Message("user", "G h"),
    Message("assistant", "I j"),
    Message("user", "K l"),
)


@dataclass(frozen=True, slots=True)
class TurnTexts:
    """What a chat template writes around the messages."""

    opening: str
    """In front of the system message."""
    first: str
    """Between the system message and the first question."""
    opening_without: str
    """In front of the first question where the system message is empty."""
    reply: str
    """Between a question and its answer."""
    later: str
    """Between an answer and the next question."""

    def render(self, messages: Sequence[Message]) -> str:
        """A conversation that begins with a system message and ends with a question."""
        system, question, *rest = messages
        text = self.opening + system.content + self.first if system.content else self.opening_without
        text += question.content + self.reply
        for message in rest:
            text += message.content if message.role == "assistant" else self.later + message.content + self.reply
        return text

    def go_template(self) -> str:
        """The same as a Go template, with the variables that Ollama sets."""
        return (
            f"{{{{ if .System }}}}{self.opening}{{{{ .System }}}}{self.first}{{{{ else }}}}{self.opening_without}"
            "{{ end }}{{ $first := true }}{{ range .Messages }}"
            f'{{{{ if eq .Role "user" }}}}{{{{ if $first }}}}{{{{ $first = false }}}}{{{{ else }}}}{self.later}'
            f'{{{{ end }}}}{{{{ .Content }}}}{self.reply}{{{{ else if eq .Role "assistant" }}}}{{{{ .Content }}}}'
            "{{ end }}{{ end }}"
        )


def derive_turn_texts(renderer: PromptRenderer) -> TurnTexts | None:
    """The texts around the messages, or None where this template does more than put texts around them."""
    template, tokenizer = renderer.template, renderer.tokenizer

    def rendered(*messages: Message) -> str:
        text = template.render(messages, add_generation_prompt=True)
        bos = tokenizer.token_text(tokenizer.bos) if tokenizer.bos is not None and tokenizer.adds_bos else ""
        return text.removeprefix(bos)  # Ollama adds it itself, as llama.cpp does.

    system, asked = Message("system", _SYSTEM), Message("user", _ASKED)
    answered, again = Message("assistant", _ANSWERED), Message("user", _ASKED_AGAIN)
    try:
        opening, first, _ = _between(rendered(system, asked), _SYSTEM, _ASKED)
        opening_without, reply = _between(rendered(Message("system", ""), asked), _ASKED)
        _, _, _, later, _ = _between(rendered(system, asked, answered, again), _SYSTEM, _ASKED, _ANSWERED, _ASKED_AGAIN)
        texts = TurnTexts(opening, first, opening_without, reply, later)
        without = (Message("system", ""), *_CONVERSATION[1:])
        same = all(texts.render(messages) == rendered(*messages) for messages in (_CONVERSATION, without))
    except (InputError, ValueError):
        return None
    # Braces would be read as Go's own, and the whole stands between triple quotes.
    writable = not any(mark in part for part in astuple(texts) for mark in ("{", '"""'))
    return texts if same and writable else None


def _between(text: str, *marks: str) -> list[str]:
    """What stands in front of, between and behind `marks`. Raises `ValueError` unless each comes once, in order."""
    parts = []
    for mark in marks:
        before, found, text = text.partition(mark)
        if not found:
            raise ValueError(mark)
        parts.append(before)
    return [*parts, text]


def turn_end(renderer: PromptRenderer) -> str | None:
    """The text of the token that ends the assistant's turn, where the template shows one."""
    try:
        row = renderer.training_ids([Message("user", "a"), Message("assistant", "b")])
    except (InputError, RowError):
        return None
    return renderer.tokenizer.token_text(row.token_ids[-1])


def render_modelfile(gguf_name: str, renderer: PromptRenderer, system_message: str) -> str:
    """The whole Modelfile for a GGUF that lies beside it."""
    lines = [f"FROM ./{gguf_name}"]
    texts = derive_turn_texts(renderer)
    if texts is not None:
        lines.append(f'TEMPLATE """{texts.go_template()}"""')
    else:
        lines.append("# No TEMPLATE: this chat template cannot be written in Ollama's syntax; Ollama looks for one of")
        lines.append("# its own that is near the one in the GGUF. Compare `ollama show --template` with it.")
    end = turn_end(renderer)
    if end is not None:
        lines.append(f'PARAMETER stop "{end}"')
    lines.append("PARAMETER temperature 0")
    if '"""' in system_message:
        lines.append('# No SYSTEM: the system message holds """, which a Modelfile cannot.')
    elif system_message:
        lines.append(f'SYSTEM """{system_message}"""')
    return "\n".join(lines) + "\n"
