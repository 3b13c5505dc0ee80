"""What `run --dry-run` says of memory, laid beside what the run then uses."""
import os
import subprocess

import program
from program import ProgramTest, needs_torch

PLAN = """schema_version: 1
stages {{ key: "train" train {{ options {{
  epochs: 1 batch_size: {batch} images: {images} optimizer {{ learning_rate: 0.01 momentum: 0.9 }} }} }} }}
stages {{ key: "search" search {{ options {{ algorithm: "random" trials: 2
  evaluate {{ images: {batch} batch_size: {batch} re_bn {{ images: {batch} batch_size: {batch} }} }} }} }} }}
"""


@needs_torch
class Estimate(ProgramTest):
    def words(self, space, data, settings, batch, images):
        (self.folder / "plan.textproto").write_text(PLAN.format(batch=batch, images=images))
        words = ["run", "--plan", "plan.textproto", "--space", space, "--data", data, "--threads", "2"]
        return words + [word for setting in settings for word in ("--set", setting)]

    def peak(self, *words):
        """Bytes that the process held at most."""
        process = subprocess.Popen([program.PROGRAM, *words], cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        errors = process.stderr.read()
        process.stderr.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, errors)
        return usage.ru_maxrss * 1024

    def test_memory_is_predicted_within_a_fifth(self):
        # The process's own part is that of a run of two images.
        for space, data, settings, batch, images in [
                ("nas-bench-201", "synthetic:10:3x32x32:2048", ["channels=16", "cells=3"], 64, 1280),
                ("nas-bench-macro", "synthetic:10:3x32x32:1024", [], 32, 640),
                ("mobilenet-proxyless-gpu", "synthetic:10:3x64x64:1024", [], 32, 320)]:
            with self.subTest(space):
                small = self.words(space, data, settings, 1, 2)
                base = self.peak(*small, "-o", f"{space}-small") - self.json(*small, "--dry-run")["memory_bytes"]
                large = self.words(space, data, settings, batch, images)
                predicted = self.json(*large, "--dry-run")
                used = self.peak(*large, "-o", f"{space}-large") - base
                self.assertLess(abs(predicted["memory_bytes"] / used - 1), 0.2, f"{predicted}, used {used}")
                self.assertEqual([stage["stage"] for stage in predicted["stages"]], ["train", "search"])
                self.assertGreater(predicted["seconds"], 0)

    def test_a_plan_above_the_limit_is_refused_with_both_numbers(self):
        words = self.words("nas-bench-201", "synthetic:10:3x32x32:256", ["channels=16", "cells=1"], 64, 128)
        needed = self.json(*words, "--dry-run")["memory_bytes"]
        error = self.fails(1, *words, "--memory-limit", "20M", "-o", "refused")
        self.assertEqual(error["status"], "RESOURCE_EXHAUSTED")
        self.assertEqual(error["value"], str(20 * 1024 * 1024))
        told = int(error["allowed"].split()[0])
        self.assertLess(abs(told / needed - 1), 0.2)
        self.assertFalse((self.folder / "refused").exists())
        self.json(*words, "--memory-limit", str(2 * needed), "-o", "allowed")

    def test_a_run_needs_a_folder_but_for_a_dry_one(self):
        words = self.words("nas-bench-201", "synthetic:10:3x32x32:256", ["channels=4", "cells=1"], 8, 16)
        self.fails(2, *words)


if __name__ == "__main__":
    program.main()
