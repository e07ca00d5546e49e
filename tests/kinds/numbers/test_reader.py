"""The number of a statement, and of a whole reply."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from orca_local.kinds.numbers.phrase import read_bare_number
from orca_local.kinds.numbers.reader import read_statement_number, read_text_number
from orca_local.kinds.numbers.value import Quantity, decimal_text
from tests.kinds.numbers.cases import parse_cases

STATEMENTS = parse_cases(
    r"""
    15: 15, since 30 - 15 = 15 ¦ 15 because 20 - 5 = 15 ¦ 15 (not 12) ¦ not 12 but 15 ¦ not 12, 15
    15: 15, not 12 ¦ 12 + 3 = 15. ¦ $x = 15$. ¦ 15 apples left out of the 20 ¦ the 15th ¦ 15 instead of 12
    15: 15 rather than 12 ¦ at least 15 ¦ about 15 km from home ¦ $15 in total ¦ 15 for 3 boxes
    15: 15 and not 12 ¦ that there are 15 students in 3 classes.
    15: $12 + $3 = $15, which is the total cost for 2 people ¦ 20 - 5 = 15 apples in 3 baskets ¦ 15 → 15
    15: 5 x 3 = 15, so 15 apples ¦ the sum 12 + 3 = 15 ¦ 15 more than 12 ¦ 15 in 2020
    15: 15 apples and he is happy ¦ 15, or fifteen ¦ 15.⏎⏎Explanation: 20 - 5
    15.5: 15 dollars and 50 cents ¦ 15 euros, 50 cents in change
    7.05: 7 dollars and 5 cents
    360: 360 pens sold over 30 days. ¦ In 30 days, 360 pens
    1990: he was born in 1990 ¦ in 1990. ¦ the year 1990
    None: 5 and 7 ¦ 5 or 6 ¦ 15 apples, 3 pears ¦ 15 apples and 3 pears ¦ 3 hours 45 minutes ¦ between 5 and 7
    None: 5 + 3 ¦ Tom has 5 apples and Mary has 6 ¦ unknown ¦ (3, 4) ¦ 3:45 ¦ May 5, 2021 ¦ 12 + 3
    None: 0.5 or 50% ¦ 2\sqrt{3} ¦ 6 times 3 ¦ 1:2 ¦ 5 km north and 3 km east
    None: 5 ± 1 ¦ N ¦ 5, 6, 7
    8: 5 + 3 is 8
    18: 18. He had 5 left. ¦ 18 because 5 and 13 make 18, not 20.
    18: Sam found 8 on Monday and then 10 on Tuesday, so 18 ¦ Sam has 18 left ¦ 18 = 12 + 6, as shown above
    18: 18 (12 + 6) ¦ 18 apples (12 red and 6 green)
    60: 12 times 5, which is 60
    10: twice 5, which equals 10
    5: that Tom has 5 apples ¦ five apples
    12: twelve.
    0.5: 1/2 or 0.5 ¦ 0.5 (or 1/2)
    4: \sqrt{16} = 4
    -5: -5 degrees ¦ - 5 ¦ it is -5
    3: 3 of the 12
    1500000: 1.5 million
    7: seven days ¦ in seven days
    """
)
TEXTS = parse_cases(
    r"""
    360: 360 ¦ 360 pens ¦ The shop sells 360 pens in 30 days. ¦ So the shop sells 360 pens in 30 days.
    360: In 30 days the shop sells 360 pens. ¦ Over 30 days, the shop will sell 360 pens.
    360: 12 * 30 = 360⏎⏎Therefore, 360 pens are sold. ¦ Result: 360 ¦ $12 \times 30 = 360$
    360: \[12 \times 30 = 360\] ¦ 12 pens a day times 30 days gives 360 pens.
    360: Selling 12 pens a day for 30 days, the shop sells 360 pens.
    360: If the shop sells 12 pens a day, it sells 360 pens in 30 days. ¦ 12*30=<<12*30=360>>360 pens ¦ = 360
    360: There are 360 pens sold in the 30 days
    5000: It was 5,000 in 2020. ¦ In 2020 it was 5,000. ¦ The population in 2020 was 5,000.
    5: Tom has 15 apples and Mary has 20, so Tom has 5 fewer ¦ There are 5 apples.⏎How many?
    None: Tom has 15 apples and Mary has 20 apples. ¦ Let me calculate: 12 × 30 =
    None: Let me calculate: 12 × 30 = ¦ 12 × 30 ¦ The train leaves at 5:30. ¦ It was on 2024-01-05.
    None: Is it 15? ¦ What is 12 × 30? ¦ The temperature dropped from 10 to -5 degrees.
    None: It costs between 5 and 7 dollars. ¦ 5-7 apples ¦ He needs 5 or 6 apples. ¦ Version 1.2.3
    None: The sequence is 1, 2, 3, 4 ¦ Let x be 5. Then 2x + 3 = ¦ There are no apples. ¦ I don't know.
    None: 20 apples minus 5 apples is ¦ I hope this helps with the 3 apples! ¦ So we add 5 + 3
    None: Tom has 12 apples. So we add 5 + 3 ¦ The ratio is 3:1. ¦ 答案是十五 ¦ Tom is 15 and Mary is 20.
    15: 15 = 20 - 5 ¦ 20 - 5 = 15 ¦ 15⏎⏎Explanation: 20 - 5 = 15 ¦ 15⏎⏎20 - 5 = 15
    15: So 12 is left. Actually, 15. ¦ Since 20 - 5 = 15, Tom has 15 apples.
    15: Tom gave away 5 of his 20 apples. He has 15 left. ¦ Tom gave away 5 of his 20 apples, leaving 15.
    15: Of the 20 apples, 15 are left. ¦ 15 of the 20 apples are left. ¦ x = 15 ¦ x + 5 = 20⏎x = 15
    15: 2x = 30⏎x = 15 ¦ Step 1: 5 + 13 = 18⏎Step 2: 18 - 3 = 15 ¦ 15 apples.⏎Tom had 20 and ate 5.
    15: 15. Because 20 - 5. ¦ 20 apples minus 5 apples is 15 apples. ¦ 20 apples minus 5 apples is 15
    15: 20 minus 5 equals 15. ¦ 5 times 3 is 15 ¦ 15⏎⏎I hope this helps with the 3 apples!
    15: 15⏎⏎Let me know if you have 2 more questions. ¦ He is 15 years old in 2024. ¦ The answer would be 15.
    15: That's 15. ¦ That leaves 15 apples for Tom. ¦ Tom ends up with 15 apples (20 - 5). ¦ (20 - 5) = 15
    15: The number of apples is 15 (fifteen). ¦ 12 apples + 3 apples = 15 apples
    15: There were 20 students; 5 left; 15 remain. ¦ The final result is fifteen.
    15: 15 apples were left after he ate 5. ¦ He ate 5, so there are 15 left of 20.
    15: It costs $5 each, $15 in total. ¦ 一共有15个苹果。 ¦ Insgesamt sind es 15 Äpfel. ¦ En total hay 15 manzanas.
    15: 20 – 5 = 15 ¦ He has $15 ¦ 5 apples⏎10 pears⏎15 in total
    7: It will take seven days. ¦ He will finish in seven days. ¦ He will finish in 7 days. ¦ The 7th day
    7: on the 7th day ¦ He scored 3 goals in the first half and 4 in the second half, for a total of 7 goals.
    400: First, 12 × 30 = 360. Then 360 + 40 = 400.
    24: There are 12 months, so in 2 years there are 24 months.
    4: He paid $12 for 3 books, so each book costs $4. ¦ Each book costs $4.
    12.5: The total cost is $12.50. ¦ The total cost for 3 books is $12.50. ¦ It rose by 12.5 %.
    40: I think it is about 40.
    12: He has twelve apples. ¦ The two boys have 12 apples. ¦ One of them has 12 apples.
    18: 1. Take 5.⏎2. Add 13.⏎3. That makes 18.⏎4. ¦ - Total: 18 ¦ Total = 18 ¦ Total: 18 apples
    18: **Total:** 18
    25: The area is $5^2 = 25$ cm$^2$. ¦ The area is 25 cm².
    8: 5 plus 3 makes 8 ¦ 5 + 3 = 8.⏎⏎8 is the answer
    1990: He was born in 1990.
    60: 60 minutes for 4 laps ¦ It takes him 60 minutes to run 4 laps.
    60: Speed = distance / time = 120 / 2 = 60 km/h
    17: 5 × 3 = 15 apples; 15 + 2 = 17 apples
    0.75: 3/4 of the class passed.
    0.5: He ate half of the pizza. ¦ 1/2 ¦ $$\frac{1}{2}$$
    3.14: ≈ 3.14
    3: He needs 3 more apples to have 15.
    -5: -5 ¦ The temperature is −5 °C. ¦ x = 3 - 8 = -5 ¦ 3 - 8 = -5
    36: She has 3 dozen eggs, which is 36 eggs.
    1500000: It is 1.5 million.
    """
)


def show(number: Quantity | None) -> str | None:
    return decimal_text(number.value) if number is not None and number.value is not None else None


@pytest.mark.parametrize(("content", "expected"), STATEMENTS)
def test_the_number_of_a_statement(content: str, expected: str | None) -> None:
    assert show(read_statement_number(content, "")) == expected


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_the_number_of_a_reply(text: str, expected: str | None) -> None:
    assert show(read_text_number(text, "")) == expected


PENS = "A shop sells 12 pens a day. How many pens does it sell in 30 days?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("With 12 pens and 30 days we get 360 pens.", "360"),
        ("It sells 12 pens daily, 360 pens monthly.", "360"),
        ("A shop sells 12 pens a day.", None),
        ("A shop sells 12 pens a day.\n360 pens are sold.", "360"),
        ("12 pens are sold a day and 30 days pass.", None),
        ("12", "12"),
    ],
)
def test_a_number_of_the_prompt_is_less_likely(text: str, expected: str | None) -> None:
    assert show(read_text_number(text, PENS)) == expected


@pytest.mark.parametrize(
    "text", ["1 ", "(", "[", "{", "5, ", "so 5 ", "=", "\n", "million ", "$", "٣", "1.\n", "\\frac{"]
)
def test_a_repeating_text_is_read_in_part(text: str) -> None:
    show(read_text_number(text * 5000, text * 5000))
    show(read_statement_number(text * 5000, ""))


@pytest.mark.slow
@pytest.mark.skipif("ORCA_TEST_DATA" not in os.environ, reason="ORCA_TEST_DATA names no folder with real data")
def test_last_result_of_gsm8k_rationales_is_the_answer() -> None:
    """Rationales end in their result without an `Answer:` line: what is read is nearly always right."""
    path = Path(os.environ["ORCA_TEST_DATA"]) / "gsm8k_train_2000.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    right = 0
    for row in rows:
        number, reference = read_text_number(row["rationale"], row["prompt"]), read_bare_number(row["answer"])
        right += number is not None and reference is not None and number.value == reference.value
    assert right >= 0.99 * len(rows)
