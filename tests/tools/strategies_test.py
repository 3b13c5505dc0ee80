"""Every preset with every training strategy that docs/methods.md says makes sense for it: a small training, then a search and
a retraining on its checkpoint; and a clear error for the others.

By default one strategy a preset, so that each strategy and each preset is there; NASSHRINK_EVERY=1 takes all of them.
"""
import os
import re
import unittest

import program
from program import SOURCE, ProgramTest, needs_torch

EVERY = os.environ.get("NASSHRINK_EVERY") == "1"
IMAGES = 32
DATA = f"synthetic:10:1x28x28:{6 * IMAGES}"
TRAIN = "stages[train].train.options."

# How a strategy of the table is asked for.
STRATEGIES = {
    "uniform": [["--strategy", "uniform"]],
    "fair": [["--strategy", "fair"]],
    "proxyless": [["--strategy", "proxyless", "--set", f"{TRAIN}architecture.gradient={gradient}", "--set",
                   f"{TRAIN}architecture.frozen_epochs=0"] for gradient in ("full_v2", "two", "reinforce")],
    "darts": [["--strategy", "darts", "--set", f"{TRAIN}architecture.order={order}"] for order in (1, 2)],
}
# Small enough for a processor.
SHAPES = {
    "nas-bench-201": ["channels=4", "cells=1"],
    "darts": ["channels=4", "layers=3", "stem=cifar"],
    "darts-edges": ["channels=4", "layers=3", "stem=cifar"],
    "darts-shared": ["channels=4", "layers=3", "stem=cifar"],
    "spos-shufflenet": ["width_multiplier=0.25"],
}
THIN = ["width_multiplier=0.1"]


def table():
    """{preset: {strategy: what the table says}}"""
    text = (SOURCE / "docs/methods.md").read_text(encoding="utf-8")
    section = text.split("### Which strategy for which space\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines() if line[:1] == "|"]
    names = rows[0][1:]
    return {name: dict(zip(names, row[1:])) for row in rows[2:] for name in re.findall(r"`([\w*-]+)`", row[0])}


def sayings(preset):
    return next(row for name, row in table().items() if re.fullmatch(name.replace("*", ".*"), preset))


def makes_sense(saying):
    return not re.match(r"no\b", saying)


def settings(words):
    return [word for setting in words for word in ("--set", setting)]


@needs_torch
class Strategies(ProgramTest):
    def train(self, preset, words):
        shape = settings(SHAPES.get(preset, THIN))
        return self.call("train", preset, "--data", DATA, "--epochs", 1, "--threads", 1, *words, *shape,
                         *settings([f"{TRAIN}batch_size=16", f"{TRAIN}images={IMAGES}"]), "-o", "net.safetensors", "-q")

    def follow(self):
        """Search and retraining on the checkpoint."""
        found = self.json("search", "net.safetensors", "--algorithm", "random", "--metric", "accuracy", "--trials", 2,
                          "--data", DATA, "--threads", 1,
                          *settings([f"evaluate.images={IMAGES}", f"evaluate.re_bn.images={IMAGES}"]), "-o", "found.json")
        child = self.json("retrain", "net.safetensors", found["best"]["ops"], "--data", DATA, "--epochs", 1, "--threads", 1,
                          *settings([f"stages[retrain].retrain.options.images={IMAGES}"]), "-o", "child.safetensors")
        self.assertEqual(child["ops"], found["best"]["ops"])

    def test_every_preset_is_in_the_table(self):
        for preset in self.json("list", "presets"):
            self.assertEqual(list(sayings(preset["name"])), list(STRATEGIES), preset["name"])

    def test_what_makes_sense_trains_and_the_rest_is_refused(self):
        for number, preset in enumerate(one["name"] for one in self.json("list", "presets")):
            for place, (strategy, ways) in enumerate(STRATEGIES.items()):
                if not EVERY and place != number % len(STRATEGIES):
                    continue
                for words in ways if EVERY else ways[:1]:
                    with self.subTest(preset=preset, words=words):
                        done = self.train(preset, words)
                        if not makes_sense(sayings(preset)[strategy]):
                            self.assertEqual(done.returncode, 1, done.stderr)
                            self.assertIn("grammar", done.stderr)
                            continue
                        self.assertEqual(done.returncode, 0, done.stderr)
                        self.follow()


if __name__ == "__main__":
    program.main()
