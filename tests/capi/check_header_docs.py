#!/usr/bin/env python3
"""Checks that the comment of every function of nasshrink.h has its six parts: what it does, its parameters (each one
named), ownership, statuses, one thread word and the version it is there since; and that every handle type has its
thread word."""

import re
import sys

LABELS = ("Parameters", "Ownership", "Status", "Threads", "Since")
WORDS = ("immutable", "thread-safe", "thread-compatible")


def functions(text):
    """(name, parameter names, comment) of every function; the comment is None where there is none."""
    pattern = re.compile(r"(?:/\*((?:(?!\*/).)*)\*/\n)?NASSHRINK_API ([^;]*?)(\w+)\(([^;]*)\);", re.DOTALL)
    for comment, _, name, arguments in pattern.findall(text):
        parameters = [] if arguments == "void" else [re.search(r"(\w+)$", one).group(1) for one in arguments.split(",")]
        yield name, parameters, re.sub(r"\n \* ?", "\n", comment)


def parts(comment):
    """The purpose and the labelled paragraphs."""
    found = re.split(r"^(\w+): ", comment, flags=re.MULTILINE)
    return found[0].strip(), dict(zip(found[1::2], found[2::2]))


def problems(text):
    for name, parameters, comment in functions(text):
        if not comment:
            yield f"{name}: has no comment"
            continue
        purpose, labelled = parts(comment)
        if len(purpose) < 12:
            yield f"{name}: does not say what it does"
        for label in LABELS:
            if not labelled.get(label, "").strip():
                yield f"{name}: says nothing under '{label}:'"
        for parameter in parameters:
            said = purpose + labelled.get("Parameters", "")
            if parameter != "err" and not re.search(rf"\b{parameter}\b", said):
                yield f"{name}: does not say what '{parameter}' is"
        if labelled.get("Threads", "").split(";")[0].strip(" .\n") not in WORDS:
            yield f"{name}: 'Threads:' does not begin with one of {', '.join(WORDS)}"
        if not re.fullmatch(r"\d+\.\d+", labelled.get("Since", "").strip()):
            yield f"{name}: 'Since:' is not a version"
    for comment, name in re.findall(r"/\*((?:(?!\*/).)*)\*/\ntypedef struct (\w+) \2;", text, re.DOTALL):
        if not any(word in comment.lower() for word in WORDS):
            yield f"{name}: the type has no thread word"


def main():
    text = open(sys.argv[1], encoding="utf-8").read()
    found = list(problems(text))
    count = len(list(functions(text)))
    for problem in found:
        print(problem)
    print(f"{count} functions, {len(found)} problems")
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
