#!/usr/bin/env python3
"""Checks that the core library loads no torch, no full protobuf runtime and no OpenMP, not even through others."""

import re
import subprocess
import sys

FORBIDDEN = re.compile(r"libtorch|libc10|libprotobuf\.so|libgomp|libopenblas|libcu\w")

listing = subprocess.run(["ldd", sys.argv[1]], check=True, capture_output=True, text=True).stdout
found = [line.strip() for line in listing.splitlines() if FORBIDDEN.search(line)]
for line in found:
    print(f"the core library loads {line}")
sys.exit(1 if found else 0)
