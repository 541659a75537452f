"""make_image_corpus.py DIRECTORY: the inputs that the fuzz target of images begins with, in
DIRECTORY/image: small valid PNG and PGM files of every kind, and headers that promise more than the
file has."""

import pathlib
import shutil
import struct
import sys
import zlib

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of PNG's colour types
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
ADAM7 = (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
REPAIR = b"\1"  # the target's first byte: correct the checksums before decoding
AS_IS = b"\0"


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rows(width, height, bits, interlaced):
    """Rows: each has a filter, all five in turn, and then its rising bytes."""
    data = bytearray()
    for x, y, x_step, y_step in ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns = len(range(x, width, x_step))
        for row in range(y, height, y_step) if columns else ():
            data.append(row % 5)
            data += bytes((17 * i + row) % 256 for i in range((columns * bits + 7) // 8))
    return bytes(data)


def png(color, depth, interlaced=False, width=9, height=11, between=b"", data=None):
    header = struct.pack(">2I5B", width, height, depth, color, 0, 0, interlaced)
    if data is None:
        data = rows(width, height, CHANNELS[color] * depth, interlaced)
    palette = chunk(b"PLTE", bytes(i % 256 for i in range(3 * 2 ** depth))) if color == 3 else b""
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + palette + between
            + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND"))


def inputs():
    for color, depths in DEPTHS.items():
        for depth in depths:
            for interlaced in False, True:
                yield f"png_{color}_{depth}_{interlaced}", png(color, depth, interlaced)
    yield "transparent_grey", png(0, 8, between=chunk(b"tRNS", b"\0\7"))
    yield "transparent_colour", png(2, 8, between=chunk(b"tRNS", b"\0\1\0\2\0\3"))
    yield "transparent_palette", png(3, 4, between=chunk(b"tRNS", bytes((0, 128, 255))))
    yield "text", png(0, 8, between=chunk(b"zTXt", b"Title\0\0" + zlib.compress(b"digit" * 99)))
    yield "profile", png(0, 8, between=chunk(b"iCCP", b"P\0\0" + zlib.compress(bytes(999))))
    for width, height in (32768, 2048), (32769, 1), (2**31 - 1, 2**31 - 1), (0, 1):
        yield f"promise_{width}_{height}", png(6, 16, True, width, height, data=bytes(99))
    yield "pgm", b"P5 3 2 255\n\0\1\2\xfd\xfe\xff"
    yield "pgm_wide", b"P5 2 1 65535\n\0\1\xff\xfe"
    yield "pgm_text", b"P2 # made\n3 2\n15\n0 1 2\n13 14 15\n"
    for width, height in (8192, 8192), (32769, 1), (2**32 - 1, 2**32 - 1), (0, 1):
        yield f"pgm_promise_{width}_{height}", b"P5 %d %d 255\n" % (width, height)


def main():
    folder = pathlib.Path(sys.argv[1]) / "image"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in inputs():
        (folder / name).write_bytes(AS_IS + content)
        if name.startswith(("png", "transparent")):
            (folder / f"{name}_repaired").write_bytes(REPAIR + content)


main()
