"""Digits as people draw and photograph them, made from MNIST's images, and files of them."""

import struct
import zlib

import numpy


def read_idx(path):
    """The images or labels of a plain IDX file."""
    content = path.read_bytes()
    rank = content[3]
    shape = struct.unpack(f">{rank}I", content[4:4 + 4 * rank])
    return numpy.frombuffer(content, numpy.uint8, offset=4 + 4 * rank).reshape(shape)


def idx(images):
    return struct.pack(">4B3I", 0, 0, 8, 3, *images.shape) + images.tobytes()


def enlarge(image, side):
    """A square image, resized bilinearly."""
    at = numpy.clip((numpy.arange(side) + 0.5) * len(image) / side - 0.5, 0, len(image) - 1)
    low = numpy.floor(at).astype(int)
    high = numpy.minimum(low + 1, len(image) - 1)
    part = at - low
    rows = image[low] * (1 - part)[:, None] + image[high] * part[:, None]
    return rows[:, low] * (1 - part) + rows[:, high] * part


def draw(image, random, smallest=3, largest=12, noise=8, slope=40):
    """The digit, enlarged, at a random place on unevenly lit paper, dark on light or light on dark,
    with noise of that standard deviation."""
    side = round(28 * random.uniform(smallest, largest))
    height, width = side + random.integers(0, side // 2 + 1, 2)
    top, left = random.integers(0, height - side + 1), random.integers(0, width - side + 1)
    ink = numpy.zeros((height, width))
    ink[top:top + side, left:left + side] = enlarge(image / 255, side)
    paper, full = random.uniform(150, 220), random.uniform(20, 60)
    if random.random() < 0.5:
        paper, full = 255 - paper, 255 - full
    angle = random.uniform(0, 2 * numpy.pi)
    y, x = numpy.mgrid[0:height, 0:width]
    light = slope * (numpy.cos(angle) * (x / width - 0.5) + numpy.sin(angle) * (y / height - 0.5))
    drawn = (paper + light) * (1 - ink) + full * ink + random.normal(0, noise, ink.shape)
    return numpy.clip(numpy.round(drawn), 0, 255).astype(numpy.uint8)


def pgm(image):
    return b"P5 %d %d 255\n" % image.shape[::-1] + image.tobytes()


def png(image):
    """Writes an 8-bit greyscale PNG."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    height, width = image.shape
    rows = numpy.concatenate([numpy.zeros((height, 1), numpy.uint8), image], axis=1)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows.tobytes(), 1)) + chunk(b"IEND", b""))
