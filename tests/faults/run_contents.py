"""The contents of a run (its state, points and epochs), and how two runs differ."""

import dataclasses
import hashlib
import json
import struct
import subprocess

from fault_kind import FaultFound

PARTS = ("", "train", "validation")  # the directories of a run that have event files
# Measured times: only their steps and signs are compared.
CLOCK_TAGS = ("epoch_steps_per_second", "epoch_samples_per_second", "hparams/seconds_per_epoch")
# Times at which a session began and ended, and how it ended.
SESSION_TAGS = "_hparams_/"
SESSION_END = SESSION_TAGS + "session_end_info"
TORN = 3  # tblog verify's status for a truncated last record, which is allowed
FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")
NETWORKS = LAST_NETWORK, BEST_NETWORK = "model.safetensors", "best.safetensors"
PARAMETER_BYTES = 4 * 1199882
# Only a tag's first value in a file has these.
METADATA = ("tag", "plugin", "plugin_data", "data_class")


@dataclasses.dataclass(frozen=True)
class RunContents:
    run_state: str  # as the trainer shows it
    figures: list  # FIGURES of each epoch in run.json
    progress: dict  # the checkpoint's epochs and iterations; None without a checkpoint
    state: bytes  # the engine's, from the checkpoint
    networks: dict  # {file name: SHA-256} of the existing files of NETWORKS
    points: dict  # {(part, tag): [(step, value), ...]} in the order of the files
    session_ends: list  # TensorBoard's names of how its session ended, in that order
    verified: int  # tblog verify's status


def event_files(directory, part):
    return sorted((directory / part).glob("*tfevents*"))


def all_event_files(directory):
    return [path for part in PARTS for path in event_files(directory, part)]


def read_checkpoint(directory):
    """(its line of JSON, the state), or (None, None)."""
    path = directory / "checkpoint"
    if not path.exists():
        return None, None
    line, _, state = path.read_bytes().partition(b"\n")
    head = _parse(path, line)
    if len(state) != head["state_bytes"]:
        raise FaultFound(f"{path} has {len(state)} bytes of state")
    return head, state


def read_networks(directory):
    """RunContents.networks; every file must be whole."""
    networks = {}
    for path in map(directory.joinpath, NETWORKS):
        if path.exists():
            content = path.read_bytes()
            length, = struct.unpack("<Q", content[:8].ljust(8, b"\0"))
            _parse(path, content[8:8 + length])
            if len(content) != 8 + length + PARAMETER_BYTES:
                raise FaultFound(f"{path} has {len(content)} bytes")
            networks[path.name] = hashlib.sha256(content).hexdigest()
    return networks


def read_record(directory):
    """run.json; {} if there is none."""
    path = directory / "run.json"
    return _parse(path, path.read_bytes()) if path.exists() else {}


def _parse(path, text):
    try:
        return json.loads(text)
    except ValueError as error:
        raise FaultFound(f"{path} is damaged: {error}") from None


def _events(tblog, path):
    # All whole records are printed before a torn last one.
    output = subprocess.run([tblog, "cat", path], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL).stdout
    return [json.loads(line) for line in output.splitlines()]


def read_points(tblog, directory):
    """RunContents.points; the run may be in any state."""
    points = {}
    for part in PARTS:
        for path in event_files(directory, part):
            for event in _events(tblog, path):
                for value in _values(event):
                    content = {key: value[key] for key in value if key not in METADATA}
                    point = (event["step"], content.get("value", content))
                    points.setdefault((part, value["tag"]), []).append(point)
    return points


def _read_session_ends(tblog, directory):
    return [value["plugin_data"]["session_end_info"]["status"]
            for path in event_files(directory, "") for event in _events(tblog, path)
            for value in event.get("values", []) if value["tag"] == SESSION_END]


def _values(event):
    """A graph has no tag; it counts as one point."""
    if event["content"] == "graph_def":
        return [{"tag": "graph_def", "value": event["graph_def_bytes"]}]
    return [value for value in event.get("values", [])
            if not value["tag"].startswith(SESSION_TAGS)]


def _state_at_rest(record):
    """The state of a run that no process trains any more; its last write of run.json may have
    failed."""
    state = record.get("state")
    return "diverged" if state == "running" and record.get("diverged_at_step") else state


def read(tblog, directory):
    record = read_record(directory)
    head, state = read_checkpoint(directory)
    verified = subprocess.run([tblog, "verify", directory], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode
    return RunContents(
        run_state=_state_at_rest(record),
        figures=[[epoch[name] for name in FIGURES] for epoch in record.get("epochs", [])],
        progress=head and {name: head.get(name) for name in ("epochs", "iterations")},
        state=state,
        networks=read_networks(directory),
        points=read_points(tblog, directory),
        session_ends=_read_session_ends(tblog, directory),
        verified=verified,
    )


def differences(found, expected):
    """Lines that say how a finished run differs from the undisturbed one; none if it does not."""
    lines = []
    if found.run_state != expected.run_state:
        lines.append(f"the run is {found.run_state}")
    if found.figures != expected.figures:
        lines.append(f"run.json has the epochs {found.figures} instead of {expected.figures}")
    if found.progress is None and expected.progress is not None:
        lines.append("there is no checkpoint")
    elif found.progress != expected.progress:
        lines.append(f"the checkpoint is after {found.progress} instead of {expected.progress}")
    elif found.state != expected.state:
        lines.append("the engine's state has other bytes")
    for name in NETWORKS:
        if found.networks.get(name) != expected.networks.get(name):
            lines.append(f"{name} is " + ("another" if name in found.networks else "missing"))
    if found.session_ends != expected.session_ends:
        lines.append(f"the session has the ends {found.session_ends}")
    if found.verified not in (0, TORN):
        lines.append(f"tblog verify returns {found.verified}")
    return lines + point_differences(found.points, expected.points)


def part_of(contents, whole):
    """The part of `whole` that a run which ended early has: as many epochs, and the points of its
    steps."""
    points = {series: [point for point in whole.points.get(series, [])
                       if point[0] in {step for step, _ in found}]
              for series, found in contents.points.items()}
    return dataclasses.replace(whole, points=points, figures=whole.figures[:len(contents.figures)])


def point_differences(found, expected):
    """One line for each series, a (part, tag), that differs from the expected one."""
    lines = []
    for series in sorted(found.keys() | expected.keys()):
        name = "/".join(filter(None, series))
        line = _series_difference(series[1], found.get(series, []), expected.get(series, []))
        if line:
            lines.append(f"{name}: {line}")
    return lines


def _is_positive(value):
    return isinstance(value, float) and 0 < value < float("inf")


def _series_difference(tag, found, expected):
    steps, expected_steps = [step for step, _ in found], [step for step, _ in expected]
    twice = sorted({step for step in steps if steps.count(step) > 1})
    missing = sorted(set(expected_steps) - set(steps))
    if twice or missing:
        return f"{len(twice)} points twice {twice[:5]}, {len(missing)} missing {missing[:5]}"
    if steps != expected_steps:
        return f"steps {steps} instead of {expected_steps}"
    if tag in CLOCK_TAGS:
        wrong = [point for point in found if not _is_positive(point[1])]
    else:
        wrong = [point for point, other in zip(found, expected) if point != other]
    return f"other values at {wrong[:3]}" if wrong else None
