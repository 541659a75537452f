"""Exported models in onnxruntime, OpenCV and JAX. Also checks the files with ONNX' checker,
safetensors' library, h5py and h5dump.

Usage: check_export_models.py TRAINER DOCS/MODELS.MD MNIST_FOLDER
"""

import io
import json
import os
import shutil
import subprocess
import unittest
import zipfile

import exported_models
import h5py
import lenet_in_numpy
import numpy
import onnx
import onnxruntime
from safetensors import safe_open
from waiting import LIMIT_SECONDS


LAYERS = {"conv1": "conv2d", "conv2": "conv2d_1", "dense1": "dense", "dense2": "dense_1"}


class Readers(exported_models.ExportedModels):
    READERS = "onnxruntime", "OpenCV", "JAX"

    def test_the_trainer_predicts_what_the_network_gives_in_double_precision(self):
        at_once = 50
        for model, predicted in self.predicted.items():
            weights = self.weights(model)
            for i in range(0, len(predicted), at_once):
                images = self.images[i : i + at_once].reshape(-1, 28, 28, 1)
                error = predicted[i : i + at_once] - lenet_in_numpy.network(weights, images)
                self.assertTrue(numpy.abs(error).max() <= exported_models.TOLERANCE)

    def test_the_onnx_file_is_valid(self):
        model = onnx.load(self.folder / "trained/model.onnx")
        onnx.checker.check_model(model, full_check=True)
        self.assertEqual(model.SerializeToString(),
                         (self.folder / "trained/model.onnx").read_bytes())

    def test_onnxruntime_takes_any_batch(self):
        session = onnxruntime.InferenceSession(self.folder / "random/model.onnx")
        for count in 1, 7:
            found, = session.run(None, {"images": self.images[:count]})
            self.assertLess(numpy.abs(found - self.predicted["random"][:count]).max(),
                            exported_models.TOLERANCE)

    def test_files_say_what_they_are(self):
        folder = self.folder / "trained"
        session = onnxruntime.InferenceSession(folder / "model.onnx")
        with safe_open(folder / "model.safetensors", "numpy") as file:
            facts = file.metadata()
        with zipfile.ZipFile(folder / "model.npz") as file:
            comment = json.loads(file.comment)
        with zipfile.ZipFile(folder / "model.keras") as file:
            metadata = json.loads(file.read("metadata.json"))
        known = session.get_modelmeta().custom_metadata_map
        self.assertEqual(facts["epoch"], "1")
        self.assertEqual(facts, comment)
        self.assertEqual(facts, metadata["trainer"])
        self.assertEqual(facts, {key: value for key, value in known.items() if key in facts})
        self.assertEqual(known["Image.BitmapPixelFormat"], "Gray8")

    def test_safetensors_are_those_that_the_page_names(self):
        for model in self.predicted:
            ours = self.weights(model)
            with safe_open(self.folder / model / "model.safetensors", "numpy") as file:
                theirs = {name: file.get_tensor(name) for name in file.keys()}
            dense1 = ours["dense1/kernel"].reshape(12, 12, 64, 128).transpose(3, 2, 0, 1)
            for name, array in (("conv1.weight", ours["conv1/kernel"].transpose(3, 2, 0, 1)),
                                ("conv2.weight", ours["conv2/kernel"].transpose(3, 2, 0, 1)),
                                ("fc1.weight", dense1.reshape(128, -1)),
                                ("fc2.weight", ours["dense2/kernel"].T),
                                ("conv1.bias", ours["conv1/bias"]),
                                ("conv2.bias", ours["conv2/bias"]),
                                ("fc1.bias", ours["dense1/bias"]),
                                ("fc2.bias", ours["dense2/bias"])):
                numpy.testing.assert_array_equal(theirs.pop(name), array)
            self.assertEqual(theirs, {})

    def keras_weights(self):
        """The HDF5 file within the .keras file."""
        with zipfile.ZipFile(self.folder / "trained/model.keras") as file:
            return file.read("model.weights.h5")

    def keras_paths(self):
        for name, array in self.weights("trained").items():
            layer, part = name.split("/")
            yield f"layers/{LAYERS[layer]}/vars/{('kernel', 'bias').index(part)}", array

    def test_h5py_reads_the_weights_for_keras(self):
        found = []
        with h5py.File(io.BytesIO(self.keras_weights())) as file:
            for path, array in self.keras_paths():
                self.assertEqual(file[path].dtype, numpy.dtype("<f4"))
                numpy.testing.assert_array_equal(file[path][:], array)
            file.visititems(lambda name, item: found.append(name)
                            if isinstance(item, h5py.Dataset) else None)
        self.assertEqual(sorted(found), sorted(path for path, _ in self.keras_paths()))

    @unittest.skipUnless(shutil.which("h5dump") or os.environ.get("CI") == "true", "no h5dump")
    def test_h5dump_reads_them_too(self):
        file, out = (str(self.folder / name) for name in ("weights.h5", "array"))
        with open(file, "wb") as writer:
            writer.write(self.keras_weights())
        for path, array in self.keras_paths():
            dump = subprocess.run(["h5dump", "-d", "/" + path, "-b", "LE", "-o", out, file],
                                  capture_output=True, text=True, timeout=LIMIT_SECONDS)
            self.assertEqual((dump.returncode, dump.stderr), (0, ""))
            numpy.testing.assert_array_equal(numpy.fromfile(out, "<f4"), array.ravel())


if __name__ == "__main__":
    unittest.main(verbosity=2)
