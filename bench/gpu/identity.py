"""The identity of a results folder: one device, one driver, one bundle."""
import json
import subprocess
import sys

from session import Failed


def machine():
    """The first device that nvidia-smi lists."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        made = subprocess.run(query, capture_output=True, text=True, timeout=60)
    except OSError as error:
        raise Failed(f"nvidia-smi cannot be run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise Failed("nvidia-smi is not done after 60 s") from None
    found = made.stdout.strip().splitlines()
    if made.returncode != 0 or not found or found[0].count(", ") != 2:
        raise Failed(f"nvidia-smi: {(made.stderr + made.stdout).strip()[:200] or 'no device'}")
    name, driver, memory = found[0].split(", ")
    return {"name": name, "driver": driver, "memory": memory, "devices": len(found)}


def here(options):
    version = (options.bundle / "version").read_text().strip()
    if options.dry_run:
        return {"device": "dry run", "driver": "none", "version": version}
    try:
        found = machine()
    except Failed:  # stage device says why
        found = {"name": "unknown device", "driver": "unknown"}
    return {"device": found["name"], "driver": found["driver"], "version": version}


def told(identity):
    return "{device}, driver {driver}, version {version}".format(**identity)


def claim(options):
    """Returns this call's identity. Ends the program if the results folder has another one."""
    now = here(options)
    file = options.results / "identity.json"
    if file.exists():
        before = json.loads(file.read_text())
        if before != now:
            sys.exit(f"gpu_check: {options.results} has the results of: {told(before)}; this is: "
                     f"{told(now)}. Do not mix figures of the two: resume there with the "
                     "same bundle, or name another folder with --results")
    options.results.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(json.dumps(now, indent=1) + "\n")
    new.replace(file)
    return now
