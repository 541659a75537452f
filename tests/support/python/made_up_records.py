"""Writes run.json files of invented runs, for tests of `trainer compare` and `trainer plot`."""

import json

IMAGES = 10000


def write_run(folder, batch_size, seed, accuracies, *, rate=0.001, state="finished",
              seconds=1.0, hardware="a machine", losses=None, data="12345678"):
    """A run in its directory below `folder`, with these validation accuracies; `losses` are of
    training."""
    run = folder / f"BatchSize={batch_size}-LR={rate:g}-Seed={seed}"
    run.mkdir(parents=True)
    figures = [{"loss": loss, "accuracy": 0.9, "val_loss": 0.1, "val_accuracy": accuracy,
                "training_seconds": seconds, "validation_seconds": 0.5}
               for loss, accuracy in zip(losses or [0.1] * len(accuracies), accuracies)]
    configuration = {"batch_size": batch_size, "micro_batch": 0, "epochs": len(accuracies),
                     "seed": seed, "learning_rate": rate, "log_every": 0, "histograms": False,
                     "engine": "cpu", "arithmetic": "avx2", "precision": "fp32",
                     "training_samples": 60000, "validation_samples": IMAGES,
                     "data_crc32": data}
    memory = {"data": 1, "parameters": 1, "optimizer": 1, "gradients": 1, "activations": 1,
              "workspace": 1}
    (run / "run.json").write_text(json.dumps({
        "format": 1, "program": "trainer", "state": state, "configuration": configuration,
        "hardware": hardware, "host": "a host", "process": 1, "runs_at_once": 1, "memory": memory,
        "peak_bytes": 6, "epochs": figures}))
    return run
