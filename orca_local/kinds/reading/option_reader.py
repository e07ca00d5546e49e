"""Read the option that an answer names, by its mark, by its text or by both."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from orca_local.domain.text import fold
from orca_local.kinds.numbers.reader import read_text_number
from orca_local.kinds.numbers.value import decimal_text
from orca_local.kinds.reading.asked import EMPTY_STEMS, clauses, coverage, question_of, question_stems, stems
from orca_local.kinds.reading.decision import (
    MAX_CHARACTERS,
    MAX_MENTIONS,
    Mention,
    both_ends,
    claims_of,
    decide,
    first_stated,
    groups_of,
    own_sentences,
)
from orca_local.kinds.reading.gap import is_restatement, phrase_in_gap
from orca_local.kinds.reading.label_reader import LETTER, MAX_STATEMENT, find_labels, stands_alone
from orca_local.kinds.reading.open_question import open_questions
from orca_local.kinds.reading.options import ARTICLE, DEGREES, SYMBOLS, Options, quantity_of
from orca_local.kinds.reading.ordinal import find_ordinals, whole_ordinal
from orca_local.kinds.reading.similarity import is_negated
from orca_local.kinds.reading.stance import Stance
from orca_local.kinds.reading.wrapping import (
    is_cut_off,
    layers,
    unwrap,
    without_emoji,
    without_period,
    writings,
)

_MAX_WORDS = 60
"""A longer text mentions options while it reasons. Only its marks and its last sentence count."""
_COMMAND = re.compile(r"\\(?:text[a-z]{0,6}|math[a-z]{0,6}|mbox|boxed|fbox)\s?\{([^{}]*)\}|\\[ ,;!]|\\quad|~")
_FRACTION = re.compile(r"\\[dt]?frac\{(\w+)\}\{(\w+)\}")
_ASKS_FALSE = re.compile(r"\b(?:which|what)\b[^.?\n]*\b(?:false|incorrect|untrue|not\s+(?:true|correct))\b", re.I)
_FALSE = re.compile(r"(?:(?:\bnot\s|n['’]t\s)(?:true|correct)|\b(?:false|incorrect|untrue))\b", re.IGNORECASE)
_NOUN = (
    r"(?:(?:the\s+)?(?:(?:correct|right|best)\s+)?(?:option|choice|letter|answer|alternative|number|ending|statement)"
    r"(?:\s+is)?\s*:?\s*)"
)
_BEFORE_I = re.compile(r"(?:\bis|option|choose|pick|answer:?)\s+[\"'“*_`(]*$", re.IGNORECASE)
_AFTER_I = re.compile(r"[\"'”*_`)\]]*\s*(?:$|[.,;:!?)])")
_VERB_OF_I = re.compile(r"\s+(?:is|makes|fits|seems|matches|describes)\b")
"""What follows the mark I, but not the pronoun."""
_MARKED_LINE = re.compile(r"\W{0,6}(?P<mark>[A-Za-z]|\d{1,2})[)\].:*_]{1,4}\s{0,3}")
_LEAD = re.compile(
    r"(?:(?:so|thus|hence|therefore|and|then|ok|okay|well)[,\s]+){0,2}"
    r"(?:(?:that|this|it|which)(?:['’]s|\s+(?:is|must\s+be|would\s+be|has\s+to\s+be|gives|makes\s+it|means|matches"
    r"|corresponds\s+to))|(?:i['’]m\s+|i\s+am\s+)?going\s+with|i(?:['’]ll|\s+will|['’]d|\s+would)?\s+(?:go\s+with|choose"
    r"|pick|select)|my\s+(?:final\s+)?(?:pick|choice|vote)\s+is)\s*:?\s+(?=\S)",
    re.IGNORECASE,
)
"""The start of a sentence that does nothing but name the answer: "That's C." """
_LAST_WORD = re.compile(r"\A(?:(?!except\b|not\b|but\b)[^\W\d_]{2,}\s){2,6}([B-HJ-Z])\W*\Z")
"""A mark at the end of a short sentence: "Bees make B." """
_SAID = (Stance.ASSERTED, Stance.CONCLUDED)
_MIN_STEMS = 2
_MIN_SHARE = 0.3
_MOST = 0.7
"""Share of the words of an option that a text has which means it."""
_FULL_WIDTH = {0xFF01 + i: 0x21 + i for i in range(94)}
"""ASCII characters by their full-width forms."""


def whole_option(content: str, options: Options) -> str | None:
    """Return the mark of the option that all of a statement is: its mark, its text, or both if they agree."""
    if len(content) > MAX_STATEMENT:
        return None
    content = DEGREES.sub(r" °\1", content.translate(_FULL_WIDTH))
    if "\\" in content:
        content = _FRACTION.sub(r"\1/\2", content)
        content = _COMMAND.sub(lambda match: match[1] or " ", content.replace("$", "")).strip()
    marks = (_as_mark(written, options) or _by_text(written, options) for written in writings(content))
    return next(filter(None, marks), None) or _as_marked_text(without_emoji(content.strip()), options)


def stated_option(content: str, options: Options) -> str | None:
    """Return the mark of the option that a statement settles on; None if it names none, or several."""
    content = content[:MAX_STATEMENT]
    return whole_option(content, options) or first_stated(
        content, lambda part: _leading_mark(part, options) or text_option(part, options)
    )


def text_option(text: str, options: Options, prompt: str = "") -> str | None:
    """Return the mark of the option that a text settles on; None if it names none, or several without a decision."""

    def find(sentence: str) -> list[Mention]:
        return find_options(sentence, options)

    def find_all(sentence: str) -> list[Mention]:
        return find_options(sentence, options, with_plurals=True)

    def find_marks(sentence: str) -> list[Mention]:
        return _find_marks(sentence, options)

    if (mark := whole_option(text, options)) is not None:
        return mark
    if _ASKS_FALSE.search(question_of(prompt)):
        text = _FALSE.sub("correct", re.sub(r"\btrue\b", "wrong", _FALSE.sub(" false", text), flags=re.IGNORECASE))
    text = DEGREES.sub(r" °\1", both_ends(text, MAX_CHARACTERS).translate(_FULL_WIDTH))
    text = _without_list(_without_texts(text, options), options)
    if (mark := _by_result(text, options, prompt) or _by_gap(text, find_all, prompt)) is not None:
        return mark
    is_short = len(text.split(maxsplit=_MAX_WORDS)) <= _MAX_WORDS
    tokens = {token.strip(".,;()") for token in text.split()} if is_short else set()
    if len(tokens) == 1 and " " in text.strip():
        return whole_option(tokens.pop(), options)
    # The reasoning of an unfinished text mentions the texts of options, most of all numbers.
    finder = find if is_short and not is_cut_off(text) else find_marks
    mark = decide(text, finder, lambda sentence: whole_option(sentence, options), prompt)
    mark = (
        mark
        or _last_option(text, options, prompt)
        or _by_clause(text, find_all if finder is find else find_marks, options, prompt)
    )
    if mark is not None or not is_short or is_cut_off(text) or find(text):
        return mark
    last_word = _LAST_WORD.match(text)
    return last_word[1] if last_word and last_word[1] in options.marks else _by_words(text, options)


def _last_option(text: str, options: Options, prompt: str) -> str | None:
    """Return the mark of the option that the last sentence does nothing but name by its mark or place: "That's C." """
    last = list(own_sentences(text, prompt))[-1:]
    if not last:
        return None
    sentence = re.split(r",\s(?=which\s)", last[0][:MAX_STATEMENT])[-1]
    lead = _LEAD.match(sentence)
    rest = without_period(sentence[lead.end() :]) if lead else ""
    is_lower = len(rest) == 1 and rest.islower()
    # "That gives 3" is a number, not a mark.
    mark = _as_mark(rest, options) if rest and not is_lower and not options.is_numbered else None
    return mark or whole_ordinal(rest, options.texts)


def _by_result(text: str, options: Options, prompt: str) -> str | None:
    """Return the mark of the number that a text calculates, if it names no mark and all options are numbers."""
    if "=" not in text or not options.by_number or _find_marks(text, options):
        return None
    number = read_text_number(text, prompt)
    mark = (
        options.by_number.get(decimal_text(number.value)) if number is not None and number.value is not None else None
    )
    return mark[0] if mark else None


def _by_clause(text: str, find: Callable[[str], list[Mention]], options: Options, prompt: str) -> str | None:
    """Return the mark in the clause that repeats most of the question: "Ann got the apple, and Ben got the pear"."""
    question = question_stems(prompt).difference(*map(stems, options.texts.values()))
    if len(question) < _MIN_STEMS:
        return None
    shares: dict[str, float] = {}
    for sentence in own_sentences(text, prompt):
        groups = list(groups_of(sentence, find(sentence)[:MAX_MENTIONS]))
        if len(groups) == 1 and len(groups[0]) > 1:
            continue  # "The Congo and the Nile are in Africa."
        for clause in clauses(sentence):
            claims = [claim for claim in claims_of(clause, find(clause)) if claim.stance in _SAID]
            if len({claim.key for claim in claims}) == 1:
                shares[claims[0].key] = max(shares.get(claims[0].key, 0), coverage(clause, question))
    ranked = sorted(shares, key=lambda mark: shares[mark], reverse=True)
    is_clear = (
        bool(ranked)
        and shares[ranked[0]] >= _MIN_SHARE
        and all(shares[mark] < shares[ranked[0]] for mark in ranked[1:])
    )
    return ranked[0] if is_clear else None


def _by_words(text: str, options: Options) -> str | None:
    """Return the mark of the only option that has all words of a short text, or most of whose words a text has."""
    if options.by_number:
        return None
    words = set(stems(text)) - EMPTY_STEMS
    texts = {mark: set(stems(option)) - EMPTY_STEMS for mark, option in options.texts.items()}
    within = [mark for mark, option in texts.items() if words and words <= option]
    if within:
        return within[0] if len(within) == 1 else None
    if is_negated(text):
        return None
    own = {mark: texts[mark].difference(*(texts[other] for other in texts if other != mark)) for mark in texts}
    shares = {mark: len(option & words) / len(option) for mark, option in texts.items() if own[mark]}
    # Of an option of one word, a sentence must end with it: "penguins are birds" chooses nothing.
    last = stems(text)[-1:]
    shares = {mark: share for mark, share in shares.items() if len(texts[mark]) > 1 or {*last} <= texts[mark]}
    most = [mark for mark, share in shares.items() if share >= _MOST and own[mark] & words]
    return most[0] if len(most) == 1 and sum(share > 1 - _MOST for share in shares.values()) == 1 else None


def _by_gap(text: str, find: Callable[[str], list[Mention]], prompt: str) -> str | None:
    """Return the one mark in the place of the question word: "X is hot, but Y is closest to the Sun"."""
    if not any(len(question.words) >= _MIN_STEMS for question in open_questions(prompt)):
        return None
    keys = set()
    for sentence in own_sentences(text, prompt):
        parts = [part for part in clauses(sentence) if is_restatement(part, prompt)]
        phrases = [phrase_in_gap(sentence, prompt), *(phrase_in_gap(part, prompt, is_whole=False) for part in parts)]
        keys |= {mention.key for phrase in phrases if phrase and "," not in phrase for mention in find(phrase)}
    return keys.pop() if len(keys) == 1 else None


def find_options(sentence: str, options: Options, *, with_plurals: bool = False) -> list[Mention]:
    """Return where a sentence names options, by mark or by text, in its order."""
    names = options.by_text | options.plurals if with_plurals else options.by_text
    by_text = [
        Mention(names[mention.key], mention.start, mention.end)
        for mention in find_labels(sentence, tuple(names))
        if mention.key.upper() not in options.marks
    ]
    by_text += find_ordinals(sentence, options.texts)
    taken = [range(mention.start, mention.end) for mention in by_text]
    marks = [
        mention
        for mention in _find_marks(sentence, options)
        if not any(mention.start in place and mention.end - mention.start < len(place) for place in taken)
    ]
    return sorted(by_text + marks, key=lambda mention: mention.start)


def _without_texts(text: str, options: Options) -> str:
    """Return the text with only the mark of each option that a line begins with: "(A) - wrong"."""
    lines = []
    for line in text.split("\n"):
        start = _MARKED_LINE.match(line)
        option = options.texts.get(start["mark"].upper(), "").rstrip(".") if start else ""
        end = start.end() + len(option) if start else 0
        is_whole = bool(option) and line[end - len(option) : end].casefold() == option.casefold()
        rest = line[end:].removeprefix(".")
        lines.append(line[: start.end("mark") + 1] + rest if start and is_whole and not rest[:1].isalnum() else line)
    return "\n".join(lines)


def _without_list(text: str, options: Options) -> str:
    """Return the text without a list of the options, which is no choice."""
    lines = text.split("\n")
    marks = [line.lstrip("*_-( ")[:1].upper() for line in lines]
    kept, at = [], 0
    while at < len(lines):
        length = 0
        while length < len(options.marks) and at + length < len(lines) and marks[at + length] == options.marks[length]:
            length += 1
        is_list = length > 1 and all(whole_option(line, options) for line in lines[at : at + length])
        kept += [] if is_list else [lines[at]]
        at += length if is_list else 1
    return "\n".join(kept)


def _by_text(text: str, options: Options) -> str | None:
    name = fold(without_period(text))
    if (mark := options.plurals.get(name)) is not None:
        return mark
    if (mark := options.by_text.get(name) or options.by_text.get(ARTICLE.sub("", name, count=1))) is not None:
        return mark
    quantity = quantity_of(name)
    mark, unit = options.by_number.get(quantity[0], ("", "")) if quantity else ("", "")
    # One of the two may leave out the unit.
    is_same = quantity is not None and (quantity[1] == unit or not quantity[1] or (not unit and quantity[1] in SYMBOLS))
    return mark if mark and is_same else whole_ordinal(name, options.texts)


def _as_mark(text: str, options: Options) -> str | None:
    """Return the mark that a text is: "C", "c.", "(C)", "C)", "option C"."""
    noun = re.match(_NOUN, text, re.IGNORECASE)
    bare = text[noun.end() :] if noun else text
    for layer in layers(bare, brackets=True):
        mark = layer.rstrip(").:]};,").strip("*_ ")
        if len(layer) - len(mark) <= 4 and mark.upper() in options.marks:
            return mark.upper()
    return None


def _as_marked_text(text: str, options: Options) -> str | None:
    """Return the mark of "C) Carbon dioxide", "(C): carbon dioxide" or "Carbon dioxide (C)" if the two agree."""
    text = unwrap(text)
    noun = re.match(_NOUN, text, re.IGNORECASE)
    text = (text[noun.end() :] if noun else text).rstrip("*_ ")
    marks = "|".join(options.marks)
    if match := re.match(
        rf"[*_`]{{0,3}}[(\[{{「]?({marks})([)\]}}」.:,*_`]{{1,5}}|\s)\s?[–—:-]?\s?[*_`]{{0,3}}(\S.*)",
        text,
        re.IGNORECASE | re.DOTALL,
    ):
        mark, separator, rest = match[1].upper(), match[2].strip(), match[3]
    elif match := re.fullmatch(rf"(\S.*?)\s?[(\[]({marks})[)\]]", without_period(text)):
        mark, separator, rest = match[2], ")", match[1]
    else:
        return None
    named = _by_text(unwrap(without_period(rest), brackets=True), options)
    if named is not None or options.texts:
        return mark if named == mark else None
    return mark if separator and not _find_marks(rest, options) else None


def _leading_mark(sentence: str, options: Options) -> str | None:
    """Return the mark that a statement begins with, if an explanation follows: "D because foxes live in forests"."""
    marks = "|".join(options.marks)
    match = re.match(
        rf"[\"'“*_`(\[{{「\s]{{0,8}}(?:{_NOUN})?[\"'“*_`(\[{{「]{{0,4}}({marks})[\"'”*_`)\]}}」]{{0,6}}(?:\s*[.,:;!]\s|\s*$|\s+(?=because\b|since\b|as\b|for\b|i\s+(?:think|believe|guess)|is\b(?!\s+(?:wrong|incorrect|false|not)\b)))",
        sentence,
        re.IGNORECASE,
    )
    if match is None or (match[1].islower() and not re.search(r"[)\].:]", match[0])):
        return None
    mark = match[1].upper()
    rest = sentence[match.end() :]
    clause = re.split(r"[,;:.(]|\b(?:because|since|as|for|but)\b", rest, maxsplit=1)[0]
    others = [mention for mention in find_options(clause, options) if mention.key != mark]
    others += [mention for mention in _find_marks(rest, options) if mention.key != mark]
    return mark if not others else None


_MAX_MARKS = 100
"""Number of marks of a sentence that are looked at: a model that repeats itself writes thousands."""


def _find_marks(sentence: str, options: Options) -> list[Mention]:
    pattern = _mark_pattern(options.marks)
    mentions = []
    for match in list(pattern.finditer(sentence))[-_MAX_MARKS:]:
        kind = match.lastgroup
        if kind == "plain" and not _is_used_as_mark(sentence, match):
            continue
        mentions.append(Mention(match[match.lastgroup or 0].upper(), match.start(), match.end()))
    return mentions


def _is_used_as_mark(sentence: str, match: re.Match[str]) -> bool:
    if match[0] == "I":
        before, after = sentence[max(0, match.start() - 24) : match.start()], sentence[match.end() : match.end() + 12]
        is_named = _BEFORE_I.search(before) is not None and _AFTER_I.match(after) is not None
        return is_named or _VERB_OF_I.match(after) is not None
    return stands_alone(sentence, match.start(), match.end())


@lru_cache(maxsize=64)
def _mark_pattern(marks: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern for marks: in brackets or quotes, after "option", before a bracket, or alone."""
    any_mark = "|".join(map(re.escape, sorted(marks, key=len, reverse=True)))
    either = f"(?i:{any_mark})"
    shared = rf"(?<!{LETTER})(?<!{LETTER}['’_.-])"
    plain = "" if marks[0].isdigit() else rf"|{shared}(?P<plain>{any_mark})(?!{LETTER})(?!['’._+#-]{LETTER}|[+#])"
    return re.compile(
        rf"[(\[{{「『\"“](?P<enclosed>{either})[)\]}}」』\"”]"
        rf"|\*\*(?P<bold>{any_mark})\*\*|`(?P<code>{any_mark})`"
        rf"|(?<!{LETTER})(?<![’'-])(?P<chosen>{any_mark})(?=\s+it\s+is\s*(?:[.,;!]|$))"
        rf"|\b(?i:option|choice|letter|alternative|statement|sentence|ending|number)\s+[\"'“(*]{{0,3}}(?P<named>{either})(?![^\W_])(?!['’.-][^\W_])"
        rf"|(?:^|(?<=\s))(?P<open>{either})[)\]](?=\s|$|[.,:;*])"
        rf"|(?<=\bis )(?P<said>{either})(?=[).,;!](?:\s|$)|$)" + plain
    )
