#!/usr/bin/env python3
"""Compiles nasshrink.h alone as C99, C11 and C++17 with every warning, by gcc and, where there is one, clang.

check_header_compiles.py INCLUDE_FOLDER
"""

import shutil
import subprocess
import sys

COMPILERS = {"c": ("gcc", "clang"), "c++": ("g++", "clang++")}
STANDARDS = {"c": ("c99", "c11"), "c++": ("c++17", "c++20")}


def main():
    failures = runs = 0
    for language, compilers in COMPILERS.items():
        for compiler in filter(shutil.which, compilers):
            for standard in STANDARDS[language]:
                command = [compiler, f"-std={standard}", "-x", language, "-Wall", "-Wextra", "-pedantic", "-Werror",
                           "-fsyntax-only", f"-I{sys.argv[1]}", "-"]
                # Twice, for the guard; a declaration, as C has no empty translation unit.
                text = "#include <nasshrink.h>\n#include <nasshrink.h>\nnasshrink_status used(void);\n"
                run = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
                runs += 1
                if run.returncode != 0:
                    failures += 1
                    print(f"{' '.join(command)}\n{run.stderr}")
    print(f"{runs} compilations, {failures} failures")
    return 1 if failures or runs == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
