"""One results folder: what was measured so far, how commands are run, and when to stop."""
import datetime
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import time
import traceback


class Failed(Exception):
    """A measurement went wrong; its text says how."""


class LeftOut(Exception):
    """A measurement cannot be made here; its text says why."""


class OutOfTime(Exception):
    """The call's limit is reached. The next call repeats the interrupted measurement."""


class Session:
    """`results` maps stage -> key -> what was measured, {"failed": why} or {"left_out": why}. It is
    written to results.json after each measurement, so that a later call resumes after it."""

    def __init__(self, options, sizes, made_on):
        self.options = options
        self.made_on = made_on  # from identity.py
        self.sizes = sizes
        self.bundle = options.bundle.resolve()
        self.folder = options.results.resolve()
        self.work = self.folder / "work"  # the runs' own files, too many to be kept with the logs
        self.logs = self.folder / "logs"
        for folder in self.work, self.logs:
            folder.mkdir(parents=True, exist_ok=True)
        self.file = self.folder / "results.json"
        self.results = json.loads(self.file.read_text()) if self.file.exists() else {}
        # Measurements that the limit interrupted in the last call before they made progress.
        self.cut_file = self.folder / "cut.json"
        self.cut = json.loads(self.cut_file.read_text()) if self.cut_file.exists() else []
        self.save()
        self.end = time.monotonic() + options.limit
        self.cublas = find_cublas(options.python)
        self.data = self.bundle / "data"

    @property
    def dry(self):
        return self.options.dry_run

    @property
    def engine(self):
        return "cpu" if self.dry else "cuda"

    def save(self):
        for file, value in (self.file, self.results), (self.cut_file, self.cut):
            new = file.with_suffix(".new")
            new.write_text(json.dumps(value, indent=1) + "\n")
            new.replace(file)

    def get(self, stage, key):
        """What was measured, or None if nothing was."""
        value = self.results.get(stage, {}).get(key)
        return None if not value or "failed" in value or "left_out" in value else value

    def cut_off(self, name, got_on):
        """Records whether the measurement that the limit interrupted made progress. Without progress
        in two calls it has failed; otherwise every later call would end here too."""
        if name in self.cut and not got_on:
            raise Failed("interrupted by the limit of two calls, without progress")
        self.cut = [other for other in self.cut if other != name] + ([] if got_on else [name])
        self.save()
        raise OutOfTime

    def measure(self, stage, key, function, progress=lambda: 0):
        """`progress` counts finished work that an interrupted call leaves for the next one."""
        known = self.results.setdefault(stage, {}).get(key)
        if known is not None and not (self.options.again and "failed" in known):
            return
        if time.monotonic() > self.end:
            self.save()
            raise OutOfTime
        begin = time.monotonic()
        done_before = progress()
        try:
            try:
                value = function()
            except OutOfTime:
                self.cut_off(f"{stage} {key}", progress() > done_before)
        except LeftOut as reason:
            value = {"left_out": str(reason)}
        except OutOfTime:
            raise
        except Failed as reason:
            value = {"failed": str(reason)}
        except Exception as error:  # whatever the error, the later stages must still run
            traceback.print_exc()
            value = {"failed": repr(error)}
        value["took_seconds"] = round(time.monotonic() - begin, 2)
        value["at"] = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        self.cut = [name for name in self.cut if name != f"{stage} {key}"]
        self.results[stage][key] = value
        self.save()
        told = value.get("failed") or value.get("left_out")
        word = "failed: " if "failed" in value else "left out: " if told else "done"
        print(f"gpu_check: {stage} {key}: {word}{told or ''}", flush=True)

    def program(self, name):
        path = self.bundle / name
        if not path.exists():
            raise LeftOut(f"{name} is not in the bundle")
        return path

    def tool(self, name):
        """The path of a profiler or checker that is installed on the machine."""
        if self.dry:
            raise LeftOut("no device")
        path = shutil.which(name, path=os.environ["PATH"] + ":/usr/local/cuda/bin")
        if path is None:
            raise LeftOut(f"{name} is not on this machine")
        return path

    def environment(self, extra=()):
        """The environment for our own programs: it has the path of cuBLAS, which is not in the
        bundle."""
        found = dict(os.environ, **dict(extra))
        if self.cublas:
            paths = [self.cublas, found.get("LD_LIBRARY_PATH", "")]
            found["LD_LIBRARY_PATH"] = ":".join(path for path in paths if path)
        return found

    def call(self, log, command, limit=300, environment=None):
        """Runs a command and returns its output. Everything that it prints is kept in
        logs/`log`.log. If `limit` is None, only the limit of this call of gpu_check.sh
        ends it. So it is in a dry run, because that may be on a slow machine."""
        path = self.logs / f"{log}.log"
        limit = None if self.dry else limit
        left = max(self.end - time.monotonic(), 1)
        seconds = left if limit is None else min(limit, left)
        with path.open("w") as out:
            out.write("$ " + " ".join(map(str, command)) + "\n")
            out.flush()
            try:
                process = subprocess.Popen(
                    list(map(str, command)), stdout=subprocess.PIPE, stderr=out, text=True,
                    stdin=subprocess.DEVNULL, start_new_session=True,
                    env=self.environment() if environment is None else environment)
            except OSError as error:
                raise Failed(f"{command[0]} cannot be run: {error.strerror}") from None
            try:
                output = process.communicate(timeout=seconds)[0]
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                out.write(process.communicate()[0])
                if limit is None or seconds < limit:
                    raise OutOfTime from None
                raise Failed(f"not done after {limit} s") from None
            out.write(output)
        if process.returncode != 0:
            raise Failed(f"exit status {process.returncode}: {last_line(path)}")
        return output

    def call_json(self, log, command, **more):
        lines = self.call(log, command, **more).splitlines()
        try:
            return json.loads(lines[-1])
        except (IndexError, json.JSONDecodeError) as error:
            raise Failed(f"no JSON: {error}") from None


class Server:
    """A program that warms up and then waits for its turns. A turn is a line to it and a line of
    JSON from it. Other lines that it or its libraries print go only into its log."""

    def __init__(self, session, log, command, environment=None):
        self.session = session
        self.path = session.logs / f"{log}.log"
        with self.path.open("w") as out:
            out.write("$ " + " ".join(map(str, command)) + "\n")
        self.errors = self.path.open("a")
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
            stderr=self.errors, env=environment, start_new_session=True)
        self.read = b""  # and not yet returned as a line
        self.begin = time.monotonic()

    def line(self, end):
        while b"\n" not in self.read:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                if end == self.session.end:
                    raise OutOfTime
                raise Failed("no answer in time")
            part = os.read(self.process.stdout.fileno(), 65536)
            if not part:
                raise Failed(f"ended: {last_line(self.path)}")
            self.read += part
        line, self.read = self.read.split(b"\n", 1)
        text = line.decode(errors="replace")
        self.errors.write(text + "\n")
        self.errors.flush()
        return text

    def answer(self, key, end):
        """The next line that is a JSON object with `key`. In a dry run `end` has no effect, as in
        Session.call."""
        end = self.session.end if self.session.dry else min(end, self.session.end)
        while time.monotonic() < end:
            try:
                found = json.loads(self.line(end))
            except json.JSONDecodeError:
                continue
            if isinstance(found, dict) and key in found:
                return found
        if end == self.session.end:
            raise OutOfTime
        raise Failed("no answer in time")

    def ready(self):
        """Waits until it is warm, at most 240 s from its start."""
        self.answer("ready", self.begin + 240)

    def turn(self):
        try:
            self.process.stdin.write(b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failed(f"ended: {last_line(self.path)}") from None
        return self.answer("seconds_per_epoch", time.monotonic() + 90)

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)  # also the processes that compile for it
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()


def last_line(path):
    lines = [line for line in path.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no output"


def find_cublas(python):
    """The folder of libcublas.so.13, or None if the loader finds it by itself."""
    try:
        known = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True).stdout
    except OSError:
        known = ""
    if "libcublas.so.13" in known:
        return None
    folders = [pathlib.Path("/usr/local/cuda/lib64"), pathlib.Path("/usr/local/cuda/lib")]
    site = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                          capture_output=True, text=True)
    if site.returncode == 0:
        folders.append(pathlib.Path(site.stdout.strip()) / "nvidia/cu13/lib")
    return next((str(f) for f in folders if (f / "libcublas.so.13").exists()), None)
