#!/usr/bin/env python3
"""Installs the build into a folder of its own and builds the C examples against it by pkg-config, as a user would:
strict C99, warnings as errors. Runs those that can run.

installed_examples.py BUILD SOURCE MESON torch|no-torch [SANITIZERS]
"""

import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

FLAGS = ["-std=c99", "-O1", "-Wall", "-Wextra", "-pedantic", "-Werror"]


def run(command, **kwargs):
    print("+", shlex.join(map(str, command)), flush=True)
    return subprocess.run(command, check=True, **kwargs)


def main():
    build, source, meson, torch = sys.argv[1:5]
    sanitizers = [f"-fsanitize={sys.argv[5]}"] if len(sys.argv) > 5 and sys.argv[5] != "none" else []
    with tempfile.TemporaryDirectory(prefix="nasshrink-installed-") as folder:
        run([meson, "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", folder])
        description = next(pathlib.Path(folder).rglob("nasshrink.pc"))
        libraries = description.parent.parent
        environment = dict(os.environ, PKG_CONFIG_PATH=str(description.parent), LD_LIBRARY_PATH=str(libraries))
        asked = run(["pkg-config", "--define-prefix", "--cflags", "--libs", "nasshrink"], env=environment,
                    capture_output=True, text=True)
        for name in ("space_tour", "own_training_loop"):
            program = pathlib.Path(folder) / name
            run(["cc", *FLAGS, *sanitizers, f"{source}/examples/c/{name}.c", *shlex.split(asked.stdout), "-o", program])
            if name == "space_tour" or torch == "torch":
                run([program], env=environment)
    return 0


if __name__ == "__main__":
    sys.exit(main())
