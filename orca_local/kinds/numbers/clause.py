"""Find the number of one sentence that answers."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from orca_local.kinds.numbers import cues, words
from orca_local.kinds.numbers.parser import is_sign, parse_quantities, parse_quantity, token_at
from orca_local.kinds.numbers.phrase import EQUALS, LEADS, OPERATORS, parse_phrase, unit_end
from orca_local.kinds.numbers.token import END, Token
from orca_local.kinds.numbers.value import Quantity
from orca_local.kinds.reading.asked import stem

_MAX_OPERAND_WORDS = 4
_MIN_LIST = 3
"""Number of numbers above which the only new one of a list continues it."""


@dataclass(frozen=True)
class Clause:
    """The numbers of one sentence, and which of them is its answer."""

    tokens: Sequence[Token]
    prompt_values: frozenset[Fraction]
    asked: frozenset[str] = frozenset()
    """Stems of the words of the question, such as the unit that it asks for."""

    @cached_property
    def quantities(self) -> list[Quantity]:
        """Every number of the sentence but ordinals in words."""
        return [
            quantity
            for quantity in parse_quantities(self.tokens)
            if quantity.style != "ordinal" and not self._is_pronoun(quantity)
        ]

    def _is_pronoun(self, quantity: Quantity) -> bool:
        """Whether it is "the one", "that one"."""
        is_one = quantity.end - quantity.first == 1 and self.tokens[quantity.first].lower == "one"
        before, after = token_at(self.tokens, quantity.first - 1).lower, token_at(self.tokens, quantity.end).lower
        return is_one and (before in ("the", "that", "this", "other", "any", "no") or after in ("more", "of"))

    def is_denied(self) -> bool:
        """Whether the sentence only says which number is not the answer: "Not 76, because …"."""
        return self.tokens[0].lower in cues.NEGATIONS and len(self.quantities) == 1

    @cached_property
    def _subordinate(self) -> frozenset[int]:
        """Indexes of the tokens after "after", "if", "when" and before the next comma."""
        return self._spans(cues.SUBORDINATE - {"as"}, ",")

    @cached_property
    def _bracketed(self) -> frozenset[int]:
        """Indexes of the tokens in brackets."""
        return self._spans({"("}, ")")

    @cached_property
    def _relative(self) -> frozenset[int]:
        """Indexes of the tokens after ", which" and before the next comma."""
        return self._spans(cues.RELATIVES, ",", ",")

    @cached_property
    def _indirect(self) -> frozenset[int]:
        """Indexes of the tokens of an indirect question, as in "how many of the 20 seats are free"."""
        return self._spans(cues.INDIRECT, (",", ":", "=", "by", "we", "get", "is"), "how")

    def _spans(self, openings: Set[str], closings: Sequence[str], before: str = "") -> frozenset[int]:
        """Return the indexes after an opening, which `before` precedes if it is given, and before a closing."""
        indexes, is_inside, previous = set(), False, ""
        for at, token in enumerate(self.tokens):
            if is_inside:
                indexes.add(at)
            opens = token.lower in openings and previous.endswith(before)
            is_inside = (is_inside or opens) and token.lower not in closings
            previous = token.lower
        return frozenset(indexes)

    def is_condition(self) -> bool:
        """Whether all numbers stand in an opening "since …," or "if …," with a main clause after it."""
        if self.tokens[0].lower not in cues.SUBORDINATE:
            return False
        comma = next((at for at, token in enumerate(self.tokens) if token.text == ","), None)
        return comma is not None and comma + 2 < len(self.tokens) and self.quantities[-1].end <= comma

    def concludes(self) -> bool:
        """Whether the sentence calculates or draws a conclusion."""
        return any(token.text in EQUALS or token.lower in cues.CONCLUDING_WORDS for token in self.tokens)

    def answer(self) -> Quantity | None:
        """Return the answer of the sentence: its conclusion, the result of its equation, or its only likely number."""
        if (number := self._beside_colon()) is not None:
            return number
        reason, conclusion = self._before_reason(), self._conclusion()
        if reason is not None:
            return parse_phrase(reason.tokens) or reason.answer()
        number = None if conclusion is None else parse_phrase(conclusion.tokens) or conclusion.answer()
        if conclusion is not None and number is not None and not conclusion._is_circumstance(number):
            return number
        if any(token.text in EQUALS for token in self.tokens):
            return self._result()
        return self._likeliest()

    def _beside_colon(self) -> Quantity | None:
        """Return the number before its parts, "$9: $7 for food and $2 for tea", or after a colon: "add the two: 39"."""
        colons = [at for at, token in enumerate(self.tokens) if token.text == ":" and at > 0]
        if not colons or any(token.text in EQUALS for token in self.tokens[colons[-1] :]):
            return None
        before = Clause(self.tokens[: colons[0]], self.prompt_values, self.asked)
        after = Clause(self.tokens[colons[-1] + 1 :], self.prompt_values, self.asked)
        if not after.quantities:
            return None
        number = parse_phrase(before.tokens) if len(before.tokens) > 1 else None
        if number is None and self.tokens[colons[-1] - 1].kind != "numeral":
            number = parse_phrase(after.tokens)
        return number if number is not None and number.value not in self.prompt_values else None

    def _before_reason(self) -> Clause | None:
        for at, token in enumerate(self.tokens):
            is_reason = token.lower in ("because", "since") or (
                token.lower in ("as", "given", "considering") and token_at(self.tokens, at - 1).text == ","
            )
            if is_reason and any(quantity.end <= at for quantity in self.quantities):
                return Clause(self.tokens[:at], self.prompt_values, self.asked)
        return None

    def _conclusion(self) -> Clause | None:
        """Return what follows the last "so", "therefore", "which is"."""
        signs = [at for at, token in enumerate(self.tokens) if token.text in EQUALS]
        for at in range(len(self.tokens) - 2, 0, -1):
            word, following = self.tokens[at].lower, self.tokens[at + 1].lower
            concludes = word in cues.CONCLUSION_WORDS and following not in cues.NOT_CONCLUSION
            is_result = word in ("which", "that") and following in cues.RESULT_VERBS
            # "5 - 7 = -2, and adding 1 gives -1".
            is_result = is_result or word == "that's" or (bool(signs) and at > signs[-1] and word in cues.RESULT_VERBS)
            is_result = is_result and token_at(self.tokens, at + 2).text != ","  # "that is, 2.75 km"
            if concludes or is_result:
                clause = Clause(self.tokens[at + 1 :], self.prompt_values, self.asked)
                return clause if clause.quantities else None
        return None

    def _result(self) -> Quantity | None:
        """Return the number beside the last equals sign, on the right if there is one."""
        signs = [at for at, token in enumerate(self.tokens) if token.text in EQUALS]
        at = signs[-1]
        if sum(self._is_variable(sign - 1) for sign in signs) > 1:
            return None  # "x = 5, y = 3"
        for quantity in self.quantities:
            lead = [token.lower for token in self.tokens[at + 1 : quantity.first]]
            is_next = quantity.first > at and all(word in words.APPROXIMATE_WORDS or word in LEADS for word in lead)
            if is_next and quantity.value is not None and not self._is_operand(quantity):
                return quantity
        return None

    def _is_variable(self, at: int) -> bool:
        token = token_at(self.tokens, at)
        is_alone = at == 0 or token_at(self.tokens, at - 1).lower in (",", "and", "or", "so", "$")
        return is_alone and token.kind == "word" and len(token.text) == 1

    def _likeliest(self) -> Quantity | None:
        scores = {
            quantity.first: self._likelihood(quantity)
            for quantity in self.quantities
            if quantity.value is not None and not self._is_operand(quantity) and not self._is_excluded(quantity)
        }
        highest = max(scores.values(), default=0)
        best = [quantity for quantity in self.quantities if scores.get(quantity.first) == highest]
        # "Since 3 boxes cost $12, one costs $4, and two cost $8": the last number is the result.
        is_derived = self.tokens[0].lower in cues.SUBORDINATE and highest > 0
        return best[-1] if is_derived or len({quantity.value for quantity in best}) == 1 else None

    def _likelihood(self, quantity: Quantity) -> float:
        """Return how likely a number is the answer of its sentence, compared with the other numbers in it."""
        before = self._words_before(quantity, 2)
        following = self.tokens[quantity.end : unit_end(self.tokens, quantity.end, 2) + 1]
        score: float = 2 * (before[0] in cues.VERBS or before[0] in (":", "=") or self._is_total(quantity))
        score += 4 * (before[0] == "with" and before[1] in cues.REMAINDERS)
        score -= 4 * (quantity.first in self._bracketed) + 6 * (quantity.first in self._relative)
        is_asked = self._is_new(quantity) and self.is_asked(quantity)
        # "In 5 years" answers "in how many years".
        is_circumstance = self._is_circumstance(quantity) and not (is_asked and before[0] in ("in", "after"))
        score += 3 * is_asked - 3 * is_circumstance
        score -= quantity.style == "words"
        score -= 2 * any(token.lower in ("per", "each", "every", "a") for token in following)
        score -= 3 * (quantity.value in self.prompt_values)
        return score

    def is_asked(self, quantity: Quantity) -> bool:
        """Whether a word of the question names the number: "44 yellow", "a remainder of 2"."""
        end = quantity.end
        if [token.lower for token in self.tokens[end : end + 2]] == ["of", "the"]:
            end += 3  # "375 of the 432 seats"
        if token_at(self.tokens, end).text == "%" and "percent" in self.asked:
            return True
        after = self.tokens[end : end + 3]
        ends = [at for at, token in enumerate(after) if token.kind != "word" or token.lower in cues.NO_NAMES]
        before = self.tokens[max(0, quantity.first - 2) : quantity.first]
        named = [
            *after[: min(ends, default=3)],
            *(before[:1] if before[-1:] and before[-1].lower == "of" else ()),
        ]
        return any(stem(token.lower) in self.asked for token in named)

    def _is_circumstance(self, quantity: Quantity) -> bool:
        """Whether a preposition stands before, as in "in 30 days". After "a total of 89" the number is not one."""
        before, earlier = self._words_before(quantity, 2)
        if before == "with" and earlier in cues.REMAINDERS:
            return False
        if earlier == "to" or quantity.first in self._subordinate:
            return True
        if before == "of":
            return earlier in ("out", "") or token_at(self.tokens, quantity.first - 1).lower != "of"
        return before in cues.CIRCUMSTANCE_WORDS

    def _is_total(self, quantity: Quantity) -> bool:
        """Whether it stands in "a total of 7" or "7 in total"."""
        after = [token.lower for token in self.tokens[quantity.end : quantity.end + 4]]
        before = [token.lower for token in self.tokens[max(0, quantity.first - 2) : quantity.first]]
        return bool(
            cues.TOTALS & {*after, " ".join(after[:2]), " ".join(after[1:3]), " ".join(after[2:4]), " ".join(before)}
        )

    def _words_before(self, quantity: Quantity, count: int) -> list[str]:
        at = quantity.first - 1
        while token_at(self.tokens, at).lower in cues.ARTICLES | words.CURRENCY_SYMBOLS:
            at -= 1
        return [token_at(self.tokens, at - back).lower for back in range(count)]

    def _is_excluded(self, quantity: Quantity) -> bool:
        """Whether a number is denied, part of a date, or one of two alternatives or parts of a ratio."""
        before, earlier = self._words_before(quantity, 2)
        if quantity.first in self._indirect:
            return True
        if before in cues.NEGATIONS or (before in ("of", "than") and earlier in ("instead", "rather")):
            return True
        if self._is_compound(quantity):
            return True
        return self._is_date(quantity) or self._is_alternative(quantity)

    def _is_compound(self, quantity: Quantity) -> bool:
        """Whether it is a part of "4 hours and 30 minutes"."""
        at = self.quantities.index(quantity)
        for one, other in pairwise(self.quantities[max(0, at - 1) : at + 2]):
            gap = [token.lower for token in self.tokens[one.end : other.first] if token.lower not in cues.JOINS]
            unit = token_at(self.tokens, other.end).lower
            if len(gap) == 1 and (stem(gap[0]), stem(unit)) in cues.UNITS_AND_PARTS:
                return True
        return False

    def _is_date(self, quantity: Quantity) -> bool:
        """Whether a number is part of "May 5, 2021" or "5 May 2021"."""
        back = 1 + 2 * (token_at(self.tokens, quantity.first - 1).text == ",")
        near = (token_at(self.tokens, quantity.first - back), token_at(self.tokens, quantity.end))
        return any(token.lower in words.MONTHS or token.text == "May" for token in near)

    def _is_alternative(self, quantity: Quantity) -> bool:
        if self._is_new(quantity) and len(self.quantities) > _MIN_LIST and sum(map(self._is_new, self.quantities)) == 1:
            return False  # "2, 6, 18, 54, 162" after "2, 6, 18, 54, …"
        at = self.quantities.index(quantity)
        for one, other in pairwise(self.quantities[max(0, at - 1) : at + 2]):
            between = self.tokens[one.end : other.first]
            gap = [token.lower for token in between]
            if self._is_compound(one) or self._is_compound(other):
                continue  # "210 minutes, or 3 hours and 30 minutes"
            is_year = other.value is not None and 1900 <= other.value < 2100
            is_ratio = gap in (["of"], ["per"], ["out", "of"], ["and"], []) or (gap == ["in"] and not is_year)
            if "of" in gap and quantity is one and self._is_new(one) and not self._is_new(other):
                continue  # "three eighths of the 24 hours"
            if gap == [":"] and between[0].is_spaced:
                return True
            if gap == [","] and self._words_before(one, 1)[0] not in cues.CIRCUMSTANCE_WORDS | cues.NEGATIONS:
                return True
            if one.value == other.value:
                continue
            is_range = len(gap) in (1, 2, 3) and gap[-1] in words.RANGE_WORDS
            is_range = is_range and self.is_asked(one) == self.is_asked(other)
            before = token_at(self.tokens, one.first - 1).lower
            is_change = gap == ["to"] and before == "from" and quantity is other and one.value in self.prompt_values
            if not is_change and (is_ratio or is_range or before == "between"):
                return True
        return False

    def _is_new(self, quantity: Quantity) -> bool:
        return quantity.value not in self.prompt_values

    def _is_operand(self, quantity: Quantity) -> bool:
        """Whether a number stands beside an operator: "12 + 3", "20 apples minus 5 apples", "5 per hour × 8"."""
        before = quantity.first - 1
        if self._is_operator(before) and any(other.end <= before for other in self.quantities):
            return True
        if token_at(self.tokens, before).text in OPERATORS - {"-"}:
            return True
        end = unit_end(self.tokens, quantity.end, _MAX_OPERAND_WORDS)
        return self._is_operator(end + (token_at(self.tokens, end).text == ")"))

    def _is_operator(self, at: int) -> bool:
        token, following = token_at(self.tokens, at), token_at(self.tokens, at + 1)
        is_word = token.lower in words.OPERATOR_WORDS or (token.text in ("x", "X") and token is not END)
        if token.text not in OPERATORS and not is_word:
            return False
        if token.text == "-" and is_sign(self.tokens, at):
            return False
        is_variable = following.kind == "word" and len(following.text) == 1 and following.lower != "a"
        is_open = following.text in ("(", "√") or (following is END and not is_word)
        return is_variable or is_open or parse_quantity(self.tokens, at + 1) is not None
