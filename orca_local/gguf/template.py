"""Chat templates. They are programs of strangers, so they run in a process of their own, within limits.

Why, and what it costs: docs/decisions/0022-files-of-strangers.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.text import printable
from orca_local.domain.types import Message
from orca_local.system.limited_process import LimitedProcess, LimitExceeded, Limits, memory_exceeded

MAX_CHARACTERS, MAX_GROWTH = 1 << 17, 4
"""Maximum length of what is rendered at once: so many characters, and so many for each character of the messages."""
LIMITS = Limits(seconds=2, memory=256 << 20, reply=256 << 20)
"""What a template may take for what is rendered at once. The templates of real models take a thousandth of it."""
DATE = "2024-07-26"
"""The date that templates write. With the present one, prompts and thus all cache keys would change every day."""
FORMS: tuple[Mapping[str, Any], ...] = tuple(
    values | {"parts": parts}
    for parts in (False, True)
    for values in ({"tools": None}, {}, {"tools": [], "functions": ""})
)
"""What templates are given, in the order in which it is tried: `tools` as none, undefined or an empty list (with what
Firefunction calls them), and the content of a message as a text or, as many models that see images take it, as a list
of parts."""
MAX_FAULTS = 3
"""How many conversations in a row may exceed the limits before no other is tried."""

Conversation = tuple[Sequence[Message], bool]
"""Messages, and whether the start of the assistant's answer follows them."""

_HINT = "use a GGUF with a working chat template"


class TemplateFault(InputError):
    """A template does not keep to its limits."""


def start_template_process() -> LimitedProcess:
    """Start the process of a `ChatTemplate`. It gets ready while other things are read."""
    return LimitedProcess("orca_local.gguf.template_process", LIMITS)


class ChatTemplate:
    """The chat template of one model. Raises `InputError` if it cannot be parsed."""

    def __init__(
        self, text: str, *, bos_token: str = "", eos_token: str = "", process: LimitedProcess | None = None
    ) -> None:
        """`process` is one that `start_template_process` started."""
        self.text = text
        self._values = {"enable_thinking": False, "bos_token": bos_token, "eos_token": eos_token}
        self._process = process or start_template_process()
        self._faults: list[LimitExceeded] = []
        """Those of the last conversations, without one that kept to the limits in between."""
        try:
            self._compile()
            self._form, self._has_system_role = self._find_form()
        except LimitExceeded as exceeded:
            self.close()
            raise _fault(exceeded) from None
        except InputError:
            self.close()
            raise

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
        """The conversation as the text that the model reads.

        If the template has no system role, the system text is put in front of the first user message. Raises
        `InputError` if the template refuses the conversation, `TemplateFault` if it exceeds its limits.
        """
        (result,) = self.render_all([(messages, add_generation_prompt)])
        if isinstance(result, InputError):
            raise result
        return result

    def render_all(self, conversations: Sequence[Conversation], *, date: str = DATE) -> list[str | InputError]:
        """The text of each conversation, or the error that `render` would raise. Some dozens at once are cheapest."""
        if not self._has_system_role:
            conversations = [(_merge_system(messages), is_prompt) for messages, is_prompt in conversations]
        return self._render(conversations, date)

    def close(self) -> None:
        """End the process. Safe to call twice."""
        self._process.close()

    def _render(self, conversations: Sequence[Conversation], date: str) -> list[str | InputError]:
        if len(self._faults) >= MAX_FAULTS:
            return [_fault(self._faults[-1]) for _ in conversations]
        try:
            results = self._ask_for(conversations, self._form, date)
        except LimitExceeded as exceeded:
            if len(conversations) > 1:
                return [result for conversation in conversations for result in self._render([conversation], date)]
            self._faults.append(exceeded)
            return [_fault(exceeded)]
        self._faults.clear()
        return results

    def _ask_for(
        self, conversations: Sequence[Conversation], form: Mapping[str, Any], date: str = DATE
    ) -> list[str | InputError]:
        """As `render_all`, with one of `FORMS`. Raises `LimitExceeded`."""
        if self._process.has_ended:
            self._process = start_template_process()
            self._compile()
        length = sum(len(message.content) for messages, _ in conversations for message in messages)
        values = {name: value for name, value in form.items() if name != "parts"}
        request = {
            "conversations": [
                ([_to_dict(message, form["parts"]) for message in messages], more) for messages, more in conversations
            ],
            "values": self._values | values | ({"datetime": date} if "functions" in form else {}),
            "date": date,
            "characters": MAX_CHARACTERS + MAX_GROWTH * length,
        }
        results: list[str | InputError] = []
        for result in self._ask(request).get("results", ()):
            text, error = result.get("text"), printable(str(result.get("error")))
            refused = InputError(f"the model's chat template refuses the conversation: {error}", hint=_HINT)
            results.append(text if isinstance(text, str) else refused)
        if len(results) != len(conversations):
            raise LimitExceeded("gave no text")
        return results

    def _compile(self) -> None:
        reply = self._ask({"template": self.text})
        if "error" in reply:
            error = printable(str(reply["error"]))
            raise InputError(f"the model's chat template cannot be read: {error}", hint=_HINT)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = self._process.ask(request | {"memory": LIMITS.memory, "seconds": LIMITS.seconds})
        limit = reply.get("limit")
        if limit == "memory":
            raise LimitExceeded(memory_exceeded(LIMITS))
        if limit:
            raise LimitExceeded(f"writes more than {request['characters']:,} characters")
        return reply

    def _find_form(self) -> tuple[Mapping[str, Any], bool]:
        """The first of `FORMS` that shows a question, else the first of all; and whether there is a system role.

        The question is asked with a system message, and alone for templates that refuse one.
        """
        system, question = Message("system", "orca-system-mark"), Message("user", "\u241e?")
        for form in FORMS:
            both, alone = self._ask_for([([system, question], True), ([question], True)], form)
            if isinstance(both, str) and question.content in both:
                return form, system.content in both
            if isinstance(alone, str) and question.content in alone:
                return form, False
        return FORMS[0], False


def _to_dict(message: Message, parts: bool) -> dict[str, Any]:
    """A message as a template takes it, its content as a text or as a list of `parts`."""
    return {"role": message.role, "content": [{"type": "text", "text": message.content}] if parts else message.content}


def _fault(exceeded: LimitExceeded) -> TemplateFault:
    return TemplateFault(f"the model's chat template {exceeded} for one conversation", hint=_HINT)


def _merge_system(messages: Sequence[Message]) -> list[Message]:
    system = "\n\n".join(m.content for m in messages if m.role == "system" and m.content)
    rest = [m for m in messages if m.role != "system"]
    if system and rest:
        rest[0] = Message(rest[0].role, f"{system}\n\n{rest[0].content}")
    return rest
