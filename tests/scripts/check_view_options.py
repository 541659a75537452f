"""scripts/view.sh knows the options of the TensorBoard that it installs.

Usage: check_view_options.py SCRIPTS_FOLDER TRAINER, as check_scripts.py, with TensorBoard's Python.
"""

import re
import subprocess
import sys
import unittest

import check_scripts


class ViewOptions(check_scripts.ScriptsTest):
    def test_every_option_of_tensorboard_is_passed_on(self):
        text = subprocess.run([sys.executable, "-m", "tensorboard.main", "--helpfull"],
                              capture_output=True, text=True).stdout.partition("\nabsl.app:")[0]
        names = set(re.findall(r"^  (--\w+)", text, re.MULTILINE)) - {"--help"}
        self.assertIn("--samples_per_plugin", names)
        self.shim(self.root / "scripts/python_venv.sh", check_scripts.RECORD)
        self.shim(self.root / ".venv/view/bin/python", check_scripts.RECORD)
        self.call("view.sh", ".", *names)
        self.assertTrue(self.calls_of("python")[0].endswith(" ".join(names)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
