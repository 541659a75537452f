"""A peer of bench/cpu.sh: Keras' `fit` on TensorFlow, compiled as `compile` chooses by default.

keras_fit.py DATA BATCH_SIZE

One `fit` runs all the time. A callback holds it between the rounds, so that what `fit` does before
its first step and behind its last is in no time.
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
        self.left -= self.model.steps_per_execution
        if self.left <= 0:
            try:
                self.left = self.plan.send(logs["loss"])
            except StopIteration:
                sys.exit()


def main():
    folder, batch_size = sys.argv[1], int(sys.argv[2])
    steps_per_execution = int(sys.argv[3])
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
        layers.Dense(10, activation="softmax"),
    ])
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"],
                  steps_per_execution=steps_per_execution)
    model.fit(images[..., None], keras.utils.to_categorical(labels, 10), batch_size=batch_size,
              epochs=1000, verbose=0, callbacks=[Rounds()])


main()
