"""Published multiply-adds and parameters through `arch cost`. Needs no torch."""
import json
import unittest

import program
from program import SHARED, SOURCE, ProgramTest

PUBLISHED = SHARED / "data/configs/published_architectures.json"
# Space, settings, child, multiply-adds, parameters (docs/methods.md, "Costs").
CHAINS = [
    ("examples/spaces/mobilenet-v2-1.0.textproto", " ".join("1" * 16), 300774272, 3504872),
    ("examples/spaces/mobilenet-v2-1.4.textproto", " ".join("1" * 16), 582195824, 6108776),
    ("fairnas", "4 0 4 1 5 0 0 5 5 2 1 2 2 1 1 5 1 5 3", 388122848, 4651352),
    ("fairnas", "2 0 2 0 1 2 4 0 1 2 0 1 4 0 5 3 5 1 3", 345297632, 4506272),
    ("fairnas", "4 2 4 2 2 2 5 2 4 4 2 2 2 4 5 4 2 2 5", 310944320, 3774992),
    ("mobilenet-proxyless-mobile", "2 0 -1 -1 4 0 2 2 5 2 2 2 3 2 2 2 5 5 4 4 5", 320427584, 4080512),
    ("mobilenet-proxyless-gpu", "2 -1 -1 -1 4 -1 -1 0 5 -1 -1 2 3 -1 0 2 5 5 5 3 5", 465260160, 7119848),
    ("mobilenet-proxyless-gpu", "2 2 -1 0 0 -1 -1 0 5 -1 4 4 0 0 4 2 3 4 4 4 3", 470792064, 5936776),
    ("mobilenet-proxyless-gpu", "2 2 -1 -1 0 2 2 -1 5 -1 4 4 0 0 4 2 3 4 4 4 3", 468966912, 5955808),
    ("spos-shufflenet", "2 1 0 1 2 0 2 0 2 0 2 3 0 0 0 0 3 2 3 3", 322918720, 3558464),
]
DARTS = [("DARTS_V2", 48, 529911552, 4718752), ("DARTS_search", 48, 445973376, 4039840),
         ("DARTS_ABS", 48, 618920640, 5590144), ("DARTS_ABS", 45, 546834996, 4978098)]


def genotype_text(genotype):
    cells = {name: [tuple(edge) for edge in genotype[name]] for name in ("normal", "reduce")}
    return (f"Genotype(normal={cells['normal']}, normal_concat=range(2, 6), "
            f"reduce={cells['reduce']}, reduce_concat=range(2, 6))")


class PublishedCosts(ProgramTest):
    def entries(self):
        if not PUBLISHED.exists():
            self.skipTest("needs ../shared/data/configs/published_architectures.json")
        return {entry["name"]: entry for entry in json.loads(PUBLISHED.read_text())["entries"]}

    def test_chains(self):
        for space, ops, macs, params in CHAINS:
            with self.subTest(space=space, ops=ops):
                path = SOURCE / space
                cost = self.json("arch", "cost", path if path.exists() else space, ops)
                self.assertEqual((cost["macs"], cost["params"]), (macs, params))

    def test_batch_norms_of_spos(self):
        space, ops, _, params = CHAINS[-1]
        self.assertEqual(params - self.json("arch", "cost", space, ops)["norm_params"], 3529312)

    def test_thop(self):
        for space, ops, macs, params in CHAINS[7:9]:
            cost = self.json("arch", "cost", space, ops, "--count", "thop")
            self.assertEqual((cost["macs"], cost["params"]), (macs + 1728 * 1000 - 1000, params))

    def test_genotypes(self):
        entries = self.entries()
        for name, channels, macs, params in DARTS:
            with self.subTest(name=name, channels=channels):
                self.json("space", "make", "darts", "--set", "stem=imagenet", "--set", f"channels={channels}",
                          "-o", "darts.bin")
                cost = self.json("arch", "cost", "darts.bin", genotype_text(entries[name]["genotype"]))
                self.assertEqual((cost["macs"], cost["params"]), (macs, params))
                self.assertEqual(cost["live_macs"], macs)

    def test_network_files(self):
        folder = SHARED / "data/configs/proxylessnas"
        if not folder.exists():
            self.skipTest("needs ../shared/data/configs/proxylessnas")
        for name, macs, params in [("mobile", 320427584, 4080512), ("gpu", 465260160, 7119848)]:
            cost = self.json("arch", "cost", "--config", folder / f"proxyless_{name}.json")
            self.assertEqual((cost["macs"], cost["params"]), (macs, params))


if __name__ == "__main__":
    program.main()
