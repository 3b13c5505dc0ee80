"""Ranking reports of the program, on NAS-Bench-201's published accuracies and on ones made up. Needs no torch."""
import unittest

import program
from program import SHARED, ProgramTest, known_accuracy, needs_shared

TRUTH = SHARED / "data/nasbench201/nasbench201.csv.gz"
FIELDS = ["tau_b", "spearman", "tau_top_half", "tau_equal_macs", "regret", "top1pct_survival"]


class Rank(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        program.write_truth(cls.folder / "truth.csv")
        program.write_scores(cls.folder / "convolutions.csv", program.convolutions)
        program.write_scores(cls.folder / "loss.csv", lambda ops: -known_accuracy(ops))

    def rank(self, *words):
        return self.json("rank", "--space", "nas-bench-201", "--truth", "truth.csv", *words)

    def test_every_field_beside_every_baseline(self):
        report = self.rank("--scores", "convolutions.csv")
        self.assertEqual((report["n"], report["metric"]), (15625, "convolutions"))
        self.assertEqual(set(report["baselines"]), {"live_macs", "live_params", "params", "random"})
        for ranking in [report, *report["baselines"].values()]:
            for field in FIELDS:
                self.assertIn(field, ranking)
        low, high = report["tau_b_interval"]
        self.assertTrue(low < report["tau_b"] < high)
        self.assertIn("convolutions ranks", report["verdict"])

    def test_lower_is_better(self):
        report = self.rank("--scores", "loss.csv", "--lower-is-better", "loss")
        # The truth is rounded to four digits, which makes ties.
        self.assertAlmostEqual(report["tau_b"], 1, places=3)
        self.assertEqual((report["regret"], report["beats_counting"]), (0, True))
        self.assertEqual(self.rank("--scores", "loss.csv")["tau_b"], -report["tau_b"])

    def test_fused_scores_are_written_and_ranked(self):
        scores = ["--scores", "convolutions.csv", "--scores", "loss.csv", "--lower-is-better", "loss"]
        fused = self.rank(*scores, "--fuse", "log-rank", "-o", "fused.csv")
        self.assertEqual(fused["metric"], "fused")
        self.assertEqual(set(fused["columns"]), {"convolutions", "loss"})
        self.assertLess(fused["columns"]["convolutions"]["tau_b"], fused["tau_b"])
        self.assertEqual(self.rank("--scores", "fused.csv")["tau_b"], fused["tau_b"])

    def test_a_shrunk_space_keeps_what_it_keeps(self):
        self.json("space", "restrict", "nas-bench-201", "--drop", "3:3", "-o", "shrunk.bin")
        report = self.json("rank", "--space", "shrunk.bin", "--truth", "truth.csv", "--scores", "loss.csv",
                           "--lower-is-better", "loss", "--keep", "30")
        self.assertEqual((report["n"], report["kept"]), (12500, 29))
        self.assertLess(report["top1pct_survival"], 1)

    def test_wrong_calls(self):
        self.assertIn("--fuse", self.fails(2, "rank", "--space", "nas-bench-201", "--truth", "truth.csv", "--scores", "loss.csv",
                                           "--scores", "convolutions.csv")["message"])
        self.assertIn("columns: arch, score", self.fails(2, "rank", "--space", "nas-bench-201", "--truth", "truth.csv",
                                                         "--scores", "loss.csv:angle")["message"])
        self.assertIn("no score is named 'x'", self.fails(2, "rank", "--space", "nas-bench-201", "--truth", "truth.csv",
                                                          "--scores", "loss.csv", "--lower-is-better", "x")["message"])

    @needs_shared("data/nasbench201/nasbench201.csv.gz")
    def test_published_accuracies(self):
        report = self.json("rank", "--space", "nas-bench-201", "--scores", f"{TRUTH}:flops_m", "--truth", TRUTH,
                           "--truth-column", "cifar10_test")
        self.assertEqual(report["metric"], "flops_m")
        self.assertAlmostEqual(report["baselines"]["live_macs"]["tau_b"], 0.654, places=3)
        self.assertAlmostEqual(report["baselines"]["params"]["tau_b"], report["tau_b"], places=12)
        self.assertFalse(report["beats_counting"])


if __name__ == "__main__":
    program.main()
