"""Makes constants for the C tests: what real Keras computes for a short run of ours.

Run by hand, in an environment that has tensorflow-cpu, keras and numpy:

    python3 tests/support/golden/regenerate.py          rewrites keras_golden.h beside this file
    python3 tests/support/golden/regenerate.py --check  recomputes, and exits with 1 if it differs

The model, loss, optimizer and fit are Keras' own. Only the random parts are ours, recomputed here
from the documentation in kernels/common/philox.h and kernels/proof/synthetic_digits.h: the images,
the initial weights, the order of each epoch and the dropout masks. So our engines need only the
seed to repeat the run.

The run is made twice. In float64: the double-precision reference must agree with it up to rounding,
engines to 1e-5. In float32, which users of Keras run: it shows the deviation of single precision,
in this run 3e-7 of a loss. With other data (DATA_SEED) the deviation was up to 6e-4 within 20
steps, for two reasons that are no errors. Keras computes 1 - beta_2^t in float32, so it and the
rates are up to 6e-5 off in the first steps. And if a hidden unit's sum is nearly 0 for a sample,
rounding decides whether ReLU passes its gradient, and Adam takes a whole step for it. The data here
are chosen so that this decides nothing in the run.
"""

import argparse
import os
import pathlib
import re
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np

SEED = 0
BATCH_SIZE = 16
TRAINING = 149  # nine full batches and one of five: ten steps an epoch
VALIDATION = 50  # images after those of training
EPOCHS = 2
DATA_SEED = 7  # see above

# Philox's purposes: the first four of kernels/common/philox.h, the last of synthetic_digits.h.
WEIGHTS, ORDER, DROPOUT1, DROPOUT2, DIGITS = 1, 2, 3, 4, 256

# Name, shape, and fan in and out, in the order of kernels/lenet.h; a bias has none.
TENSORS = [
    ("conv1/kernel", (3, 3, 1, 32), (9, 288)),
    ("conv1/bias", (32,), None),
    ("conv2/kernel", (3, 3, 32, 64), (288, 576)),
    ("conv2/bias", (64,), None),
    ("dense1/kernel", (9216, 128), (9216, 128)),
    ("dense1/bias", (128,), None),
    ("dense2/kernel", (128, 10), (128, 10)),
    ("dense2/bias", (10,), None),
]
ELEMENTS = 4  # of each tensor are kept: places (2 k + 1) * count / (2 * ELEMENTS)

# How far a repeated run may differ, relative to the largest number of its group. Keras' order of
# summation depends on the machine and its threads; 20 steps of Adam amplify that.
TOLERANCE = {"float64": 1e-9, "float32": 1e-4}

HEADER = pathlib.Path(__file__).with_name("keras_golden.h")


def philox(seed, purpose, index, blocks):
    """The words [len(blocks), 4] of Philox 4x32-10, as uint32."""
    low = np.uint64(0xFFFFFFFF)
    shift = np.uint64(32)
    c0 = np.asarray(blocks, np.uint64)
    c1 = np.full_like(c0, index & 0xFFFFFFFF)
    c2 = np.full_like(c0, index >> 32)
    c3 = np.full_like(c0, purpose)
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        p0 = np.uint64(0xD2511F53) * c0
        p1 = np.uint64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = (
            (p1 >> shift) ^ c1 ^ np.uint64(k0),
            p1 & low,
            (p0 >> shift) ^ c3 ^ np.uint64(k1),
            p0 & low,
        )
        k0 = (k0 + 0x9E3779B9) & 0xFFFFFFFF
        k1 = (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=1).astype(np.uint32)


def philox_words(seed, purpose, index, count):
    return philox(seed, purpose, index, np.arange((count + 3) // 4)).reshape(-1)[:count]


def philox_bytes(seed, purpose, index, count, first_block=0):
    words = philox(seed, purpose, index, first_block + np.arange((count + 15) // 16))
    return words.astype("<u4").reshape(-1).view(np.uint8)[:count]


def initial_weights():
    tensors = []
    for number, (_, shape, fans) in enumerate(TENSORS):
        values = np.zeros(shape, np.float32)
        if fans:
            words = philox_words(SEED, WEIGHTS, number, values.size)
            grid = ((words >> 8).astype(np.int64) - (1 << 23)).astype(np.float32)
            limit = np.float32(np.sqrt(6.0 / sum(fans)))
            values = (grid * np.float32(2.0**-23) * limit).reshape(shape)
        assert values.dtype == np.float32
        tensors.append(values)
    return tensors


def order_of(epoch):
    words = philox_words(SEED, ORDER, epoch, TRAINING)
    return np.argsort(words, kind="stable")


def masks_of(step):
    """Factors of both dropout layers for a full batch: 0, or 1 / (1 - rate)."""
    masks = []
    for purpose, shape, rate_256 in (
        (DROPOUT1, (BATCH_SIZE, 12, 12, 64), 64),
        (DROPOUT2, (BATCH_SIZE, 128), 128),
    ):
        drawn = philox_bytes(SEED, purpose, step, int(np.prod(shape))).reshape(shape)
        masks.append(np.where(drawn < rate_256, 0.0, 256 / (256 - rate_256)))
    return masks


def synthetic_digits(first, count):
    segments_of = [0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F]
    images = np.zeros((count, 28, 28), np.uint8)
    labels = np.zeros(count, np.uint8)
    for i in range(count):
        shape = [int(w) for w in philox(DATA_SEED, DIGITS, first + i, [0])[0]]
        labels[i], top, left, t = shape[0] % 10, 3 + shape[1] % 5, 5 + shape[2] % 7, 2 + shape[3] % 2
        row, column = np.indices((18, 10))
        segments = [
            row < t,
            (column >= 10 - t) & (row < 9),
            (column >= 10 - t) & (row >= 9),
            row >= 18 - t,
            (column < t) & (row >= 9),
            (column < t) & (row < 9),
            (row >= 8) & (row < 8 + t),
        ]
        lit = np.zeros((28, 28), bool)
        for bit, segment in enumerate(segments):
            if segments_of[labels[i]] >> bit & 1:
                lit[top : top + 18, left : left + 10] |= segment
        noise = philox_bytes(DATA_SEED, DIGITS, first + i, 784, first_block=1).reshape(28, 28)
        images[i] = np.where(lit & (noise >= 32), 128 + noise // 2, 0)
    return images, labels


@keras.saving.register_keras_serializable()
class GivenDropout(keras.layers.Layer):
    """Dropout with a given mask: training multiplies by `factor`, which is 0 or 1 / (1 - rate), as
    keras.layers.Dropout does with a mask of its own."""

    def build(self, shape):
        self.factor = self.add_weight(
            shape=(BATCH_SIZE, *shape[1:]), initializer="ones", trainable=False, name="factor"
        )

    def call(self, x, training=False):
        return x * self.factor[: keras.ops.shape(x)[0]] if training else x


def build_model():
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            GivenDropout(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            GivenDropout(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    if keras.config.floatx() == "float64":
        # TensorFlow rounds a Python float to float32 when Keras casts it for 1 - beta^t: an error
        # of 6e-6 in the first steps' rates. A NumPy double keeps its digits.
        model.optimizer.beta_1 = np.float64(model.optimizer.beta_1)
        model.optimizer.beta_2 = np.float64(model.optimizer.beta_2)
    for variable, value in zip(model.trainable_weights, initial_weights(), strict=True):
        assert variable.shape == value.shape
        variable.assign(value)
    return model


def set_masks(model, step):
    dropouts = [layer for layer in model.layers if isinstance(layer, GivenDropout)]
    for layer, mask in zip(dropouts, masks_of(step), strict=True):
        layer.factor.assign(mask)


class Masks(keras.callbacks.Callback):
    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_begin(self, batch, logs=None):
        set_masks(self.model, self.step)
        self.step += 1


def to_network(images, labels):
    return images[..., None].astype(keras.config.floatx()) / 255, keras.utils.to_categorical(labels, 10)


def step_losses(x, y):
    """The mean loss of each step's batch, and the parameters after the last."""
    model = build_model()
    losses = []
    for epoch in range(EPOCHS):
        order = order_of(epoch)
        for first in range(0, TRAINING, BATCH_SIZE):
            batch = order[first : first + BATCH_SIZE]
            set_masks(model, len(losses))
            model.reset_metrics()
            losses.append(float(model.train_on_batch(x[batch], y[batch], return_dict=True)["loss"]))
    return losses, [np.asarray(w, np.float64) for w in model.trainable_weights]


def epoch_metrics(x, y, validation):
    """What fit reports for an epoch: loss, accuracy, val_loss, val_accuracy."""
    model = build_model()
    steps = -(-TRAINING // BATCH_SIZE)
    metrics = []
    for epoch in range(EPOCHS):
        order = order_of(epoch)
        history = model.fit(
            x[order], y[order], batch_size=BATCH_SIZE, shuffle=False, verbose=0,
            initial_epoch=epoch, epochs=epoch + 1, validation_data=validation,
            callbacks=[Masks(epoch * steps)],
        ).history
        metrics.append([float(history[k][0]) for k in ("loss", "accuracy", "val_loss", "val_accuracy")])
    return metrics


def compute(precision):
    """Groups of numbers, in the order of the header's struct."""
    keras.backend.clear_session()
    keras.config.set_floatx(precision)
    x, y = to_network(*synthetic_digits(0, TRAINING))
    losses, parameters = step_losses(x, y)
    metrics = epoch_metrics(x, y, to_network(*synthetic_digits(TRAINING, VALIDATION)))
    return {
        "losses": losses,
        "epochs": np.reshape(metrics, -1).tolist(),
        "sums": [float(p.sum()) for p in parameters],
        "magnitudes": [float(np.abs(p).sum()) for p in parameters],
        "elements": [
            float(p.reshape(-1)[(2 * k + 1) * p.size // (2 * ELEMENTS)])
            for p in parameters for k in range(ELEMENTS)
        ],
    }


def initializer(groups):
    lines = []
    for name, values in groups.items():
        lines.append(f"    .{name} = {{")
        lines += [f"        {value!r}," for value in values]
        lines.append("    },")
    return "\n".join(lines)


def header_text(golden):
    steps = len(golden["float64"]["losses"])
    return f"""/* Made by regenerate.py with Keras {keras.__version__} on {keras.backend.backend()}; do not edit.
 *
 * A run of {EPOCHS} epochs over {TRAINING} synthetic digits (those of seed {DATA_SEED} from 0 on; the next {VALIDATION} are
 * for validation) at batch size {BATCH_SIZE}, seed {SEED}, with Keras' own defaults of Adam, in float64 and in
 * float32. The arrays of two dimensions lie flat. */
#ifndef KERAS_GOLDEN_H
#define KERAS_GOLDEN_H

/* clang-format off */
enum {{
    KERAS_GOLDEN_SEED = {SEED},
    KERAS_GOLDEN_DATA_SEED = {DATA_SEED},
    KERAS_GOLDEN_BATCH_SIZE = {BATCH_SIZE},
    KERAS_GOLDEN_TRAINING = {TRAINING},
    KERAS_GOLDEN_VALIDATION = {VALIDATION},
    KERAS_GOLDEN_EPOCHS = {EPOCHS},
    KERAS_GOLDEN_STEPS = {steps},
    KERAS_GOLDEN_ELEMENTS = {ELEMENTS},
}};

typedef struct keras_golden {{
    double losses[KERAS_GOLDEN_STEPS];     /* mean over the step's batch, before its update */
    double epochs[KERAS_GOLDEN_EPOCHS * 4]; /* [epochs,4] loss, accuracy, val_loss, val_accuracy */
    double sums[{len(TENSORS)}];       /* of each tensor of lenet_tensors after the last step */
    double magnitudes[{len(TENSORS)}]; /* sums of its absolute values */
    double elements[{len(TENSORS)} * KERAS_GOLDEN_ELEMENTS]; /* [tensors,4] element (2 k + 1) * count / 8 */
}} keras_golden;

static const keras_golden keras_float64 = {{
{initializer(golden["float64"])}
}};

static const keras_golden keras_float32 = {{
{initializer(golden["float32"])}
}};
/* clang-format on */

#endif
"""


def committed():
    golden = {}
    if not HEADER.exists():
        return golden
    for precision, body in re.findall(r"keras_(float\d\d) = \{\n(.*?)\n\};", HEADER.read_text(), re.S):
        golden[precision] = {
            name: [float(v) for v in values.split(",") if v.strip()]
            for name, values in re.findall(r"\.(\w+) = \{(.*?)\}", body, re.S)
        }
    return golden


def difference(ours, theirs, group):
    """The largest difference, relative to the largest number of the group; for losses and metrics,
    to the number itself. Infinite if shapes differ or a number is NaN."""
    a, b = np.array(ours), np.array(theirs)
    if a.shape != b.shape or not np.all(np.isfinite(a)) or not np.all(np.isfinite(b)):
        return float("inf")
    scale = np.abs(b) if group in ("losses", "epochs") else np.abs(b).max()
    return float(np.max(np.abs(a - b) / scale))


def check(golden):
    kept = committed()
    whole = True
    for precision, groups in golden.items():
        for group, values in groups.items():
            worst = difference(values, kept.get(precision, {}).get(group, []), group)
            fine = worst <= TOLERANCE[precision]
            whole = whole and fine
            print(f"{precision} {group}: differs by {worst:.2g}, {'allowed' if fine else 'NOT allowed'} "
                  f"up to {TOLERANCE[precision]:g}")
    return whole


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with keras_golden.h, write nothing")
    arguments = parser.parse_args()
    golden = {precision: compute(precision) for precision in ("float64", "float32")}
    for group in golden["float64"]:
        worst = difference(golden["float32"][group], golden["float64"][group], group)
        print(f"float32 differs from float64 in {group} by {worst:.2g}")
    if arguments.check:
        return 0 if check(golden) else 1
    HEADER.write_text(header_text(golden))
    return 0


if __name__ == "__main__":
    sys.exit(main())
