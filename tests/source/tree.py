"""Walks the repository's own files, for the check_*.py scripts beside this one."""

import pathlib
import sys

CODE = (".cc", ".h", ".c")
FOLDERS = ("src", "include", "proto", "tools", "tests", "examples", "benchmarks", "scripts", "docs", ".ci")


def root():
    return pathlib.Path(sys.argv[1])


def files(folders=FOLDERS, suffixes=None):
    """Files below the folders, in a stable order, as paths relative to the root."""
    for folder in folders:
        for path in sorted((root() / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and (suffixes is None or path.suffix in suffixes):
                yield path.relative_to(root())


def lines(path):
    """Numbered lines; a file that is not text has none."""
    try:
        text = (root() / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return []
    return list(enumerate(text.splitlines(), 1))


def finish(problems):
    """Prints what was found and ends the script with its exit code."""
    problems = list(problems)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
