"""Pastes the README's section on spaces of one's own into a shell, where the program is installed as the README says."""
import re
import subprocess
import unittest

import program
from program import SOURCE, ProgramTest

SECTION = re.search(r"^## Bring your own space\n(.*?)^## ", (SOURCE / "README.md").read_text(encoding="utf-8"), re.M | re.S)


class BringYourOwnSpace(ProgramTest):
    def test_works_as_pasted(self):
        blocks = re.findall(r"^```sh\n(.*?)^```", SECTION.group(1), re.M | re.S)
        self.assertTrue(blocks)
        installed = self.folder / "build/install/bin"
        installed.mkdir(parents=True)
        (installed / "nasshrink").symlink_to(program.PROGRAM)
        for block in blocks:
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=self.folder, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("children: 6", done.stdout)
        self.assertEqual(self.json("space", "describe", "smaller.textproto")["children"], "4")


if __name__ == "__main__":
    program.main()
