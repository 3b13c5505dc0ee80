#!/usr/bin/env python3
"""Checks that includes point down the dependency rule, and that torch is included by src/nn alone.

capi -> run -> {search, shrink, score} -> space -> base, and nn -> {run/backend.h, score, space, base}. tools and
examples use the public header and the messages alone.
"""

import re

import tree

ALLOWED = {
    "base": {"base"},
    "space": {"space", "base"},
    "score": {"score", "space", "base"},
    "shrink": {"shrink", "space", "base"},
    "search": {"search", "space", "base"},
    "run": {"run", "search", "shrink", "score", "space", "base"},
    "capi": {"capi", "run", "search", "shrink", "score", "space", "base"},
    "nn": {"nn", "score", "space", "base"},
}
# Single headers that a folder may take from another beyond its row.
ALSO = {"nn": {"run/backend.h"}}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")


def problems():
    for path in tree.files(("src", "tools", "examples"), tree.CODE):
        folder = path.parts[1] if path.parts[0] == "src" else path.parts[0]
        for number, line in tree.lines(path):
            match = INCLUDE.match(line)
            if not match:
                continue
            target = match.group(1)
            place = f"{path}:{number}: includes {target}"
            if TORCH.match(target) and folder != "nn":
                yield f"{place}; torch belongs in src/nn"
            top = target.split("/")[0]
            if top not in ALLOWED or "/" not in target:
                continue
            if folder not in ALLOWED:
                yield f"{place}; {folder} uses include/nasshrink.h and the messages alone"
            elif top not in ALLOWED[folder] and target not in ALSO.get(folder, ()):
                yield f"{place}; src/{folder} may not depend on src/{top}"


tree.finish(problems())
