#!/usr/bin/env python3
"""Checks header guards, and that a header below src says in a comment what it is for."""

import re

import tree


def guard_of(path):
    parts = path.parts[1:] if path.parts[0] in ("src", "include") else path.parts
    name = "_".join(parts)
    if not name.startswith("nasshrink"):
        name = "nasshrink_" + name
    return re.sub(r"[^A-Za-z0-9]", "_", name).upper() + "_"


def problems():
    for path in tree.files(("src", "include", "tools", "tests", "benchmarks"), (".h",)):
        if path.name == "dlpack.h":  # kept unchanged, with its own guard
            continue
        text = (tree.root() / path).read_text(encoding="utf-8")
        guard = guard_of(path)
        opens = re.search(r"^#ifndef (\S+)\n#define (\S+)$", text, re.MULTILINE)
        if not opens or {opens.group(1), opens.group(2)} != {guard}:
            yield f"{path}: the guard is {opens.group(1) if opens else 'missing'}, {guard} expected"
        elif not re.search(rf"^#endif\s+(//|/\*) {guard}", text, re.MULTILINE):
            yield f"{path}: the last #endif does not name {guard}"
        if path.parts[0] == "src" and not text.startswith("//"):
            yield f"{path}: does not start with a comment that says what it is for"


tree.finish(problems())
