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
    (SENTIMENT, '{"label": "positive"}', "positive"),
    (YES_NO_MAYBE, "Answer: yes.", "yes"),
    (SIGNS, "Answer: -1.", "-1"),
    (
        (
            "Date",
            "Number",
            "Span",
        ),
        "Answer: Number",
        "Number",
    ),
    (
        (
            "是",
            "否",
        ),
        "Answer: 否",
        "否",
    ),
    (
        (
            "+",
            "-",
            "*",
            "/",
        ),
        "Answer: +",
        "+",
    ),
    (
        (
            "a",
            "b",
        ),
        "Answer: (b)",
        "b",
    ),
    (
        (
            "I",
            "II",
            "III",
        ),
        "Answer: II",
        "II",
    ),
    (
        (
            "Option 1",
            "Option 2",
        ),
        "Answer: option 2",
        "Option 2",
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
    (SENTIMENT, "The sentiment expressed in this review is **negative**.", "negative"),
    (SENTIMENT, "Based on the text, I would classify the sentiment as positive.", "positive"),
    (SENTIMENT, "I'd classify this as neutral, though it leans positive.", "neutral"),
    (SENTIMENT, "The overall sentiment is positive despite some negative comments.", "positive"),
    (SENTIMENT, "The review mentions negative points but is overall positive.", "positive"),
    (SENTIMENT, "Sentiment: positive\nReason: The reviewer is not negative at all.", "positive"),
    (SENTIMENT, "positive (not negative)", "positive"),
    (SENTIMENT, "Answer: negative, not positive", "negative"),
    (SENTIMENT, "Answer: positive? No, negative.", "negative"),
    (SENTIMENT, "Answer: slightly positive", "positive"),
    (SENTIMENT, 'Answer: The label is "neutral".', "neutral"),
    (SENTIMENT, "I think this is negative", "negative"),
    (SENTIMENT, "It expresses a negative opinion.", "negative"),
    (SENTIMENT, "Positive, negative or neutral? Negative.", "negative"),
    (SENTIMENT, "The options are positive, negative, and neutral. I choose negative.", "negative"),
    (SENTIMENT, "There are no negative words. Positive.", "positive"),
    (SENTIMENT, "Not negative, not positive: neutral.", "neutral"),
    (SENTIMENT, "NEGATIVE!!!", "negative"),
    (SENTIMENT, '{"sentiment": "positive"}', "positive"),
    (SENTIMENT, "- negative", "negative"),
    (SENTIMENT, "# Positive", "positive"),
    (SENTIMENT, "> neutral", "neutral"),
    (SENTIMENT, "1. positive", "positive"),
    (SENTIMENT, "The sentiment is negative\n\nThe word 'awful' is not positive.", "negative"),
    (SENTIMENT, "It's far from positive; it's negative.", "negative"),
    (SENTIMENT, "The review is positive and the rating is positive.", "positive"),
    (SENTIMENT, "In conclusion, while there are positive elements, the review is negative.", "negative"),
    (SENTIMENT, "The review, while not entirely negative, is neutral.", "neutral"),
    (SENTIMENT, "It sounds positive, however it is negative.", "negative"),
    (INFERENCE, "The hypothesis is entailed by the premise, so: entailment", "entailment"),
    (INFERENCE, "The relationship is neutral, neither entailment nor contradiction.", "neutral"),
    (INFERENCE, "Entailment: the premise says so.", "entailment"),
    (INFERENCE, "The statement is not a contradiction; rather it is an entailment.", "entailment"),
    (TWO_WAY, "The answer is entailment.", "entailment"),
    (TWO_WAY, "It is not an entailment.", "not_entailment"),
    (TWO_WAY, "This isn't entailment.", "not_entailment"),
    (TWO_WAY, "Not-entailment", "not_entailment"),
    (HATE, "This is hate speech.", "hate"),
    (HATE, "The text is not hate speech.", "not hate"),
    (HATE, "It's definitely not hate", "not hate"),
    (SPAM, "The email is spam because it asks for money.", "spam"),
    (SPAM, "Ham, not spam.", "ham"),
    (SPAM, "SPAM", "spam"),
    (SPAM, "This message is not ham but spam.", "spam"),
    (YES_NO_MAYBE, "Yes, the study shows it.", "yes"),
    (YES_NO_MAYBE, "The answer is maybe.", "maybe"),
    (YES_NO_MAYBE, "No.", "no"),
    (YES_NO_MAYBE, "no, not yes", "no"),
    (LANGUAGES, "It is C, not C++.", "C"),
    (LANGUAGES, "The code is C++ code.", "C++"),
    (LANGUAGES, "`C#`", "C#"),
    (SIGNS, "The sign is 0.", "0"),
    (SIGNS, "1", "1"),
    (
        (
            "Date",
            "Number",
            "Span",
        ),
        "The answer type is a number.",
        "Number",
    ),
    (
        (
            "Date",
            "Number",
            "Span",
        ),
        "date",
        "Date",
    ),
    (
        (
            "anger",
            "fear",
            "joy",
            "love",
            "sadness",
            "surprise",
        ),
        "joy, because they are happy",
        "joy",
    ),
    (
        (
            "anger",
            "fear",
            "joy",
            "love",
            "sadness",
            "surprise",
        ),
        "It's not love but joy.",
        "joy",
    ),
    (
        (
            "World",
            "Sports",
            "Business",
            "Sci/Tech",
        ),
        "This article belongs to the Sports category.",
        "Sports",
    ),
    (
        (
            "World",
            "Sports",
            "Business",
            "Sci/Tech",
        ),
        "Business",
        "Business",
    ),
    (
        (
            "World",
            "Sports",
            "Business",
            "Sci/Tech",
        ),
        "Sci/Tech, since it is about phones",
        "Sci/Tech",
    ),
    (
        (
            "True",
            "False",
            "Unknown",
        ),
        "Unknown",
        "Unknown",
    ),
    (
        (
            "acceptable",
            "unacceptable",
        ),
        "The sentence is unacceptable.",
        "unacceptable",
    ),
    (
        (
            "acceptable",
            "unacceptable",
        ),
        "acceptable",
        "acceptable",
    ),
    (
        (
            "acceptable",
            "unacceptable",
        ),
        "Not acceptable.",
        "unacceptable",
    ),
    (
        (
            "equivalent",
            "not equivalent",
        ),
        "They are not equivalent.",
        "not equivalent",
    ),
    (
        (
            "equivalent",
            "not equivalent",
        ),
        "The two sentences are equivalent.",
        "equivalent",
    ),
    (
        (
            "subjective",
            "objective",
        ),
        "It is subjective, as it is an opinion.",
        "subjective",
    ),
    (
        (
            "是",
            "否",
        ),
        "是",
        "是",
    ),
    (
        (
            "positivo",
            "negativo",
        ),
        "El sentimiento es positivo.",
        "positivo",
    ),
    (
        (
            "positiv",
            "negativ",
        ),
        "Die Stimmung ist nicht negativ, sondern positiv.",
        "positiv",
    ),
    (
        (
            "positif",
            "négatif",
        ),
        "C'est négatif.",
        "négatif",
    ),
    (
        (
            "ポジティブ",
            "ネガティブ",
        ),
        "この文はポジティブです。",
        "ポジティブ",
    ),
    (
        (
            "ポジティブ",
            "ネガティブ",
        ),
        "ネガティブ",
        "ネガティブ",
    ),
    (
        (
            "긍정",
            "부정",
        ),
        "이 문장은 긍정입니다.",
        "긍정",
    ),
    (
        (
            "إيجابي",
            "سلبي",
        ),
        "الشعور إيجابي",
        "إيجابي",
    ),
    (
        (
            "+",
            "-",
            "*",
            "/",
        ),
        "-",
        "-",
    ),
    (
        (
            "I",
            "II",
            "III",
        ),
        "III",
        "III",
    ),
    (SENTIMENT, "The sentiment could be considered neutral.", "neutral"),
    (SENTIMENT, "I would not call it negative; I'd call it neutral.", "neutral"),
    (SENTIMENT, "It's neutral at best.", "neutral"),
    (SENTIMENT, "neutral (leaning positive)", "neutral"),
    (SENTIMENT, "Answer: neutral (leaning positive)", "neutral"),
    (SENTIMENT, "positive: the reviewer loved it, nothing negative", "positive"),
    (SENTIMENT, "The answer is positive, as opposed to negative.", "positive"),
    (SENTIMENT, "more positive than negative", "positive"),
    (SENTIMENT, "positive\npositive", "positive"),
    (SENTIMENT, "'positive'", "positive"),
    (SENTIMENT, "Sentiment = negative", "negative"),
    (SENTIMENT, "sentiment:positive", "positive"),
    (SENTIMENT, "<positive>", "positive"),
    (SENTIMENT, "[neutral]", "neutral"),
    (SENTIMENT, "I'd rate this positive", "positive"),
    (SENTIMENT, "The customer is unhappy, i.e. negative.", "negative"),
    (SENTIMENT, "Very Positive", "positive"),
    (INFERENCE, "The premise neither supports nor contradicts it. Neutral.", "neutral"),
    (INFERENCE, "There is a contradiction between them.", "contradiction"),
    (INFERENCE, "It's not neutral because the premise contradicts it: contradiction.", "contradiction"),
    (HATE, "Label: not hate", "not hate"),
    (HATE, "not-hate", "not hate"),
    (DEGREES, "It is not very positive, it is positive.", "positive"),
    (DEGREES, "not positive but very positive", "very positive"),
    (SPAM, "Not spam", "ham"),
    (SPAM, "Could be spam.", "spam"),
    (SPAM, "It mentions spam, but it's ham.", "ham"),
    (LANGUAGES, "C is a language.", "C"),
    (LANGUAGES, "The file ends in .c, so C.", "C"),
    (LANGUAGES, "(C++)", "C++"),
    (LANGUAGES, '"C++".', "C++"),
    (SIGNS, "label -1", "-1"),
    (SIGNS, "The value is (-1).", "-1"),
    (
        (
            "1",
            "2",
        ),
        "2.",
        "2",
    ),
    (
        (
            "1",
            "2",
        ),
        "Sentence 2 is better.",
        "2",
    ),
    (
        (
            "1",
            "2",
        ),
        "option 1",
        "1",
    ),
    (
        (
            "Option 1",
            "Option 2",
        ),
        "Option 1 is right.",
        "Option 1",
    ),
    (ARTICLES, "The blank should be 'a'.", "a"),
    (ARTICLES, 'Use "the".', "the"),
    (ARTICLES, "the missing word is: an", "an"),
    (
        (
            "verb",
            "adverb",
            "noun",
        ),
        "It's an adverb.",
        "adverb",
    ),
    (
        (
            "verb",
            "adverb",
            "noun",
        ),
        "verb, not noun",
        "verb",
    ),
    (
        (
            "male",
            "female",
        ),
        "The speaker is female.",
        "female",
    ),
    (
        (
            "male",
            "female",
        ),
        "female, not male",
        "female",
    ),
    (
        (
            "man",
            "woman",
        ),
        "a woman",
        "woman",
    ),
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
    (SENTIMENT, "This review is mixed."),
    (SENTIMENT, "The reviewer was happy."),
    (SENTIMENT, "It can't be positive."),
    (SENTIMENT, "not negative and not positive"),
    (SENTIMENT, "neither"),
    (SENTIMENT, "The sentiment is hardly positive."),
    (SENTIMENT, "Neutral/positive"),
    (SENTIMENT, "negative to neutral"),
    (SENTIMENT, "neutral-positive"),
    (SENTIMENT, "positive or neutral"),
    (SENTIMENT, "It's a toss-up between positive and neutral."),
    (INFERENCE, "It is neither an entailment nor a contradiction."),
    (YES_NO_MAYBE, "It is not known."),
    (LANGUAGES, "I think C++ or C#."),
    (LANGUAGES, "C/C++"),
    (
        (
            "anger",
            "fear",
            "joy",
            "love",
            "sadness",
            "surprise",
        ),
        "The writer feels sadness and fear.",
    ),
    (SENTIMENT, "I'm sorry, I can't determine the sentiment."),
    (SENTIMENT, "On the positive side, the food was good. On the negative side, it was cold."),
    (SENTIMENT, "Please provide the review text so I can classify it as positive, negative, or neutral."),
    (SENTIMENT, "Is it positive or negative?"),
    (SENTIMENT, "The label should be one of positive, negative, neutral."),
    (SENTIMENT, "Not at all positive."),
    (SENTIMENT, "Nothing negative here."),
    (SENTIMENT, "The sentiment is not clear."),
    (SENTIMENT, "positive > negative"),
    (SENTIMENT, "negative\n\npositive"),
    (SENTIMENT, "The first review is positive. The second is negative."),
    (SENTIMENT, "positive.negative"),
    (SENTIMENT, "unpositive"),
    (INFERENCE, "No contradiction was found."),
    (HATE, "Not hateful."),
    (DEGREES, "It is not very positive."),
    (SPAM, "This is neither spam nor ham."),
    (YES_NO_MAYBE, "There is no yes or no answer."),
    (YES_NO_MAYBE, "Yes and no."),
    (YES_NO_MAYBE, "I have no idea."),
    (YES_NO_MAYBE, "Not yes."),
    (LANGUAGES, "vitamin C"),
    (LANGUAGES, "Objective-C"),
    (LANGUAGES, "C--"),
    (SIGNS, "x-1"),
    (SIGNS, "3-1=2"),
    (SIGNS, "-10"),
    (SIGNS, "-1.5"),
    (SIGNS, "1/0"),
    (SIGNS, "0 or 1"),
    (ARTICLES, "I ate an apple."),
    (
        (
            "verb",
            "adverb",
            "noun",
        ),
        "proverb",
    ),
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
