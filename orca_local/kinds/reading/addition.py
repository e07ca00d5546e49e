"""Read what a sentence adds to its question: "Ida" in "Wool was sold by Ida." after "Who sold wool?" """

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orca_local.domain.text import fold
from orca_local.kinds.reading.asked import EMPTY_STEMS, coverage, input_of, question_of, question_stems, stem
from orca_local.kinds.reading.gap import chosen, phrase_in_gap, phrase_of_restatement, trim
from orca_local.kinds.reading.lexicon import AUXILIARIES, VERB_FORMS, phrase_set
from orca_local.kinds.reading.wrapping import sentences, unwrap, without_period

_MAX_CHARACTERS = 2_000
_MAX_SENTENCES = 20
_MAX_SENTENCE = 300
_MAX_WORDS = 30
_MAX_BARE_WORDS = 3
_MAX_ITEM_WORDS = 4
"""Bounds of what is read of a text, and of the words of an answer."""
_REPORT_WORDS = phrase_set(
    "say|stat|mention|accord|indicat|call|nam|person|peopl|thing|plac|on|correct|right|final|result|get|giv|becom|writ"
    "|consist|contain|includ|stand|locat|situat|belong|word|letter|term|sentenc|phras|com|work|act|tak|happen|occur|serv|form|version|translat|would|translation|spell|known|equal|mean|so|therefor|thu|henc|them|together|put|just|simply|read|form"
)
"""Stems of words that report an answer and are no part of it."""
_WORD = re.compile(r"[^\W_]+(?:[-'’.&/][^\W_]+)*")
_CLAUSE_END = re.compile(r"[,;]\s|\s[–—-]\s|\b(?:and|but|while|whereas|so|because|since)\b(?!\s+of\b)", re.IGNORECASE)
_LIST_JOIN = re.compile(r"\s*(?:,|;|and|or|&|,\s*and)\s*", re.IGNORECASE)
_APPOSITION = re.compile(r",\s+(?:an?|the)\b", re.IGNORECASE)
_NO_ITEM = re.compile(
    r"\W*(?:who|which|although|though|if|with|when|where|while|that|because|since|as|so|but|not|it|he|she|they|this|\w+(?:ed|ing))\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"\"([^\"\n]+)\"|“([^”\n]+)”|«([^»\n]+)»|„([^“”\n]+)[“”]|`([^`\n]+)`|\*\*([^*\n]+)\*\*|(?<!\w)'([^'\n]+)'(?!\w)"
)
_BEFORE_QUOTE = re.compile(r"\b(?:is|be|with|as|becomes)\s*[.]?\Z")
_EQUATION = re.compile(r"(?P<left>[^=→\n]{1,200}?)\s*(?:=|→|->|=>|⇒)\s*(?P<right>[^=→⇒\n]+)")
_SPELLED = re.compile(r"\A\w(?:-\w)*\Z")
"""A letter, or a word in letters: "g-r-d-n"."""
_LABEL = re.compile(r"(?P<label>[^\W\d][^:\n]{0,40}?)\s?[:：]\s+(?P<rest>\S.*)", re.DOTALL)
_VERB = re.compile(
    rf"\b(?!(?-i:May)\b)(?:{AUXILIARIES}|be|been|gets?|gives?|becomes)\b|\b(?:it|that|he|she)['’]s\s|n['’]t\b",
    re.IGNORECASE,
)
_BE_FORMS = phrase_set(AUXILIARIES, "be|been|being")
_NEGATION = re.compile(r"n['’]t\b|\b(?:not|never|no|cannot|neither|nor)\b", re.IGNORECASE)
_CORRECTED = re.compile(r"\bnot\s+[^.;]{1,80}?(?:,?\s+but(?:\s+rather)?)\s+(?=\S)", re.IGNORECASE)
_CONDITION = re.compile(r"\W*(?:if|when|since|because|although|though|while|as)\b", re.IGNORECASE)
_SUBORDINATE = re.compile(r"\W*(?:while|whereas|because|since|which|who|as)\b", re.IGNORECASE)
_RESULT = re.compile(
    r"\W*(?:(?:so|therefore|thus|hence|finally|in\s+conclusion)\b|(?:the\s+)?(?:final|result|output|concatenat|combin|join|putting))",
    re.IGNORECASE,
)
"""The start of a sentence that gives the result."""
_WHEN = re.compile(r"\W*when\b", re.IGNORECASE)
_DATE = re.compile(
    r"\b(?:(?:January|February|March|April|May|June|July|August|September|October|November|December)\s)?\d"
)
_DATE_QUESTION = re.compile(r"\b(?:what|which|the)\s+(?:date|year)\b|\A\W*when\b", re.IGNORECASE)
DESCRIPTION = re.compile(
    r"(?:made\s*\Z|made\s+(?:up\s+)?of|composed\s+of|formed\b|based\s+on|derived\s+from"
    r"|not\s+(?:found|given|mentioned|stated|provided|specified|known|in\s+the|clear|possible|available|listed|determin))",
    re.IGNORECASE,
)
"""What a sentence may say of the answer without giving it."""
ABOUT_TEXT = re.compile(
    r"(?:(?:sorry|unfortunately),?\s+)?(?:but\s+)?the\s+(?:passage|text|article|question|context|paragraph|document|story)\s"
    r"(?:is|was|does|doesn['’]t|do|did|has|only|contains|mentions|talks|never)\b",
    re.IGNORECASE,
)
_PASSIVE = re.compile(r"\b(?:is|are|was|were|been|being|be)\b|['’]s\s", re.IGNORECASE)
_OBJECT_QUESTION = re.compile(
    r"\b(?:do|does|did|where|when|why|how)\b|\b(?:what|which)\b[^?]*?\b(?:should|would|could|can|will|must)\b",
    re.IGNORECASE,
)
_CIRCUMSTANCE = re.compile(
    r"\s+(?:at|in|on|during|because|since|when|while|after|before|where|who|which|rather|instead|for)\b.*|\s*[(].*",
    re.IGNORECASE,
)
_NO_CIRCUMSTANCE = re.compile(r"\b(?:where|when|why|how|what\s+time)\b", re.IGNORECASE)
_OPENERS = ("(", '"', "'", "“", "‘", "«", "„", "`")
_PRONOUN = re.compile(r"\W*(?:it|he|she|they|this|that|there|we|you|i)\b", re.IGNORECASE)
_WHO = re.compile(rf"\bwho\s+(?!(?:{AUXILIARIES})\b)(\w+)", re.IGNORECASE)
"""The verb of a question, which the clause that answers has."""
_BY = re.compile(r"\bby\b", re.IGNORECASE)
_AMOUNT = re.compile(r"\bhow\s+(?:many|much)\b|\b(?:kind|type|sort)\s+of\b", re.IGNORECASE)
_UNIT = re.compile(r"\s(\w+)")
_AGENT = re.compile(r"\A(?:\w+(?:ed|en)|an?\s+\w+)\s+by\s+", re.IGNORECASE)
_WHY = re.compile(r"\bwhy\b", re.IGNORECASE)
_BECAUSE = re.compile(
    r"\b(?=because\b|due\s+to\b|since\b|when\b)|(?<=\breason is )(?:that\s+)?|(?<=\breason was )(?:that\s+)?",
    re.IGNORECASE,
)
_ADVERB = re.compile(r"\A(?:only|just|\w{2,}ly(?:\s+of)?)\s+(?=\w)", re.IGNORECASE)
_BEFORE_NOUN = re.compile(r"\s(?:the|an?|his|her|its|their)\b")
_THIRD_PERSON = re.compile(r"\A\W*[A-Z]\w+\s[a-z]+s\s(?:the|an?|his|her|its|their|on|in|at|through|near)\b")
"""The start of a statement with a verb: "Japan uses the"."""
_HOW = re.compile(r"\W*how\b(?!\s+(?:many|much|long|old|far|tall|often))", re.IGNORECASE)
_MEANS = re.compile(r"\bby\s+\w+ing\b.*", re.IGNORECASE)
_PURPOSE = re.compile(r",\s+from\b.*|\s+(?:because|since|when|while|who|which|to\s+[a-z]+(?!\s+in))\b.*", re.IGNORECASE)
_KEPT = phrase_set("the|a|an|their|his|her|its|my|our")
"""Words before an answer that belong to it."""


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    is_new: bool
    is_empty: bool


def added_phrase(text: str, prompt: str) -> str | None:
    """Return what the sentence of a text that repeats most of the question adds to it; None if none does.

    Of two such sentences the last counts. Below lines of working, a last line that is only a phrase counts.
    """
    question, best, highest = question_stems(prompt), None, 0.0
    parts = _whole_sentences(text[:_MAX_CHARACTERS])[:_MAX_SENTENCES]
    if not question or not parts:
        return None
    is_task = not question_of(prompt).rstrip().endswith("?")
    if len(parts) > 1 and not is_task and _is_bare(parts[0]) and not _RESULT.match(parts[0]):
        return None  # An answer alone, with an explanation below.
    if len(parts) > 1 and all(_EQUATION.fullmatch(part) for part in parts[:-1]) and _is_bare(parts[-1]):
        return unwrap(without_period(parts[-1]))
    if _DATE_QUESTION.search(question_of(prompt)) and any(map(_DATE.search, parts)):
        parts = [part for part in parts if _DATE.search(part)]
    for sentence in parts:
        if len(sentence) > _MAX_SENTENCE or sentence.endswith("?") or ABOUT_TEXT.match(sentence):
            continue
        share = coverage(sentence, question) + (_RESULT.match(sentence) is not None)
        # A task ends with its result; the answer to a question may be explained.
        if (share >= highest or (is_task and share > 0)) and (share > 0 or len(parts) == 1):
            phrase = _added(without_period(sentence), prompt)
            best, highest = (phrase, share) if phrase is not None else (best, highest)
    return best


def _whole_sentences(text: str) -> list[str]:
    """Return the sentences of a text; none if it breaks off in a repetition that is not all of it."""
    parts = sentences(text)
    is_loop = len(parts) > 2 and any(part.startswith(parts[-1]) for part in parts[:-1])
    return [] if is_loop and not parts[0].startswith(parts[-1]) else parts[: -1 if is_loop else None]


def _is_bare(line: str) -> bool:
    is_short = len(line.split()) <= _MAX_BARE_WORDS and not line.endswith(("?", "!", ":"))
    return is_short and not _VERB.search(line) and not _EQUATION.fullmatch(line)


def _added(sentence: str, prompt: str) -> str | None:
    for read in (_reason, _labelled, _in_gap, _quoted, _equated, _restated):
        if (phrase := read(sentence, prompt)) is not None:
            phrase = unwrap(without_period(unwrap(phrase.strip(" ,;:"))))
            return phrase if 0 < len(phrase.split()) <= _MAX_WORDS and not DESCRIPTION.match(phrase) else None
    return None


def _new_words(text: str, prompt: str) -> list[str]:
    """Return the words that neither the question has nor report an answer."""
    given = _given(prompt)
    return [word for word in _WORD.findall(text) if _stem(word) not in given]


def _given(prompt: str) -> frozenset[str]:
    return question_stems(prompt) | EMPTY_STEMS | _REPORT_WORDS


def _stem(word: str) -> str:
    return stem(re.sub(r"['’]s\Z", "", word.casefold()))


def _reason(sentence: str, prompt: str) -> str | None:
    """Return the reason that answers "why": from "because" on, or the whole sentence."""
    if not _WHY.search(question_of(prompt)):
        return None
    reason = _BECAUSE.search(sentence)
    return sentence[reason.end() :] if reason else sentence


def _in_gap(sentence: str, prompt: str) -> str | None:
    """Return the phrase in the place of the question word, without circumstances behind it."""
    phrase = phrase_of_restatement(sentence, prompt) or chosen(sentence, prompt)
    if phrase is not None:
        return phrase
    phrase = phrase_in_gap(sentence, prompt) or phrase_in_gap(sentence, prompt, is_whole=False)
    return None if phrase is None else trim(phrase, prompt)


def _labelled(sentence: str, prompt: str) -> str | None:
    """Return what follows a label whose words are those of the question: "Company: Brightwell"."""
    match = _LABEL.fullmatch(sentence)
    if match is None:
        return None
    is_known = not any(word.casefold() not in prompt.casefold() for word in _new_words(match["label"], prompt))
    is_asked = is_known and coverage(match["label"], question_stems(prompt)) > 0
    is_report = bool(words := _WORD.findall(match["label"])) and all(_stem(word) in _given(prompt) for word in words)
    is_report = is_report and any(_stem(word) in _REPORT_WORDS for word in words)
    is_report = is_report or match["label"].endswith((" is", " are"))
    return match["rest"] if is_asked or is_report or _RESULT.match(sentence) else None


def _quoted(sentence: str, prompt: str) -> str | None:
    """Return the one quotation that the prompt does not have, in a sentence with few other new words."""
    quotes = [next(filter(None, match.groups())) for match in _QUOTED.finditer(sentence)]
    new = list(dict.fromkeys(quote for quote in quotes if fold(quote) not in fold(prompt)))
    rest = _QUOTED.sub(" ", sentence)
    if not new and len(quotes) == 1 and _BEFORE_QUOTE.search(rest):
        new = quotes
    return new[0] if len(new) == 1 and rest.strip(" .:") and len(_new_words(rest, prompt)) <= 2 else None


def _equated(sentence: str, prompt: str) -> str | None:
    """Return the right side of "planet → tenalp" or "d + e + e = dee"."""
    match = _EQUATION.fullmatch(sentence)
    if match is None or any(
        _SPELLED.sub("", word) and word.casefold() not in prompt.casefold()
        for word in _new_words(match["left"], prompt)
    ):
        return None
    return match["right"]


def _restated(sentence: str, prompt: str) -> str | None:
    """Return the words that a statement adds to those of the question."""
    question = question_of(prompt)
    sentence = sentence.replace("**", "")
    clause = _clause(sentence, prompt)
    if _NEGATION.search(clause):
        corrected = _CORRECTED.search(clause)
        if corrected is None:
            return None
        clause = clause[: corrected.start()] + clause[corrected.end() :]
    if not _has_verb(clause, question, is_sentence=clause == sentence):
        return None
    given = _given(prompt)
    pieces = [
        _Piece(match.start(), match.end(), _stem(match[0]) not in given or match[0] == "May", _is_empty(match[0]))
        for match in _WORD.finditer(clause)
    ]
    runs = [run for run in _runs(pieces) if not _is_input(clause, pieces[run[0] : run[1] + 1], prompt)]
    if not runs or all(piece.is_new for piece in pieces):
        return None
    first, last = runs[0] if _is_subject(clause, pieces[runs[0][1]].end, prompt) else runs[-1]
    # The verb of "Japan uses the yen" is no part of the answer.
    first += first < last and first > 0 and _is_verb(clause, pieces[first])
    unit = _UNIT.match(clause, pieces[last].end)
    if (
        unit is not None
        and last + 1 < len(pieces)
        and _AMOUNT.search(question)
        and _stem(unit[1]) in question_stems(prompt)
    ):
        last += 1
    # "a standing ovation": a word that elsewhere reports an answer may be a part of it.
    first -= first > 1 and _is_adjective(clause, pieces[first - 2 : first], prompt)
    start = pieces[first].start
    if first and clause[pieces[first - 1].start : pieces[first - 1].end].casefold() in _KEPT:
        start = pieces[first - 1].start
    start -= clause[start - 1 : start] in _OPENERS and start > 0
    closing = re.compile(r"[\"'”’)*%°]*").match(clause, pieces[last].end)
    phrase = _AGENT.sub("", clause[start : closing.end() if closing else None].split(": ")[-1])
    if (means := _MEANS.search(clause)) is not None and _HOW.match(question):
        phrase = means[0]
    end = _PURPOSE if _NO_CIRCUMSTANCE.search(question) else _CIRCUMSTANCE
    phrase = _ADVERB.sub("", end.sub("", phrase))
    if not _DATE_QUESTION.search(question):
        return phrase
    date = _DATE.search(phrase)
    return phrase[date.start() :] if date else phrase if _WHEN.match(question) else None


def _is_adjective(clause: str, pieces: Sequence[_Piece], prompt: str) -> bool:
    """Whether the second of two words is between an article and a noun, and no word of the question."""
    article, word = (clause[piece.start : piece.end] for piece in pieces)
    return article.casefold() in _KEPT and _stem(word) not in question_stems(prompt) | EMPTY_STEMS


def _is_verb(clause: str, piece: _Piece) -> bool:
    """Whether a word is a verb: a past form, or a word with "s" before an article."""
    word = clause[piece.start : piece.end]
    is_past = word in VERB_FORMS or (word.endswith("ed") and word.islower() and clause[piece.end :][:4] != " by ")
    return is_past or (word.endswith("s") and word.islower() and _BEFORE_NOUN.match(clause, piece.end) is not None)


def _is_subject(clause: str, end: int, prompt: str) -> bool:
    """Whether the words up to here are the subject that the question asks for: "Mice is the plural of …"."""
    if coverage(clause[:end], question_stems(prompt)) or _PRONOUN.match(clause):
        return False
    copula = _PASSIVE.search(clause)
    if copula is None:
        return not _OBJECT_QUESTION.search(question_of(prompt))
    rest = clause[copula.end() :]
    return copula.start() >= end and not _BY.search(rest) and coverage(rest, question_stems(prompt)) > 0


def _is_input(clause: str, pieces: Sequence[_Piece], prompt: str) -> bool:
    """Whether words are only the input of the task, as in "Reverse the word: planet"."""
    words = "".join(clause[piece.start : piece.end].casefold() for piece in pieces if piece.is_new)
    return words == "".join(_WORD.findall(input_of(prompt).casefold()))


def _is_empty(word: str) -> bool:
    return _stem(word) in EMPTY_STEMS and word.casefold() not in _BE_FORMS


def _runs(pieces: Sequence[_Piece]) -> list[tuple[int, int]]:
    """Return first and last index of each run of new words; only words without a meaning of their own are between."""
    runs: list[tuple[int, int]] = []
    is_joined = False
    for at, piece in enumerate(pieces):
        if piece.is_new:
            runs = [*runs[:-1], (runs[-1][0], at)] if is_joined else [*runs, (at, at)]
        is_joined = piece.is_new or (is_joined and piece.is_empty)
    return runs


def _clause(sentence: str, prompt: str) -> str:
    """Return the clause that repeats most of the question, with the items of a list that follow it."""
    question = question_stems(prompt)
    ends = [(match.start(), match.end()) for match in _CLAUSE_END.finditer(sentence)] + [(len(sentence),) * 2]
    starts = [0, *(end for _, end in ends)]
    clauses = [(start, end) for start, (end, _) in zip(starts, ends, strict=False)]
    if len(clauses) > 1 and _SUBORDINATE.match(sentence, clauses[0][1]) and not _VERB.search(sentence[: clauses[0][1]]):
        return sentence[: clauses[0][1]]  # "cheese, while Lucy sold honey"
    verb = _WHO.search(question_of(prompt))
    shares = [
        -1.0
        if _CONDITION.match(sentence, start)
        else coverage(sentence[start:end], question) + _has_stem(sentence[start:end], verb)
        for start, end in clauses
    ]
    verbs = [_has_verb(sentence[start:end], question_of(prompt), is_sentence=False) for start, end in clauses]
    at = max(range(len(clauses)), key=lambda i: (shares[i], verbs[i], i if shares[i] else -i))
    start, end = clauses[at]
    items = 0
    for (first, last), share in zip(clauses[at + 1 :], shares[at + 1 :], strict=True):
        text = sentence[first:last]
        has_verb = _has_verb(text, question_of(prompt), is_sentence=False)
        is_item = (share < shares[at] or not share) and not _NO_ITEM.match(text) and not has_verb
        is_item = is_item and len(text.split()) <= _MAX_ITEM_WORDS
        if not _LIST_JOIN.fullmatch(sentence[end:first]) or (text.strip() and not is_item):
            break
        end, items = (last, items + 1) if text.strip() else (end, items)
    # One item behind a comma is an apposition: "Ann Lee, an engineer".
    is_apposition = items == 1 and _APPOSITION.match(sentence, clauses[at][1])
    return sentence[start : clauses[at][1] if is_apposition else end]


def _has_stem(text: str, match: re.Match[str] | None) -> bool:
    return match is not None and _stem(match[1]) in map(_stem, _WORD.findall(text))


def _has_verb(clause: str, question: str, *, is_sentence: bool) -> bool:
    """Whether a clause is a statement: it has an auxiliary, or the verb of the question in a form of a statement."""
    if _VERB.search(clause) or _PRONOUN.match(clause) or _THIRD_PERSON.match(clause):
        return True
    asked = {_stem(word) for word in _WORD.findall(question)}
    words = [word.casefold() for word in _WORD.findall(clause)]
    verb = _WHO.search(question)
    if len(words) > _MAX_BARE_WORDS and len({*map(_stem, words)} & asked - EMPTY_STEMS) > 1:
        return verb is None or _has_stem(clause, verb)
    return any(
        (word in VERB_FORMS and len(word) > 3)
        or (_stem(word) in asked | _REPORT_WORDS and word.endswith(("ed", "s", "ing")))
        for before, word in zip(["", *words], words, strict=False)
        if before not in _KEPT and (before or not is_sentence)
    )
