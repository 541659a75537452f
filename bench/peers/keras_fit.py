"""A peer of bench/cpu.sh: Keras' `fit` on TensorFlow, with the defaults of `compile`, which make a
graph. (XLA is many times slower on a CPU, and several steps per execution gain nothing.)

keras_fit.py DATA BATCH_SIZE PRECISION

PRECISION is fp32, or bf16 for the policy mixed_bfloat16.
A single `fit` runs all the time. A callback pauses it between the rounds, so no round's time
includes what `fit` does before its first step and after its last.
"""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras
import rounds


class Rounds(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.plan = rounds.plan()
        self.left = next(self.plan)

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            try:
                self.left = self.plan.send(logs["loss"])
            except StopIteration:
                sys.exit()


def main():
    folder, batch_size, precision = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if precision == "bf16":
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    keras.utils.set_random_seed(0)
    images, labels = rounds.training_set(folder)
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.25),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax", dtype="float32"),
    ])
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    model.fit(images[..., None], keras.utils.to_categorical(labels, 10), batch_size=batch_size,
              epochs=1000, verbose=0, callbacks=[Rounds()])


main()
