#!/usr/bin/env python3
"""picture.py REPORT.html OUT.png [--width PIXELS] [--height PIXELS] [--dark]: what a report looks like, for the docs."""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser, find_chromium  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report")
    parser.add_argument("picture")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=0, help="0 is the whole page")
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    program = find_chromium()
    if not program:
        sys.exit("picture.py: chromium is needed")
    with Browser(program) as browser:
        browser.open(options.report, options.width, options.dark)
        browser.screenshot(options.picture, options.height)


if __name__ == "__main__":
    main()
