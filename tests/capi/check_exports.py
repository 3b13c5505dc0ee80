#!/usr/bin/env python3
"""Checks that the header, the version script and the library name exactly the same functions, and that the torch back
end exports exactly one.

check_exports.py HEADER MAP LIBRARY [TORCH_LIBRARY]
"""

import re
import subprocess
import sys


def exported(library):
    lines = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    symbols = {line.split()[-1].split("@")[0] for line in lines.splitlines()}
    return {symbol for symbol in symbols if not symbol.startswith("NASSHRINK_")}  # version nodes


def differences(what, found, expected):
    for name in sorted(found - expected):
        yield f"{what} has {name}, which the header does not declare"
    for name in sorted(expected - found):
        yield f"{what} lacks {name}"


def main():
    header, version_script, library = sys.argv[1:4]
    declared = set(re.findall(r"^NASSHRINK_API [^;(]*?(\w+)\(", open(header, encoding="utf-8").read(), re.MULTILINE))
    listed = re.findall(r"^\s+([^\s*{}:]+);", open(version_script, encoding="utf-8").read(), re.MULTILINE)
    problems = list(differences("the version script", set(listed), declared))
    problems += differences("the library", exported(library), declared)
    if len(listed) != len(set(listed)):
        problems.append("the version script names a function twice")
    if len(sys.argv) > 4:
        torch = exported(sys.argv[4])
        if torch != {"nasshrink_backend_factory"}:
            problems.append(f"the torch library exports {', '.join(sorted(torch))}")
    for problem in problems:
        print(problem)
    print(f"{len(declared)} functions, {len(problems)} problems")
    return 1 if problems or not declared else 0


if __name__ == "__main__":
    sys.exit(main())
