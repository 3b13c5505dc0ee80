#!/usr/bin/env python3
"""embed.py OUTPUT.cc PAGE.html STYLE.css SCRIPT.js...: writes the report's page as a C++ source.

The page holds {{style}}, {{script}}, {{title}} and {{data}}. Scripts are joined in the order given. The bytes are
written as numbers, so no length limit or escape rule of string literals applies.
"""
import pathlib
import sys


def c_array(name, text):
    numbers = text.encode("utf-8")
    lines = [",".join(str(b if b < 128 else b - 256) for b in numbers[i:i + 40]) for i in range(0, len(numbers), 40)]
    return "constexpr signed char %s[] = {\n%s};\n" % (name, ",\n".join(lines))


def main():
    output, page, style, *scripts = sys.argv[1:]
    read = lambda path: pathlib.Path(path).read_text(encoding="utf-8")
    html = read(page)
    html = html.replace("{{style}}", read(style)).replace("{{script}}", "\n".join(read(s) for s in scripts))
    before_title, rest = html.split("{{title}}")
    before_data, after_data = rest.split("{{data}}")
    parts = {"kBeforeTitle": before_title, "kBeforeData": before_data, "kAfterData": after_data}
    source = '#include "run/report/page.h"\n\nnamespace nasshrink::run {\nnamespace {\n\n'
    source += "\n".join(c_array(name, text) for name, text in parts.items())
    source += "\ntemplate <size_t size>\nstd::string_view TextOf(const signed char (&bytes)[size]) {\n"
    source += "  return {reinterpret_cast<const char*>(bytes), size};\n}\n\n}  // namespace\n\n"
    source += "ReportPage GetReportPage() {\n"
    source += "  return {%s};\n}\n\n}  // namespace nasshrink::run\n" % ", ".join("TextOf(%s)" % n for n in parts)
    pathlib.Path(output).write_text(source, encoding="utf-8")


if __name__ == "__main__":
    main()
