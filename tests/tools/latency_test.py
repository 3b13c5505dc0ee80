"""Latency tables of the program: published ones, hand-made ones, measured networks; tables of this machine with torch."""
import csv
import gzip
import json

import program
from program import SHARED, ProgramTest, needs_shared, needs_torch

TABLES = SHARED / "data/latency"


class Tables(ProgramTest):
    @needs_shared("data/latency/ofa_note10_224_lut.csv")
    def test_once_for_all_networks_take_what_their_names_say(self):
        networks = json.load(gzip.open(SHARED / "data/configs/ofa_specialized_nets.json.gz"))
        published = {}
        for network in networks:
            if network["name"].startswith("note10_lat-"):
                published[int(network["name"].split("-")[1].split("ms")[0])] = network["net"]
        table = TABLES / "ofa_note10_224_lut.csv"
        # Those that run at 224x224 and have the table's width, 1.2.
        for milliseconds in (30, 41, 50):
            (self.folder / "net.config").write_text(json.dumps(published[milliseconds]))
            cost = self.json("arch", "cost", "--config", "net.config", "--latency", table)
            self.assertLess(abs(cost["latency_ms"] - milliseconds), 1)
            self.assertGreater(cost["latency_variance"], 0)
            self.assertGreater(cost["latency_error_ms"], 0)
            parts = [choice["latency_ms"] for choice in cost["choices"]]
            self.assertAlmostEqual(cost["fixed_latency_ms"] + sum(parts), cost["latency_ms"], places=9)
        # One of width 1.0.
        (self.folder / "net.config").write_text(json.dumps(published[11]))
        error = self.fails(2, "arch", "cost", "--config", "net.config", "--latency", table)
        self.assertIn("has no time for", error["message"])
        # A table says which resolution it is for.
        (self.folder / "net.config").write_text(json.dumps(published[30]))
        error = self.fails(2, "arch", "cost", "--config", "net.config", "--latency", TABLES / "ofa_note10_160_lut.csv")
        self.assertEqual(error["field"], "latency.resolution")

    @needs_shared("data/latency/fbnet_hwnasbench_lut.csv")
    def test_a_file_of_several_devices_needs_one(self):
        source = TABLES / "fbnet_hwnasbench_lut.csv"
        made = self.json("latency", "import", source, "--measured-on", "raspi4", "-o", "raspi4.csv")
        self.assertEqual((made["device"], made["operators"], made["fixed_ms"]), ("raspi4", 108, 7.798226))
        self.json("latency", "import", "raspi4.csv", "-o", "raspi4.bin")
        self.json("latency", "import", "raspi4.bin", "-o", "again.csv")
        self.assertEqual((self.folder / "again.csv").read_text(), (self.folder / "raspi4.csv").read_text())
        error = self.fails(2, "latency", "import", source, "-o", "none.csv")
        self.assertIn("pixel3, raspi4, eyeriss, fpga", error["allowed"])

    @needs_shared("data/latency/proxyless_mobile_lut.csv")
    def test_what_a_table_lacks_is_listed(self):
        source = TABLES / "proxyless_mobile_lut.csv"
        found = self.json("latency", "check", "pad-nas-large", source)
        self.assertFalse(found["complete"])
        self.assertIsNone(found["latency_ms_min"])
        first = next(one for one in found["missing"] if one["candidates"])
        self.assertEqual(first["layers"], ["block 0"])
        self.assertEqual(first["candidates"], [{"choice": 0, "op": 0, "label": "k3e1"}])
        self.assertEqual({one["label"][2:] for missing in found["missing"] for one in missing["candidates"]},
                         {"e1", "e2", "e4", "e5"})
        error = self.fails(2, "space", "describe", "pad-nas-large", "--latency", source)
        self.assertIn("latency check", error["message"])

    def test_a_table_filled_in_by_hand(self):
        found = self.json("latency", "check", "nas-bench-201", "-o", "blank.csv")
        rows = list(csv.DictReader((self.folder / "blank.csv").open()))
        self.assertEqual([row["key"] for row in rows], [one["key"] for one in found["missing"]])
        self.assertEqual(len(rows), 6 + 9)  # fixed parts; two convolutions and a pooling at three sizes
        self.fails(2, "latency", "check", "nas-bench-201", "blank.csv")  # not filled in yet
        with (self.folder / "done.csv").open("w") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            for i, row in enumerate(rows):
                writer.writerow({**row, "mean_ms": 0.25 * (i + 1), "variance": 0.5, "count": 8, "device": "desk"})
        found = self.json("latency", "check", "nas-bench-201", "done.csv")
        self.assertTrue(found["complete"])
        self.assertEqual((found["operators"], found["unused"], found["missing"]), (15, 0, []))
        described = self.json("space", "describe", "nas-bench-201", "--latency", "done.csv")
        self.assertEqual((described["latency_ms_min"], described["latency_ms_max"]),
                         (found["latency_ms_min"], found["latency_ms_max"]))
        skips = self.json("arch", "cost", "nas-bench-201", "1 1 1 1 1 1", "--latency", "done.csv")
        self.assertEqual(skips["latency_ms"], found["latency_ms_min"])
        self.assertEqual(skips["latency_ms"], skips["fixed_latency_ms"])
        limit = (found["latency_ms_min"] + found["latency_ms_max"]) / 2
        counted = self.json("count", "nas-bench-201", "--latency", "done.csv", "--max-latency", limit)
        self.assertEqual(counted["max_latency_ms"], limit)
        self.assertTrue(0 < int(counted["feasible"]) < 15625)
        drawn = self.json("sample", "nas-bench-201", "-n", "9", "--latency", "done.csv", "--max-latency", "30%")
        bound = self.json("count", "nas-bench-201", "--latency", "done.csv", "--max-latency", "30%")["max_latency_ms"]
        self.assertLessEqual(max(child["latency_ms"] for child in drawn["children"]), bound)

    @needs_shared("data/nasbench201/nasbench201_latency.csv.gz")
    def test_measured_networks_are_looked_up(self):
        times, archs = (SHARED / "data/nasbench201" / name for name in ("nasbench201_latency.csv.gz", "nasbench201.csv.gz"))
        made = self.json("latency", "networks", "nas-bench-201", times, "--archs", archs, "--column", "pixel3",
                         "-o", "pixel3.bin")
        self.assertEqual((made["networks"], made["children"], made["device"]), (15625, 15625, "pixel3"))
        with gzip.open(times, "rt") as file:
            published = {row["index"]: float(row["pixel3"]) for row in csv.DictReader(file)}
        with gzip.open(archs, "rt") as file:
            notation = {row["index"]: row["arch_str"] for row in csv.DictReader(file)}
        for index in ("0", "1", "6111", "15624"):
            cost = self.json("arch", "cost", "nas-bench-201", notation[index], "--latency", "pixel3.bin")
            self.assertAlmostEqual(cost["latency_ms"], published[index], delta=1e-6)
        counted = self.json("count", "nas-bench-201", "--latency", "pixel3.bin", "--max-latency", 10, "--min-macs", "100M")
        with gzip.open(archs, "rt") as file:
            macs = {row["index"]: float(row["flops_m"]) for row in csv.DictReader(file)}
        fits = sum(published[index] <= 10 and macs[index] >= 100 for index in published)
        self.assertEqual(int(counted["feasible"]), fits)
        self.assertEqual(self.json("latency", "check", "nas-bench-201", "pixel3.bin")["children"], 15625)

    @needs_torch
    def test_a_table_of_this_machine(self):
        self.json("space", "make", "nas-bench-201", "--set", "channels=4", "--set", "cells=1", "--set", "height=8",
                  "--set", "width=8", "-o", "tiny.bin")
        words = ["latency", "measure", "tiny.bin", "--threads", "1", "--operator-seconds", "0.05"]
        made = self.json(*words, "--measured-on", "here", "-o", "here.csv")
        self.assertEqual((made["measured"], made["operators"], made["device"]), (15, 15, "here"))
        rows = list(csv.DictReader((self.folder / "here.csv").open()))
        self.assertEqual(len(rows), 15)
        self.assertTrue(all(int(row["count"]) > 0 and float(row["mean_ms"]) >= 0 for row in rows))
        self.assertTrue(self.json("latency", "check", "tiny.bin", "here.csv")["complete"])
        # What is known stays as it is.
        (self.folder / "part.csv").write_text("".join((self.folder / "here.csv").read_text().splitlines(True)[:-3]))
        made = self.json(*words, "--known", "part.csv", "-o", "whole.csv")
        self.assertEqual(made["measured"], 3)
        self.assertEqual((self.folder / "whole.csv").read_text().splitlines()[:13],
                         (self.folder / "here.csv").read_text().splitlines()[:13])
        error = self.fails(2, "latency", "measure", "tiny.bin", "--precision", "7", "-o", "none.csv")
        self.assertEqual(error["field"], "precision")

    def test_errors_point_at_the_cell(self):
        (self.folder / "bad.csv").write_text("key,mean_ms\na,1\nb,soon\n")
        error = self.fails(2, "latency", "import", "bad.csv", "-o", "x.bin")
        self.assertEqual(error["field"], "line 3, column mean_ms")
        self.assertTrue(error["message"].startswith("bad.csv: "))


if __name__ == "__main__":
    program.main()
