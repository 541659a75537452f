"""Tests setup.sh, run.sh, view.sh and test.sh, and the options of other scripts, in a copy of the
repository's scripts, with shims for the programs that they call.

Usage: check_scripts.py SCRIPTS_FOLDER TRAINER

Every shim appends its call to `calls`. No package is installed and nothing is built.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from colours_link import QUERY

SCRIPTS = pathlib.Path(sys.argv.pop(1)).resolve()
BUILT_TRAINER = sys.argv.pop(1)

RECORD = """#!/bin/bash
echo "${0##*/} $*" >>"$CALLS"
"""

# Reports the library named in $MISSING as missing until apt-get has installed it.
PKG_CONFIG = RECORD + """
[[ $* != *"${MISSING:-none}"* || -e $CALLS.installed ]]
"""

APT_GET = RECORD + """
[[ $* == *install* && ${APT_WORKS:-} == yes ]] && touch "$CALLS.installed"
[[ ${APT_WORKS:-} == yes ]]
"""

# Builds with -lcublas only if the toolkit has cuBLAS.
NVCC = RECORD + """
[[ $* != --version ]] || echo "Cuda compilation tools, release ${RELEASE:-13.0}, V1"
[[ $* != *-lcublas* || ${TOOLKIT_HAS_CUBLAS:-} == yes ]]
"""

# python3 -m venv FOLDER copies this shim into the environment, where it is called as pip.
PYTHON = RECORD + """
if [[ $1 == -m && $2 == venv ]]; then
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/python"
fi
[[ $* != *nvidia-cublas* || ${PIP_WORKS:-yes} == yes ]]
"""

TRAINER = RECORD + """
echo "in $PWD" >>"$CALLS"
exit 7
"""


class ScriptsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="check scripts ")
        self.addCleanup(folder.cleanup)
        self.world = pathlib.Path(folder.name).resolve()
        self.root = self.world / "the repository"
        self.calls = self.world / "calls"
        shutil.copytree(SCRIPTS, self.root / "scripts")
        self.shim(self.world / "bin/pkg-config", PKG_CONFIG)
        self.shim(self.world / "bin/apt-get", APT_GET)
        self.shim(self.world / "bin/sudo", '#!/bin/bash\n[[ $1 == -n ]] && shift\nexec "$@"\n')
        self.shim(self.world / "bin/cmake", RECORD + "echo cmake version 3.25.1\n")
        for tool in "gcc make protoc-c curl".split():
            self.shim(self.world / "bin" / tool, "#!/bin/bash\n")

    def shim(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def call(self, script, *arguments, cwd=None, **environment):
        path = f"{self.world / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(
            [self.root / "scripts" / script, *arguments], cwd=cwd or self.world, text=True,
            capture_output=True, stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": path, "CALLS": str(self.calls), **environment})

    def assert_wrong_usage(self, script, *arguments):
        """The script prints one line and calls nothing."""
        result = self.call(script, *arguments)
        self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)
        name = script.removesuffix(".sh")
        self.assertRegex(result.stderr, rf"^{name}: .*; see .*/{script} --help\n$")
        self.assertFalse(self.calls.exists(), arguments)

    def calls_of(self, name):
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line.partition(" ")[2] for line in lines if line.split(" ")[0] == name]


class Setup(ScriptsTest):
    def test_nothing_is_installed_where_all_is_there(self):
        result = self.call("setup.sh")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.assertEqual(self.calls_of("apt-get"), [])

    def test_only_what_is_missing_is_installed(self):
        result = self.call("setup.sh", MISSING="jansson", APT_WORKS="yes")
        self.assertEqual(result.returncode, 0, result.stderr)
        update, install = self.calls_of("apt-get")
        self.assertIn("update", update)
        self.assertTrue(install.endswith(" libjansson-dev"), install)

    def test_what_cannot_be_installed_is_listed(self):
        result = self.call("setup.sh", MISSING="jansson", APT_WORKS="no")
        self.assertEqual(result.returncode, 1)
        self.assertIn("missing: libjansson-dev", result.stderr)
        self.assertIn("apt-get install libjansson-dev", result.stderr)

    def test_a_wrong_option_is_wrong_usage(self):
        self.assert_wrong_usage("setup.sh", "--everything")
        self.assert_wrong_usage("setup.sh", "--tests", "--cuda")


class SetupCuda(ScriptsTest):
    def setUp(self):
        super().setUp()
        self.shim(self.world / "bin/nvcc", NVCC)
        self.shim(self.world / "bin/python3", PYTHON)
        self.shim(self.world / "bin/g++", "#!/bin/bash\n")
        self.version = self.root / ".venv/cublas/version"

    def installed(self):
        return [call for call in self.calls_of("python") if "nvidia-cublas==" in call]

    def test_the_toolkits_cublas_is_enough(self):
        result = self.call("setup.sh", "--cuda", TOOLKIT_HAS_CUBLAS="yes")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.assertFalse(self.version.exists())

    def test_an_nvcc_before_13_is_refused_and_nothing_installed(self):
        result = self.call("setup.sh", "--cuda", RELEASE="12.8")
        self.assertEqual(result.returncode, 1)
        self.assertIn("CUDA 13 is needed", result.stderr)
        self.assertEqual(self.installed(), [])

    def test_the_wheel_is_installed_once_where_the_toolkit_has_none(self):
        for _ in range(2):
            result = self.call("setup.sh", "--cuda")
            self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(self.installed()), 1)
        self.assertIn(self.version.read_text().strip(), self.installed()[0])

    def test_a_half_installed_wheel_does_not_count(self):
        self.assertNotEqual(self.call("setup.sh", "--cuda", PIP_WORKS="no").returncode, 0)
        self.assertFalse(self.version.exists())
        self.assertEqual(self.call("setup.sh", "--cuda").returncode, 0)
        self.assertEqual(len(self.installed()), 2)


# Writes a report as ctest does: one test of each preset fails that $FAILING names, one is skipped,
# and one is disabled.
CTEST = RECORD + """
preset=$2
file=$(sed -E 's/.*--output-junit (.*\\.xml).*/\\1/' <<<"$*")
fails=no
[[ " ${FAILING:-} " != *" $preset "* ]] || fails=yes
{
    echo '<testsuite><testcase name="check_one" time="1.5" status="run"/>'
    echo '<testcase name="check_two" time="70.2" status="notrun">'
    echo '<system-out>no data here</system-out></testcase>'
    echo '<testcase name="check_four" time="0" status="disabled"/>'
    [[ $fails == no ]] || echo '<testcase name="check_three" time="3" status="fail"/>'
    echo '</testsuite>'
} >"$file"
[[ $fails == no ]]
"""

# Builds as make does: one object is compiled, and a target is up to date.
CMAKE_BUILD = RECORD + """
[[ $1 == --build ]] || { echo cmake version 3.25.1; exit; }
echo 'Consolidate compiler generated dependencies of target tblog'
echo '[ 50%] Built target tblog'
echo '[ 75%] Building C object trainer/main.c.o'
[[ ${COMPILES:-yes} == yes ]] || { echo 'main.c:1: error' >&2; exit 2; }
echo '[100%] Built target trainer'
"""

# A checkout in which no file has changed.
GIT = RECORD + """
[[ $* != 'ls-files -- '* ]] || echo tblog/unchanged.c
"""


class TestTiers(ScriptsTest):
    def setUp(self):
        super().setUp()
        (self.root / "tests").mkdir()
        shutil.copy(SCRIPTS.parent / "tests/result_table.py", self.root / "tests")
        for script in ("setup.sh", "fetch_mnist.sh", "fetch_protobuf_c.sh", "python_venv.sh",
                       "gpu_bundle.sh"):
            self.shim(self.root / "scripts" / script, RECORD)
        for tool in "cmake", "shellcheck", "nvcc":
            self.shim(self.world / "bin" / tool, RECORD)
        self.shim(self.world / "bin/ctest", CTEST)
        self.shim(self.world / "bin/git", "#!/bin/bash\nexit 128\n")  # no checkout

    def run_tests(self, *arguments, **environment):
        environment = {"CI": "", **environment}
        for pattern in (".ci/run", "bench/a.sh", "contrib/slurm/a.sbatch", "tests/a.sh",
                        "tests/b/a.sh", "tests/scale_out/ssh"):
            self.shim(self.root / pattern, "#!/bin/bash\n")
        return self.call("test.sh", *arguments, **environment)

    def presets(self):
        return [call.split()[1] for call in self.calls_of("ctest")]

    def test_quick_installs_nothing_and_tests_what_is_quick(self):
        result = self.run_tests("quick")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        for script in "setup.sh", "fetch_mnist.sh", "python_venv.sh":
            self.assertEqual(self.calls_of(script), [])
        (call,) = self.calls_of("ctest")
        self.assertIn("--preset release", call)
        self.assertIn("--label-exclude ^(tier-default|tier-all)$", call)

    def test_the_default_tests_all_of_release_and_what_is_quick_under_sanitizers(self):
        result = self.run_tests()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(self.presets(), ["release", "asan", "tsan"])
        release, asan, _ = self.calls_of("ctest")
        self.assertIn("--label-exclude ^(tier-all)$", release)
        self.assertIn("--label-exclude ^(tensorboard|scripts|tier-default|tier-all)$", asan)
        self.assertEqual(self.calls_of("python_venv.sh"), ["format", "tensorboard", "frameworks"])

    def test_all_leaves_out_only_what_sanitizers_tell_nothing_about(self):
        result = self.run_tests("all")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(self.presets(), ["cuda", "release", "asan", "tsan"])
        _, release, _, tsan = self.calls_of("ctest")
        self.assertIn("--label-exclude ^(none)$", release)
        self.assertIn("--label-exclude ^(tensorboard|scripts)$", tsan)
        self.assertEqual(self.calls_of("python_venv.sh"), [
            "format", "tensorboard", "frameworks", "older_frameworks", "old_cmake",
            "models"])
        self.assertEqual(len(self.calls_of("fetch_protobuf_c.sh")), 1)

    def test_a_preset_that_fails_does_not_keep_the_others_from_running(self):
        result = self.run_tests(FAILING="release asan")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(self.presets(), ["release", "asan", "tsan"])
        for line in (r"release +FAILED +1 +1 +2 +\d+ s  check_two 70 s, check_three 3 s, check_one 2 s",
                     r"tsan +ok +1 +0 +2 ", "  asan: check_three", "  tsan: check_two: no data here",
                     # two tests of each preset, and the steps layout and code
                     "3 passed, 2 failed, 8 skipped"):
            self.assertRegex(result.stdout, rf"(?m)^{line}")

    def test_a_build_that_fails_is_a_failed_step(self):
        self.shim(self.world / "bin/cmake", RECORD + "[[ $* != *--build* || $* != *tsan* ]]\n")
        result = self.run_tests()
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, "(?m)^tsan +FAILED")
        self.assertIn("  tsan: see above", result.stdout)
        self.assertIn("2 passed, 1 failed, 6 skipped", result.stdout)

    def test_what_is_missing_is_skipped_and_fails_in_ci(self):
        result = self.run_tests("quick")
        self.assertRegex(result.stdout, "(?m)^layout +skipped")
        self.assertIn("  layout: this is no git checkout", result.stdout)
        result = self.run_tests("quick", CI="true")
        self.assertEqual(result.returncode, 1)
        self.assertIn("  layout: see above (this is no git checkout)", result.stdout)

    def test_scripts_are_skipped_without_shellcheck(self):
        tools = self.world / "few tools"
        tools.mkdir()
        for tool in "bash cat dirname env mkdir nproc python3 rm sed".split():
            (tools / tool).symlink_to(shutil.which(tool))
        (self.world / "bin/shellcheck").unlink()
        path = f"{self.world / 'bin'}:{tools}"
        result = self.run_tests("quick", PATH=path)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("  scripts: no shellcheck", result.stdout)
        result = self.run_tests("quick", PATH=path, CI="true")
        self.assertEqual(result.returncode, 1)
        self.assertIn("  scripts: see above (no shellcheck", result.stdout)

    def test_files_that_have_not_changed_are_checked_by_all_and_in_ci(self):
        self.shim(self.world / "bin/git", GIT)
        self.shim(self.world / "bin/clang-tidy-14", RECORD)
        self.shim(self.root / ".venv/format/bin/clang-format", RECORD)
        for arguments, ci, checks in (["quick"], "", 0), (["quick"], "true", 1), (["all"], "", 1):
            self.calls.unlink(missing_ok=True)
            result = self.run_tests(*arguments, CI=ci)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            for tool in "clang-format", "clang-tidy-14":
                calls = self.calls_of(tool)
                self.assertEqual(len(calls), checks, (arguments, ci, tool))
                self.assertTrue(all(call.endswith(" tblog/unchanged.c") for call in calls), calls)

    def test_presets_that_are_named_run_alone(self):
        self.assertEqual(self.run_tests("tsan", "cuda").returncode, 0)
        self.assertEqual(self.presets(), ["tsan", "cuda"])

    def test_wrong_usage(self):
        for arguments in ["--all"], ["quick", "all"]:
            self.assert_wrong_usage("test.sh", *arguments)


class Options(ScriptsTest):
    def test_a_wrong_one_is_refused_in_one_line(self):
        for script in ("cross_test.sh", "debian_packages.sh", "fetch_protobuf_c.sh",
                       "gpu_bundle.sh", "python_venv.sh", "release.sh"):
            self.assert_wrong_usage(script, "--fly")

    def test_a_value_that_is_missing_is_refused(self):
        for arguments in (["--output"], ["--output", ""], ["--output", "x", "--output"], ["x"]):
            for script in "debian_packages.sh", "gpu_bundle.sh", "release.sh":
                self.assert_wrong_usage(script, *arguments)


class Run(ScriptsTest):
    def setUp(self):
        super().setUp()
        self.shim(self.root / "scripts/fetch_mnist.sh",
                  RECORD + "echo MNIST is there already\n")
        self.shim(self.root / "build/release/bin/trainer", TRAINER)
        self.elsewhere = self.world / "elsewhere"
        self.elsewhere.mkdir()

    def test_it_builds_fetches_and_sweeps_with_the_repositorys_paths(self):
        result = self.call("run.sh", cwd=self.elsewhere)
        self.assertEqual(result.returncode, 7, result.stderr)  # the trainer's own
        self.assertEqual(len(self.calls_of("fetch_mnist.sh")), 1)
        self.assertTrue(any("--build" in call for call in self.calls_of("cmake")))
        self.assertEqual(self.calls_of("trainer"),
                         [f"sweep --data {self.root}/data/mnist --logdir {self.root}/logs"])

    def test_of_a_build_only_what_is_compiled_is_shown(self):
        self.shim(self.world / "bin/cmake", CMAKE_BUILD)
        result = self.call("run.sh")
        self.assertEqual(result.stdout, "[ 75%] Building C object trainer/main.c.o\n")
        self.assertEqual(len(self.calls_of("trainer")), 1)

    def test_a_build_that_fails_ends_it(self):
        self.shim(self.world / "bin/cmake", CMAKE_BUILD)
        result = self.call("run.sh", COMPILES="no")
        self.assertEqual(result.returncode, 2)
        self.assertIn("main.c:1: error\n", result.stderr)
        self.assertEqual(self.calls_of("trainer"), [])

    def test_given_options_come_last_and_paths_are_the_callers(self):
        self.call("run.sh", "--epochs", "2", "--logdir", "mine", cwd=self.elsewhere)
        self.assertTrue(self.calls_of("trainer")[0].endswith("--epochs 2 --logdir mine"))
        self.assertEqual(self.calls_of("in"), [str(self.elsewhere)])

    def test_given_data_is_not_fetched(self):
        for option in (("--data", "my.npz"), ("--data=my.npz",)):
            self.call("run.sh", *option)
        self.assertEqual(self.calls_of("fetch_mnist.sh"), [])
        self.assertEqual(len(self.calls_of("trainer")), 2)

    def test_an_exported_cdpath_changes_nothing(self):
        self.assertEqual(self.call("run.sh", CDPATH=".").returncode, 7)

    def test_a_wrong_option_is_refused_before_anything_is_installed_or_built(self):
        for arguments in (["--epoch", "2"], ["--epochs", "2", "--fly=1"], ["-x"], ["--"]):
            self.assert_wrong_usage("run.sh", *arguments)

    def test_every_option_of_the_sweep_is_passed_on(self):
        text = subprocess.run([BUILT_TRAINER, "sweep", "--help"], capture_output=True, text=True,
                              check=True).stdout
        options = re.findall(r"^ +(?:(-.), )?(--[a-z-]+)", text, re.MULTILINE)
        names = {name for pair in options for name in pair if name} - {"--help"}
        self.assertIn("--task", names)
        self.call("run.sh", *names)
        self.assertTrue(self.calls_of("trainer")[0].endswith(" ".join(names)))

    def test_help_is_the_scripts_own_wherever_it_is_asked_for(self):
        for arguments in (["-h"], ["--epochs", "2", "--help"]):
            result = self.call("run.sh", *arguments)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertTrue(result.stdout.startswith("Usage: scripts/run.sh"))
        self.assertFalse(self.calls.exists())


def add_run(logs):
    (logs / "run/train").mkdir(parents=True)
    (logs / "run/train/events.out.tfevents.1.host").touch()


class View(ScriptsTest):
    def setUp(self):
        super().setUp()
        self.shim(self.root / "scripts/python_venv.sh", RECORD)
        self.shim(self.root / ".venv/view/bin/python", RECORD)
        (self.root / "logs").mkdir()
        (self.world / "my logs").mkdir()

    def test_it_listens_on_this_machine_only(self):
        self.assertEqual(self.call("view.sh").returncode, 0)
        self.assertEqual(self.calls_of("python"), [
            f"-m tensorboard.main --host localhost --logdir {self.root}/logs"])

    def test_a_directory_and_options_are_passed_on(self):
        self.assertEqual(self.call("view.sh", "my logs", "--port", "7000").returncode, 0)
        self.assertTrue(self.calls_of("python")[0].endswith("--logdir my logs --port 7000"))

    def test_a_given_host_takes_the_place_of_this_machine_only(self):
        for options in (["--bind_all"], ["--host", "0.0.0.0"], ["--host=::1", "--port", "7000"]):
            self.calls.unlink(missing_ok=True)
            self.assertEqual(self.call("view.sh", "my logs", *options).returncode, 0)
            self.assertEqual(self.calls_of("python"), [
                f"-m tensorboard.main --logdir my logs {' '.join(options)}"])

    def test_it_installs_only_what_viewing_needs(self):
        self.assertEqual(self.call("view.sh").returncode, 0)
        self.assertEqual(self.calls_of("python_venv.sh"), ["view"])
        self.assertEqual(self.calls_of("pkg-config"), [])  # finds packages of a build
        view, tests = ((SCRIPTS / f"{name}_requirements.txt").read_text().splitlines()
                       for name in ("view", "tensorboard"))
        packages = {line for line in view if not line.startswith("#")}
        self.assertLessEqual(packages, set(tests))  # tests and view.sh use the same version
        self.assertNotIn("selenium", " ".join(packages))

    def test_a_link_that_colours_by_batch_size_follows_the_address(self):
        address = "TensorBoard 2.21.0 at http://localhost:7000/ (Press CTRL+C to quit)\n"
        other = "NOTE: one line before\n", "one after\n"
        link = f"Runs coloured by batch size:\nhttp://localhost:7000/{QUERY}\n"
        add_run(self.world / "my logs")
        self.shim(self.root / ".venv/view/bin/python",
                  f"#!/bin/bash\nprintf '%s' '{other[0]}{address}{other[1]}' >&2\n")
        self.assertEqual(self.call("view.sh", "my logs").stderr,
                         other[0] + address + link + other[1])
        (self.world / "my logs/run.json").touch()  # the directory of one run
        self.assertEqual(self.call("view.sh", "my logs").stderr, other[0] + address + other[1])

    def test_a_wrong_option_is_refused_before_anything_is_installed(self):
        for arguments in (["--prot", "7000"], ["my logs", "--fly"], ["my logs", "-x"]):
            self.assert_wrong_usage("view.sh", *arguments)

    def test_a_directory_that_is_not_there_is_named(self):
        (self.world / "file").touch()
        for name, wrong in ("nowhere", ": no such directory"), ("file", " is not a directory"):
            result = self.call("view.sh", name)
            self.assertEqual((result.returncode, result.stderr), (1, f"view: {name}{wrong}\n"))
        self.assertEqual(self.calls_of("python"), [])

    def test_a_directory_without_runs_is_shown_with_a_note(self):
        note = "view: no runs in my logs yet; the page fills when a run is trained there\n"
        self.assertEqual(self.call("view.sh", "my logs").stderr, note)
        add_run(self.world / "my logs")
        self.assertEqual(self.call("view.sh", "my logs").stderr, "")
        self.assertEqual(len(self.calls_of("python")), 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
