"""Yes and no in sentences, expressions, other languages and the words of the question."""

from __future__ import annotations

import pytest

from orca_local.kinds.table import get_kind

QUESTION = "Is Oslo the capital of Norway?"

ASKED_FORM = [
    ("Answer: yes", "yes"),
    ("Answer: No.", "no"),
    ("Answer: TRUE", "yes"),
    ("Answer: **False**", "no"),
    ('Answer: "yes"', "yes"),
    ("Answer: (no)", "no"),
    ("\\boxed{True}", "yes"),
    ("Answer: not false.", "yes"),
    ("Answer: Ja", "yes"),
    ("Final answer: no", "no"),
]

FREE_FORM = [
    ("Answer: Yes, it is.", "yes"),
    ("Answer: no, it isn't true", "no"),
    ("Answer: It is false.", "no"),
    ("Yes", "yes"),
    ("no", "no"),
    ("Yep.", "yes"),
    ("Nope!", "no"),
    ("Yes, Oslo is the capital.", "yes"),
    ("No, it isn't.", "no"),
    ("Yes it is", "yes"),
    ("No it is not", "no"),
    ("It is true.", "yes"),
    ("It isn't true.", "no"),
    ("That's not false.", "yes"),
    ("This statement is not correct.", "no"),
    ("The claim is incorrect.", "no"),
    ("That is correct.", "yes"),
    ("Correct.", "yes"),
    ("Wrong.", "no"),
    ("Of course.", "yes"),
    ("Of course not.", "no"),
    ("Definitely not.", "no"),
    ("Certainly!", "yes"),
    ("Not at all.", "no"),
    ("Never.", "no"),
    ("Right.", "yes"),
    ("I believe the answer is yes.", "yes"),
    ("The answer should be no.", "no"),
    ("I would say yes.", "yes"),
    ("I'd say no.", "no"),
    ("I think so, yes.", "yes"),
    ("So no.", "no"),
    ("Hence, yes.", "yes"),
    ("The answer is not no.", "yes"),
    ("The answer isn't no.", "yes"),
    ("One might say yes, but the answer is no.", "no"),
    ("At first it seems true, but it is false.", "no"),
    ("It may look false, but it's true.", "yes"),
    ("If it were false, we would know. So it is true.", "yes"),
    ("Yes, wait, no.", "no"),
    ("Yes. Actually, no.", "no"),
    ("Yes or no? Yes.", "yes"),
    ("True or false? False.", "no"),
    ("True and False = False", "no"),
    ("not True = False", "no"),
    ("True or False = True", "yes"),
    ("not not True = True", "yes"),
    ("(not False) and True evaluates to True.", "yes"),
    ("False and True is False", "no"),
    ("not ( True ) and ( True ) is False", "no"),
    ("The result is True.", "yes"),
    ("The expression evaluates to False.", "no"),
    ("No problem! Yes.", "yes"),
    ("No doubt about it: yes.", "yes"),
    ("Sure! The answer is no.", "no"),
    ("No worries, the answer is yes.", "yes"),
    ("No. It is true that he left, but later.", "no"),
    ("Yes. It is false that he died.", "yes"),
    ("Oslo isn't the capital of Norway.", "no"),
    ("Oslo is the capital of Norway.", "yes"),
    ("Oslo is the capital of Norway, and has been since 1814.", "yes"),
    ("Oslo was never the capital of Norway.", "no"),
    ("Ja.", "yes"),
    ("Nein.", "no"),
    ("Sí.", "yes"),
    ("Oui", "yes"),
    ("Non, ce n'est pas vrai.", "no"),
    ("是", "yes"),
    ("不是", "no"),
    ("否", "no"),
    ("はい", "yes"),
    ("いいえ", "no"),
    ("نعم", "yes"),
    ("لا", "no"),
    ("Да", "yes"),
    ("Нет", "no"),
    ("हाँ", "yes"),
    ("नहीं", "no"),
    ("Sí, es verdad.", "yes"),
    ("不是的。", "no"),
    ("是的，奥斯陆是首都。", "yes"),
    ("Absolutely not.", "no"),
    ("Yes\n\nNo other city is.", "yes"),
    ("The sentence is true because Oslo is it.", "yes"),
    ("True, since it is.", "yes"),
    ("False; Bergen is.", "no"),
    ("It's true.", "yes"),
    ("That's false", "no"),
    ("yes 🎉", "yes"),
    ("Well, yes.", "yes"),
    ("Hmm, no.", "no"),
    ("- Yes", "yes"),
    ("> no", "no"),
    ("YES!!!", "yes"),
    ("Affirmative.", "yes"),
    ("Negative.", "no"),
    ("Yes, that is false information.", "yes"),
    ("No, because the statement is true only in part.", "no"),
    ("It would be wrong to say no. The answer is yes.", "yes"),
    ("It is not the case. So, no.", "no"),
    ("Let's check. 7 is prime. So the statement is true.", "yes"),
    ("Is it true? It is false.", "no"),
]

NO_VALUE = [
    "Answer: yes or no",
    "Answer: yes/no",
    "Answer: maybe",
    "Answer: yes and no",
    "Answer: both",
    "Maybe yes, maybe no.",
    "It depends.",
    "There is no evidence.",
    "No one knows.",
    "No information is given.",
    "Oslo is a city.",
    "Bergen is not the capital of Norway.",
    "The statement is both true and false.",
    "It is neither true nor false.",
    "I cannot say whether it is true or false.",
    "The statement that it is true is false.",
    "yes, no",
    "Nobody knows the truth.",
    "A true friend.",
    "True love is rare.",
]


@pytest.mark.parametrize(("text", "expected"), ASKED_FORM)
def test_value_is_read_in_the_asked_form(text: str, expected: str) -> None:
    readings = get_kind("boolean").read(text, prompt=QUESTION)
    assert (readings.strict, readings.lenient) == (expected, expected)


@pytest.mark.parametrize(("text", "expected"), FREE_FORM)
def test_value_is_read_in_free_text(text: str, expected: str) -> None:
    readings = get_kind("boolean").read(text, prompt=QUESTION)
    assert (readings.strict, readings.lenient) == (None, expected)


@pytest.mark.parametrize("text", NO_VALUE)
def test_undecided_text_has_no_value(text: str) -> None:
    readings = get_kind("boolean").read(text, prompt=QUESTION)
    assert (readings.strict, readings.lenient) == (None, None)
