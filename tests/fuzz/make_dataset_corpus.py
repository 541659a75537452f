"""make_dataset_corpus.py DIRECTORY: the inputs that the fuzz targets of data sets begin with, in
DIRECTORY/{idx,gzip,npy,npz}: small valid files of every kind, and headers that promise more than
the file has."""

import gzip
import io
import pathlib
import shutil
import struct
import sys
import zipfile

COUNTS = 3, 3, 2, 2  # training images and labels, validation images and labels
NAMES = "x_train", "y_train", "x_test", "y_test"
PIXELS = 28 * 28
MOST = 2**31 // PIXELS  # images that are taken


def values(place):
    """The numbers of an array."""
    if place % 2 == 1:
        return [0, 4, 9][: COUNTS[place]]
    return [i // 97 if i % 97 == 0 else 0 for i in range(COUNTS[place] * PIXELS)]


def idx(place, count=None):
    count = COUNTS[place] if count is None else count
    sizes = (count, 28, 28) if place % 2 == 0 else (count,)
    return struct.pack(f">4B{len(sizes)}I", 0, 0, 8, len(sizes), *sizes) + bytes(values(place))


def npy(place, dtype="|u1", tail=None, order="False", count=None, scale=1, version=1):
    """An array as NumPy writes it; `tail` is the shape after the first number."""
    if tail is None:
        tail = ", 28, 28" if place % 2 == 0 else ","
    count = COUNTS[place] if count is None else count
    header = f"{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': ({count}{tail}), }}\n".encode()
    code = {"u1": "B", "i1": "b", "u2": "H", "i2": "h", "u4": "I", "i4": "i", "u8": "Q", "i8": "q",
            "f4": "f", "f8": "d"}[dtype[1:]]
    endian = ">" if dtype[0] == ">" else "<"
    numbers = [value / scale if code in "fd" else value for value in values(place)]
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return (b"\x93NUMPY" + bytes([version, 0]) + length + header
            + struct.pack(f"{endian}{len(numbers)}{code}", *numbers))


def npz(images=None, labels=None, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for place, name in enumerate(NAMES):
            choices = (images if place % 2 == 0 else labels) or {}
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = method
            archive.writestr(entry, npy(place, **choices))
    return file.getvalue()


# Ways to write images: a name, and the options of npy().
IMAGES = [
    *((f"{dtype[1:]}{end}", {"dtype": dtype}) for dtype, end in (
        ("|u1", ""), ("|i1", ""), (">u2", "big"), ("<i4", "little"), (">i8", "big"))),
    *((f"{dtype[1:]}{end}_{scale}", {"dtype": dtype, "scale": scale})
      for dtype, end in (("<f4", "little"), (">f4", "big"), ("<f8", "little"), (">f8", "big"))
      for scale in (1, 255)),
    *((f"{name}{order}", {"tail": tail, "order": order})
      for name, tail in (("flat", ", 784"), ("last", ", 28, 28, 1"), ("first", ", 1, 28, 28"))
      for order in ("True", "False")),
    *((f"count{count}", {"count": count}) for count in (0, MOST, 2**32 + 3, 2**64 - 1)),
    ("version2", {"version": 2}),
    ("most_floats", {"count": MOST // 8, "dtype": "<f8", "order": "True"}),
    ("not_pixels", {"dtype": "<f4", "scale": 3}),
]
LABELS = [
    *((f"labels_{dtype[1:]}", {"dtype": dtype, "tail": ", 1"})
      for dtype in ("|u1", "|i1", ">u2", "<i4", ">i8")),
    ("labels_count", {"count": MOST}),
    ("labels_one_hot", {"tail": ", 10"}),
]


def main():
    root = pathlib.Path(sys.argv[1])
    shutil.rmtree(root, ignore_errors=True)
    for target in "idx", "gzip", "npy", "npz":
        (root / target).mkdir(parents=True)
    for place, name in enumerate(NAMES):
        first = bytes([place])
        (root / "idx" / name).write_bytes(first + idx(place))
        for count in 0, MOST, 2**32 - 1:
            (root / "idx" / f"{name}{count}").write_bytes(first + idx(place, count))
        packed = gzip.compress(idx(place), mtime=0)
        (root / "gzip" / name).write_bytes(first + packed)
        (root / "gzip" / f"{name}_twice").write_bytes(first + gzip.compress(packed, mtime=0))
        (root / "gzip" / f"{name}_members").write_bytes(
            first + gzip.compress(idx(place)[:9], mtime=0) + gzip.compress(idx(place)[9:], mtime=0))
        (root / "gzip" / f"{name}_promise").write_bytes(
            first + gzip.compress(idx(place, MOST), mtime=0))
    for name, content in ("page", b"<!DOCTYPE html>"), ("pointer", b"version https://git-lfs"):
        (root / "idx" / name).write_bytes(b"\0" + content)
        (root / "gzip" / name).write_bytes(b"\0" + content)
        (root / "npz" / name).write_bytes(content)
    (root / "npz" / "empty").write_bytes(b"")
    (root / "npz" / "stored").write_bytes(npz(method=zipfile.ZIP_STORED))
    for name, options in IMAGES:
        (root / "npz" / name).write_bytes(npz(images=options))
        (root / "npy" / name).write_bytes(b"\0" + npy(2, **options))
    for name, options in LABELS:
        (root / "npz" / name).write_bytes(npz(labels=options))
        (root / "npy" / name).write_bytes(b"\1" + npy(3, **options))


main()
