#!/usr/bin/env python3
"""Checks the text of the tree: no paths of one machine, no unfinished work, no tabs or trailing blanks in code."""

import re

import tree

MACHINE = re.compile(r"(?<![\w.$}/])/(work|root|home|Users|mnt)/\w")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bnot implemented\b", re.IGNORECASE)
SKIPPED = "tests/source/"  # the rules name what they forbid


def problems():
    for path in list(tree.files()) + [p for p in tree.files((".",)) if len(p.parts) == 1]:
        # In a work tree of its own ".git" is a file.
        if str(path).startswith(SKIPPED) or str(path) == ".git":
            continue
        for number, line in tree.lines(path):
            if MACHINE.search(line):
                yield f"{path}:{number}: a path of one machine: {line.strip()[:100]}"
            if UNFINISHED.search(line):
                yield f"{path}:{number}: unfinished: {line.strip()[:100]}"
            if path.suffix in tree.CODE + (".proto",) and line != line.rstrip().replace("\t", " "):
                yield f"{path}:{number}: a tab or a blank at the end"


tree.finish(problems())
