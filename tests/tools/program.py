"""What the tests of the program share: calling it, and reporting unittest cases as TAP so that each one is counted."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.environ["NASSHRINK_PROGRAM"]
TORCH = os.environ.get("NASSHRINK_TORCH") == "1"
SOURCE = pathlib.Path(os.environ["NASSHRINK_SOURCE"])
SHARED = pathlib.Path(os.environ.get("NASSHRINK_SHARED", SOURCE / ".." / "shared"))

NB201 = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]

needs_torch = unittest.skipUnless(TORCH, "built without torch")


def needs_shared(path):
    return unittest.skipUnless((SHARED / path).exists(), f"needs ../shared/{path}")


def all_children():
    """The 15,625 cells of NAS-Bench-201 as lists of operator codes, the last choice fastest."""
    for index in range(5**6):
        yield [index // 5**(5 - edge) % 5 for edge in range(6)]


def known_accuracy(ops):
    """An accuracy for every child: convolutions help, the more the nearer they are to the output; none hurts."""
    worth = [-4.0, 1.0, 3.0, 5.5, 0.5]
    return 50 + sum(worth[op] * (1 + 0.1 * edge) for edge, op in enumerate(ops))


def write_truth(path):
    rows = [f"{' '.join(map(str, ops))},{known_accuracy(ops):.4f}" for ops in all_children()]
    path.write_text("arch,accuracy\n" + "\n".join(rows) + "\n")


def write_scores(path, score):
    path.write_text("arch,score\n" + "".join(f"{' '.join(map(str, ops))},{score(ops)}\n" for ops in all_children()))


def convolutions(ops):
    return sum(op in (2, 3) for op in ops)


class ProgramTest(unittest.TestCase):
    """Runs the program in an empty folder of its own."""

    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory(prefix="nasshrink-tools-")
        cls.folder = pathlib.Path(cls._folder.name)

    @classmethod
    def tearDownClass(cls):
        cls._folder.cleanup()

    @classmethod
    def call(cls, *words):
        return subprocess.run([PROGRAM, *map(str, words)], cwd=cls.folder, capture_output=True, text=True)

    @classmethod
    def json(cls, *words):
        """The document of a call that must succeed."""
        done = cls.call(*words, "--json")
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, words))}: exit code {done.returncode}\n{done.stderr}{done.stdout}")
        return json.loads(done.stdout)

    def interrupt(self, *words, after):
        """Sends a run Ctrl-C once it has said a line with `after`; its exit code, document and last line."""
        with subprocess.Popen([PROGRAM, *map(str, words), "--json"], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as run:
            lines = [run.stderr.readline()]
            while lines[-1] and after not in lines[-1]:
                lines.append(run.stderr.readline())
            run.send_signal(signal.SIGINT)
            lines += run.stderr.readlines()
            document = json.load(run.stdout)
        return run.returncode, document, lines[-1]

    def fails(self, code, *words):
        """The error of a call that must fail: one line on standard error, the same as JSON on standard output."""
        done = self.call(*words, "--json")
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        error = json.loads(done.stdout)["error"]
        self.assertEqual(done.stderr.splitlines()[-1], f"nasshrink: error: {error['message']}")
        return error


class _Tap(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.lines = []

    def _add(self, test, good, note="", details=""):
        number = len(self.lines) + 1
        self.lines.append(good)
        print(f"{'ok' if good else 'not ok'} {number} - {test.id().partition('.')[2]}{note}", flush=True)
        for line in details.splitlines():
            print(f"# {line}", flush=True)

    def addSuccess(self, test):
        self._add(test, True)

    def addFailure(self, test, err):
        self._add(test, False, details=self._exc_info_to_string(err, test))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._add(subtest, False, details=self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        self._add(test, True, note=f" # SKIP {reason}")


def main():
    result = _Tap()
    unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]).run(result)
    print(f"1..{len(result.lines)}")
    sys.exit(0 if result.lines and all(result.lines) else 1)
