"""make_run_corpus.py DIRECTORY: the inputs that the fuzz targets of a run's own files begin with, in
DIRECTORY/{checkpoint,run_record}: valid files of every kind, and some that are nearly valid."""

import json
import pathlib
import shutil
import sys
import zlib

STATE = bytes(range(40))
SUMS = {"steps": 7, "loss_sum": 3.5, "correct": 100, "samples": 224, "training_seconds": 0.25}
CONFIGURATION = {
    "batch_size": 32, "micro_batch": 8, "epochs": 15, "seed": 2**63 - 1, "learning_rate": 0.001,
    "log_every": 18, "histograms": True, "engine": "cpu", "arithmetic": "avx2 fp32, method 1",
    "precision": "fp32", "training_samples": 60000, "validation_samples": 10000,
    "data_crc32": "00badf00"}
EPOCH = {"loss": 0.25, "accuracy": 0.9, "val_loss": 1 / 3, "val_accuracy": 0.95,
         "training_seconds": 12.5, "validation_seconds": 2}
FILES = ["events.out.tfevents.1700000000.host.1.0.v2",
         "train/events.out.tfevents.1700000000.host.1.1.v2"]
RECORD = {
    "format": 1, "program": "trainer 0.1.0", "state": "interrupted", "diverged_at_step": 412,
    "configuration": CONFIGURATION, "hardware": "a machine", "host": "node7", "process": 4711,
    "runs_at_once": 2, "peak_bytes": 21,
    "memory": {"data": 1, "parameters": 2, "optimizer": 3, "gradients": 4, "activations": 5,
               "workspace": 6},
    "epochs": [EPOCH, {**EPOCH, "loss": None}], "event_files": FILES, "results": EPOCH}


def without(record, *keys):
    return {key: value for key, value in record.items() if key not in keys}


def checkpoint(state=STATE, **head):
    """A checkpoint with this in its head; None leaves a key out."""
    whole = {"format": 2, "epochs": 3, "iterations": 5632, "state_bytes": len(state),
             "state_crc32": f"{zlib.crc32(state):08x}", **head}
    text = json.dumps({key: value for key, value in whole.items() if value is not None})
    return text.encode() + b"\n" + state


CHECKPOINTS = {
    "between_epochs": checkpoint(),
    "inside_an_epoch": checkpoint(epoch=SUMS),
    "no_finite_loss": checkpoint(epoch={**SUMS, "loss_sum": None}),
    "whole_numbers": checkpoint(epoch={**SUMS, "loss_sum": 2**63 - 1, "training_seconds": 1}),
    "largest": checkpoint(epochs=10**6, iterations=2**63 - 1,
                          epoch={**SUMS, "steps": 2**32 - 1, "samples": 2**63 - 1}),
    "format_1": checkpoint(format=1, event_files=FILES),
    "no_state": checkpoint(state=b""),
    "states_promise": checkpoint(state_bytes=2**63 - 1),
    "no_checksum": checkpoint(state_crc32=None),
    "line_ends_in_the_state": checkpoint(state=b"\n" * 9),
    "no_line_end": checkpoint()[:20],
    "twice_the_key": b'{"format":2,"format":2}\nstate',
    "empty": b"",
}
RECORDS = {
    "whole": RECORD,
    **{f"{state}": {**RECORD, "state": state} for state in ("running", "finished", "diverged")},
    "of_an_earlier_version": {
        **without(RECORD, "diverged_at_step", "host", "process", "runs_at_once", "event_files"),
        "configuration": without(CONFIGURATION, "micro_batch", "histograms")},
    "before_the_first_epoch": {**without(RECORD, "results"), "epochs": []},
    "hardware_unfit_to_print": {**RECORD, "hardware": "\x1b[31m" + "\u00e4" * 100},
    "path_that_leads_out": {**RECORD, "event_files": ["../events.out.tfevents.1"]},
    "seconds_before_time": {**RECORD, "epochs": [{**EPOCH, "training_seconds": -1}]},
    "more_epochs_than_wanted": {**RECORD, "epochs": [EPOCH] * 16},
    "later_format": {**RECORD, "format": 2},
    "not_an_object": [RECORD],
}


def main():
    root = pathlib.Path(sys.argv[1])
    shutil.rmtree(root, ignore_errors=True)
    for target in "checkpoint", "run_record":
        (root / target).mkdir(parents=True)
    for name, content in CHECKPOINTS.items():
        (root / "checkpoint" / name).write_bytes(content)
    for name, record in RECORDS.items():
        (root / "run_record" / name).write_text(json.dumps(record))
    (root / "run_record" / "deep").write_text("[" * 3000)
    (root / "run_record" / "cut_off").write_text(json.dumps(RECORD)[:300])


main()
