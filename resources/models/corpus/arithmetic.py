"""Small sums with their working, written so that each line follows from digits already on the page."""
from __future__ import annotations

import random

from .chat import Turn
from .noise import humanise

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
UNITS = [("km", "m", 1000), ("m", "cm", 100), ("cm", "mm", 10), ("kg", "g", 1000), ("hours", "minutes", 60),
         ("minutes", "seconds", 60), ("days", "hours", 24), ("weeks", "days", 7), ("litres", "millilitres", 1000), ("euros", "cents", 100)]
ADD = ["What is {a} + {b}?", "{a} + {b}", "{a} + {b} = ?", "Add {a} and {b}.", "What is {a} plus {b}?", "Calculate {a} + {b}.", "How much is {a} + {b}?",
       "Compute {a} plus {b}.", "What is the sum of {a} and {b}?", "I have {a} apples and get {b} more. How many do I have?", "Can you add {a} and {b}?",
       "{a} plus {b}?", "What is {a}+{b}?", "{a}+{b} = ?", "Add {a}+{b}.", "{a}+{b}", "What does {a} + {b} give?"]
SUB = ["What is {a} - {b}?", "{a} - {b}", "{a} minus {b}?", "Subtract {b} from {a}.", "How much is {a} - {b}?", "Calculate {a} - {b}.",
       "I have {a} coins and give away {b}. How many are left?", "What is {a} minus {b}?", "{a}-{b}", "Take {b} away from {a}."]
MUL = ["What is {a} x {b}?", "{a} x {b}", "{a} times {b}?", "Multiply {a} by {b}.", "How much is {a} * {b}?", "Calculate {a} x {b}.", "What is {a} times {b}?", "{a} * {b}"]
CMP = ["Which is larger, {a} or {b}?", "Is {a} larger than {b}?", "Compare {a} and {b}.", "Which number is bigger: {a} or {b}?", "What is more, {a} or {b}?"]


def add_steps(a: int, b: int) -> str:
    """Column addition from the ones up."""
    x, y = str(a)[::-1], str(b)[::-1]
    lines, carry = [], 0
    for i in range(max(len(x), len(y))):
        p, q = int(x[i]) if i < len(x) else 0, int(y[i]) if i < len(y) else 0
        total = p + q + carry
        line = f"{p} + {q}" + (f" + {carry}" if carry else "") + f" = {total}"
        carry = total // 10
        lines.append(line + (f": write {total % 10}, carry {carry}" if carry else f": write {total % 10}"))
    if carry:
        lines.append(f"carry left: write {carry}")
    return "\n".join(lines) + f"\nTogether: {a + b}"


def sub_steps(a: int, b: int) -> str:
    """Column subtraction with borrow, for a >= b."""
    x, y = str(a)[::-1], str(b)[::-1]
    lines, borrow = [], 0
    for i in range(len(x)):
        p, q = int(x[i]), int(y[i]) if i < len(y) else 0
        need = q + borrow
        text = f"{p} - {q}" + (" - 1" if borrow else "")
        if p < need:
            lines.append(f"{text}: borrow, {p + 10} - {need} = {p + 10 - need}: write {p + 10 - need}")
            borrow = 1
        else:
            lines.append(f"{text} = {p - need}: write {p - need}")
            borrow = 0
    return "\n".join(lines) + f"\nTogether: {a - b}"


def mul_steps(a: int, b: int) -> str:
    """Product of a one- or two-digit number and one digit."""
    if a < 10:
        return f"{a} x {b} = {a * b}"
    tens, ones = a // 10 * 10, a % 10
    return f"{ones} x {b} = {ones * b}\n{tens} x {b} = {tens * b}\n{tens * b} + {ones * b} = {a * b}"


def addition(rng: random.Random, a: int = 0, b: int = 0, split: str = "train") -> Turn:
    if not a:
        digits = rng.choices([1, 2, 3], [1, 7, 1])[0]
        a, b = rng.randrange(10 ** (digits - 1), 10 ** digits), rng.randrange(1 if digits < 3 else 10, 10 ** digits)
    ask = rng.choice(ADD[:-2] if split == "train" else ADD[-2:]).format(a=a, b=b)
    say = rng.choice([f"{a} + {b} = **{a + b}**"] * 2 + [f"The sum is **{a + b}**.", f"It is **{a + b}**."])
    return Turn(humanise(rng, ask, keep_case=True), say, add_steps(a, b))


def subtraction(rng: random.Random) -> Turn:
    a = rng.randrange(5, 100)
    b = rng.randrange(1, a + 1)
    return Turn(humanise(rng, rng.choice(SUB).format(a=a, b=b), True), f"{a} - {b} = **{a - b}**", sub_steps(a, b))


def multiplication(rng: random.Random) -> Turn:
    a, b = rng.randrange(2, 10) if rng.random() < 0.6 else rng.randrange(11, 30), rng.randrange(2, 10)
    return Turn(humanise(rng, rng.choice(MUL).format(a=a, b=b), True), f"{a} x {b} = **{a * b}**", mul_steps(a, b))


def comparison(rng: random.Random) -> Turn:
    a, b = rng.sample(range(10, 100), 2)
    ask = rng.choice(CMP)
    p, q = a // 10, b // 10
    steps = f"tens: {p} and {q}\n" + (f"{max(p, q)} is more" if p != q else f"the same, so ones: {a % 10} and {b % 10}\n{max(a % 10, b % 10)} is more")
    say = f"**{max(a, b)}** is larger than {min(a, b)}."
    if ask.startswith("Is"):
        say = ("Yes: " if a > b else "No: ") + say
    return Turn(humanise(rng, ask.format(a=a, b=b), True), say, steps)


def units(rng: random.Random) -> Turn:
    big, small, factor = rng.choice(UNITS)
    n = rng.randrange(2, 10)
    ask = rng.choice(["How many {s} are {n} {b}?", "Convert {n} {b} to {s}.", "{n} {b} in {s}?", "What are {n} {b} in {s}?", "Turn {n} {b} into {s}."])
    steps = f"1 {big.rstrip('s') if factor in (60, 24, 7) else big} = {factor} {small}\n{n} x {factor} = {n * factor}"
    return Turn(humanise(rng, ask.format(s=small, n=n, b=big), True), f"{n} {big} are **{n * factor} {small}**.", steps)


def dates(rng: random.Random) -> Turn:
    roll = rng.randrange(4)
    if roll == 0:
        i, n = rng.randrange(7), rng.randrange(2, 6)
        ask = rng.choice(["Which day is {n} days after {d}?", "What day is it {n} days after {d}?", "Today is {d}. Which day is it in {n} days?"])
        walk = "\n".join(f"{k}: {DAYS[(i + k) % 7]}" for k in range(1, n + 1))
        return Turn(humanise(rng, ask.format(n=n, d=DAYS[i]), True), f"{n} days after {DAYS[i]} it is **{DAYS[(i + n) % 7]}**.", walk)
    names = DAYS if roll == 1 else MONTHS
    i = rng.randrange(len(names))
    if roll == 3:
        ask = rng.choice(["How many days does {m} have?", "How long is {m}?", "Days in {m}?"]).format(m=MONTHS[i])
        extra = " In a leap year it has 29." if i == 1 else ""
        return Turn(humanise(rng, ask, True), f"{MONTHS[i]} has {LENGTHS[i]} days.{extra}")
    step, word = rng.choice([(1, "after"), (-1, "before")])
    kind = "day" if names is DAYS else "month"
    ask = rng.choice(["Which {k} comes {w} {n}?", "What {k} is {w} {n}?", "Name the {k} {w} {n}."]).format(k=kind, w=word, n=names[i])
    return Turn(humanise(rng, ask, True), f"The {kind} {word} {names[i]} is {names[(i + step) % len(names)]}.")


def arithmetic_turn(rng: random.Random) -> Turn:
    make = rng.choices([addition, subtraction, multiplication, comparison, units, dates], [60, 13, 8, 6, 7, 6])[0]
    return make(rng)
