"""Replays the published shrinking of ABS on the MobileNet-like space (ABS, appendix, Table 3) drop by drop."""
import unittest

import program
from program import ProgramTest

# The seven operators, as CHOICE:OP, that each of the 14 iterations removes.
REMOVED = """\
19:1 17:1 17:3 18:1 18:3 19:5 19:3
18:5 17:5 13:3 14:1 15:3 14:3 14:5
15:1 13:1 15:5 9:1 10:1 10:3 11:3
11:5 9:3 9:5 5:3 20:5 13:5 7:1
7:5 12:1 6:3 3:1 10:5 6:1 6:5
2:1 5:5 16:5 16:1 2:3 3:3 11:1
1:3 1:1 7:3 1:5 8:3 2:5 1:0
4:1 12:3 0:0 5:1 17:2 4:4 0:1
17:-1 18:-1 19:-1 20:0 1:4 1:-1 15:-1
17:0 20:2 20:4 19:0 18:0 19:2 15:4
20:1 18:2 15:0 13:-1 12:4 10:-1 11:-1
12:2 0:4 16:4 12:5 14:-1 10:0 4:2
4:5 0:5 11:0 14:2 16:2 13:4 13:2
4:3 11:2 0:3 10:2 14:0 16:0 8:4
"""
# Operators left in each of the 21 layers.
LEFT = ["2", "2", "0 2 4 -1", "0 2 4 5 -1", "0", "0 2 4 -1", "0 2 4 -1", "0 2 4 -1", "0 1 2 5", "0 2 4 -1", "4", "4", "0",
        "0", "4", "2", "3", "4", "4", "4", "3"]
# Sizes after the iterations, the first nine to the digits printed.
ROUNDED = ["6.4578e+16", "1.7351e+16", "5.0587e+15", "1.3765e+15", "3.7456e+14", "9.9090e+13", "2.2649e+13", "4.8318e+12",
           "3.6239e+11"]
EXACT = [13421772800, 530841600, 37324800, 1638400, 20480]


class Trace(ProgramTest):
    def test_sizes_of_the_fourteen_iterations(self):
        space = "mobilenet-proxyless-gpu"
        sizes = []
        for iteration, drops in enumerate(REMOVED.splitlines()):
            made = self.json("space", "restrict", space, "--drop", *drops.split(), "-o", f"{iteration}.bin")
            space = f"{iteration}.bin"
            self.assertEqual(made["operators"], 141 - 7 * (iteration + 1))
            sizes.append(int(made["children"]))
        self.assertEqual([f"{size:.4e}" for size in sizes[:9]], ROUNDED)
        self.assertEqual(sizes[9:], EXACT)
        left = self.json("space", "describe", space)
        self.assertEqual([" ".join(map(str, row["ops"])) for row in left["alive"]], LEFT)
        self.assertEqual(left["root_fingerprint"], self.json("space", "describe", "mobilenet-proxyless-gpu")["fingerprint"])
        self.assertEqual(sorted((edit["choice"], edit["op"]) for edit in left["dropped"]),
                         sorted(tuple(map(int, drop.split(":"))) for drop in REMOVED.split()))

    def test_the_published_nets_lie_in_what_is_left(self):
        self.json("space", "restrict", "mobilenet-proxyless-gpu", "--drop", *REMOVED.split(), "-o", "shrunk.bin")
        nets = {"2 2 -1 0 0 -1 -1 0 5 -1 4 4 0 0 4 2 3 4 4 4 3": 470792064,
                "2 2 -1 -1 0 2 2 -1 5 -1 4 4 0 0 4 2 3 4 4 4 3": 468966912}
        for ops, macs in nets.items():
            self.assertEqual(self.json("arch", "cost", "shrunk.bin", ops)["macs"], macs)


if __name__ == "__main__":
    program.main()
