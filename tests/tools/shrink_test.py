"""Shrinking by scores of children, its journal, and the frontier it is measured by. Needs no torch."""
import base64
import json
import unittest

import program
from program import SHARED, ProgramTest, known_accuracy, needs_shared

TRUTH = SHARED / "data/nasbench201/nasbench201.csv.gz"


class Shrink(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        program.write_truth(cls.folder / "truth.csv")
        program.write_scores(cls.folder / "scores.csv", known_accuracy)

    def shrink(self, *words):
        return self.json("shrink", "nas-bench-201", "--rule", "abs", "-o", "small.bin", *words)

    def test_children_are_scored_and_every_removal_is_explained(self):
        done = self.shrink("--children", "scores.csv", "--drop", "3", "--explain", "--edits", "edits.json")
        # "none" costs most where an edge weighs most, which is nearest to the output.
        self.assertEqual([(row["choice"], row["op"]) for row in done["dropped"]], [(5, 0), (4, 0), (3, 0)])
        journal = done["journal"]
        self.assertEqual((journal["before"]["children"], journal["before"]["operators"]), ("15625", 30))
        self.assertEqual([row["children"] for row in journal["removals"]], ["12500", "10000", "8000"])
        self.assertEqual(journal["removals"][-1]["children"], done["children"])
        first = journal["removals"][0]
        self.assertAlmostEqual(first["margin"], 9.5 * 1.5, places=3)
        self.assertEqual((first["standard_error"], first["runner_up"], first["undo"]), (0, "4:0", "5:0"))
        self.assertAlmostEqual(first["runner_up_margin"], journal["removals"][1]["score"] - first["score"])
        self.assertEqual([row["runner_up"] for row in journal["removals"]], ["4:0", "3:0", "2:0"])
        self.assertLessEqual(journal["before"]["macs_min"], first["macs_min"])
        self.assertEqual(json.loads((self.folder / "edits.json").read_text())["drop"][0], {"choice": 5})
        for row in reversed(journal["removals"]):
            self.json("space", "restrict", "small.bin", "--restore", row["undo"], "-o", "small.bin")
        self.assertEqual(self.json("space", "describe", "small.bin")["children"], "15625")

    def test_rescoring_after_every_removal(self):
        # A child is good when its first two operators agree: means cannot tell, once one is gone they can.
        agree = lambda ops: (90 if ops[0] == ops[1] else 50) + (ops[0] == 0) * 0.5
        program.write_scores(self.folder / "agree.csv", agree)
        once = self.shrink("--children", "agree.csv", "--drop", "6", "--explain")
        afresh = self.shrink("--children", "agree.csv", "--drop", "6", "--rescore", "--explain")
        self.assertEqual(len(afresh["dropped"]), 6)
        self.assertNotEqual(once["dropped"], afresh["dropped"])
        gone = {(row["choice"], row["op"]) for row in afresh["dropped"] if row["choice"] < 2}
        self.assertEqual({op for choice, op in gone if choice == 0}, {op for choice, op in gone if choice == 1})

    def test_operator_scores_by_se_nas(self):
        scores = {"metric": "accuracy", "scores": []}
        space = self.json("space", "describe", "nas-bench-201")
        for choice in range(6):
            for op in range(5):
                scores["scores"].append({"choice": choice, "candidate": op, "score": 50 + op * (choice + 1)})
        scores["children_fingerprint"] = base64.b64encode(bytes.fromhex(space["children_fingerprint"])).decode()
        (self.folder / "operators.json").write_text(json.dumps(scores))
        done = self.json("shrink", "nas-bench-201", "--scores", "operators.json", "--rule", "se-nas", "--drop", "2",
                         "--explain", "-o", "small.bin")
        self.assertEqual([(row["choice"], row["op"]) for row in done["dropped"]], [(5, 0), (4, 0)])
        self.assertIn("rule_score", done["journal"]["removals"][0])

    def test_wrong_calls(self):
        def message(*words):
            return self.fails(2, "shrink", "nas-bench-201", "-o", "x.bin", *words)["message"]
        self.assertIn("one of --scores, a file of OperatorScores (nasshrink score-operators), and --children CSV", message("--rule", "abs"))
        self.assertIn("takes --rule abs", message("--rule", "per-choice", "--children", "scores.csv"))
        self.assertIn("mean, upper_tail or median",
                      message("--rule", "abs", "--children", "scores.csv", "--aggregation", "best"))
        self.assertIn("standard errors", message("--rule", "abs", "--children", "scores.csv", "--significance", "-1"))
        (self.folder / "few.csv").write_text("arch,score\n0 0 0 0 0 0,1\n1 1 1 1 1 1,2\n")
        self.assertIn("is in none of the 2 children", message("--rule", "abs", "--children", "few.csv"))
        (self.folder / "twice.csv").write_text("arch,score\n0 0 0 0 0 0,1\n0 0 0 0 0 0,2\n")
        self.assertIn("twice.csv", message("--rule", "abs", "--children", "twice.csv"))


class Frontier(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        program.write_truth(cls.folder / "truth.csv")

    @needs_shared("data/nasbench201/nasbench201.csv.gz")
    def test_published_accuracies(self):
        """What shrinking to 10 operators leaves on NAS-Bench-201: by the rule with perfect scores, and at best."""
        found = self.json("frontier", "--space", "nas-bench-201", "--truth", TRUTH, "--truth-column", "cifar10_test",
                          "--random", "10")
        self.assertEqual((found["children"], found["sub_spaces"], found["top1pct"]), (15625, "887503681", 157))
        points = {row["operators"]: row for row in found["frontier"]}
        self.assertAlmostEqual(points[10]["mean_best"], 94.22333325, places=8)
        self.assertEqual(points[10]["kept"], "3;3;0 2 3 4;1;2 3;3")
        self.assertAlmostEqual(points[10]["top1pct_kept"], 8 / 157, places=12)
        self.assertAlmostEqual(points[10]["top1pct_most"], 15 / 157, places=12)
        at = {path["path"]: {step["operators"]: step for step in path["steps"]} for path in found["paths"]}
        self.assertEqual(set(at), {"perfect", "params", "random"})
        self.assertAlmostEqual(at["perfect"][10]["mean"], 93.49, delta=0.01)
        self.assertLess(at["params"][10]["regret_of_metric"], 0.1)
        self.assertAlmostEqual(at["params"][10]["regret_of_rule"] + at["params"][10]["regret_of_metric"],
                               at["params"][10]["regret"])
        self.assertLess(at["random"][10]["mean"], at["params"][10]["mean"])
        tail = self.json("frontier", "--space", "nas-bench-201", "--truth", TRUTH, "--truth-column", "cifar10_test",
                         "--aggregation", "upper_tail", "--rescore")
        perfect = {step["operators"]: step for step in tail["paths"][0]["steps"]}
        self.assertAlmostEqual(perfect[10]["mean"], 94.17, delta=0.01)
        self.assertAlmostEqual(perfect[10]["top1pct_kept"], 15 / 157, places=12)

    def test_paths_of_files(self):
        self.json("shrink", "nas-bench-201", "--children", "truth.csv:accuracy", "--rule", "abs", "--drop", "4", "--edits",
                  "path.json", "-o", "small.bin")
        found = self.json("frontier", "--space", "nas-bench-201", "--truth", "truth.csv", "--path", "path.json")
        paths = {path["path"]: path["steps"] for path in found["paths"]}
        self.assertEqual([step["operators"] for step in paths["path"]], [30, 29, 28, 27, 26])
        for mine, perfect in zip(paths["path"], paths["perfect"]):
            self.assertAlmostEqual(mine["mean"], perfect["mean"])
        self.assertGreaterEqual(min(step["regret"] for step in paths["perfect"]), -1e-9)

    def test_wrong_calls(self):
        (self.folder / "part.csv").write_text("arch,accuracy\n0 0 0 0 0 0,10\n")
        self.json("space", "restrict", "nas-bench-201", "--pin", "0:0", "1:0", "2:0", "3:0", "4:0", "-o", "five.bin")
        error = self.fails(2, "frontier", "--space", "five.bin", "--truth", "part.csv")
        self.assertIn("is in none of the 1 children", error["message"])


if __name__ == "__main__":
    program.main()
