"""Runs, searches and scores of the program with accuracies known beforehand or a hand-made table. Needs no torch."""
import csv
import gzip
import json
import math
import unittest

import program
from program import SHARED, ProgramTest, known_accuracy, needs_shared

RUN = ["run", "--recipe", "abs", "--space", "nas-bench-201", "--data", "table:truth.csv"]


class KnownAccuracies(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        program.write_truth(cls.folder / "truth.csv")
        cls.result = cls.json(*RUN, "--seed", "3", "--workers", "1", "-o", "whole")

    def space_bytes(self, folder):
        return (self.folder / folder / "space.bin").read_bytes()

    def test_run_gives_best_space_and_seconds(self):
        best = self.result["best"]
        ops = [int(op) for op in best["ops"].split()]
        self.assertAlmostEqual(best["accuracy"], known_accuracy(ops), places=3)
        cost = self.json("arch", "cost", "nas-bench-201", best["ops"])
        self.assertEqual((best["macs"], best["params"]), (cost["macs"], cost["params"]))
        self.assertLessEqual(int(self.result["space"]["children"]), 1000)
        self.assertTrue(all(seconds >= 0 for seconds in self.result["seconds"].values()))
        self.assertIn("train", self.result["seconds"])
        described = self.json("space", "describe", "whole/space.bin")
        self.assertEqual(described["fingerprint"], self.result["space"]["fingerprint"])
        self.assertEqual(described["children"], self.result["space"]["children"])

    def test_the_worst_operators_are_gone(self):
        edits = self.json("space", "diff", "nas-bench-201", "whole/space.bin")
        dropped = [(edit["choice"], edit["op"]) for edit in edits["drop"]]
        # "none" lowers the accuracy most in every choice, and is the first to go everywhere.
        self.assertEqual([(edge, 0) for edge in range(6) if (edge, 0) not in dropped], [])
        self.assertNotIn(3, [op for _, op in dropped])

    def test_workers_do_not_change_the_space(self):
        again = self.json(*RUN, "--seed", "3", "--workers", "4", "-o", "four")
        self.assertEqual(self.space_bytes("four"), self.space_bytes("whole"))
        self.assertEqual((self.folder / "four/result.bin").read_bytes(), (self.folder / "whole/result.bin").read_bytes())
        self.assertEqual(again["best"], self.result["best"])

    def test_status_resume_and_report_of_a_finished_run(self):
        status = self.json("status", "whole")
        self.assertEqual(status["state"], "finished")
        self.assertEqual(status["fraction"], 1)
        self.assertEqual(status["children"], self.result["space"]["children"])
        resumed = self.json("resume", "whole")
        self.assertEqual((resumed["best"], resumed["space"]), (self.result["best"], self.result["space"]))
        self.assertEqual(self.json("report", "whole", "-o", "report.html")["file"], "report.html")
        page = (self.folder / "report.html").read_text(encoding="utf-8")
        self.assertTrue(page.lstrip().lower().startswith("<!doctype html>"))

    def test_ctrl_c_leaves_a_run_that_ends_with_the_same_bytes(self):
        words = [*RUN, "--seed", "5", "--set", "epochs=150"]
        code, document, last = self.interrupt(*words, "-o", "stopped", after="epoch")
        self.assertEqual((code, document["error"]["status"]), (130, "CANCELLED"))
        self.assertIn("nasshrink resume stopped", last)
        self.assertEqual(self.json("status", "stopped")["state"], "cancelled")
        self.assertFalse((self.folder / "stopped/space.bin").exists())
        self.fails(2, "retrain", "stopped", "--data", "table:truth.csv", "-o", "x")
        self.json("resume", "stopped", "--quiet")
        self.json(*words, "-o", "undisturbed", "--quiet")
        self.assertEqual(self.space_bytes("stopped"), self.space_bytes("undisturbed"))
        self.assertEqual((self.folder / "stopped/result.bin").read_bytes(),
                         (self.folder / "undisturbed/result.bin").read_bytes())

    def test_time_limit(self):
        error = self.fails(1, *RUN, "--set", "epochs=1000000", "-o", "limited", "--max-seconds", "0.3", "--quiet")
        self.assertEqual(error["status"], "DEADLINE_EXCEEDED")
        self.assertIn("nasshrink resume limited", error["message"])
        self.assertEqual(self.json("status", "limited")["state"], "cancelled")

    def test_plan_from_a_file(self):
        plan = {"schema_version": 1, "name": "own", "seed": 4, "stages": [
            {"key": "score", "score": {"options": {"metric": "accuracy"}}},
            {"key": "drop", "shrink": {"rule": {"per_choice": {"drop": 2}}}},
            {"key": "search", "search": {"options": {"algorithm": "random", "metrics": ["accuracy"], "trials": 10}}}]}
        (self.folder / "plan.json").write_text(json.dumps(plan))
        done = self.json("run", "--plan", "plan.json", "--space", "nas-bench-201", "--data", "table:truth.csv",
                         "--set", "stages[search].search.options.trials=12", "-o", "own")
        self.assertEqual(done["space"]["children"], str(3**6))
        self.assertEqual(list(done["seconds"]), ["score", "drop", "search"])
        error = self.fails(2, "run", "--plan", "plan.json", "--space", "nas-bench-201", "--data", "table:truth.csv",
                           "--set", "stages[nowhere].search.options.trials=12", "-o", "never")
        self.assertIn("nowhere", error["message"])

    def test_wrong_runs(self):
        self.assertIn("abs", self.fails(2, *RUN[:2], "nonsense", *RUN[3:], "-o", "new")["message"])
        self.assertEqual(self.fails(2, *RUN, "-o", "whole")["status"], "ALREADY_EXISTS")
        self.fails(2, *RUN, "--set", "no_such_setting=1", "-o", "new")
        self.fails(2, *RUN, "--plan", "plan.json", "-o", "new")
        self.fails(2, "status", "nowhere")
        self.fails(2, "resume", "nowhere")
        self.fails(2, "report", "nowhere", "-o", "x.html")
        self.assertFalse((self.folder / "new").exists())

    def test_wrong_tables(self):
        def run(text):
            (self.folder / "wrong.csv").write_text(text)
            return self.fails(2, *RUN[:6], "table:wrong.csv", "-o", "new")["message"]
        self.assertIn("accuracy", run("arch,score\n3 3 3 3 3 3,1\n"))
        self.assertIn("row 1", run("arch,accuracy\n3 3 3 3 3 3,high\n"))
        self.assertIn("line 2", run("arch,accuracy\n3 3 3 3 3 3\n"))
        run("arch,accuracy\n3 3 3 3,50\n")
        run("")
        self.fails(2, *RUN[:6], "table:missing.csv", "-o", "new")

    def write_some(self, name, keep):
        lines = (self.folder / "truth.csv").read_text().splitlines()
        (self.folder / name).write_text("\n".join([lines[0]] + [line for line in lines[1:] if keep(line)]) + "\n")

    def test_children_missing_in_a_table_are_counted_and_named(self):
        self.write_some("gaps.csv", lambda line: not line.startswith("0 0 "))
        words = ["search", "nas-bench-201", "--data", "table:gaps.csv", "--trials", "50", "-o", "found.json"]
        done = self.call(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("15000 of the space's 15625 children; the first missing is '0 0 0 0 0 0'", done.stderr)
        self.write_some("one.csv", lambda line: line.startswith("3 3 3 3 3 3,"))
        error = self.fails(1, "search", "nas-bench-201", "--data", "table:one.csv", "--trials", "50", "-o", "found.json")
        self.assertIn("none of the 50 children", error["message"])
        self.assertIn("the first missing is '0 0 0 0 0 0'", error["message"])
        self.write_some("no-none.csv", lambda line: not line.startswith("0 "))
        error = self.fails(1, *RUN[:6], "table:no-none.csv", "-o", "gaps")
        self.assertIn("operator 'none' of choice '1<-0' has no child with an accuracy", error["message"])
        self.assertIn("3125 of 15625", error["message"])
        status = self.json("status", "gaps")
        self.assertEqual((status["state"], status["message"]), ("failed", error["message"]))

    def test_a_table_of_the_root_serves_a_sub_space(self):
        self.json("space", "restrict", "nas-bench-201", "--drop", "0:0", "--pin", "5:1", "-o", "sub.bin")
        done = self.call("search", "sub.bin", "--data", "table:truth.csv", "--trials", "50", "-o", "found.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("missing", done.stderr)

    def test_a_run_on_a_table_does_not_pretend_to_train(self):
        done = self.call(*RUN, "-o", "quiet-table")
        self.assertIn("train: epoch 1/3\n", done.stderr)
        for word in ["loss", "images/s", "0.00 %"]:
            self.assertNotIn(word, done.stderr)
        best = self.json("status", "quiet-table")["best"]
        self.assertEqual((best["retrained"], best["accuracy_of"]), (False, "the table of accuracies known beforehand"))

    def test_retrain_takes_any_child_of_a_run(self):
        other = "3 1 3 2 3 1"
        self.assertNotEqual(self.result["best"]["ops"], other)
        words = ["--data", "table:truth.csv", "--epochs", "1"]
        self.assertEqual(self.json("retrain", "whole", other, *words, "-o", "child.bin")["ops"], other)
        self.assertEqual(self.json("retrain", "whole", *words, "-o", "child.bin")["ops"], self.result["best"]["ops"])
        self.fails(2, "retrain", "whole", "3 1 3", *words, "-o", "child.bin")

    def test_retrain_goes_on_with_its_own_folder_alone(self):
        words = ["retrain", "nas-bench-201", "3 3 3 3 3 3", "--data", "table:truth.csv"]
        self.fails(1, *words, "--epochs", "1000000", "--max-seconds", "0.3", "-o", "left.bin")
        error = self.fails(2, *words, "--epochs", "7", "-o", "left.bin")
        self.assertIn("left.bin.run: holds another training than this one", error["message"])
        self.assertIn("epochs", error["message"])
        error = self.fails(2, *words[:2], "3 3 3 3 3 1", *words[3:], "--epochs", "1000000", "-o", "left.bin")
        self.assertIn("holds another training", error["message"])
        self.fails(1, *words, "--epochs", "1000000", "--max-seconds", "0.3", "-o", "left.bin")
        # What died before it was a run does not stand in the way.
        (self.folder / "fresh.bin.run").mkdir()
        self.json(*words, "--epochs", "1", "-o", "fresh.bin")

    def test_status_of_a_stopped_run_shows_its_step(self):
        self.interrupt(*RUN, "--set", "epochs=1000000", "-o", "halted", after="epoch")
        status = self.json("status", "halted")
        self.assertEqual((status["state"], status["stage"]), ("cancelled", "train"))
        self.assertGreater(status["steps"], status["step"])
        self.assertGreater(status["step"], 0)

    def test_errors_name_the_file(self):
        (self.folder / "noise.bin").write_bytes(bytes(range(256)) * 3)
        (self.folder / "empty.bin").write_bytes(b"")
        (self.folder / "foreign").mkdir()
        (self.folder / "foreign/run.db").write_bytes(b"x" * 4096)
        (self.folder / "cut.config").write_text('{"blocks": [1, ')
        (self.folder / "bad.txt").write_text("3 3 3 3 3 3\n3 3 3 3\n")
        self.write_some("bad.csv", lambda line: line.startswith("3 3 3 3 3 3,"))
        with open(self.folder / "bad.csv", "a") as file:
            file.write("3 3 3,50\n")
        self.json("space", "make", "nas-bench-201", "-o", "space.bin")
        for name, code, words in [
                ("noise.bin", 2, ["space", "describe", "noise.bin"]),
                ("empty.bin: is no SearchSpace message: it is empty", 2, ["space", "describe", "empty.bin"]),
                ("empty.bin: is no OperatorScores message: it is empty", 2,
                 ["shrink", "nas-bench-201", "--scores", "empty.bin", "--rule", "abs", "-o", "x"]),
                ("noise.bin", 2, ["arch", "cost", "nas-bench-201", "noise.bin"]),
                ("noise.bin", 2, ["shrink", "nas-bench-201", "--scores", "noise.bin", "--rule", "abs", "-o", "x"]),
                ("noise.bin", 1, ["table", "noise.bin", "-o", "x"]),
                ("bad.csv: row 2", 2, [*RUN[:6], "table:bad.csv", "-o", "x"]),
                ("cut.config: ", 2, ["arch", "cost", "--config", "cut.config"]),
                ("bad.txt: ", 2, ["arch", "cost", "nas-bench-201", "bad.txt"]),
                ("foreign/run.db", 1, ["status", "foreign"]),
                ("foreign/run.db", 1, ["resume", "foreign"]),
                ("foreign/run.db", 1, ["report", "foreign", "-o", "x"])]:
            with self.subTest(words=words):
                done = self.call(*words)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(name, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_search(self):
        found = self.json("search", "nas-bench-201", "--data", "table:truth.csv", "--algorithm", "evolution", "--trials",
                          "200", "--seed", "1", "--max-macs", "100000000", "-o", "found.json")
        best = found["best"]
        self.assertLessEqual(best["macs"], 100000000)
        self.assertAlmostEqual(best["accuracy"], known_accuracy(map(int, best["ops"].split())), places=3)
        self.assertEqual(found["trials"], 200)
        front = found["front"]
        self.assertEqual(front, sorted(front, key=lambda child: child["macs"]))
        self.assertEqual(front, sorted(front, key=lambda child: child["accuracy"]))
        self.assertEqual(front[-1]["accuracy"], best["accuracy"])
        ranked = json.loads((self.folder / "found.json").read_text())["ranked"]
        self.assertEqual(ranked[0]["ops"], best["ops"])
        self.fails(2, "search", "nas-bench-201", "--data", "table:truth.csv", "--algorithm", "guess", "-o", "x.json")
        self.fails(2, "search", "nas-bench-201", "--metric", "accuracy", "-o", "x.json")


    def test_search_by_two_metrics_and_pruning_by_its_fronts(self):
        words = ["search", "nas-bench-201", "--data", "table:truth.csv", "--trials", "150", "--seed", "2"]
        found = self.json(*words, "--algorithm", "nsga2", "--metric", "accuracy,macs", "--set", "evolution.population=30",
                          "--set", "reference=0,300000000", "-o", "front.json")
        front = [(child["accuracy"], child["macs"]) for child in found["front"]]
        self.assertEqual(front, sorted(front, reverse=True))
        self.assertGreater(len(front), 2)
        self.assertGreater(found["hypervolume"], 0)
        for accuracy, macs in front:
            self.assertFalse(any(a >= accuracy and m <= macs and (a, m) != (accuracy, macs) for a, m in front))
        pruned = self.json("shrink", "nas-bench-201", "--evaluated", "front.json", "--rule", "pad-nas", "--threshold",
                           "0.05", "-o", "pruned.bin")
        self.assertEqual(len(pruned["frequencies"]), 30)
        self.assertEqual(len(pruned["dropped"]), sum(row["frequency"] <= 0.05 for row in pruned["frequencies"]))
        self.assertGreater(len(pruned["dropped"]), 0)
        self.assertLessEqual(pruned["counted"], 150)
        # The costs alone need nothing measured.
        cheap = self.json("search", "nas-bench-201", "--algorithm", "local_search", "--metric", "macs", "--trials", "40",
                          "-o", "cheap.json")
        self.assertEqual(cheap["best"]["macs"], min(child["macs"] for child in cheap["front"]))
        error = self.fails(2, *words, "--algorithm", "nsga2", "--metric", "accuracy", "-o", "x.json")
        self.assertIn("two metrics or more", error["message"])
        self.json(*words, "--algorithm", "random", "-o", "one.json")
        error = self.fails(2, "shrink", "nas-bench-201", "--evaluated", "one.json", "--rule", "pad-nas", "-o", "x.bin")
        self.assertIn("one metric", error["message"])
        error = self.fails(2, "shrink", "nas-bench-201", "--rule", "pad-nas", "-o", "x.bin")
        self.assertIn("--evaluated is required", error["message"])
        error = self.fails(2, "shrink", "nas-bench-201", "--evaluated", "front.json", "--rule", "pad-nas", "--threshold",
                           "0.2", "-o", "x.bin")
        self.assertEqual(error["field"], "pad_nas.threshold")


@needs_shared("data/nasbench201/nasbench201.csv.gz")
class BenchmarkTruth(ProgramTest):
    def test_search_finds_published_accuracies(self):
        source = SHARED / "data/nasbench201/nasbench201.csv.gz"
        with gzip.open(source, "rt") as file:
            truth = {row["arch_str"]: float(row["cifar10_test"]) for row in csv.DictReader(file)}
        found = self.json("search", "nas-bench-201", "--data", f"table:{source}:cifar10_test", "--algorithm", "evolution",
                          "--trials", "400", "-o", "best.json")
        text = self.json("arch", "convert", "nas-bench-201", found["best"]["ops"], "--to", "nas-bench-201")["text"]
        self.assertAlmostEqual(found["best"]["accuracy"], truth[text])
        self.assertGreater(found["best"]["accuracy"], 93.5)



class HandMadeTable(ProgramTest):
    """One row of dot, |w|^2, |w0|^2 an operator: <w0,w> = cos(t) |w0| |w| with t = 0.1 (op + edge)."""

    @staticmethod
    def row(edge, op):
        if op < 2:
            return [0.0, 0.0, 0.0]
        return [math.cos(0.1 * (op + edge)), 1.0, 1.0]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.json("space", "make", "nas-bench-201", "-o", "space.json")
        table = {"space": json.loads((cls.folder / "space.json").read_text()), "columns": ["dot", "current", "base"],
                 "fixed": [1.0, 1.0, 1.0],
                 "factors": [{"choices": [edge], "cell": 1, "repeats": 15,
                              "rows": sum((cls.row(edge, op) for op in range(5)), [])} for edge in range(6)]}
        (cls.folder / "table.json").write_text(json.dumps(table))

    def angle(self, ops):
        """By explicit paths of the cell: 0-3, 0-1-3, 0-2-3, 0-1-2-3; edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2."""
        sums, alive = [0.0] * 3, False
        for path in [(3,), (0, 4), (1, 5), (0, 2, 5)]:
            if any(ops[edge] == 0 for edge in path):
                continue
            alive = True
            for edge in path:
                sums = [a + b for a, b in zip(sums, self.row(edge, ops[edge]))]
        dot, current, base = (a + 1.0 for a in sums)
        return math.acos(min(1.0, dot / math.sqrt(current * base))) if alive else 0.0

    def test_score_all(self):
        done = self.json("score", "table.json", "--metric", "angle", "--all", "-o", "angles.csv")
        self.assertEqual((done["metric"], done["children"]), ("angle", 15625))
        self.assertGreaterEqual(done["seconds"], 0)
        with open(self.folder / "angles.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["arch"] for row in rows], [" ".join(map(str, ops)) for ops in program.all_children()])
        for row, ops in zip(rows, program.all_children()):
            self.assertAlmostEqual(float(row["score"]), self.angle(ops), places=7)

    def test_score_some(self):
        (self.folder / "archs.txt").write_text("3 3 3 3 3 3\n|nor_conv_1x1~0|+|none~0|none~1|+|none~0|none~1|none~2|\n")
        done = self.json("score", "table.json", "--metric", "macs", "--archs", "archs.txt", "-o", "macs.csv")
        self.assertEqual(done["children"], 2)
        with open(self.folder / "macs.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["arch"], float(row["score"])) for row in rows],
                         [("3 3 3 3 3 3", 220119680), ("2 0 0 0 0 0", 7783040 + 3932160)])
        for seed in ["1", "1", "2"]:
            self.json("score", "table.json", "-n", "10", "--seed", seed, "-o", f"sample{seed}.csv")
        self.assertNotEqual((self.folder / "sample1.csv").read_text(), (self.folder / "sample2.csv").read_text())
        # A CSV of scores is itself a list of architectures.
        self.json("score", "table.json", "--archs", "sample1.csv", "-o", "again.csv")
        self.assertEqual((self.folder / "again.csv").read_text(), (self.folder / "sample1.csv").read_text())

    def test_a_list_of_children_belongs_to_its_space(self):
        self.json("sample", "nas-bench-201", "-n", "3", "-o", "own.json")
        self.assertEqual(self.json("score", "table.json", "--archs", "own.json", "-o", "own.csv")["children"], 3)
        self.json("space", "make", "nas-bench-201", "--set", "channels=8", "-o", "eight.bin")
        self.json("sample", "eight.bin", "-n", "3", "-o", "other.json")
        error = self.fails(2, "score", "table.json", "--archs", "other.json", "-o", "x.csv")
        self.assertEqual((error["status"], error["field"]), ("FAILED_PRECONDITION", "root_fingerprint"))
        self.assertTrue(error["message"].startswith("other.json: architecture 1: root_fingerprint: "), error["message"])
        cut = json.loads((self.folder / "own.json").read_text())
        cut["candidates"].pop()
        (self.folder / "cut.json").write_text(json.dumps(cut))
        error = self.fails(2, "score", "table.json", "--archs", "cut.json", "-o", "x.csv")
        self.assertIn("cut.json: candidates: the last architecture is not complete (got 17", error["message"])

    def test_score_operators_and_shrink(self):
        listed = self.json("score-operators", "table.json", "--metric", "angle", "-o", "scores.json")
        self.assertEqual(len(listed), 30)
        expected = {}
        for ops in program.all_children():
            for edge, op in enumerate(ops):
                expected.setdefault((edge, op), []).append(self.angle(ops))
        for row in listed:
            angles = expected[row["choice"], row["op"]]
            self.assertAlmostEqual(row["score"], sum(angles) / len(angles), places=7)
            self.assertEqual((row["standard_error"], row["children"]), (0, 3125))
        done = self.json("shrink", "nas-bench-201", "--scores", "scores.json", "--rule", "abs", "--drop", "4", "-o", "small.bin")
        lowest = sorted(listed, key=lambda row: (row["score"], row["choice"], row["op"]))[:4]
        self.assertEqual([(row["choice"], row["op"]) for row in done["dropped"]],
                         [(row["choice"], row["op"]) for row in lowest])
        self.assertEqual(self.json("space", "describe", "small.bin")["children"], done["children"])
        # The scores belong to the space they were made for.
        other = self.call("shrink", "small.bin", "--scores", "scores.json", "--rule", "abs", "-o", "x.bin")
        self.assertIn(other.returncode, [1, 2])
        self.assertIn("abs", self.fails(2, "shrink", "table.json", "--scores", "scores.json", "--rule", "x", "-o", "x")["message"])

    def test_search_by_the_angle(self):
        found = self.json("search", "table.json", "--algorithm", "random", "--metric", "angle", "--trials", "50", "-o", "s.json")
        ops = [int(op) for op in found["best"]["ops"].split()]
        self.assertAlmostEqual(found["best"]["angle"], self.angle(ops), places=7)

    def test_wrong_scores(self):
        self.fails(2, "score", "table.json", "-o", "x.csv")
        self.fails(2, "score", "table.json", "--all", "-n", "3", "-o", "x.csv")
        self.fails(2, "score", "missing.bin", "--all", "-o", "x.csv")
        self.fails(2, "score", "space.json", "--all", "-o", "x.csv")
        self.assertIn("angle", self.fails(2, "score", "table.json", "--metric", "beauty", "--all", "-o", "x.csv")["message"])
        self.fails(2, "table", "missing.safetensors", "-o", "x.bin")
        (self.folder / "torn.safetensors").write_bytes(b"\x40\x00\x00\x00\x00\x00\x00\x00{\"a\":")
        self.assertEqual(self.fails(1, "table", "torn.safetensors", "-o", "x.bin")["status"], "DATA_LOSS")
        self.assertFalse((self.folder / "x.csv").exists())


if __name__ == "__main__":
    program.main()
