"""Runs every example of docs/cli.md, in order, in one folder.

A block marked `sh` needs the core library alone, one marked `sh torch` also the torch library; one marked `sh long` is
too long for a test, so only its words are checked against the commands there are. A block marked `csv NAME` or
`textproto NAME` is the file NAME, which the commands find.
"""
import re
import shlex
import unittest

import program
from program import SOURCE, ProgramTest

TEXT = (SOURCE / "docs/cli.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh ?(\w*)\n(.*?)^```", TEXT, re.M | re.S)
FILES = re.findall(r"^```(?:csv|textproto) ([\w.-]+)\n(.*?)^```", TEXT, re.M | re.S)


class Examples(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        program.write_truth(cls.folder / "truth.csv")
        for name, text in FILES:
            (cls.folder / name).write_text(text, encoding="utf-8")
        program.write_scores(cls.folder / "convolutions.csv", program.convolutions)
        program.write_scores(cls.folder / "losses.csv", lambda ops: -program.known_accuracy(ops))

    def test_examples_run(self):
        for kind, block in BLOCKS:
            for line in block.splitlines():
                words = shlex.split(line)
                self.assertEqual(words[0], "nasshrink")
                if kind == "long" or (kind == "torch" and not program.TORCH):
                    words = [words[0], words[1], "--help"]
                with self.subTest(example=line):
                    done = self.call(*words[1:])
                    self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_command_has_an_example(self):
        shown = {shlex.split(line)[1] for _, block in BLOCKS for line in block.splitlines()}
        listed = self.call("--help").stdout.partition("Subcommands:")[2].partition("\n\n")[0]
        commands = set(re.findall(r"^  ([a-z-]+) ", listed, re.M))
        self.assertGreater(len(commands), 15)
        self.assertEqual(commands - shown, set())


if __name__ == "__main__":
    program.main()
