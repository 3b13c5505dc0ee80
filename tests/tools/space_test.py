"""Spaces, children, counts, names, file forms and errors of the program. Needs no torch."""
import json
import os
import subprocess
import unittest

import program
from program import NB201, SOURCE, ProgramTest

CONV3 = "3 3 3 3 3 3"


class Names(ProgramTest):
    def test_presets_list_published_sizes(self):
        presets = {row["name"]: row for row in self.json("presets")}
        published = {"nas-bench-201": (6, 30, 5**6), "darts": (36, 2 * (14 * 7 + 20), 1037664180**2),
                     "darts-edges": (28, 224, 8**28), "darts-shared": (14, 112, 4398046511104), "mobilenet-proxyless-gpu": (21, 141, 221502229807900608),
                     "mobilenet-proxyless-mobile": (21, 141, 221502229807900608), "fairnas": (19, 114, 609359740010496),
                     "pad-nas-basic": (22, 144, 664506689423701824),
                     "pad-nas-large": (22, 396, 1549031679337668995101220928),
                     "spos-shufflenet": (20, 80, 1099511627776), "nas-bench-macro": (8, 24, 6561),
                     "autospace": (21, 0, 93750**21)}
        found = {name: (row["choices"], row["operators"], int(row["children"])) for name, row in presets.items()}
        self.assertEqual(found, published)

    def test_every_kind_is_listed(self):
        wanted = {"presets": "nas-bench-201", "metrics": "angle", "rules": "abs", "algorithms": "evolution",
                  "recipes": "abs", "strategies": "uniform", "formats": "nas-bench-201", "operators": "none",
                  "latency-formats": "csv", "latency-tables": "pad-nas-cpu"}
        for kind, name in wanted.items():
            with self.subTest(kind=kind):
                entries = self.json("list", kind)
                self.assertTrue(all(entry["name"] for entry in entries))
                if kind != "operators":
                    self.assertIn(name, [entry["name"] for entry in entries])

    def test_help_of_every_command_has_examples(self):
        commands = ["presets", "list", "space make", "space describe", "space diff", "space union", "space intersect",
                    "space subtract", "space restrict", "arch cost", "arch convert", "count", "sample", "train", "table", "score",
                     "score-operators", "rank", "frontier", "shrink", "search", "run", "resume", "status", "retrain", "export", "report",
                     "doctor", "latency import", "latency networks", "latency check", "latency measure"]
        for command in commands:
            with self.subTest(command=command):
                done = self.call(*command.split(), "--help")
                self.assertEqual(done.returncode, 0)
                self.assertIn(f"nasshrink {command.split()[0]}", done.stdout)
                self.assertIn("Examples:", done.stdout)
                self.assertIn("--json", done.stdout)

    def test_pipes_are_written_to_not_replaced(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.json("sample", "nas-bench-201", "-n", "2", "-o", pipe)
        self.assertGreater(len(os.read(reader, 4096)), 0)
        os.close(reader)
        self.assertTrue(pipe.is_fifo())

    def test_names_that_are_not_utf8_end_up_in_valid_json(self):
        name = os.fsdecode(b"made-\xff.bin")
        done = subprocess.run([program.PROGRAM, "space", "make", "nas-bench-201", "-o", name, "--json"],
                              cwd=self.folder, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("file", json.loads(done.stdout))

    def test_version(self):
        self.assertRegex(self.call("--version").stdout, r"^\d+\.\d+\.\d+")

    def test_doctor(self):
        found = self.json("doctor")
        self.assertEqual(found["abi_version"], found["header_abi_version"])
        self.assertGreaterEqual(found["threads"], 1)
        self.assertGreaterEqual(found["workers"], 1)
        self.assertEqual(found["torch"]["found"], program.TORCH)
        if not program.TORCH:
            self.assertIn("LibTorch", [entry["what"] for entry in found["missing"]])
        for entry in found["missing"]:
            self.assertTrue(entry["how"])


class Spaces(ProgramTest):
    def test_describe_gives_published_numbers(self):
        space = self.json("space", "describe", "nas-bench-201")
        self.assertEqual(space["name"], "nas-bench-201")
        self.assertEqual((space["choices"], space["operators"], space["children"]), (6, 30, "15625"))
        self.assertEqual((space["macs_min"], space["macs_max"]), (7783040, 220119680))
        self.assertEqual((space["params_min"], space["params_max"]), (73306, 1531546))
        self.assertRegex(space["fingerprint"], "^[0-9a-f]{64}$")

    def test_a_space_is_the_same_in_every_form(self):
        made = self.json("space", "make", "nas-bench-201", "--set", "channels=8", "--set", "cells=1", "-o", "space.bin")
        for ending in ["json", "textproto", "bin"]:
            with self.subTest(ending=ending):
                # A union with itself rewrites a space in another form.
                again = self.json("space", "union", "space.bin", "space.bin", "-o", f"again.{ending}")
                self.assertEqual(again["fingerprint"], made["fingerprint"])
                back = self.json("space", "intersect", f"again.{ending}", f"again.{ending}", "-o", "back.bin")
                self.assertEqual(back["fingerprint"], made["fingerprint"])
                self.assertEqual((self.folder / "back.bin").read_bytes(), (self.folder / "space.bin").read_bytes())
        text = json.loads((self.folder / "again.json").read_text())
        self.assertEqual(len(text["choices"]), 6)
        self.assertEqual(text["network"]["input_channels"], 3)

    def test_settings_shape_a_preset(self):
        self.json("space", "make", "nas-bench-201", "--set", "height=28", "--set", "width=28", "--set", "classes=7",
                  "--set", "input_channels=1", "-o", "shaped.bin")
        shaped = self.json("space", "describe", "shaped.bin")
        self.assertEqual((shaped["input"], shaped["classes"]), ([1, 28, 28], 7))
        error = self.fails(2, "space", "make", "nas-bench-201", "--set", "colour=1", "-o", "x.bin")
        self.assertIn("channels", error["message"])

    def test_settings_of_chains_and_cells(self):
        self.json("space", "make", "mobilenet-proxyless-mobile", "--set", "width_multiplier=0.5", "--set", "resolution=160",
                  "--set", "depth_multiplier=0.5", "-o", "thin.json")
        thin = json.loads((self.folder / "thin.json").read_text())
        self.assertEqual((len(thin["choices"]), thin["network"]["input_width"]), (5 * 2 + 1, 160))
        self.assertEqual([layer["out_channels"] for layer in thin["network"]["layers"][:3]], [16, 8, 16])
        self.json("space", "make", "darts", "--set", "stem=imagenet", "-o", "darts.bin")
        self.assertEqual(self.json("space", "describe", "darts.bin")["input"], [3, 224, 224])
        error = self.fails(2, "space", "make", "fairnas", "--set", "cells=2", "-o", "x.bin")
        self.assertEqual(error["field"], "options.cells")
        self.assertIn("width_multiplier", error["allowed"])

    def test_listed_options_are_those_a_preset_takes(self):
        values = {"classes": 3, "input_channels": 1, "input_height": 64, "input_width": 64, "channels": 4, "cells": 2,
                  "width_multiplier": 1.5, "depth_multiplier": 2, "layers": 6, "stem": "cifar"}
        for preset in self.json("list", "presets"):
            taken = {parameter["name"] for parameter in preset["parameters"]}
            for name, value in values.items():
                with self.subTest(preset=preset["name"], option=name):
                    done = self.call("space", "make", preset["name"], "--set", f"{name}={value}", "-o", "x.bin")
                    self.assertEqual(done.returncode, 0 if name in taken else 2, done.stderr)

    def test_examples_are_spaces(self):
        child = " ".join(["1"] * 16)
        for width, macs, params in [("1.0", 300774272, 3504872), ("1.4", 582195824, 6108776)]:
            path = SOURCE / f"examples/spaces/mobilenet-v2-{width}.textproto"
            cost = self.json("arch", "cost", path, child)
            self.assertEqual((cost["macs"], cost["params"]), (macs, params))
            self.assertEqual(self.json("space", "describe", path)["children"], str(3**6 * 4**10))
        cell = SOURCE / "examples/spaces/triangle-cell.textproto"
        self.assertEqual(self.json("space", "describe", cell)["children"], "125")
        self.assertEqual(self.json("count", cell, "--max-macs", "20000000")["children"], "125")
        self.assertEqual(len(self.json("sample", cell, "-n", "7")["children"]), 7)

    def test_a_shrunk_space_knows_where_it_comes_from(self):
        root = self.json("space", "describe", "fairnas")
        self.assertEqual(root["dropped"], [])
        self.json("space", "restrict", "fairnas", "--drop", "3:1", "--pin", "5:0", "-o", "one.bin")
        self.json("space", "restrict", "one.bin", "--drop", "18:5", "-o", "two.json")
        shrunk = self.json("space", "describe", "two.json")
        self.assertEqual(shrunk["root_fingerprint"], root["fingerprint"])
        gone = [(3, 1)] + [(5, op) for op in range(1, 6)] + [(18, 5)]
        self.assertEqual([(edit["choice"], edit["op"]) for edit in shrunk["dropped"]], gone)
        self.json("space", "diff", "fairnas", "two.json", "-o", "edits.textproto")
        again = self.json("space", "restrict", "fairnas", "--edits", "edits.textproto", "-o", "again.bin")
        self.assertEqual(again["fingerprint"], shrunk["fingerprint"])
        back = self.json("space", "restrict", "again.bin", "--restore", *[f"{choice}:{op}" for choice, op in gone], "-o", "back.bin")
        self.assertEqual(back["fingerprint"], root["fingerprint"])
        message = self.fails(2, "space", "restrict", "nas-bench-201", "--edits", "edits.textproto", "-o", "x.bin")["message"]
        self.assertTrue(message.startswith("edits.textproto: "), message)
        self.assertIn("another space", message)

    def test_subtract(self):
        self.json("space", "restrict", "nas-bench-201", "--drop", *[f"{edge}:0" for edge in range(6)], "-o", "no-none.bin")
        none = self.json("space", "subtract", "nas-bench-201", "no-none.bin", "-o", "none.bin")
        self.assertEqual(none["children"], "1")
        self.assertIn("nothing would be left", self.fails(2, "space", "subtract", "none.bin", "none.bin", "-o", "x.bin")["message"])

    def test_restrict_diff_and_combine(self):
        a = self.json("space", "restrict", "nas-bench-201", "--drop", "0:0", "3:4", "-o", "a.bin")
        self.assertEqual(a["children"], str(4 * 4 * 5**4))
        b = self.json("space", "restrict", "nas-bench-201", "--drop", "0:0", "--pin", "5:3", "-o", "b.bin")
        self.assertEqual(b["children"], str(4 * 5**4))
        difference = self.json("space", "diff", "nas-bench-201", "a.bin")
        self.assertEqual([(edit["choice"], edit["op"]) for edit in difference["drop"]], [(0, 0), (3, 4)])
        self.assertEqual(difference["restore"], [])
        back = self.json("space", "diff", "a.bin", "nas-bench-201")
        self.assertEqual([(edit["choice"], edit["op"]) for edit in back["restore"]], [(0, 0), (3, 4)])
        self.assertEqual(self.json("space", "union", "a.bin", "b.bin", "-o", "u.bin")["children"], str(4 * 5**5))
        self.assertEqual(self.json("space", "intersect", "a.bin", "b.bin", "-o", "i.bin")["children"], str(4 * 4 * 5**3))

    def test_bad_spaces(self):
        error = self.fails(2, "space", "describe", "nas-bench-202")
        self.assertIn("nas-bench-201", error["message"])
        self.fails(2, "space", "describe", "missing.bin")
        (self.folder / "broken.json").write_text('{"schema_version": 1, "choices": [')
        self.fails(2, "space", "describe", "broken.json")
        (self.folder / "unknown.textproto").write_text("schema_version: 1\ncolour: 3\n")
        self.assertIn("line 2", self.fails(2, "space", "describe", "unknown.textproto")["message"])
        (self.folder / "noise.bin").write_bytes(bytes(range(256)))
        self.fails(2, "space", "describe", "noise.bin")
        self.assertIn("0..5", self.fails(2, "space", "restrict", "nas-bench-201", "--drop", "6:0", "-o", "x")["message"])
        self.assertIn("0, 1, 2, 3, 4",
                      self.fails(2, "space", "restrict", "nas-bench-201", "--drop", "0:9", "-o", "x")["message"])
        self.fails(2, "space", "restrict", "nas-bench-201", "-o", "x")
        self.assertFalse((self.folder / "x").exists())

    def test_a_result_that_cannot_be_written(self):
        self.fails(2, "space", "make", "nas-bench-201", "-o", "no/such/folder/space.bin")
        if os.path.exists("/dev/full"):
            self.assertEqual(self.fails(1, "space", "make", "nas-bench-201", "-o", "/dev/full")["status"], "RESOURCE_EXHAUSTED")


class Children(ProgramTest):
    def test_costs_of_published_cells(self):
        published = {CONV3: (220119680, 1531546), "2 2 2 2 2 2": (31376000, 241306), "1 1 1 1 1 1": (7783040, 73306)}
        for ops, (macs, params) in published.items():
            with self.subTest(ops=ops):
                cost = self.json("arch", "cost", "nas-bench-201", ops)
                self.assertEqual((cost["macs"], cost["params"], cost["ops"]), (macs, params, ops))
                self.assertIsNone(cost["latency_ms"])

    def test_costs_by_choice(self):
        ops = "2 2 -1 0 0 -1 -1 0 5 -1 4 4 0 0 4 2 3 4 4 4 3"
        cost = self.json("arch", "cost", "mobilenet-proxyless-gpu", ops)
        self.assertEqual((cost["macs"], cost["params"], cost["live_macs"]), (470792064, 5936776, 470792064))
        self.assertEqual(cost["fixed_macs"] + sum(row["macs"] for row in cost["choices"]), cost["macs"])
        self.assertEqual(cost["fixed_params"] + sum(row["params"] for row in cost["choices"]), cost["params"])
        self.assertEqual([str(row["op"]) for row in cost["choices"]], ops.split())
        self.assertEqual(cost["choices"][0]["label"], "k5e3")
        # 24 -> 72 channels at 112x112 in the first block.
        self.assertEqual(cost["activation_peak"], (24 + 72) * 112 * 112)
        thop = self.json("arch", "cost", "mobilenet-proxyless-gpu", ops, "--count", "thop")
        self.assertEqual((thop["macs"], thop["params"]), (472519064, 5936776))
        self.assertIn("conv-fc, thop", self.fails(2, "arch", "cost", "nas-bench-201", CONV3, "--count", "x")["message"])

    def test_costs_of_dead_edges(self):
        cost = self.json("arch", "cost", "nas-bench-201", "3 0 0 0 0 3")
        self.assertEqual((cost["live_macs"], cost["live_params"]), (7783040, 73306))
        self.assertGreater(cost["macs"], cost["live_macs"])

    def test_notations(self):
        text = self.json("arch", "convert", "nas-bench-201", "3 2 0 1 4 3", "--to", "nas-bench-201")["text"]
        self.assertEqual(text, "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2|")
        self.assertEqual(self.json("arch", "convert", "nas-bench-201", text, "--to", "ops")["text"], "3 2 0 1 4 3")
        self.assertIn("nas-bench-201", self.fails(2, "arch", "convert", "nas-bench-201", text, "--to", "x")["message"])

    def test_keys_and_files_of_notations(self):
        key = self.json("arch", "convert", "nas-bench-201", "(3, 2, 0, 1, 4, 3)", "--to", "key")["text"]
        self.assertEqual(key, str(3 * 5**5 + 2 * 5**4 + 5**2 + 4 * 5 + 3))
        back = self.json("arch", "convert", "nas-bench-201", key, "--from", "key", "--to", "ops")["text"]
        self.assertEqual(back, "3 2 0 1 4 3")
        (self.folder / "child.txt").write_text("3 2 0 1 4 3\n")
        self.assertEqual(self.json("arch", "convert", "nas-bench-201", "child.txt", "--to", "key")["text"], key)
        (self.folder / "child.key").write_text(key)
        back = self.json("arch", "convert", "nas-bench-201", "child.key", "--from", "key", "--to", "ops")["text"]
        self.assertEqual(back, "3 2 0 1 4 3")
        error = self.fails(2, "arch", "convert", "nas-bench-201", "3 2 0 1 9 3", "--to", "key")
        self.assertEqual((error["field"], error["value"], error["allowed"]), ("text[8]", "9", "0, 1, 2, 3, 4"))

    def test_network_files(self):
        graph = [[0, 0, 0, 1], [2, 0, 0, [0, 1]], [5, 5, 0, 0], [1, 2, 5, 0]]
        (self.folder / "learned.json").write_text(
            json.dumps({"name": "SuperProxylessNASNets", "blocks": [[graph, graph[:3] + [[1, 5, 5, 0]]]] * 2}))
        made = self.json("space", "make", "--config", "learned.json", "-o", "learned.bin")
        self.assertEqual(made["children"], "4")
        (self.folder / "graphs.txt").write_text(json.dumps([graph, graph]))
        self.assertEqual(self.json("arch", "convert", "learned.bin", "graphs.txt", "--to", "ops")["text"], "0 0")
        self.fails(2, "space", "make", "--config", "learned.json", "nas-bench-201", "-o", "x.bin")
        self.fails(2, "space", "make", "--config", "learned.json", "--set", "classes=3", "-o", "x.bin")
        self.fails(2, "space", "make", "-o", "x.bin")
        self.fails(2, "arch", "cost", "nas-bench-201")
        (self.folder / "broken.json").write_text('{"name": "ProxylessNASNets", "first_conv": {}}')
        self.assertEqual(self.fails(2, "arch", "cost", "--config", "broken.json")["field"], "first_conv.name")

    def test_an_arch_may_be_a_file(self):
        (self.folder / "arch.json").write_text(json.dumps({"candidates": [3] * 6}))
        (self.folder / "arch.textproto").write_text("candidates: [3, 3, 3, 3, 3, 3]\n")
        for name in ["arch.json", "arch.textproto"]:
            self.assertEqual(self.json("arch", "cost", "nas-bench-201", name)["macs"], 220119680)

    def test_bad_archs(self):
        for arch in ["3 3 3", "3 3 3 3 3 9", "nonsense", ""]:
            with self.subTest(arch=arch):
                self.fails(2, "arch", "cost", "nas-bench-201", arch)
        self.json("space", "restrict", "nas-bench-201", "--drop", "0:3", "-o", "without.bin")
        self.fails(2, "arch", "cost", "without.bin", CONV3)

    def test_resolution_and_latency(self):
        small = self.json("arch", "cost", "nas-bench-201", CONV3, "--resolution", "16")
        self.assertLess(small["macs"], 220119680 / 3.9)
        self.assertEqual(small["params"], 1531546)
        entries = [{"choice": choice, "candidate": op, "mean_ms": 0.5 * op} for choice in range(6) for op in range(5)]
        (self.folder / "latency.json").write_text(json.dumps({"name": "desk", "fixed_ms": 1, "entries": entries}))
        cost = self.json("arch", "cost", "nas-bench-201", CONV3, "--latency", "latency.json")
        self.assertAlmostEqual(cost["latency_ms"], 1 + 6 * 1.5)
        drawn = self.json("sample", "nas-bench-201", "-n", "5", "--latency", "latency.json", "--max-latency", "4")
        self.assertEqual(len(drawn["children"]), 5)
        self.assertLessEqual(max(child["latency_ms"] for child in drawn["children"]), 4)
        self.fails(2, "count", "nas-bench-201", "--max-latency", "4")

    def test_count_with_constraints(self):
        self.assertEqual(self.json("count", "nas-bench-201"), {"children": "15625", "feasible": "15625", "fraction": 1.0})
        counted = self.json("count", "nas-bench-201", "--max-macs", "50000000", "--min-params", "100000")
        # Costs depend on the numbers of 1x1 and 3x3 convolutions alone (the benchmark's own formula).
        fits = 0
        for ops in program.all_children():
            one, three = ops.count(2), ops.count(3)
            fits += (7783040 + 3932160 * one + 35389440 * three <= 50000000) and (73306 + 28000 * one + 243040 * three >= 100000)
        self.assertEqual(counted["feasible"], str(fits))
        self.assertAlmostEqual(counted["fraction"], fits / 15625)
        self.assertEqual(self.json("count", "nas-bench-201", "--max-macs", "50M", "--min-params", "100K"), counted)
        without = self.json("count", "nas-bench-201", "--excluding", "0:0", "--excluding", "0:1", "--containing", "5:3")
        self.assertEqual(without["feasible"], str(3 * 5**4))

    def test_count_within_a_share_of_the_children(self):
        counted = self.json("count", "nas-bench-201", "--max-macs", "20%")
        self.assertGreaterEqual(int(counted["feasible"]), 3125)
        just_below = self.json("count", "nas-bench-201", "--max-macs", str(counted["max_macs"] - 1))
        self.assertLess(int(just_below["feasible"]), 3125)
        for wrong in ("0%", "101%", "many", "5Q", "inf"):
            self.fails(2, "count", "nas-bench-201", "--max-macs", wrong)

    def test_sample(self):
        words = ["sample", "nas-bench-201", "-n", "20", "--max-macs", "60000000", "--containing", "0:3"]
        first = self.json(*words, "--seed", "1", "--workers", "1")["children"]
        self.assertEqual(first, self.json(*words, "--seed", "1", "--workers", "3")["children"])
        self.assertNotEqual(first, self.json(*words, "--seed", "2")["children"])
        self.assertEqual(len(first), 20)
        for child in first:
            self.assertLessEqual(child["macs"], 60000000)
            self.assertEqual(child["ops"].split()[0], "3")
            self.assertEqual(set(child), {"ops", "macs", "params", "latency_ms"})
        self.assertNotEqual(self.call("sample", "nas-bench-201", "--max-macs", "1").returncode, 0)

    def test_samples_as_text(self):
        drawn = [child["ops"] for child in self.json("sample", "nas-bench-201", "-n", "4", "-o", "drawn.txt")["children"]]
        self.assertEqual((self.folder / "drawn.txt").read_text().splitlines(), drawn)
        self.json("sample", "nas-bench-201", "-n", "4", "-o", "drawn.csv")
        self.assertEqual((self.folder / "drawn.csv").read_text().splitlines(), ["arch"] + drawn)
        self.fails(2, "sample", "nas-bench-201", "-n", "4", "-o", "drawn.csv.gz")

    def test_every_row_of_the_notation_names_an_operator(self):
        for code, name in enumerate(NB201):
            text = self.json("arch", "convert", "nas-bench-201", " ".join([str(code)] * 6), "--to", "nas-bench-201")["text"]
            self.assertEqual(text.count(name), 6)


class WrongCalls(ProgramTest):
    def test_command_lines(self):
        self.assertIn("colour", self.fails(2, "colour")["message"])
        self.fails(2, "space", "describe", "nas-bench-201", "--colour")
        self.fails(2, "space", "make", "nas-bench-201")
        self.fails(2, "count", "nas-bench-201", "--seed", "many")
        self.assertIn("metrics", self.fails(2, "list", "colours")["message"])
        self.assertEqual(self.call().returncode, 2)
        for words in [["count", "nas-bench-201", "--seed", "-1"], ["count", "nas-bench-201", "--device", "abacus"],
                      ["sample", "nas-bench-201", "-n", "-1"], ["sample", "nas-bench-201", "--max-macs", "1"],
                      ["space", "describe", "."], ["space", "make", "nas-bench-201", "-o", "."],
                      ["train", "nas-bench-201", "--data", "synthetic:4", "-o", "no/such/folder/net.bin"],
                      ["search", "nas-bench-201", "--data", "table:x.csv", "-o", "no/such/folder/found.json"]]:
            with self.subTest(words=words):
                self.fails(2, *words)

    def test_spaces_of_different_roots_are_a_wrong_call(self):
        self.json("space", "make", "nas-bench-201", "--set", "classes=7", "-o", "seven.bin")
        self.fails(2, "space", "union", "nas-bench-201", "seven.bin", "-o", "x.bin")
        self.fails(2, "space", "diff", "nas-bench-201", "seven.bin")

    def test_a_message_that_is_not_utf8_is_one_line(self):
        (self.folder / "latin.bin").write_bytes(b"\x08\x01\x12\x02\xe9\xe9")
        for words in [["space", "describe", "latin.bin"],
                      ["arch", "cost", "nas-bench-201", "3 3 3 3 3 3", "--latency", "latin.bin"],
                      ["shrink", "nas-bench-201", "--scores", "latin.bin", "--rule", "abs", "-o", "x"]]:
            with self.subTest(words=words):
                done = self.call(*words)
                self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)

    def test_list_is_a_table_with_types(self):
        recipe = next(one for one in self.json("list", "recipes") if one["name"] == "abs")
        types = {parameter["name"]: parameter["type"] for parameter in recipe["parameters"]}
        self.assertEqual((types["epochs"], types["learning_rate"], types["space"]), ("integer", "number", "name"))
        lines = self.call("list", "recipes").stdout.splitlines()
        self.assertEqual(lines[0].split(), ["name", "help"])
        self.assertEqual(lines[2].split(), ["name", "type", "help"])
        self.assertIn(["epochs", "integer", "epochs", "of"], [line.split()[:4] for line in lines])
        self.assertEqual(self.call("list", "metrics").stdout.splitlines()[0].split(), ["name", "help"])

    def test_describe_names_the_operators(self):
        rows = self.json("space", "describe", "nas-bench-201")["alive"]
        self.assertEqual([row["labels"] for row in rows], [NB201] * 6)

    def test_errors_name_field_value_and_range(self):
        error = self.fails(2, "space", "make", "nas-bench-201", "--set", "cells=100000", "-o", "x.bin")
        self.assertEqual(error["status"], "INVALID_ARGUMENT")
        self.assertIn("cells", error["field"])
        self.assertIn("100000", error["value"])
        self.assertTrue(error["allowed"])

    def test_text_output_without_json(self):
        done = self.call("count", "nas-bench-201")
        self.assertEqual(done.stdout.splitlines(), ["children: 15625", "feasible: 15625", "fraction: 1"])
        done = self.call("space", "describe", "nas-bench-203")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(len(done.stderr.splitlines()), 1)


if __name__ == "__main__":
    program.main()
