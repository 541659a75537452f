"""The trainer's conversion to MNIST's form agrees with one that is written step by step in NumPy,
in double precision. usage: check_mnist_form_steps.py MNIST_FORM_OF"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy

from drawn_digits import draw, enlarge, pgm
from waiting import LIMIT_SECONDS

PROGRAM = sys.argv.pop(1)


def mean_around(image):
    """The mean of each pixel and its existing neighbours."""
    def sum_around(of):
        padded = numpy.pad(of, 1)
        return sum(padded[y:y + of.shape[0], x:x + of.shape[1]] for y in range(3) for x in range(3))

    return sum_around(image) / sum_around(numpy.ones(image.shape))


def paper_of(image):
    """The least-squares plane through the border, with corners counted twice, by NumPy."""
    y, x = numpy.mgrid[0:image.shape[0], 0:image.shape[1]]
    border = [numpy.concatenate([a[0], a[-1], a[:, 0], a[:, -1]]) for a in (image, x, y)]
    columns = numpy.stack([border[1], border[2], numpy.ones(len(border[0]))], axis=1)
    a, b, c = numpy.linalg.lstsq(columns, border[0], rcond=None)[0]
    return a * x + b * y + c


def otsu(values):
    """Otsu's threshold: the integer that minimizes the variance within both sides, found by trying
    all."""
    def within(threshold):
        return sum(part.size * part.var() for part in (values[values <= threshold],
                                                       values[values > threshold]))

    return min(range(values.min(), values.max()), key=within)


def touches(mask):
    padded = numpy.pad(mask, 1)
    return numpy.any([padded[y:y + mask.shape[0], x:x + mask.shape[1]]
                      for y in range(3) for x in range(3)], axis=0)


def rounded(values):
    """Rounded to nearest, halves away from zero."""
    return (numpy.sign(values) * numpy.floor(numpy.abs(values) + 0.5)).astype(int)


def ink_of(image):
    border = numpy.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    if numpy.mean(border == 0) >= 0.9:
        return image
    distance = image - paper_of(image)
    smooth = rounded(numpy.clip(mean_around(image) - paper_of(image), -255, 255))
    threshold = otsu(smooth)
    ink = smooth > threshold if threshold >= 0 else smooth <= threshold
    inked = numpy.sort(rounded(numpy.clip(distance[ink], -255, 255)))
    part = 0.9 if threshold >= 0 else 0.1
    full = inked[int(numpy.ceil(part * len(inked))) - 1]
    return numpy.where(touches(ink), rounded(numpy.clip(255 * distance / full, 0, 255)), 0)


def into_box(ink):
    """Scaled: pixels are split so that each new pixel is a mean of whole parts."""
    rows, columns = numpy.nonzero(ink.any(axis=1))[0], numpy.nonzero(ink.any(axis=0))[0]
    box = ink[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    height, width = (max(1, int(numpy.floor(side * 20 / max(box.shape) + 0.5)))
                     for side in box.shape)

    def overlaps(old, new):
        """[new, old]: the share of each new pixel that lies on each old one."""
        edges = numpy.arange(new + 1) * old / new
        low = numpy.maximum(edges[:-1, None], numpy.arange(old))
        high = numpy.minimum(edges[1:, None], numpy.arange(old) + 1)
        return numpy.maximum(high - low, 0) * new / old

    return overlaps(box.shape[0], height) @ box @ overlaps(box.shape[1], width).T


def form_of(image):
    """The form before it is rounded to bytes, and its place."""
    scaled = into_box(ink_of(image.astype(float)))
    whole = rounded(scaled)
    y, x = numpy.mgrid[0:whole.shape[0], 0:whole.shape[1]]
    top, left = (int(numpy.clip(numpy.floor(14 - (at * whole).sum() / whole.sum() + 0.5), 0, 28 - side))
                 for at, side in zip((y, x), whole.shape))
    form = numpy.zeros((28, 28))
    form[top:top + whole.shape[0], left:left + whole.shape[1]] = scaled
    return form


def stroke(random):
    """An image like a digit: a few thick lines."""
    image = numpy.zeros((28, 28))
    y, x = numpy.mgrid[0:28, 0:28]
    at = random.uniform(6, 22, 2)
    for _ in range(3):
        to = random.uniform(6, 22, 2)
        for part in numpy.linspace(0, 1, 30):
            there = at + part * (to - at)
            image = numpy.maximum(image, 1.8 - numpy.hypot(y - there[0], x - there[1]))
        at = to
    return numpy.clip(image, 0, 1) * 255


class MnistForm(unittest.TestCase):
    def assert_agrees(self, images):
        with tempfile.TemporaryDirectory() as folder:
            paths = [pathlib.Path(folder) / f"{i}.pgm" for i in range(len(images))]
            for path, image in zip(paths, images):
                path.write_bytes(pgm(image))
            result = subprocess.run([PROGRAM, *paths], capture_output=True, timeout=LIMIT_SECONDS)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        forms = numpy.frombuffer(result.stdout, numpy.uint8).reshape(-1, 28, 28)
        self.assertEqual(len(forms), len(images))
        for image, form in zip(images, forms):
            # Rounding to bytes changes up to half a grey.
            self.assertLessEqual(numpy.abs(form_of(image) - form).max(), 0.5 + 1e-6)

    def test_digits_on_paper(self):
        random = numpy.random.default_rng(1)
        self.assert_agrees([draw(stroke(random), random, smallest=1, largest=5) for _ in range(40)])

    def test_digits_on_black(self):
        random = numpy.random.default_rng(2)
        digits = [stroke(random) for _ in range(40)]
        scales = random.uniform(0.5, 4, len(digits))
        self.assert_agrees([numpy.pad(enlarge(digit, round(28 * scale)), 3).astype(numpy.uint8)
                            for digit, scale in zip(digits, scales)])


unittest.main()
