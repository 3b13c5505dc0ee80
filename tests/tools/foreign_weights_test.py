"""Weights from elsewhere: a table from a pair of safetensors files, a supernet from one, and PyTorch by DLPack."""
import json
import os
import pathlib
import struct
import subprocess
import unittest

import program
from program import SOURCE, ProgramTest, needs_torch

# Names of PyTorch's NAS-Bench-201 module, which are ours too.
TABLE_MAP = r"""pattern,choice,operator
cells\.\d+\.edges\.(\d<-\d)\.(\d)\.op\.1\.weight,$1,$2
stem\..*weight,fixed,
stem\..*bias,fixed,
cells\.\d+\.conv_.*(weight|bias),fixed,
cells\.\d+\.downsample.*weight,fixed,
lastact.*(weight|bias),fixed,
classifier.*,fixed,
.*running_.*,ignore,
"""

PEERS = SOURCE / ".deps/peers"


def read_weights(path):
    content = path.read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + size])
    header.pop("__metadata__", None)
    begin = 8 + size
    return {
        name: (one["dtype"], one["shape"], content[begin + one["data_offsets"][0] : begin + one["data_offsets"][1]])
        for name, one in header.items()
    }


def write_weights(path, tensors):
    header, data = {}, b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def as_bfloat16(content):
    """float32 bytes cut to their upper halves."""
    return b"".join(content[at + 2 : at + 4] for at in range(0, len(content), 4))


@needs_torch
class ForeignWeights(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.checkpoint = cls.folder / "supernet.safetensors"
        cls.json("train", "nas-bench-201", "--data", "synthetic:4", "--epochs", "1", "--set", "channels=4",
                 "--set", "cells=1", "-o", cls.checkpoint)
        cls.json("table", cls.checkpoint, "-o", cls.folder / "own.json")
        cls.json("space", "make", "nas-bench-201", "--set", "channels=4", "--set", "cells=1", "--set",
                 "classes=4", "--set", "input_channels=1", "-o", cls.folder / "space.bin")
        cls.tensors = read_weights(cls.checkpoint)
        cls.current = {name: one for name, one in cls.tensors.items() if not name.startswith("base.")}
        cls.base = {name[5:]: one for name, one in cls.tensors.items() if name.startswith("base.")}
        write_weights(cls.folder / "last.safetensors", cls.current)
        write_weights(cls.folder / "first.safetensors", cls.base)
        (cls.folder / "map.csv").write_text(TABLE_MAP)

    def table(self, first, last, *words):
        return self.call("table", "--from-safetensors", f"{self.folder / first},{self.folder / last}", "--space",
                         str(self.folder / "space.bin"), "--map", str(self.folder / "map.csv"), *words, "-o",
                         str(self.folder / "foreign.json"))

    def numbers(self, name):
        """Five a row: the fixed parts, then operator by operator."""
        table = json.loads((self.folder / name).read_text())
        return table["fixed"] + [number for factor in table["factors"] for number in factor["rows"]]

    def assert_near(self, found, expected, share):
        self.assertEqual(len(found), len(expected))
        for a, b in zip(found, expected):
            self.assertAlmostEqual(a, b, delta=share * abs(b))

    def test_a_table_is_that_of_the_supernet(self):
        self.assertEqual(self.table("first.safetensors", "last.safetensors").returncode, 0)
        self.assert_near(self.numbers("foreign.json"), self.numbers("own.json"), 1e-12)

    def test_halves_are_read(self):
        for name, tensors in (("first16.safetensors", self.base), ("last16.safetensors", self.current)):
            write_weights(self.folder / name, {n: ("BF16", shape, as_bfloat16(content)) if dtype == "F32" else
                                               (dtype, shape, content)
                                               for n, (dtype, shape, content) in tensors.items()})
        self.assertEqual(self.table("first16.safetensors", "last16.safetensors").returncode, 0)
        # <w0,w>, |w|^2 and |w0|^2 keep what the type keeps; their small differences do not.
        for column in range(3):
            self.assert_near(self.numbers("foreign.json")[column::5], self.numbers("own.json")[column::5], 0.02)

    def test_what_does_not_fit_is_named(self):
        write_weights(self.folder / "more.safetensors", {**self.current, "strange": ("F32", [1], b"\0" * 4)})
        done = self.table("first.safetensors", "more.safetensors")
        self.assertEqual(done.returncode, 2)
        self.assertIn("'strange'", done.stderr)
        self.assertIn("ignore", done.stderr)

        gone = next(name for name in self.base if ".3.op.1.weight" in name)
        write_weights(self.folder / "less.safetensors", {n: t for n, t in self.base.items() if n != gone})
        done = self.table("less.safetensors", "last.safetensors")
        self.assertEqual(done.returncode, 2)
        self.assertIn(gone, done.stderr)

        torn = self.folder / "torn.safetensors"
        torn.write_bytes((self.folder / "last.safetensors").read_bytes()[:-4])
        done = self.table("first.safetensors", "torn.safetensors")
        self.assertEqual(done.returncode, 2)
        self.assertIn("torn.safetensors", done.stderr)

    def test_a_supernet_is_imported_whole(self):
        # Running statistics are not among the base weights.
        statistics = {name: one for name, one in self.current.items() if "running_" in name}
        write_weights(self.folder / "start.safetensors", {"net." + n: t for n, t in {**statistics, **self.base}.items()})
        write_weights(self.folder / "end.safetensors", {"net." + n: t for n, t in self.current.items()})
        (self.folder / "names.csv").write_text("pattern,name\nnet\\.(.*),$1\n")
        arguments = ["--base", self.folder / "start.safetensors", "--space", self.folder / "space.bin", "--map",
                     self.folder / "names.csv", "-o", self.folder / "imported.safetensors"]
        self.json("import", self.folder / "end.safetensors", *arguments)
        self.json("table", self.folder / "imported.safetensors", "-o", self.folder / "imported.json")
        self.assertEqual(self.numbers("imported.json"), self.numbers("own.json"))
        imported = read_weights(self.folder / "imported.safetensors")
        self.assertEqual({name: imported[name] for name in self.tensors}, self.tensors)

        write_weights(self.folder / "part.safetensors", {"net.classifier.bias": self.current["classifier.bias"]})
        done = self.call("import", str(self.folder / "part.safetensors"), *map(str, arguments[2:]))
        self.assertEqual(done.returncode, 2)
        self.assertIn("fills 1 of", done.stderr)


class PyTorch(unittest.TestCase):
    @unittest.skipUnless((PEERS / "bin/python").exists(), "needs PyTorch: benchmarks/peers/setup")
    def test_the_example_shrinks_a_supernet_that_pytorch_trains(self):
        library = pathlib.Path(program.PROGRAM).parent.parent / "src/capi/libnasshrink.so"
        environment = dict(os.environ, LD_LIBRARY_PATH=str(PEERS / "stand-ins"))
        done = subprocess.run([PEERS / "bin/python", SOURCE / "examples/python/shrink_pytorch_supernet.py", library],
                              env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("before: 27 children", done.stdout)
        self.assertRegex(done.stdout, r"after: (12|9) children")
        self.assertIn("objects left: 0", done.stdout)


if __name__ == "__main__":
    program.main()
