"""make_safetensors_corpus.py DIRECTORY: the inputs that the fuzz target of models begins with, in
DIRECTORY/safetensors: files as the trainer and as other programs write them, and hostile ones. The
first byte of each chooses what the target adds (fuzz_safetensors.c)."""

import json
import pathlib
import shutil
import struct
import sys

SHAPES = {"conv1.weight": [32, 1, 3, 3], "conv1.bias": [32], "conv2.weight": [64, 32, 3, 3],
          "conv2.bias": [64], "fc1.weight": [128, 9216], "fc1.bias": [128],
          "fc2.weight": [10, 128], "fc2.bias": [10]}
CONFIGURATION = {"batch_size": 8, "micro_batch": 0, "epochs": 3, "seed": 0, "learning_rate": 0.001,
                 "log_every": 1, "histograms": False, "engine": "cpu",
                 "arithmetic": "avx2, method 3", "precision": "fp32", "training_samples": 20,
                 "validation_samples": 12, "data_crc32": "14acb58c"}
FACTS = {"program": "trainer 0.1.0", "input": "28x28, byte / 255, light digit on black",
         "classes": "0 1 2 3 4 5 6 7 8 9", "configuration": json.dumps(CONFIGURATION),
         "data_crc32": "14acb58c", "epoch": "2", "iterations": "7", "loss": "2.31",
         "val_loss": "0.083333333333333329"}


def tensors(names=SHAPES):
    entries, begin = {}, 0
    for name in names:
        size = 4
        for side in SHAPES[name]:
            size *= side
        entries[name] = {"dtype": "F32", "shape": SHAPES[name], "data_offsets": [begin, begin + size]}
        begin += size
    return entries


def file(header, length=None, whole=True):
    """An input with this length or, without one, with the correct length, which the target adds."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    if length is None:
        return bytes([2 + whole]) + text
    return bytes([whole]) + struct.pack("<Q", length) + text


def changed(name, **changes):
    entries = tensors()
    entries[name] = {**entries[name], **changes}
    return entries


FILES = {
    "ours": file({"__metadata__": FACTS, **tensors()}),
    "pytorch": file({"__metadata__": {"format": "pt"}, **tensors()}),
    "bare": file(tensors()),
    "padded": file(json.dumps(tensors()).encode() + b"   "),
    "other_order": file(tensors(reversed(SHAPES))),
    "without_data": file(tensors(), whole=False),
    "empty": b"\0",
    "absurd_length": file(tensors(), length=2**64 - 1),
    "large_length": file(tensors(), length=2**28),
    "other_type": file(changed("fc1.weight", dtype="F16")),
    "overlap": file(changed("fc2.bias", data_offsets=[0, 40])),
    "large_offsets": file(changed("fc2.bias", data_offsets=[2**63 - 41, 2**63 - 1])),
    "number_in_metadata": file({"__metadata__": {"epoch": 3}, **tensors()}),
    "wrong_epoch": file({"__metadata__": {**FACTS, "epoch": "4"}, **tensors()}),
    "deep": file(b"[" * 4000),
    "deep_configuration": file({"__metadata__": {**FACTS, "configuration": "[" * 4000}, **tensors()}),
    "twice": file(b'{"fc1.bias":{},"fc1.bias":{}}'),
    "many": file(b"{" + b",".join(b'"%x":{}' % i for i in range(20000)) + b"}", whole=False),
    "zip": b"\0PK\3\4" + bytes(60),
}


def main():
    folder = pathlib.Path(sys.argv[1]) / "safetensors"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)


main()
