"""Running steps on PTX finds errors in the kernels' asm: each mutant makes the run fail.

Usage: check_ptx_mutants.py CHECK_PTX_ENGINE; the PTX is in the folder $PTX_FOLDER.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)
PTX_FOLDER = pathlib.Path(os.environ["PTX_FOLDER"])

TF32 = "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32"
BF16 = "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32"


def exchange(instruction, group, pairs):
    """Exchanges the pairs of registers in one vector of an instruction; `group` is its number, from
    0."""
    def mutate(text):
        def of_line(match):
            vectors = [vector.split(", ") for vector in re.findall(r"\{(.*?)\}", match.group())]
            for a, b in pairs:
                vectors[group][a], vectors[group][b] = vectors[group][b], vectors[group][a]
            return instruction + " " + ", ".join("{" + ", ".join(v) + "}" for v in vectors) + ";"
        return re.sub(re.escape(instruction) + r" [^;]*;", of_line, text)
    return mutate


def replace(pattern, by):
    return lambda text: re.sub(pattern, by, text)


def in_kernel(name, mutate):
    """Changes only the kernels with this part of a mangled name."""
    def of_file(text):
        parts = re.split(r"^(?=(?:\.visible )?\.entry )", text, flags=re.MULTILINE)
        return "".join(mutate(part) if name in part.split("(")[0] else part for part in parts)
    return of_file


# Messages of check_ptx_engine: results that differ from the host's, and faults.
OTHER_BITS = r":F:steps on PTX:steps_have_the_bits_of_the_host:\d+: Assertion '&?(a->steps|host\.)"
NO_TF32 = "an operand is no tf32"
NOT_AWAITED = "returns while a cp.async is under way"

# The error, the run of check_ptx_engine that must find it, the change, the expected message.
MUTANTS = [
    ("A's inner halves exchanged", "tf32", exchange(TF32, 1, [(1, 2)]), OTHER_BITS),
    ("A's rows exchanged", "tf32", exchange(TF32, 1, [(0, 1), (2, 3)]), OTHER_BITS),
    ("A's rows exchanged in one half", "tf32", exchange(TF32, 1, [(0, 1)]), OTHER_BITS),
    ("B's rows exchanged", "tf32", exchange(TF32, 2, [(0, 1)]), OTHER_BITS),
    ("D's columns exchanged", "tf32", exchange(TF32, 0, [(0, 1), (2, 3)]), OTHER_BITS),
    ("C's rows exchanged", "tf32", exchange(TF32, 3, [(0, 2), (1, 3)]), OTHER_BITS),
    ("tf32 rounded to even", "tf32", replace(r"cvt\.rna\.tf32\.f32", "cvt.rn.tf32.f32"),
     OTHER_BITS),
    ("tf32 not rounded", "tf32", replace(r"cvt\.rna\.tf32\.f32", "mov.b32"), NO_TF32),
    ("no wait for the first copies", "tf32",
     in_kernel("dense1_update", replace(r"cp\.async\.wait_group 1;", "")), OTHER_BITS),
    ("no wait for the last copies", "tf32",
     in_kernel("dense1_update", replace(r"cp\.async\.wait_group 0;", "")), NOT_AWAITED),
    ("a wait for all groups but one", "tf32",
     in_kernel("dense1_update", replace(r"cp\.async\.wait_group 0;", "cp.async.wait_group 1;")),
     NOT_AWAITED),
    ("copies left out of their group", "tf32",
     in_kernel("dense1_update", replace(r"cp\.async\.commit_group;", "")), NOT_AWAITED),
    ("A's inner halves exchanged", "bf16", exchange(BF16, 1, [(1, 2)]), OTHER_BITS),
    ("A's rows exchanged", "bf16", exchange(BF16, 1, [(0, 1), (2, 3)]), OTHER_BITS),
    ("B's rows exchanged", "bf16", exchange(BF16, 2, [(0, 1)]), OTHER_BITS),
    ("D's columns exchanged", "bf16", exchange(BF16, 0, [(0, 1), (2, 3)]), OTHER_BITS),
    ("C's rows exchanged", "bf16", exchange(BF16, 3, [(0, 2), (1, 3)]), OTHER_BITS),
    ("a pair's halves exchanged", "bf16",
     replace(r"(cvt\.rn\.bf16x2\.f32 %r\d+), (%f\d+), (%f\d+);", r"\1, \3, \2;"), OTHER_BITS),
    ("bf16 cut off", "bf16", replace(r"cvt\.rn\.bf16x2\.f32", "cvt.rz.bf16x2.f32"), OTHER_BITS),
]


class PtxMutantsTest(unittest.TestCase):
    def run_mutated(self, run, mutate):
        """Makes the run on a copy of the PTX that `mutate` has changed."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            changed = 0
            for path in PTX_FOLDER.glob("*.ptx"):
                text = path.read_text()
                mutated = mutate(text)
                changed += mutated != text
                (folder / path.name).write_text(mutated)
            result = subprocess.run(
                [PROGRAM, run], env=dict(os.environ, PTX_FOLDER=name), text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            return changed, result

    def test_a_copy_passes(self):
        changed, result = self.run_mutated("tf32", lambda text: text)
        self.assertEqual(changed, 0)
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_each_mutant_is_found(self):
        for what, run, mutate, finding in MUTANTS:
            with self.subTest(what=what, run=run):
                changed, result = self.run_mutated(run, mutate)
                self.assertGreater(changed, 0, "the PTX has nothing of this kind")
                self.assertNotEqual(result.returncode, 0, "not found")
                # It must be found by its results, not by its syntax or by chance.
                self.assertRegex(result.stdout, finding)


if __name__ == "__main__":
    unittest.main()
