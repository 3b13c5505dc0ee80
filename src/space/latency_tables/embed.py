#!/usr/bin/env python3
"""embed.py OUTPUT.cc TABLE.csv: writes a latency table as a C++ source, a string literal a line."""
import pathlib
import sys


def main():
    output, table = sys.argv[1:]
    lines = pathlib.Path(table).read_text(encoding="utf-8").splitlines()
    source = '#include "space/latency_presets.h"\n\nnamespace nasshrink::space {\n\n'
    source += "const char kPadNasLatency[] =\n"
    source += "\n".join('    "%s\\n"' % line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    source += ";\n\n}  // namespace nasshrink::space\n"
    pathlib.Path(output).write_text(source, encoding="utf-8")


if __name__ == "__main__":
    main()
