"""Read what a sentence adds to its question: "Ida" in "Wool was sold by Ida." after "Who sold wool?" """

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from orca_local.domain.text import fold
from orca_local.kinds.reading.asked import (
    CLAUSE_END,
    EMPTY_STEMS,
    coverage,
    input_of,
    question_of,
    question_stems,
    stem,
)
from orca_local.kinds.reading.gap import chosen, phrase_in_gap, phrase_of_restatement, trim
from orca_local.kinds.reading.lexicon import AUXILIARIES, VERB_FORMS, phrase_set
from orca_local.kinds.reading.open_question import DATE_QUESTION, VERBS, Word, words_of
from orca_local.kinds.reading.wrapping import sentences, unwrap, without_period

_MAX_CHARACTERS = 2_000
_MAX_SENTENCES = 20
_MAX_SENTENCE = 300
_MAX_WORDS = 30
_MAX_BARE_WORDS = 3
"""Bounds of what is read of a text, and of the words of an answer."""
_REPORT_WORDS = phrase_set(
    "say|stat|mention|accord|indicat|call|nam|person|peopl|thing|plac|on|correct|right|final|result|get|giv|becom|writ"
    "|consist|contain|includ|stand|locat|situat|belong|word|letter|term|sentenc|phras|com|work|act|tak|happen|occur|serv|form|version|translat|would|translation|spell|known|equal|mean|so|therefor|thu|henc|them|together|put|just|simply|read|fit|blank|summary|paraphras|rewrit|respons|titl|headlin|question|output"
)
"""Stems of words that report an answer and are no part of it."""
_DIGIT = re.compile(r"\d")
_QUOTED = re.compile(
    r"\"([^\"\n]+)\"|“([^”\n]+)”|«([^»\n]+)»|„([^“”\n]+)[“”]|`([^`\n]+)`|\*\*([^*\n]+)\*\*|(?<!\w)'([^'\n]+)'(?!\w)"
)
_BEFORE_QUOTE = re.compile(r"\b(?:is|be|with|as|becomes)\s*[.]?\Z")
_EQUATION = re.compile(r"(?P<left>[^=→\n]{1,200}?)\s*(?:=|→|->|=>|⇒)\s*(?P<right>[^=→⇒\n]+)")
_LABEL = re.compile(r"[*_#\s]*+(?P<label>[^\W\d][^:\n]{0,50}?)[*_]*+\s?[:：][*_]*+\s+(?P<rest>\S.*)", re.DOTALL)
_NEGATION = re.compile(r"n['’]t\b|\b(?:not|never|no|cannot|neither|nor)\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"[,;]\s+\w+(?:ed|ing)\b|\W*(?:if|when|since|because|although|though|while|whereas|which|who|as)\b", re.IGNORECASE
)
_RESULT = re.compile(
    r"\W*(?:(?:so|therefore|thus|hence|finally|in\s+conclusion)\b|(?:the\s+)?(?:final|result|output|concatenat|combin|join|putting))",
    re.IGNORECASE,
)
"""The start of a sentence that gives the result."""
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
_PRONOUN = re.compile(r"\W*(?:it|he|she|they|this|that|there|we|you|i)\b", re.IGNORECASE)
_WHO = re.compile(rf"\bwho\s+(?!(?:{AUXILIARIES})\b)(\w+)", re.IGNORECASE)
"""The verb of a question, which the clause that answers has."""
_BY = re.compile(r"\bby\b", re.IGNORECASE)
_AMOUNT = re.compile(r"\bhow\s+(?:many|much)\b|\b(?:kind|type|sort)\s+of\b", re.IGNORECASE)
_AGENT = re.compile(r"\A(?:(?:\w+(?:ed|en)|an?\s+\w+)\s+by|par|von|por)\s+", re.IGNORECASE)
_APPOSITION = re.compile(r"(\b(?:is|was)\s[A-Z][\w ]{1,40}),\san?\s(?!.*\b(?:and|or)\b).*", re.DOTALL)
"""A name, and what is said of it: "is Oslo, a city of 700,000"."""
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
_KEPT = phrase_set("the|a|an|their|his|her|its|my|our")
"""Words before an answer that belong to it."""


def added_phrase(text: str, prompt: str) -> str | None:
    """Return what the sentence of a text that repeats most of the question adds to it; None if none does.

    Of two such sentences the last counts. Below lines of working, a last line that is only a phrase counts.
    """
    question, best, highest = question_stems(prompt), None, 0.0
    parts = _whole_sentences(text[:_MAX_CHARACTERS])[:_MAX_SENTENCES]
    if not question or not parts:
        return None
    is_task = not question_of(prompt).rstrip().endswith("?")
    if len(parts) > 1 and not is_task and _is_bare(parts[0]):
        return None  # An answer alone, with an explanation below.
    if len(parts) > 1 and all(_EQUATION.fullmatch(part) for part in parts[:-1]) and _is_bare(parts[-1]):
        return unwrap(without_period(parts[-1]))
    if DATE_QUESTION.search(question_of(prompt)):
        parts = [part for part in parts if _DIGIT.search(part)] or parts
    for sentence in parts:
        if len(sentence) > _MAX_SENTENCE or sentence.endswith("?"):
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
    return is_short and not _EQUATION.fullmatch(line) and not any(word.text in VERBS for word in words_of(line))


def _added(sentence: str, prompt: str) -> str | None:
    for read in (_reason, labelled, _in_gap, quoted, _equated, _restated):
        if (phrase := read(sentence, prompt)) is not None:
            phrase = unwrap(without_period(unwrap(phrase.strip(" ,;:"))))
            is_short = 0 < len(phrase.split()) <= _MAX_WORDS
            # "Seven" is no date where the sentence has one.
            is_other = (
                _DIGIT.search(sentence) and not _DIGIT.search(phrase) and DATE_QUESTION.search(question_of(prompt))
            )
            return phrase if is_short and not is_other and not DESCRIPTION.match(phrase) else None
    return None


def _new_words(text: str, prompt: str) -> list[str]:
    """Return the words that neither the question has nor report an answer."""
    given = _given(prompt)
    return [word.text for word in words_of(text) if _stem(word.text) not in given]


def _given(prompt: str) -> frozenset[str]:
    return question_stems(prompt) | EMPTY_STEMS | _REPORT_WORDS


def _stem(word: str) -> str:
    return stem(word.removesuffix("'s"))


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


def labelled(sentence: str, prompt: str) -> str | None:
    """Return what follows a label whose words are those of the question: "Company: Brightwell"."""
    match = _LABEL.fullmatch(sentence)
    if match is None:
        return None
    is_known = all(word in prompt.casefold() for word in _new_words(match["label"], prompt))
    is_asked = is_known and coverage(match["label"], question_stems(prompt)) > 0
    words = {_stem(word.text) for word in words_of(match["label"])}
    is_report = words <= _given(prompt) and not words.isdisjoint(_REPORT_WORDS)
    is_report = is_report or match["label"].endswith((" is", " are"))
    return match["rest"] if is_asked or is_report or _RESULT.match(sentence) else None


def quoted(sentence: str, prompt: str) -> str | None:
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
    return match["right"] if match else None


def _restated(sentence: str, prompt: str) -> str | None:
    """Return the words that a statement adds to those of the question."""
    question, clause = question_of(prompt), _clause(_APPOSITION.sub(r"\1", sentence.replace("**", "")), prompt)
    if _NEGATION.search(clause) or not _has_verb(clause, question):
        return None
    words, given = words_of(clause), _given(prompt)
    is_new = [word.text not in VERBS and _stem(word.text) not in given for word in words]
    runs = [run for run in _runs(words, is_new) if not _is_input([words[at] for at in run if is_new[at]], prompt)]
    if not runs or all(is_new):
        return None
    run = runs[0] if _is_subject(clause, words[runs[0][-1]].end, prompt) else runs[-1]
    # The verb of "Japan uses the yen" is no part of the answer.
    run = run[1:] if run[0] and len(run) > 1 and _is_verb(clause, words[run[0]]) else run
    first, last = run[0], run[-1]
    last += (
        last + 1 < len(words) and _AMOUNT.search(question) is not None and words[last + 1].key in question_stems(prompt)
    )
    start = words[first - 1].start if first and words[first - 1].text in _KEPT else words[first].start
    closing = re.compile(r"[\"'”’)*%°]*").match(clause, words[last].end)
    phrase = _AGENT.sub("", clause[start : closing.end() if closing else None].split(": ")[-1])
    if (means := _MEANS.search(clause)) is not None and _HOW.match(question):
        phrase = means[0]
    return _ADVERB.sub("", trim(phrase, prompt))


def _is_verb(clause: str, word: Word) -> bool:
    """Whether a word is a verb: a past form, or a word with "s" before an article."""
    written = clause[word.start : word.end]
    is_past = written in VERB_FORMS or (
        written.endswith("ed") and written.islower() and clause[word.end :][:4] != " by "
    )
    return is_past or (written.endswith("s") and written.islower() and _BEFORE_NOUN.match(clause, word.end) is not None)


def _is_subject(clause: str, end: int, prompt: str) -> bool:
    """Whether the words up to here are the subject that the question asks for: "Mice is the plural of …"."""
    if coverage(clause[:end], question_stems(prompt)) or _PRONOUN.match(clause):
        return False
    copula = _PASSIVE.search(clause)
    if copula is None:
        return not _OBJECT_QUESTION.search(question_of(prompt))
    rest = clause[copula.end() :]
    return copula.start() >= end and not _BY.search(rest) and coverage(rest, question_stems(prompt)) > 0


def _is_input(words: Sequence[Word], prompt: str) -> bool:
    """Whether words are only the input of the task, as in "Reverse the word: planet"."""
    return "".join(word.text for word in words) == "".join(word.text for word in words_of(input_of(prompt)))


def _runs(words: Sequence[Word], is_new: Sequence[bool]) -> list[list[int]]:
    """Return the indexes of each run of new words; only words without a meaning of their own are between."""
    runs: list[list[int]] = []
    between: list[int] | None = None
    for at, word in enumerate(words):
        if is_new[at]:
            runs = runs if between is not None else [*runs, []]
            runs[-1] += [*(between or ()), at]
            between = []
        elif between is not None:
            between = [*between, at] if _stem(word.text) in EMPTY_STEMS and word.text not in VERBS else None
    return runs


def _clause(sentence: str, prompt: str) -> str:
    """Return the clause that repeats most of the question; of two such the last. A part without a verb is no clause."""
    question, at, join = question_of(prompt), 0, ""
    clauses: list[tuple[int, int, bool]] = []
    for match in (*CLAUSE_END.finditer(sentence), None):
        end = match.start() if match else len(sentence)
        is_given = _CONDITION.match(join + sentence[at:end]) is not None
        if clauses and not is_given and not _has_verb(sentence[at:end], question):
            clauses[-1] = (clauses[-1][0], end, clauses[-1][2])
        else:
            clauses.append((at, end, is_given))
        at, join = (match.end(), f"{match[0]} ") if match else (end, "")
    if len(clauses) > 1 and clauses[1][2] and not _has_verb(sentence[: clauses[0][1]], question):
        return sentence[: clauses[0][1]]  # "cheese, while Lucy sold honey"
    verb, best = _WHO.search(question), ((-2.0, False, 0), "")
    for index, (start, end, is_given) in enumerate(clauses):
        text = sentence[start:end]
        share = -1.0 if is_given else coverage(text, question_stems(prompt)) + _has_stem(text, verb)
        best = max(best, ((share, _has_verb(text, question), index if share else -index), text))
    return best[1]


def _has_stem(text: str, match: re.Match[str] | None) -> bool:
    return match is not None and stem(match[1].casefold()) in [word.key for word in words_of(text)]


def _has_verb(text: str, question: str) -> bool:
    """Whether a text is a statement: it has an auxiliary, or the verb of the question in a form of a statement."""
    asked, words = {word.key for word in words_of(question)}, words_of(text)
    if any(word.text in VERBS for word in words) or _PRONOUN.match(text) or _THIRD_PERSON.match(text):
        return True
    if len(words) > _MAX_BARE_WORDS and len({word.key for word in words} & asked - EMPTY_STEMS) > 1:
        return (verb := _WHO.search(question)) is None or _has_stem(text, verb)
    return any(
        (word.text in VERB_FORMS and len(word.text) > 3)
        or (word.key in asked | _REPORT_WORDS and word.text.endswith(("ed", "s", "ing")))
        for before, word in pairwise(words)
        if before.text not in _KEPT
    )
