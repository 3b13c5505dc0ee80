"""Commands that train or read weights, on synthetic images and a very small supernet."""
import csv
import json
import os
import re
import subprocess

import program
from program import ProgramTest, needs_torch

SMALL = ["--set", "channels=4", "--set", "cells=1"]
OPS = "3 2 1 3 4 3"


@needs_torch
class Supernet(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trained = cls.json("train", "nas-bench-201", "--data", "synthetic:4", "--epochs", "1", *SMALL, "-o",
                               "net.safetensors")

    def rows(self, name):
        with open(self.folder / name, encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_train(self):
        self.assertGreater(self.trained["images_per_second"], 0)
        self.assertGreater(self.trained["loss"], 0)
        self.assertTrue(0 <= self.trained["accuracy"] <= 100)

    def test_table_and_checkpoint_give_the_same_angles(self):
        self.json("table", "net.safetensors", "-o", "table.bin")
        self.json("table", "net.safetensors", "-o", "table.textproto")
        for source, name in [("net.safetensors", "a.csv"), ("table.bin", "b.csv"), ("table.textproto", "c.csv")]:
            self.json("score", source, "--metric", "angle", "-n", "50", "--seed", "1", "-o", name)
        self.assertEqual(self.rows("a.csv"), self.rows("b.csv"))
        self.assertEqual(self.rows("a.csv"), self.rows("c.csv"))
        self.assertGreater(max(float(row["score"]) for row in self.rows("a.csv")), 1e-3)

    def test_accuracy_of_children_does_not_depend_on_company(self):
        self.json("score", "net.safetensors", "--metric", "accuracy", "--data", "synthetic:4", "-n", "3", "-o", "three.csv")
        three = self.rows("three.csv")
        (self.folder / "one.txt").write_text(three[1]["arch"] + "\n")
        self.json("score", "net.safetensors", "--metric", "accuracy", "--data", "synthetic:4", "--archs", "one.txt", "-o", "one.csv")
        self.assertEqual(self.rows("one.csv"), [three[1]])

    def test_operators_and_shrink(self):
        self.json("score-operators", "net.safetensors", "--metric", "angle", "-o", "scores.bin")
        done = self.json("shrink", "net.safetensors", "--scores", "scores.bin", "--rule", "per-choice", "--drop", "2", "-o",
                         "small.bin")
        self.assertEqual(done["children"], str(3**6))
        self.assertEqual(len(done["dropped"]), 12)

    def test_export(self):
        done = self.json("export", "net.safetensors", "--arch", OPS, "--format", "safetensors", "-o", "child.safetensors")
        self.assertIsNone(done["max_difference"])
        self.assertIn("bit by bit", done["max_difference_note"])
        image = (self.folder / "child.safetensors").read_bytes()
        header = json.loads(image[8:8 + int.from_bytes(image[:8], "little")])
        self.assertGreater(len(header), 5)
        self.fails(2, "export", "net.safetensors", "--arch", OPS, "--format", "papyrus", "-o", "x")

    def test_retrain_a_child(self):
        done = self.json("retrain", "nas-bench-201", OPS, "--data", "synthetic:4", "--epochs", "1", *SMALL, "-o",
                         "retrained.safetensors")
        self.assertEqual((done["ops"], done["epochs"]), (OPS, 1))
        self.assertTrue(0 <= done["accuracy"] <= 100)
        self.assertTrue((self.folder / "retrained.safetensors").exists())
        self.assertFalse((self.folder / "retrained.safetensors.run").exists())

    def test_a_child_is_trained_deeper_and_with_an_auxiliary_head(self):
        words = ["retrain", "nas-bench-201", OPS, "--data", "synthetic:4", "--epochs", "1", *SMALL]
        stage = "stages[retrain].retrain."
        self.json(*words, "-o", "plain.safetensors")
        self.json(*words, "--set", f"{stage}auxiliary_weight=0.4", "-o", "helped.safetensors")
        self.json(*words, "--set", f"{stage}cells=2", "-o", "deep.safetensors")
        tensors = {}
        for name in ("plain", "helped", "deep"):
            image = (self.folder / f"{name}.safetensors").read_bytes()
            tensors[name] = set(json.loads(image[8:8 + int.from_bytes(image[:8], "little")]))
            self.assertFalse([one for one in tensors[name] if "auxiliary" in one])
        self.assertEqual(tensors["helped"], tensors["plain"])
        self.assertGreater(len(tensors["deep"]), len(tensors["plain"]))
        self.assertNotEqual((self.folder / "helped.safetensors").read_bytes(), (self.folder / "plain.safetensors").read_bytes())

    def test_what_a_chain_lacks_is_refused_before_its_retraining(self):
        chain = ["retrain", "nas-bench-macro", "1 1 1 1 1 1 1 1", "--data", "synthetic:4", "--epochs", "1"]
        for setting, field in [("auxiliary_weight=0.4", "auxiliary_weight"), ("options.drop_path=0.2", "drop_path")]:
            error = self.fails(2, *chain, "--set", f"stages[retrain].retrain.{setting}", "-o", "x.safetensors")
            self.assertTrue(error["field"].endswith(field), error)

    def test_torn_checkpoints(self):
        image = (self.folder / "net.safetensors").read_bytes()
        (self.folder / "torn.safetensors").write_bytes(image[:len(image) // 2])
        error = self.fails(1, "table", "torn.safetensors", "-o", "x.bin")
        self.assertEqual(error["status"], "DATA_LOSS")
        self.assertTrue(error["message"].startswith("torn.safetensors: "))


@needs_torch
class WholeRun(ProgramTest):
    def test_tiny_run(self):
        words = ["run", "--recipe", "abs", "--space", "nas-bench-201", "--data", "synthetic:4", "--set", "tiny=1", *SMALL]
        done = self.json(*words, "--seed", "1", "--threads", "1", "-o", "tiny")
        self.assertEqual(set(done) & {"best", "space", "seconds"}, {"best", "space", "seconds"})
        self.assertTrue(done["best"]["retrained"])
        self.assertTrue(0 <= done["best"]["accuracy"] <= 100)
        self.assertEqual(self.json("status", "tiny")["state"], "finished")
        again = self.json(*words, "--seed", "1", "--threads", "1", "--workers", "3", "-o", "again")
        self.assertEqual((self.folder / "tiny/space.bin").read_bytes(), (self.folder / "again/space.bin").read_bytes())
        self.assertEqual(again["best"], done["best"])
        retrained = self.json("retrain", "tiny", "--data", "synthetic:4", "--epochs", "1", "-o", "best.safetensors")
        self.assertEqual(retrained["ops"], done["best"]["ops"])

    def test_resume_takes_the_threads_of_the_run(self):
        words = ["run", "--recipe", "abs", "--space", "nas-bench-201", "--data", "synthetic:4", "--set", "tiny=1", *SMALL]
        self.fails(1, *words, "--set", "epochs=100000", "--threads", "1", "--max-seconds", "1", "-o", "stopped")
        error = self.fails(2, "resume", "stopped", "--threads", "2")
        for word in ["--threads 2", "started with 1", "--any-machine"]:
            self.assertIn(word, error["message"])
        for more in [[], ["--threads", "1"], ["--threads", "2", "--any-machine"]]:
            with self.subTest(more=more):
                error = self.fails(1, "resume", "stopped", *more, "--max-seconds", "0.1")
                self.assertEqual(error["status"], "DEADLINE_EXCEEDED")
        self.assertEqual(self.json("status", "stopped")["state"], "cancelled")

    def test_a_missing_library_is_named_with_its_switch(self):
        done = subprocess.run([program.PROGRAM, "train", "nas-bench-201", "--data", "synthetic:4", "-o", "x"],
                              env={**os.environ, "NASSHRINK_BACKEND_FOLDER": "nowhere"}, cwd=self.folder,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        for word in ["NASSHRINK_BACKEND_FOLDER", "backend_folder", "nowhere"]:
            self.assertIn(word, done.stderr)

    def test_data_errors(self):
        for data in ["synthetic:0", "idx:missing-images,missing-labels", "cifar10-bin:nowhere", "colours:3"]:
            with self.subTest(data=data):
                self.fails(2, "train", "nas-bench-201", "--data", data, "--epochs", "1", "-o", "x.safetensors")


@needs_torch
class Pdarts(ProgramTest):
    WORDS = ["run", "--recipe", "pdarts", "--data", "synthetic:4:3x16x16:192", "--set", "tiny=1", "--threads", "1"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.whole = cls.call(*cls.WORDS, "-o", "whole", "--json")

    def test_every_shrinking_leaves_fewer_operators_on_all_28_edges(self):
        dropped = re.findall(r"(drop_\d): dropped (\d+) operators, (\d+) -> (\d+) children", self.whole.stderr)
        self.assertEqual(dropped, [("drop_1", str(28 * 3), str(8**28), str(5**28)),
                                   ("drop_2", str(28 * 2), str(5**28), str(3**28))])
        self.assertEqual(self.json("space", "describe", "whole/space.bin")["operators"], 28 * 3)

    def test_the_child_has_two_edges_a_node_and_few_identities(self):
        ops = [int(code) for code in json.loads(self.whole.stdout)["best"]["ops"].split()]
        self.assertLessEqual(ops[:14].count(3), 2)
        for cell in (ops[:14], ops[14:]):
            self.assertEqual(sum(code != 0 for code in cell), 8, "two edges for each of four nodes")

    def test_stopped_in_a_deeper_network_it_ends_with_the_same_bytes(self):
        code, document, _ = self.interrupt(*self.WORDS, "-o", "stopped", after="deepen_2")
        self.assertEqual((code, document["error"]["status"]), (130, "CANCELLED"))
        self.json("resume", "stopped", "--quiet")
        for file in ("space.bin", "result.bin", "best.safetensors"):
            self.assertEqual((self.folder / "stopped" / file).read_bytes(), (self.folder / "whole" / file).read_bytes(), file)


if __name__ == "__main__":
    program.main()
