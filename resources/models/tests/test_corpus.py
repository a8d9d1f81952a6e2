"""Checks of the facts, the generator and the grader that need no training."""
from __future__ import annotations

import random
import sys
import unittest
from pathlib import Path

MODELS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(MODELS))

import grading as g  # noqa: E402
from corpus import facts, mix  # noqa: E402
from corpus.arithmetic import add_steps, mul_steps, sub_steps  # noqa: E402
from corpus.noise import FAMILIES  # noqa: E402


class Facts(unittest.TestCase):
    def test_every_answer_variant_holds_its_key_facts(self) -> None:
        for topic_id, topic in facts.TOPICS.items():
            self.assertTrue(topic["key_facts"], topic_id)
            question = g.topic_question(topic_id, "")
            for answer in facts.answers_of(topic_id):
                self.assertTrue(g.passes(question, answer), f"{topic_id}: {answer}")

    def test_phrasings_and_topics_match(self) -> None:
        self.assertEqual(set(facts.TOPICS), set(facts.PHRASINGS))
        self.assertEqual({s["id"] for s in facts.SHORTCUTS}, set(facts.ACTIONS))

    def test_texts_are_short_help(self) -> None:
        for topic_id, topic in facts.TOPICS.items():
            self.assertLessEqual(len(topic["body"].split()), 60, topic_id)
            self.assertTrue(topic["section"] and topic["title"], topic_id)

    def test_ids_and_keys_are_unique(self) -> None:
        for names in ([t["id"] for t in facts.FACTS["topics"]], [s["id"] for s in facts.SHORTCUTS], [s["keys"] for s in facts.SHORTCUTS]):
            self.assertEqual(len(names), len(set(names)))


class Families(unittest.TestCase):
    def test_there_are_enough(self) -> None:
        for kind, split in FAMILIES.items():
            if isinstance(split, dict):
                self.assertGreaterEqual(len(split["train"]), 14, kind)
                self.assertGreaterEqual(len(split["held_out"]), 4, kind)
                self.assertFalse(set(split["train"]) & set(split["held_out"]), kind)

    def test_held_out_questions_are_never_trained_on(self) -> None:
        asked = {turn.user.lower().rstrip("?. ") for chat in mix.chats(1, 20_000) for turn in chat.turns}
        for question in g.questions(7):
            self.assertNotIn(question.text.lower().rstrip("?. "), asked)


class Generator(unittest.TestCase):
    def test_it_is_seeded(self) -> None:
        self.assertEqual(list(mix.chats(3, 50)), list(mix.chats(3, 50)))
        self.assertNotEqual(list(mix.chats(3, 50)), list(mix.chats(4, 50)))

    def test_nothing_is_empty_or_unfilled(self) -> None:
        for chat in mix.chats(2, 5000):
            for turn in chat.turns:
                self.assertTrue(turn.user.strip() and turn.answer.strip(), chat)
                if chat.domain not in ("code",) and "```" not in turn.answer:
                    self.assertNotRegex(turn.user + turn.answer, r"\{[a-z]+\}")

    def test_working_is_right(self) -> None:
        rng = random.Random(1)
        for _ in range(500):
            a, b = rng.randrange(1, 1000), rng.randrange(1, 1000)
            self.assertTrue(add_steps(a, b).endswith(f"Together: {a + b}"))
            self.assertTrue(sub_steps(max(a, b), min(a, b)).endswith(f"Together: {abs(a - b)}"))
        self.assertTrue(mul_steps(17, 6).endswith("60 + 42 = 102"))


class Grader(unittest.TestCase):
    def setUp(self) -> None:
        self.questions = g.questions(7)
        self.right = [self.answer(q) for q in self.questions]

    @staticmethod
    def answer(q: g.Question) -> str:
        return facts.TOPICS[q.source]["body"] if q.source in facts.TOPICS else f"Press {q.allowed_keys[0]} to {q.key_facts[0][0]}."

    def test_right_answers_pass(self) -> None:
        self.assertEqual(len(self.questions), 200)
        self.assertEqual(g.share(self.questions, self.right), 1.0)

    def test_shuffled_answers_fail(self) -> None:
        for seed in range(20):
            self.assertLessEqual(g.share(self.questions, g.shuffled(self.right, seed)), 0.10)

    def test_a_wrong_fact_fails(self) -> None:
        for question, answer in zip(self.questions, self.right):
            spoiled = f"{answer} {question.wrong[0] if question.wrong else 'Press Ctrl+K or Ctrl+N.'}"
            self.assertFalse(g.passes(question, spoiled), question)

    def test_sums_need_thinking_and_the_right_number(self) -> None:
        self.assertTrue(g.sum_is("<think>\n1 + 2 = 3\n</think>\n\n41 + 12 = **53**", 53))
        self.assertFalse(g.sum_is("41 + 12 = **53**", 53))
        self.assertFalse(g.sum_is("<think>\n</think>\n\n41 + 12 = **54**", 53))

    def test_loops_are_found(self) -> None:
        self.assertTrue(g.loops([1, 2, 3] * 9, 400))
        self.assertTrue(g.loops([5] * 9, 400))
        self.assertTrue(g.loops(list(range(400)), 400))
        self.assertFalse(g.loops(list(range(100)), 400))


class Template(unittest.TestCase):
    """Renders where jinja2 is installed."""

    def render(self, **more: object) -> str:
        try:
            import jinja2
        except ImportError:
            self.skipTest("jinja2 is not installed")
        text = (MODELS / "guide_ds" / "chat_template.jinja").read_text(encoding="utf-8")
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1+1"}, {"role": "assistant", "content": "<think>\nx\n</think>\n\n2"},
                    {"role": "user", "content": "Thanks"}]
        return jinja2.Template(text).render(messages=messages, bos_token="<B>", add_generation_prompt=True, **more)

    def test_old_thinking_is_dropped(self) -> None:
        self.assertEqual(self.render(), "<B>Be brief.<｜User｜>1+1<｜Assistant｜>2<｜end▁of▁sentence｜><｜User｜>Thanks<｜Assistant｜>")

    def test_thinking_can_be_switched_off(self) -> None:
        self.assertTrue(self.render(enable_thinking=False).endswith("<｜Assistant｜><think>\n\n</think>\n\n"))


if __name__ == "__main__":
    unittest.main()
