"""The event files of Keras, TensorFlow 1 and TensorFlow 2."""

import io
import json
import wave

import keras
import numpy as np
import tensorflow as tf
from tensorboard.plugins.hparams import api as hp, plugin_data_pb2

from framework_files import FilesTest

DATA = np.random.default_rng(1).normal(size=1000).astype(np.float32)
PIXELS = np.random.default_rng(2).integers(0, 256, (2, 3, 5, 3), np.uint8)
SOUND = np.linspace(-0.9, 0.9, 40, dtype=np.float32).reshape(1, 40, 1)
RATE = 8000
SCALARS = [(-1, 0.1), (2, float("nan")), (3, float("inf")), (2**40, 0.0)]
TEXT = "*\u00e9t\u00e9* \U0001f4c8"


def frames(wav):
    with wave.open(io.BytesIO(wav)) as file:
        return file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2")


def check_sound(test, value):
    """A WAV of SOUND."""
    test.assertEqual(value.plugin, "audio")
    rate, samples = frames(value.strings[0])
    test.assertEqual(rate, RATE)
    # Some scale by 32768, some truncate instead of rounding.
    test.assertLessEqual(np.abs(samples - SOUND.reshape(-1) * 32767).max(), 2)


class Keras(FilesTest):
    @classmethod
    def write(cls):
        keras.utils.set_random_seed(1)
        cls.model = keras.Sequential([keras.layers.Input((4,)),
                                      keras.layers.Dense(3, name="hidden"),
                                      keras.layers.Dense(1, name="out")])
        cls.model.compile("sgd", "mse", metrics=["mae"])
        inputs = np.random.default_rng(3).random((16, 4))
        callback = keras.callbacks.TensorBoard(cls.directory, histogram_freq=1, update_freq=1,
                                               write_images=True, write_graph=True)
        cls.history = cls.model.fit(inputs, inputs.sum(1), epochs=3, batch_size=8, verbose=0,
                                    validation_data=(inputs[:8], inputs[:8].sum(1)),
                                    callbacks=[callback]).history

    def test_epoch_figures_are_those_of_the_history(self):
        for run, prefix in (("train", ""), ("validation", "val_")):
            for name in ("loss", "mae"):
                self.check_scalars(f"epoch_{name}", enumerate(self.history[prefix + name]), run)
        for name in ("loss", "mae"):
            self.check_scalars(f"evaluation_{name}_vs_iterations",
                               zip((2, 4, 6), self.history[f"val_{name}"]), "validation")
        self.check_scalars("epoch_learning_rate", [(0, 0.01), (1, 0.01), (2, 0.01)], "train")
        batches = self.values("batch_loss", "train")
        self.assertEqual([step for step, _ in batches], [1, 2, 3, 4, 5, 6])
        last = [value.numbers[0] for _, value in batches[1::2]]
        self.assertEqual(last, [float(np.float32(loss)) for loss in self.history["loss"]])

    def test_model_is_the_models_json(self):
        value = self.value("keras", "train")
        self.assertEqual((value.kind, value.plugin, value.plugin_content),
                         ("string", "graph_keras_model", b"1"))
        self.assertEqual(value.shape, ())
        self.assertEqual(json.loads(value.strings[0]), json.loads(self.model.to_json()))

    def test_last_histograms_are_of_the_last_weights(self):
        for layer in self.model.layers:
            for weight in layer.weights:
                tag = f"{self.model.name}/{layer.name}/{weight.name}/histogram"
                values = self.values(tag, "train")
                self.assertEqual([step for step, _ in values], [0, 1, 2])
                data = keras.ops.convert_to_numpy(weight)
                if data.size > 1:
                    self.check_histogram(values[-1][1], data.reshape(-1))
                else:
                    self.assertEqual(values[-1][1].array()[-1].tolist(), [data[0], data[0], 1])


class TensorFlow1(FilesTest):
    @classmethod
    def write(cls):
        v1 = tf.compat.v1
        with tf.Graph().as_default() as graph, v1.Session() as session:
            number = v1.placeholder(tf.float32, (), name="number")
            v1.summary.scalar("scalar", number)
            v1.summary.histogram("histogram", tf.constant(DATA))
            v1.summary.image("image", tf.constant(PIXELS), max_outputs=1)
            v1.summary.audio("audio", tf.constant(SOUND), RATE, max_outputs=1)
            v1.summary.text("text", tf.constant([["a", TEXT], ["", "d"]]))
            merged = v1.summary.merge_all()
            writer = v1.summary.FileWriter(cls.directory, graph)
            writer.add_session_log(v1.SessionLog(status=v1.SessionLog.START), 0)
            for step, value in SCALARS:
                writer.add_summary(v1.Summary(value=[
                    v1.Summary.Value(tag="simple", simple_value=value),
                    v1.Summary.Value(tag="minus", simple_value=-value)]), step)
            writer.add_summary(session.run(merged, {number: 0.75}), 7)
            writer.close()

    def test_scalars(self):
        self.check_scalars("simple", SCALARS)
        self.check_scalars("minus", [(step, -value) for step, value in SCALARS])
        self.check_scalars("scalar", [(7, 0.75)])

    def test_histogram_image_and_audio_of_the_old_forms(self):
        self.check_histogram(self.value("histogram"), DATA)
        self.check_images(self.value("image/image"), PIXELS[:1])
        check_sound(self, self.value("audio/audio"))

    def test_graph(self):
        graph, = self.graphs()
        self.assertIn("number", [node.name for node in graph.node])

    def test_table_of_texts(self):
        value = self.value("text")
        self.assertEqual((value.plugin, value.shape), ("text", (2, 2)))
        self.assertEqual(value.strings, [b"a", TEXT.encode(), b"", b"d"])


class TensorFlow2(FilesTest):
    HPARAMS = {"rate": 0.1, "optimizer": "adam", "shuffled": True, "layers": 3}

    @classmethod
    def write(cls):
        @tf.function
        def product(matrix):
            return tf.matmul(matrix, matrix, name="the_product")

        summary = tf.summary
        with summary.create_file_writer(cls.directory).as_default():
            for step, value in SCALARS:
                summary.scalar("scalar", value, step)
            summary.histogram("histogram", DATA, 1)
            summary.histogram("histogram", tf.zeros(0), 2)
            summary.histogram("histogram", tf.fill(9, 2.5), 3)
            summary.image("images", PIXELS, 1, max_outputs=2)
            summary.audio("audio", np.repeat(SOUND, 2, 0), RATE, 1)
            summary.text("text", TEXT, 1)
            summary.text("table", [["a", "b"], ["c", ""]], 1)
            summary.write("vector", tf.constant([1, -2, 3]), 1)
            hp.hparams(cls.HPARAMS, trial_id="trial")
            hp.hparams_config([hp.HParam("rate", hp.RealInterval(0.0, 1.0))], [hp.Metric("scalar")])
            summary.trace_on(graph=True)
            product(tf.ones((2, 2)))
            summary.trace_export("trace", 1)
            summary.graph(product.get_concrete_function(tf.ones((2, 2))).graph)

    def test_scalars(self):
        self.check_scalars("scalar", SCALARS)

    def test_histograms(self):
        (_, data), (_, empty), (_, single) = self.values("histogram")
        self.check_histogram(data, DATA)
        self.assertEqual(data.shape, (30, 3))
        self.assertEqual((empty.shape, empty.numbers.tolist()), ((30, 3), [0] * 90))
        self.assertEqual(single.array()[-1].tolist(), [2.5, 2.5, 9])
        self.assertEqual(single.array()[:, 2].sum(), 9)

    def test_images_and_audio(self):
        self.check_images(self.value("images"), PIXELS)
        audio = self.value("audio")
        self.assertEqual(audio.shape, (2, 2))
        check_sound(self, audio)

    def test_texts(self):
        self.assertEqual((self.value("text").strings, self.value("text").shape),
                         ([TEXT.encode()], ()))
        table = self.value("table")
        self.assertEqual((table.strings, table.shape), ([b"a", b"b", b"c", b""], (2, 2)))

    def test_a_tensor_without_a_plug_in(self):
        value = self.value("vector")
        self.assertEqual((value.plugin, value.numbers.tolist()), ("", [1, -2, 3]))

    def test_hparams(self):
        data = plugin_data_pb2.HParamsPluginData.FromString(
            self.value("_hparams_/session_start_info").plugin_content)
        found = {name: getattr(value, value.WhichOneof("kind"))
                 for name, value in data.session_start_info.hparams.items()}
        self.assertEqual(found, self.HPARAMS)
        self.assertEqual(self.value("_hparams_/experiment").plugin, "hparams")

    def test_graphs(self):
        trace = self.value("trace")
        self.assertEqual((trace.kind, trace.plugin), ("string", "graph_run_metadata_graph"))
        self.assertIn(b"the_product", trace.strings[0])
        graph, = self.graphs()
        self.assertIn("the_product", [node.name for node in graph.node])
