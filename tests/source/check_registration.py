#!/usr/bin/env python3
"""Checks that every source file of src, tools and tests is named in its folder's meson.build, so none is forgotten."""

import tree


def problems():
    for path in tree.files(("src", "tools", "tests"), (".cc", ".c")):
        folder = path.parent
        while not (tree.root() / folder / "meson.build").exists() and folder.parts:
            folder = folder.parent
        own = tree.root() / folder
        builds = [*own.parent.glob("meson.build"), own / "meson.build", *own.glob("*/meson.build")]
        build = "\n".join(one.read_text(encoding="utf-8") for one in builds)
        # Tests are registered by name: ['random', 'file'] stands for random_test.cc and file_test.cc.
        stem = path.stem[: -len("_test")] if path.stem.endswith("_test") else path.stem
        if path.name not in build and f"'{stem}'" not in build and f"'{path.stem}'" not in build:
            yield f"{path}: is not named in {folder}/meson.build"


tree.finish(problems())
