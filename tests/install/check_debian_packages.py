"""The Debian packages: lintian finds no error in them, and a minimal Debian installs and uses them.

Usage: check_debian_packages.py SOURCE_DIRECTORY
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from waiting import LIMIT_SECONDS

SOURCE = os.path.abspath(sys.argv.pop(1))
TOOLS = ("lintian", "mmdebstrap", "dpkg-buildflags")

# The commands of a user there.
USE = """set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get install -qq --no-install-recommends /packages/*.deb
cd /packages
examples=/usr/share/doc/libtblog-dev/examples
cc -Wall -Werror $examples/log_scalars.c $(pkg-config --cflags --libs tblog) -lm -o shared
cc -Wall -Werror -static $examples/log_scalars.c $(pkg-config --static --cflags --libs tblog) -lm \
    -o static
for program in shared static; do
    ./$program logs/$program
done
ldd shared | grep -q libtblog
c++ -std=c++17 -Wall -Werror mine.cpp $(pkg-config --cflags --libs tblog) -o mine
./mine
cmake -S consumer -B build -DEXAMPLES=$examples
cmake --build build --parallel 2
for library in tblog tblog_static; do
    build/log_cpp_$library logs/cpp_$library
done
tblog verify logs
test "$(tblog export -t train/loss logs | wc -l)" -eq 401
test "$(tblog export -t loss logs/mine | wc -l)" -eq 101
test -e /usr/share/man/man1/tblog.1.gz
apt-get purge -qq 'libtblog*' tblog
test ! -e /usr/bin/tblog
echo used
"""

scratch = None


def run(*command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            stdin=subprocess.DEVNULL, timeout=LIMIT_SECONDS)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {result.returncode}\n{result.stdout}")
    return result.stdout


def setUpModule():
    global scratch
    holder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(holder.cleanup)
    scratch = holder.name
    make_packages()


def make_packages():
    run(os.path.join(SOURCE, "scripts/debian_packages.sh"), "--output", scratch)


def packages():
    return [os.path.join(scratch, name) for name in os.listdir(scratch) if name.endswith(".deb")]


def sources_of_debian():
    """Lines of sources.list for this machine's distribution."""
    lines = run("apt-get", "indextargets", "--format",
                "$(ORIGIN) deb $(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages")
    return sorted({line.split(" ", 1)[1] for line in lines.splitlines()
                   if line.split()[0] in ("Debian", "Ubuntu")})


def program_of_the_page():
    with open(os.path.join(SOURCE, "tblog/README.md"), encoding="utf-8") as file:
        return re.search(r"^```cpp\n(.*?)^```", file.read(), flags=re.S | re.M)[1]


class DebianPackages(unittest.TestCase):
    def test_there_is_one_for_the_library_its_development_and_the_command(self):
        names = {run("dpkg-deb", "--field", path, "Package").strip() for path in packages()}
        [library] = names - {"libtblog-dev", "tblog"}
        self.assertRegex(library, r"^libtblog\d+(\.\d+)?$")

    def test_packages_of_an_older_version_are_removed(self):
        older = [os.path.join(scratch, name) for name in
                 ("libtblog0.1_0.1.0_amd64.deb", "libtblog-dev_0.1.0_amd64.deb",
                  "tblog_0.1.0_amd64.deb")]
        newer = packages()
        for path in [*older, os.path.join(scratch, "other_1.0_all.deb")]:
            with open(path, "w", encoding="utf-8"):
                pass
        self.addCleanup(os.remove, os.path.join(scratch, "other_1.0_all.deb"))
        make_packages()
        self.assertEqual(set(packages()), {*newer, os.path.join(scratch, "other_1.0_all.deb")})

    def test_lintian_finds_no_error(self):
        run("lintian", "--allow-root", "--fail-on", "error", *packages())

    def test_a_fresh_system_installs_and_uses_them(self):
        script = os.path.join(scratch, "use.sh")
        with open(script, "w", encoding="utf-8") as file:
            file.write(USE)
        program = os.path.join(scratch, "mine.cpp")
        with open(program, "w", encoding="utf-8") as file:
            file.write(program_of_the_page())
        consumer = shutil.copytree(os.path.join(SOURCE, "tests/install/consumer"),
                                   os.path.join(scratch, "consumer"))
        files = [*packages(), script, program, consumer]  # their names have no spaces
        lines = sources_of_debian()
        output = run("mmdebstrap", "--quiet", "--variant=apt",
                     "--include=g++,cmake,make,pkg-config",
                     '--customize-hook=mkdir "$1/packages"',
                     f"--customize-hook=copy-in {' '.join(files)} /packages",
                     '--customize-hook=chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin '
                     "sh /packages/use.sh",
                     lines[0].split()[2], "/dev/null", *lines)
        self.assertIn("\nused\n", output)


if __name__ == "__main__":
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        print(f"cannot run without {', '.join(missing)}", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    unittest.main()
