#!/usr/bin/env python3
"""Checks the documentation against the tree: links resolve, and C samples are the code of compiled examples.

Prints TAP, one line a file, so that each document counts as a test.
"""

import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
documents = sorted([root / "README.md", root / "CONTRIBUTING.md", *(root / "docs").glob("*.md")])
examples = {path: path.read_text(encoding="utf-8") for path in (root / "examples").rglob("*.c")}


def without_indent(text):
    """Lines stripped of outer white space, so that a sample may be an excerpt of a function's body."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def problems(document):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not (document.parent / target).exists():
            yield f"link to {target}, which does not exist"
    for sample in re.findall(r"^```c\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if not any(without_indent(sample) in without_indent(code) for code in examples.values()):
            yield "a C sample that is not part of any file in examples/: " + sample.splitlines()[0]


print(f"1..{len(documents)}")
failed = False
for number, document in enumerate(documents, 1):
    found = list(problems(document))
    failed = failed or bool(found)
    print(f"{'not ok' if found else 'ok'} {number} - {document.relative_to(root)}")
    for problem in found:
        print(f"# {problem}")
sys.exit(1 if failed else 0)
