"""Bring a reply without a statement into plain lines: JSON as labelled lines, code as its output, no check."""

from __future__ import annotations

import json
import re
from typing import Any

from orca_local.domain.text import printable

_MAX_OBJECTS = 20
_MAX_OBJECT = 4_000
"""Numbers of JSON objects, and of characters of one, that are read."""
_OBJECT = re.compile(r"\{\s{0,20}[\"'][^\"'\n{}]{1,60}[\"']\s{0,20}:")
_FENCE = re.compile(r"^[^\S\n]*+```[^\S\n]*+(?P<language>[\w+#-]{0,20})[^\S\n]*+\n", re.MULTILINE)

_CODE_LINE = re.compile(
    r"\s*(?:\w+(?:\s*:\s*\w+)?\s*[-+*/]?=(?!=)\s*\S.*|(?:print|console\.log|puts|echo|System\.out\.println)\b.*"
    r"|(?:def|class|return|import|from|for|while|if|elif|else|let|const|var|int|float|double)\b.*|#.*|//.*|[})\];]+"
    r"|\w+(?:\.\w+)*\(.*\).*)\s*"
)
_PROGRAM = re.compile(r"\b(?:print|console\.log|puts|println|def|return)\b|^\s*import\b", re.MULTILINE)
_COMMENTED = re.compile(r"\S\s+(?:#|//)\s")
_COMMENT = re.compile(
    r"(?:#|//)\s*(?:(?:output|result|prints?|returns?|answer|=|->|→)\s*[:=]?\s*)?(?P<value>[^#/\n]+)$", re.I
)
_OUTPUT = re.compile(r"\s*(?:print|console\.log|puts|println|return|echo)\s*\(?\s*(?P<value>.*?)\s*\)?\s*;?\s*")
_ASSIGNMENT = re.compile(r"\s*(?:let |const |var |int |float |double )?(?P<name>\w+)\s*=\s*(?P<value>[^=\n]+?)\s*;?\s*")
_LITERAL = re.compile(r"-?\d[\d_,.]*|True|False|true|false|(?P<quote>[\"'`])(?:(?!(?P=quote)).)*(?P=quote)")

_CHECK = re.compile(
    r"\b(?:(?:double|sanity|quick|final|cross)[-\s]?)?(?:check(?:ing)?|verif(?:y|ying|ication)|confirm|prove|proof|probe)\b"
    r"(?!\s+(?:whether|if|each|every|all|the\s+(?:options?|choices?|statements?|numbers?|divisib)))",
    re.IGNORECASE,
)
_CHECK_LEAD = re.compile(
    r"(?:^|[.!?:;,)])[^\w\n]{0,8}(?:(?:now|and|so),?\s+)?"
    r"(?:(?:let['’]s|let\s+us|let\s+me|(?:we|you)\s+can|i\s+will|i['’]ll|to)\s+)?(?:quickly\s+)?\Z",
    re.IGNORECASE | re.MULTILINE,
)
"""What stands between the end of a sentence and the word that begins a check."""
_MAX_LEAD = 60
_FAILED = re.compile(
    r"\b(?:wrong|mistake|error|incorrect|instead|should\s+be|(?:not|n['’]t)\s+(?:match|equal|right|correct|work|fit|add))\b"
    r"|[✗✘❌]",
    re.IGNORECASE,
)


def without_check(text: str) -> str:
    """Return a text without the first place where it checks its answer, "Check: 13 × 10 = 130", unless that fails."""
    for match in _CHECK.finditer(text):
        lead = _CHECK_LEAD.search(text, max(0, match.start() - _MAX_LEAD), match.start())
        if lead is None or not re.search(r"\w", text[: lead.start()]):
            continue
        if _FAILED.search(text, match.end()):
            return text
        # The check is one paragraph, or all that follows a heading.
        end = text.find("\n\n", match.end())
        has_rest = end >= 0 and re.search(r"\d", text[match.end() : end])
        return text[: lead.start() + 1] + (text[end:] if has_rest else "")
    return text


def plain_lines(text: str) -> str:
    """Return the text with each JSON object as lines such as `key: value`, and code as what it is seen to give."""
    return _without_code(_without_json(text))


def _without_json(text: str) -> str:
    decoder, parts, at = json.JSONDecoder(), [], 0
    for match in list(_OBJECT.finditer(text))[:_MAX_OBJECTS]:
        if match.start() < at:
            continue
        piece = text[match.start() : match.start() + _MAX_OBJECT]
        try:
            value, length = decoder.raw_decode(piece)
        except (ValueError, RecursionError):
            end = piece.find("}") + 1
            try:
                value, length = json.loads(piece[:end].replace("'", '"')), end
            except (ValueError, RecursionError):
                continue
        before = re.sub(r"```[\w+#-]{0,20}\s*\Z", "", text[at : match.start()])
        parts += [before, "\n", "\n".join(_lines(value)), "\n"]
        at = match.start() + length
        at = fence.end() if (fence := re.compile(r"\s{0,20}```").match(text, at)) else at
    return "".join((*parts, text[at:]))


def _lines(value: dict[str, Any], depth: int = 0) -> list[str]:
    lines = []
    for key, item in value.items():
        if isinstance(item, dict) and depth < 3:
            lines += _lines(item, depth + 1)
        else:
            # The escapes of JSON may stand for characters that the reply was cleaned of.
            name = re.sub(r"[_\W]+|(?<=[a-z])(?=[A-Z])", " ", str(key)).strip()
            lines.append(f"{name}: {printable(json_text(item))}")
    return lines


def json_text(value: Any) -> str:
    """Return a JSON value as text: true as "yes", the items of a list with commas between them."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(json_text, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _without_code(text: str) -> str:
    """Return the text with each block of code, or a text that is all code, as its output; empty if it shows none."""
    if "```" not in text:
        return _output(text) if _is_code(text) else text
    kept, at = [], 0
    while (start := _FENCE.search(text, at)) is not None:
        end = text.find("```", start.end())
        block = text[start.end() : end if end >= 0 else len(text)]
        is_code = _is_code(block, is_marked=bool(start["language"]) or "#" in block)
        kept += [text[at : start.start()], _output(block) if is_code else block, "\n"]
        at = end + 3 if end >= 0 else len(text)
    return "".join((*kept, text[at:]))


def _is_code(text: str, *, is_marked: bool = False) -> bool:
    lines = [line for line in text.split("\n") if line.strip()]
    is_program = is_marked or _PROGRAM.search(text) is not None or _COMMENTED.search(text) is not None
    return is_program and bool(lines) and all(_CODE_LINE.fullmatch(line[:400].split("  #")[0]) for line in lines)


def _output(code: str) -> str:
    """Return the output of code as far as it stands there: a comment behind the last line, or a printed value."""
    lines = [line for line in code.split("\n") if line.strip()]
    if comment := _COMMENT.search(lines[-1]):
        return comment["value"].strip()
    values = {}
    for line in lines:
        if assignment := _ASSIGNMENT.fullmatch(line.split("#")[0]):
            values[assignment["name"]] = assignment["value"]
    printed = _OUTPUT.fullmatch(lines[-1].split("#")[0])
    value = printed["value"] if printed else lines[-1].split("=")[-1] if _ASSIGNMENT.fullmatch(lines[-1]) else ""
    value = values.get(value.strip(), value).strip().rstrip(";")
    return value if _LITERAL.fullmatch(value) else ""
