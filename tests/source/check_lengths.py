#!/usr/bin/env python3
"""Lists code files above 400 lines, which should be rare, and fails for one above 600."""

import tree

LONG = 400
TOO_LONG = 600


def problems():
    for path in tree.files(("src", "tools", "tests", "examples", "benchmarks"), tree.CODE):
        count = len(tree.lines(path))
        if count > LONG:
            print(f"{path}: {count} lines")
        if count > TOO_LONG:
            yield f"{path}: {count} lines are too many; {TOO_LONG} at most"


tree.finish(problems())
