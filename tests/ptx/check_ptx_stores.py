"""Finds vector stores that the compiler split: a thread stores neighbouring words of global memory
one by one, so each store takes a sector of 32 bytes for 4 bytes per lane.

Checks nvcc's PTX and, if nvdisasm is available, the SASS that ptxas makes of it. nvdisasm may be in
the PATH or, from pip's nvidia-cuda-nvdisasm, in an environment in .venv.

Usage: check_ptx_stores.py PTXAS SM; the PTX is in the folder $PTX_FOLDER.
"""

import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SM, PTXAS = sys.argv.pop(), sys.argv.pop()
PTX_FOLDER = pathlib.Path(os.environ["PTX_FOLDER"])
VENVS = pathlib.Path(__file__).resolve().parents[2] / ".venv"
NVDISASM = shutil.which("nvdisasm") or next(
    VENVS.glob("*/lib/python3*/site-packages/nvidia/cu13/bin/nvdisasm"), None)

WORD = 4

# A store of one word or, in PTX, of two (`pair`). Cache operators are part of the name. In SASS
# pairs are not counted, since they look like a double or a 64-bit integer.
PTX_STORE = re.compile(r"st\.global(?:\.w[bt]|\.c[gs])?(?P<pair>\.v2)?\.[fub]32\s+"
                       r"\[(?P<base>%rd\d+)(?:\+(?P<offset>-?\d+))?\]")
SASS_STORE = re.compile(r"STG\.E(?:\.(?!64|128|[US]\d)\w+)* "
                        r".*?\[(?P<base>R\d+)(?:\.64)?(?:\+(?P<offset>-?0x[0-9a-f]+))?\]")


def short_name(mangled):
    """The name in the source, which follows the file's namespace in the mangled name."""
    found = re.match(r"_ZN(\d+)", mangled)
    rest = mangled[found.end() + int(found.group(1)):]
    length = re.match(r"\d+", rest).group()
    return rest[len(length):len(length) + int(length)]


def split_stores(lines, store):
    """Counts, between labels, the groups of four neighbouring words that are stored in parts."""
    groups = 0
    places = collections.defaultdict(set)
    for line in [*lines, "end:"]:
        found = store.search(line)
        if found:
            at = int(found["offset"] or "0", 0)
            places[found["base"]].update([at, at + WORD] if found.groupdict().get("pair") else [at])
        elif re.match(r"\s*[$.\w]+:", line):
            for offsets in places.values():
                groups += sum(all(at + WORD * i in offsets for i in range(4)) and
                              at - WORD not in offsets for at in offsets)
            places.clear()
    return groups


def in_ptx(text):
    """The body of each kernel, by its mangled name."""
    parts = re.split(r"^(?:\.\w+ )*\.entry (\w+)\(", text, flags=re.MULTILINE)
    return zip(parts[1::2], parts[2::2])


def in_sass(text):
    parts = re.split(r"^\s*\.section\s+\.text\.(\w+),", text, flags=re.MULTILINE)
    return zip(parts[1::2], parts[2::2])


def split_by_kernel(kernels, store):
    found = collections.Counter()
    for name, body in kernels:
        found[short_name(name)] += split_stores(body.splitlines(), store)
    return found


class PtxStoresTest(unittest.TestCase):
    def expect_none(self, found):
        self.assertGreater(len(found), 10, "few kernels")
        self.assertEqual({name: count for name, count in found.items() if count > 0}, {})

    def test_groups_are_found(self):
        words = [f"st.global.f32 [%rd1+{offset}], %f1;" for offset in (0, 8, 4, 12)]
        self.assertEqual(split_stores(words, PTX_STORE), 1)
        self.assertEqual(split_stores(words[:3], PTX_STORE), 0)
        self.assertEqual(split_stores([*words[:2], "$L1:", *words[2:]], PTX_STORE), 0)
        sass = [f"/*0010*/ @P0 STG.E desc[UR4][R2.64{offset}], R9 ;"
                for offset in ("", "+0x4", "+0x8", "+0xc")]
        self.assertEqual(split_stores(sass, SASS_STORE), 1)

    def test_cache_operators_hide_no_group(self):
        for operator in "wb", "cg", "cs", "wt":
            words = [f"st.global.{operator}.f32 [%rd1+{offset}], %f1;" for offset in (0, 4, 8, 12)]
            self.assertEqual(split_stores(words, PTX_STORE), 1, operator)
        for operator in "EF", "STRONG.SYS":
            words = [f"STG.E.{operator} desc[UR4][R2.64+{4 * i:#x}], R9 ;" for i in range(4)]
            self.assertEqual(split_stores(words, SASS_STORE), 1, operator)

    def test_two_pairs_are_a_group_and_whole_vectors_are_none(self):
        pairs = [f"st.global.wb.v2.f32 [%rd1+{offset}], {{%f1, %f2}};" for offset in (16, 24)]
        self.assertEqual(split_stores(pairs, PTX_STORE), 1)
        self.assertEqual(split_stores(pairs[:1], PTX_STORE), 0)
        vectors = [f"st.global.wb.v4.f32 [%rd1+{16 * i}], {{%f1, %f2, %f3, %f4}};" for i in range(4)]
        self.assertEqual(split_stores(vectors, PTX_STORE), 0)
        for width in "64", "128", "EF.64", "64.STRONG.GPU", "U8":
            wide = [f"STG.E.{width} desc[UR4][R2.64+{4 * i:#x}], R8 ;" for i in range(4)]
            self.assertEqual(split_stores(wide, SASS_STORE), 0, width)

    def test_nvcc_splits_no_vector_store(self):
        found = collections.Counter()
        for path in PTX_FOLDER.glob("*.ptx"):
            found.update(split_by_kernel(in_ptx(path.read_text()), PTX_STORE))
        self.expect_none(found)

    @unittest.skipUnless(NVDISASM, "nvdisasm is not here (pip's nvidia-cuda-nvdisasm)")
    def test_ptxas_splits_no_vector_store(self):
        found = collections.Counter()
        with tempfile.TemporaryDirectory() as folder:
            for path in PTX_FOLDER.glob("*.ptx"):
                cubin = pathlib.Path(folder) / "kernels.cubin"
                subprocess.run([PTXAS, f"-arch=sm_{SM}", path, "-o", cubin], check=True)
                sass = subprocess.run([NVDISASM, "-c", cubin], check=True, capture_output=True,
                                      text=True).stdout
                found.update(split_by_kernel(in_sass(sass), SASS_STORE))
        self.expect_none(found)


if __name__ == "__main__":
    unittest.main()
