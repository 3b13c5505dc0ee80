#!/usr/bin/env python3
"""lint_commands.py BUILD_FOLDER OUT_FOLDER [--all]: prepares what clang-tidy reads.

Writes OUT_FOLDER/compile_commands.json, the build's own without the options that only GCC knows, and prints the files
to check, one a line: ours, and without --all none that includes LibTorch.
"""

import json
import os
import pathlib
import shlex
import sys

WITH_TORCH = ("src/nn/", "tests/nn/")


def is_for_gcc_only(option):
    return option in ("-fno-gnu-unique", "-fopenmp", "-fpch-preprocess") or option.startswith("-W")


def without_precompiled(options):
    """Drops `-include` and its header: a file is checked with what it includes itself."""
    kept = []
    for option in options:
        if kept and kept[-1] == "-include":
            kept.pop()
        else:
            kept.append(option)
    return kept


def main(build_folder, out_folder, everything):
    entries = json.loads((build_folder / "compile_commands.json").read_text(encoding="utf-8"))
    files = set()
    for entry in entries:
        options = without_precompiled(shlex.split(entry["command"]))
        entry["command"] = shlex.join(option for option in options if not is_for_gcc_only(option))
        file = os.path.relpath(os.path.join(entry["directory"], entry["file"]))
        generated = file.startswith((os.path.relpath(build_folder) + "/", ".."))
        if file.endswith(".h"):  # the precompiling itself
            continue
        if not generated and (everything or not file.startswith(WITH_TORCH)):
            files.add(file)
    out_folder.mkdir(parents=True, exist_ok=True)
    (out_folder / "compile_commands.json").write_text(json.dumps(entries, indent=1), encoding="utf-8")
    print("\n".join(sorted(files)))


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[3:] not in ([], ["--all"]):
        sys.exit("usage: lint_commands.py BUILD_FOLDER OUT_FOLDER [--all]")
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:] == ["--all"])
