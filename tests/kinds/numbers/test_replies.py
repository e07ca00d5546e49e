"""Numbers in replies of every form, read by the kind as a whole."""

from __future__ import annotations

import pytest

from orca_local.kinds.number import Number
from tests.kinds.numbers.cases import parse_cases

PENS = "A shop sells 12 pens a day. How many in 30 days?"

STATED = parse_cases(
    r"""
    1500000: 1.5 million
    0.75: 3/4 cup ¦ three-fourths
    2.5: 2 1/2 hours ¦ $\frac{5}{2}$ ¦ $2\frac{1}{2}$ ¦ \frac{5}{2} = 2.5 ¦ 5/2 = 2.5 ¦ 5/2 or 2.5
    2.5: 2.5 (or 5/2) ¦ 2.5 or 5/2 ¦ $\dfrac{5}{2}$ hours
    1234.56: $1,234.56
    12: 12.000 ¦ 12 noon
    60: 5 dozen
    120: one hundred and twenty
    -0.0015: -1.5e-3
    400: 4.0 × 10^2
    0.6666666666666667: 2/3
    15: 15 pens per day ¦ roughly 15 ¦ ~15 ¦ 15 (fifteen) apples ¦ fifteen (15) apples ¦ **15** apples ¦ `15`
    15: [15] ¦ <15> ¦ 15 — the total ¦ 15 - the total ¦ 15: the total ¦ 15 | done ¦ 15, as 20 - 5 = 15
    15: The total is 15 ¦ Total = 15 ¦ It is 15. ¦ There are 15 apples. ¦ He has 15 apples left.
    15: 20-5=15 apples ¦ $20 - $5 = $15 ¦ 3 × 5 = 15 ¦ 15 = 3 × 5
    15.5: 15 and 1/2
    None: 15+ ¦ 20 - 5 ¦ √25 ¦ 3√5 ¦ 5π ¦ x=3, y=4 ¦ (3,4) ¦ {3, 4} ¦ 3 and 4 ¦ 3 & 4 ¦ 3/4/5 ¦ 3:4 ¦ 3 : 4
    None: 10:30 AM ¦ 2021-03-04 ¦ March 4 ¦ 4 March ¦ March 2021 ¦ 5 per 100 ¦ 5 in 100 ¦ 5 percent of 100
    None: nil ¦ None ¦ no ¦ nothing ¦ a ¦ 0b101 ¦ 0x1F ¦ 1e400 ¦ 5^3 ¦ 5 ± 0.1 ¦ 5.0 ± 0.1 ¦ log(5) ¦ sin 30
    None: e^5 ¦ ln 5 ¦ 5 choose 2 ¦ 5i ¦ 3+4i ¦ |-5| ¦ 5 mod 3 ¦ infinite ¦ n/a ¦ Not 5 ¦ not 5 ¦ isn't 5
    None: maybe 5 or 6 ¦ 5, maybe 6 ¦ v5 ¦ H2O ¦ 5G ¦ 5a ¦ 5x ¦ 1 2 3 ¦ 1 23 ¦ 1,234,56 ¦ 1,,234 ¦ 1.2.3.4
    None: 12.34.56 ¦ 3 ft 4 in ¦ 5 lb 4 oz ¦ 1 hour 30 min ¦ $3 and 50 cents ¦ two and three ¦ one or two
    None: two to three ¦ 3B ¦ 3 thousand 500 ¦ 3 million and 200 thousand ¦ nineteen eighty-four
    25: 5 squared is 25 ¦ 5² = 25
    5: √25 = 5 ¦ 5 m/s² ¦ 5 kg·m/s^2 ¦ 5 N·m ¦ 5 μm ¦ 5µm ¦ 5 Ω ¦ 5 m² ¦ 5 km² ¦ 5% ¦ 5 %. ¦ 5¢ ¦ 5 bucks ¦ +5
    5: (5) ¦ 5) ¦ 5). ¦ 5]. ¦ "5" ¦ '5' ¦ “5” ¦ 5\% ¦ \(5\) ¦ $$5$$ ¦ \$5 ¦ $5$ dollars ¦ 5! ¦ |-5| = 5
    5: 5 (I think) ¦ I think 5 ¦ probably 5 ¦ #5 ¦ No. 5 ¦ option 5 ¦ page 5 ¦ Room 5 ¦ 5th ¦ 5th grade
    5: fifth ¦ 5A
    3.14: π ≈ 3.14 ¦ x ≈ 3.14
    3: A=3
    2021: 2021
    21: 21st century ¦ twenty one
    90: 90 degrees Celsius
    50: 50,00 €
    1000.5: 1.000,50 ¦ 1 000,50 ¦ CHF 1'000.50
    500: ¥500 ¦ 500円 ¦ ５００円
    500000: ₹5 lakh ¦ half a million
    50000000: 5 crores
    0: zero
    2: two ¦ Two hours ¦ 5 mod 3 = 2
    75: seventy-five percent
    0.9: nine-tenths
    -0.5: minus one half ¦ −½ ¦ -1/2 ¦ -(1/2)
    -5: -(5)
    0.005: $5 \times 10^{-3}$ m
    5000: 5*10^3 ¦ 5e3 ¦ 5E+3
    10: C(5,2) = 10 ¦ f(5) = 10
    12345: 12 345
    1234567.89: 1 234 567.89
    1000: 10 ^ 3
    602000000000000000000000: 6.02 x 10^23 ¦ 6.02 \cdot 10^{23}
    6: 1/2 dozen
    250000: a quarter million
    3500: 3.5k ¦ $3.5K ¦ thirty-five hundred
    3000000000: £3bn
    3000000000000: 3 tn
    7: 7 o'clock ¦ 7pm
    """
)

TEXTS = parse_cases(
    r"""
    24: He bought 3 packs of 8, so he has 24 cards. ¦ There are 24 cards in 3 packs of 8.
    24: 3 packs × 8 cards = 24 cards total. ¦ Thus the total number of cards equals 24. ¦ She will have 24.
    24: 24 cards in total. ¦ That would be 24 cards, or 2 dozen. ¦ The result is therefore 24 ¦ We get 24.
    21: We need 24 − 3 = 21 more. ¦ He needs 21 more cards to reach 24. ¦ After giving away 3, he has 21 left.
    21: He had 24 cards, gave away 3, and now has 21. ¦ He had 24 cards and gave away 3, which leaves 21.
    21: 24 - 3 = 21. So he has 21 cards left. ¦ 24 - 3 = 21⏎⏎He has 21 cards left.
    None: He gave away 3 and kept 21. ¦ The probability is 1 in 6. ¦ x = 5 or x = -5 ¦ x = 5 and y = 3
    None: x = ±5 ¦ x > 5 ¦ The war began in 1914 and ended in 1918. ¦ Hmm, 360?
    None: We can't say.
    3: It takes 3 hours at 60 km/h. ¦ 12 divided by 4 is 3. ¦ 12 / 4 = 3 cards per person
    180: The car travels 180 km in 3 hours at 60 km/h. ¦ Distance = 60 × 3 = 180 km.
    60: The speed is 60 km/h.
    6: Each of the 4 friends gets 6 cards. ¦ Each friend gets 6 cards. ¦ 6 cards each. ¦ 6 each
    6: They get 6 each. ¦ The price is $6 each. ¦ $6 per card ¦ The sum of 2 and 4 is 6. ¦ 2 and 4 make 6.
    6: 2 plus 4 equals 6. ¦ If you add 2 and 4, you get 6. ¦ Adding 2 and 4 gives 6.
    6: The difference between 10 and 4 is 6.
    20: The price went up by 20%.
    10: 20% of 50 is 10. ¦ 20% of 50 = 10 ¦ Half of 20 is 10.
    4: The average is (2+4+6)/3 = 4. ¦ (2+4+6)/3 = 12/3 = 4 ¦ The average of 2, 4 and 6 is 4.
    4: It lasted 4 years (1914-1918). ¦ It lasted from 1914 to 1918, so 4 years.
    12: The product of 3 and 4 is 12. ¦ 3 times 4 is 12. ¦ Area: 12 square meters ¦ Area = 12 m² ¦ She is 12.
    12: She's 12 years old. ¦ In 2015, she was 12 years old.
    32: The next number is 32.
    9: The largest number is 9.
    14: The perimeter is 2(3 + 4) = 14 cm.
    0.1666666666666667: Probability: 1/6 ¦ P = 1/6 ≈ 0.167
    0.5: 3/6 ≈ 50% = 0.5
    -5: The temperature is now -5.
    2003: She was born in 2003.
    360: Step 1: Multiply 12 by 30.⏎Step 2: 12 * 30 = 360.⏎Step 3: So the total is 360.
    360: 1. 12 pens a day⏎2. 30 days⏎3. 12 * 30 = 360 ¦ First we multiply 12 by 30 to get 360.
    360: Multiply 12 by 30: 360 ¦ 12 pens/day * 30 days = 360 pens ¦ In 30 days it sells 12*30=360.
    360: The total number of pens sold in 30 days is 12 multiplied by 30, which equals 360. ¦ It sells 360.
    360: A total of 360 pens. ¦ 360! ¦ It's 360 😊 ¦ I believe it's 360.
    360: Sure! Here is the solution:⏎⏎12 × 30 = 360⏎⏎So, 360 pens will be sold in 30 days.
    360: Multiply the daily sales by the days:⏎⏎\[⏎12 \times 30 = 360⏎\]⏎⏎The shop sells **360** pens in 30 days.
    360: Number of pens: 360⏎Number of days: 30 ¦ The shop will have sold 360 pens after 30 days.
    360: After 30 days, 360 pens are sold. ¦ 12 * 30 = 350 + 10 = 360 ¦ 12*30=360.0 ¦ = 12 * 30⏎= 360
    360: 12 * 30⏎= 360 ¦ $$12 \times 30 = 360$$ ¦ \begin{align*} 12 \times 30 &= 360 \end{align*}
    360: The final total: **360 pens**. ¦ Total pens sold = daily sales × number of days = 12 × 30 = 360 pens.
    360: Result: 360 (12 × 30) ¦ 360. This is because 12 x 30 is 360.
    360: 360⏎Because the shop sells 12 pens a day for 30 days. ¦ 360, because 12 x 30 = 360
    360: The number 360 is right. ¦ Three hundred sixty pens.
    360: The shop sells three hundred and sixty pens in thirty days.
    30: So we have 360 pens / 12 = 30
    """
)


@pytest.mark.parametrize(("content", "expected"), STATED)
def test_after_the_heading(content: str, expected: str | None) -> None:
    readings = Number().read(f"Answer: {content}")
    assert readings.lenient == expected
    assert readings.strict in (None, expected)


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_without_a_form(text: str, expected: str | None) -> None:
    readings = Number().read(text, prompt=PENS if expected == "360" else "")
    assert readings.lenient == expected
    assert readings.strict is None


PROSE = parse_cases(
    r"""
    9: Lea ends up with 9 beads out of 21. ¦ He used 12 nails and was left with 9.
    9: She is stuck with 9 of the 21 beads.
    9: She lost 12 of the 21 beads and so has 9, which she keeps in 2 boxes. ¦ The cart, which has 4 wheels, costs $9.
    9: He needs 9 more. (He has 12 of the 21.) ¦ He needs 9 more. (He has 12. He wants 21.) ¦ (21 - 12) = 9 ¦ (It is 9.)
    9: The total, which is 9, includes 2 for tax. ¦ 3 × 3 is 9, which is the total.
    9: Because 4 pens cost $6, one costs $1.50, and six cost $9. ¦ To see how many of the 21 stay, add 4 and 5 to get 9.
    9: How many are left is 9. ¦ The unknown number is 9. ¦ It does not mention the 3 cats, but there are 9.
    9: In all, 4 + 5 = **9**. ¦ It costs **$9**. ¦ $4 + $5 = **$9**. ¦ So $4 \times 2 + 1 = 9$ times. ¦ **4 + 5 = 9**.
    9: 9 beads are below the table.
    9: 5 - 3 = 2, and adding 7 gives 9. ¦ 10! = 3,628,800, so the sum is 9.
    -9: The rest is **−9**. ¦ It is nine floors below ground level.
    9: Pears: 4⏎Plums: 5⏎Total: 9 ¦ Speed: 3 km/h⏎Time: 3 h⏎Distance: 3 × 3 = 9 km
    None: Pears: 4. Plums: 5. ¦ Pears: 4⏎Plums: 5 ¦ Monday: 4 km⏎Tuesday: 5 km
    None: We must find out how many of the 21 beads are red. ¦ Let us see how much 5 pens cost.
    None: The text does not say how many of the 21 left. ¦ We aren't told the price of one pen.
    None: The price of one pen isn't given. ¦ The problem never states what one of them weighs.
    None: 4 + 5 = 9 beads. Then we add the ¦ 4 + 5 = 9 beads. Next, we count the red ¦ 4 + 5 = 9. Let x be 4 and
    None: 4 + 5 = 9. Then subtract 2 from the 9 ¦ We multiply 3 by 7. ¦ boxes = 4⏎total = boxes * ¦ `a = 4`⏎`b = 5 * `
    """
)


@pytest.mark.parametrize(("text", "expected"), PROSE)
def test_in_prose(text: str, expected: str | None) -> None:
    assert Number().read_lenient(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The tower, which is 96 m high, was finished in 1911.", "1911"),
        ("It was finished in 1911 and is 96 m high.", "1911"),
        ("It was finished by 40 masons in 1911.", "1911"),
        ("It took from 1905 to 1911.", None),
        ("Begun in 1905.\nFinished in 1911.", "1911"),
    ],
)
def test_a_question_about_a_year_is_answered_by_a_year(text: str, expected: str | None) -> None:
    for prompt in ("In which year was the tower finished?", "When was the tower finished?"):
        assert Number().read_lenient(text, prompt=prompt) == expected


def test_a_copy_of_the_prompt_that_breaks_off_is_no_answer() -> None:
    story = "Ben picks 14 plums on Monday. He eats three of the plums on Tuesday."
    for copy in (f"{story} Ben picks 14", f"{story} {story} Ben picks 14 plums on"):
        assert Number().read_lenient(copy, prompt=f"{story} How many plums are left?") is None
    assert Number().read_lenient(f"{story} 11 plums", prompt=f"{story} How many plums are left?") == "11"


DOUBTFUL = parse_cases(
    r"""
    None: \boxed{0.\overline{3}} ¦ \boxed{5_{10}} ¦ \boxed{101_2} ¦ Answer: 01,500 ¦ Answer: 1.2 M ¦ Answer: 12kk
    None: Answer: $1.2 mil ¦ Answer: 0.75 or 75% ¦ Answer: 3 by 5 ¦ Answer: ,5 ¦ Answer: ≥15 ¦ Answer: ±15 ¦ Answer: 15?
    15000: \boxed{15\text{,}000} ¦ \boxed{15\;000} ¦ \boxed{15~000} ¦ Answer: 15{,}000
    15: Answer: ➡️ 15 ¦ Answer: 15️⃣ ¦ Answer: <15> ¦ \boxed{\mathbf{15}} ¦ Answer: 15 km (15 kilometers)
    """
)


@pytest.mark.parametrize(("text", "expected"), DOUBTFUL)
def test_a_doubtful_number_is_not_read_in_the_asked_form(text: str, expected: str | None) -> None:
    assert Number().read_strict(text) == expected


@pytest.mark.parametrize("text", ["8 dozen", "Answer: 8 dozen eggs", "She has 8 dozen.", "8"])
def test_a_scale_that_is_asked_for_is_a_unit(text: str) -> None:
    assert Number().read_lenient(text, prompt="She has 96 eggs. How many dozen eggs are that?") == "8"
