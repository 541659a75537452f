"""The memory of `trainer compare`: it compares 10,000 runs in 200 MB. Here it compares as many runs
as can be written in about a second. usage: check_compare_memory.py TRAINER"""

import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import unittest

from made_up_records import write_run
from waiting import LIMIT_SECONDS

TRAINER = sys.argv[1]
RUNS, BATCH_SIZES, EPOCHS = 1000, (64, 32, 16, 8, 4), 15
BYTES_A_RUN = 20_000
PROGRAM_BYTES = 20 << 20  # the program, its libraries and its stack


class Memory(unittest.TestCase):
    def test_a_run_takes_20_kilobytes_at_most(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (RUNS * BYTES_A_RUN + PROGRAM_BYTES,) * 2)

        with tempfile.TemporaryDirectory(prefix="trainer-memory-") as folder:
            for i in range(RUNS):
                write_run(pathlib.Path(folder), BATCH_SIZES[i % len(BATCH_SIZES)], i,
                          [0.9 + 1e-4 * (i % 17)] * EPOCHS)
            for options in (("--details",), ("--format", "csv"), ("--format", "json")):
                result = subprocess.run([TRAINER, "compare", *options, folder],
                                        capture_output=True, text=True, timeout=LIMIT_SECONDS,
                                        preexec_fn=limit)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(len(json.loads(result.stdout)["runs"]), RUNS)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
