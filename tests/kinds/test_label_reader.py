"""The label that a text settles on, in sets of labels of many kinds."""

from __future__ import annotations

import pytest

from orca_local.kinds.table import get_kind

SENTIMENT = ("positive", "negative", "neutral")
INFERENCE = ("entailment", "contradiction", "neutral")
LANGUAGES = ("C", "C++", "C#")
SIGNS = ("-1", "0", "1")
YES_NO_MAYBE = ("yes", "no", "maybe")
HATE = ("hate", "not hate")
TWO_WAY = ("entailment", "not_entailment")
DEGREES = ("very positive", "positive", "neutral", "negative", "very negative")
SPAM = ("spam", "ham")
CHINESE = ("正面", "负面", "中性")
ARTICLES = ("a", "an", "the")
RELATIONS = ("<", ">", ">=", "<=", "=")
STARS = ("1", "2", "3", "4", "5")
HINDI = ("सकारात्मक", "नकारात्मक")
LETTERS = ("A", "B")
TRUTH = ("True", "False", "Neither")
CITIES = ("New York", "York")
EMOTIONS = ("joy", "sadness", "anger")
TOPICS = ("sci/tech", "world", "sports")

ASKED_FORM = [
    (SENTIMENT, "Answer: positive", "positive"),
    (SENTIMENT, "Answer: Positive.", "positive"),
    (SENTIMENT, "Answer: **POSITIVE**", "positive"),
    (SENTIMENT, 'Answer: "positive"', "positive"),
    (SENTIMENT, "Answer: (positive)", "positive"),
    (SENTIMENT, "Answer: _positive_", "positive"),
    (SENTIMENT, "Answer: positive!", "positive"),
    (SENTIMENT, "\\boxed{\\text{positive}}", "positive"),
    (TWO_WAY, "Answer: entailment", "entailment"),
    (TWO_WAY, "Answer: NOT_ENTAILMENT.", "not_entailment"),
    (HATE, "Answer: hate", "hate"),
    (HATE, "Answer: Not Hate", "not hate"),
    (DEGREES, "Answer: very positive", "very positive"),
    (LANGUAGES, "Answer: C++", "C++"),
    (LANGUAGES, "Answer: C#.", "C#"),
    (LANGUAGES, "Answer: c", "C"),
    (SIGNS, "Answer: -1", "-1"),
    (SIGNS, "Answer: 1", "1"),
    (SIGNS, "Answer: 0.", "0"),
    (YES_NO_MAYBE, "Answer: No.", "no"),
    (CHINESE, "Answer: 正面", "正面"),
    (ARTICLES, "Answer: an", "an"),
    (RELATIONS, "Answer: >", ">"),
    (RELATIONS, "Answer: >=", ">="),
    (RELATIONS, 'Answer: "<"', "<"),
    (RELATIONS, "Answer: =", "="),
    (STARS, "Answer: 4", "4"),
    (HINDI, "Answer: सकारात्मक", "सकारात्मक"),
    (LETTERS, "Answer: B", "B"),
    (TRUTH, "Answer: true", "True"),
    (EMOTIONS, "Answer: Joy 😊", "joy"),
    (TOPICS, "Answer: Sci/Tech", "sci/tech"),
    (
        (
            "x",
            "y",
        ),
        "Answer: y",
        "y",
    ),
    (
        (
            "POS",
            "NEG",
        ),
        "Answer: neg",
        "NEG",
    ),
    (
        (
            "café",
            "cafe",
        ),
        "Answer: café",
        "café",
    ),
]

FREE_FORM = [
    (SENTIMENT, "Answer: positive, because it's great.", "positive"),
    (SENTIMENT, "Neither positive nor negative, so neutral.", "neutral"),
    (SENTIMENT, "It's neutral.", "neutral"),
    (SENTIMENT, "The sentiment is positive.", "positive"),
    (SENTIMENT, "The sentiment of the review is clearly negative because it says bad.", "negative"),
    (SENTIMENT, "I'd say neutral.", "neutral"),
    (SENTIMENT, "This is a positive review.", "positive"),
    (SENTIMENT, "positive review", "positive"),
    (SENTIMENT, "Sentiment: negative", "negative"),
    (SENTIMENT, "Label: neutral", "neutral"),
    (SENTIMENT, "More negative than positive.", "negative"),
    (SENTIMENT, "It might seem positive, but it is negative.", "negative"),
    (SENTIMENT, "Although it begins with positive words, the review is negative.", "negative"),
    (SENTIMENT, "Is it positive? No, it's negative.", "negative"),
    (SENTIMENT, "It isn't positive or negative, but neutral.", "neutral"),
    (SENTIMENT, "Instead of positive, it is neutral.", "neutral"),
    (SENTIMENT, "The tone is not negative at all; it's positive", "positive"),
    (SENTIMENT, "There is no doubt it is positive.", "positive"),
    (SENTIMENT, "I don't think it's negative. It's neutral.", "neutral"),
    (SENTIMENT, "The text has positive and negative parts, so overall it is neutral.", "neutral"),
    (SENTIMENT, "The text has positive and negative parts. Overall: neutral", "neutral"),
    (SENTIMENT, "neutral\n\nIt has neither positive nor negative words.", "neutral"),
    (SENTIMENT, "negative. The positive remark is sarcastic.", "negative"),
    (SENTIMENT, "The review says nothing positive, so negative.", "negative"),
    (SENTIMENT, "非常positive的评论", "positive"),
    (SENTIMENT, "It's not just positive, it's great.", "positive"),
    (SENTIMENT, "Answer: The sentiment is negative.", "negative"),
    (INFERENCE, "entailment.", "entailment"),
    (INFERENCE, "This is a contradiction, not an entailment.", "contradiction"),
    (INFERENCE, "There is neither entailment nor contradiction: neutral.", "neutral"),
    (TWO_WAY, "`not_entailment`", "not_entailment"),
    (TWO_WAY, "not\\_entailment", "not_entailment"),
    (HATE, "It's hate.", "hate"),
    (HATE, "The label is not hate.", "not hate"),
    (HATE, "not hate, since it is a joke", "not hate"),
    (DEGREES, "It's very negative.", "very negative"),
    (DEGREES, "positive", "positive"),
    (DEGREES, "Very positive!", "very positive"),
    (SPAM, "This is spam.", "spam"),
    (SPAM, "It's not spam, it's ham.", "ham"),
    (SPAM, "Spam or ham? Spam.", "spam"),
    (LANGUAGES, "It's written in C++.", "C++"),
    (LANGUAGES, "C", "C"),
    (LANGUAGES, "The language is C.", "C"),
    (LANGUAGES, "C#, not C++", "C#"),
    (SIGNS, "The label is -1.", "-1"),
    (SIGNS, "0", "0"),
    (YES_NO_MAYBE, "No, there is no evidence.", "no"),
    (YES_NO_MAYBE, "Maybe.", "maybe"),
    (YES_NO_MAYBE, "Yes, without doubt.", "yes"),
    (YES_NO_MAYBE, "The answer is no.", "no"),
    (CHINESE, "答案是正面", "正面"),
    (CHINESE, "这条评论是负面的。", "负面"),
    (CHINESE, "不是正面，而是负面", "负面"),
    (CHINESE, "正面。", "正面"),
    (ARTICLES, 'The correct article is "an".', "an"),
    (ARTICLES, "a", "a"),
    (ARTICLES, "The", "the"),
    (ARTICLES, "The answer is a.", "a"),
    (RELATIONS, "5 > 3", ">"),
    (RELATIONS, "`<=`", "<="),
    (RELATIONS, "<", "<"),
    (STARS, "5 stars", "5"),
    (STARS, "I'd give it 3.", "3"),
    (HINDI, "यह नकारात्मक है", "नकारात्मक"),
    (LETTERS, "B.", "B"),
    (LETTERS, "The answer is A", "A"),
    (LETTERS, "(B)", "B"),
    (LETTERS, "Option A", "A"),
    (TRUTH, "Neither", "Neither"),
    (TRUTH, "This is true.", "True"),
    (CITIES, "New York", "New York"),
    (CITIES, "It is in York.", "York"),
    (CITIES, "York, not New York", "York"),
    (EMOTIONS, "The emotion expressed is joy.", "joy"),
    (TOPICS, "The topic is sci/tech.", "sci/tech"),
    (
        (
            "POS",
            "NEG",
        ),
        "NEG",
        "NEG",
    ),
    (
        (
            "card_arrival",
            "card_linking",
        ),
        "card arrival",
        "card_arrival",
    ),
    (("person HasA x",), "person HasA x", "person HasA x"),
]

NO_LABEL = [
    (SENTIMENT, "Answer: positive and negative"),
    (SENTIMENT, "Answer: positive/negative"),
    (SENTIMENT, "Answer: not positive"),
    (SENTIMENT, "Answer: neither positive nor negative"),
    (SENTIMENT, "Answer: positively"),
    (SENTIMENT, "Answer: non-negative"),
    (SENTIMENT, "It could be positive or negative."),
    (SENTIMENT, "positive, negative, neutral"),
    (SENTIMENT, "It is not neutral."),
    (SENTIMENT, "Anything but positive."),
    (SENTIMENT, "The sentiment is neither negative nor neutral."),
    (INFERENCE, "The premise contradicts the hypothesis."),
    (INFERENCE, "no entailment"),
    (SPAM, "spammer"),
    (LANGUAGES, "Answer: C+"),
    (SIGNS, "Answer: +1"),
    (SIGNS, "Answer: 10"),
    (SIGNS, "Answer: 0.5"),
    (YES_NO_MAYBE, "There is no evidence."),
    (YES_NO_MAYBE, "Maybe yes, maybe no."),
    (ARTICLES, "an apple"),
    (STARS, "Answer: 4/5"),
    (STARS, "Answer: 4.5"),
    (LETTERS, "A dog."),
    (EMOTIONS, "joyful"),
]


@pytest.mark.parametrize(("labels", "text", "expected"), ASKED_FORM)
def test_label_is_read_in_the_asked_form(labels: tuple[str, ...], text: str, expected: str) -> None:
    readings = get_kind("exact").read(text, labels=labels)
    assert (readings.strict, readings.lenient) == (expected, expected)


@pytest.mark.parametrize(("labels", "text", "expected"), FREE_FORM)
def test_label_is_read_in_free_text(labels: tuple[str, ...], text: str, expected: str) -> None:
    readings = get_kind("exact").read(text, labels=labels)
    assert (readings.strict, readings.lenient) == (None, expected)


@pytest.mark.parametrize(("labels", "text"), NO_LABEL)
def test_undecided_text_has_no_label(labels: tuple[str, ...], text: str) -> None:
    readings = get_kind("exact").read(text, labels=labels)
    assert (readings.strict, readings.lenient) == (None, None)
