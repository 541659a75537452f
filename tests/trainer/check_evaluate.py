"""trainer evaluate. Arguments are the trainer and tblog, as for trainer_test."""

import array
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

from trainer_test import TRAINER, TrainerTest, record
from waiting import LIMIT_SECONDS

SHAPES = {"conv1.weight": (32, 1, 3, 3), "conv1.bias": (32,), "conv2.weight": (64, 32, 3, 3),
          "conv2.bias": (64,), "fc1.weight": (128, 9216), "fc1.bias": (128,),
          "fc2.weight": (10, 128), "fc2.bias": (10,)}


def write_model(path, value):
    """A file of another program, in which all parameters have this value."""
    header, data = {}, b""
    for name, shape in SHAPES.items():
        count = 1
        for size in shape:
            count *= size
        begin = len(data)
        data += array.array("f", [value]).tobytes() * count
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class EvaluateTest(TrainerTest):
    def evaluate(self, model, *arguments, data=None, **settings):
        line = [TRAINER, "evaluate", model, "--data", data or self.data, *arguments]
        return subprocess.run([str(word) for word in line], capture_output=True, text=True,
                              timeout=LIMIT_SECONDS, cwd=self.folder, **settings)

    def evaluated(self, model, *arguments, **settings):
        result = self.evaluate(model, "--format", "json", *arguments, **settings)
        self.assert_done(result)
        return json.loads(result.stdout)

    def report(self, model, *arguments, **settings):
        result = self.evaluate(model, *arguments, **settings)
        self.assert_done(result)
        return result.stdout


class AgainstTheRun(EvaluateTest):
    images = 100, 60

    def test_the_figures_are_those_of_the_run_bit_for_bit(self):
        for batch_size in (16, 32, 64):
            for cut in ((), ("--train-samples", 70)):
                run = self.folder / f"{batch_size}{cut}"
                trained = self.call("train", "--logdir", run, "--batch-size", batch_size,
                                    "--epochs", 2, *cut)
                self.assert_done(trained)
                for threads in (1, 2):
                    with self.subTest(batch_size=batch_size, cut=cut, threads=threads):
                        self.assert_agrees_with_record(run, "--threads", threads)
                with self.subTest(batch_size=batch_size, cut=cut):
                    self.assert_agrees_with_progress(run, trained.stdout)

    def assert_agrees_with_record(self, run, *options):
        figures = record(run)["epochs"][-1]
        found = self.evaluated(run, *options)
        self.assertEqual(found["loss"], figures["val_loss"])
        self.assertEqual(found["accuracy"]["value"], figures["val_accuracy"])
        self.assertEqual(found["run"]["val_loss"], figures["val_loss"])
        self.assertEqual(found["run"]["configuration"], record(run)["configuration"])
        self.assertTrue(found["data"]["is_of_run"])
        self.assertTrue(found["engine"]["is_of_run"])

    def assert_agrees_with_progress(self, run, progress):
        """Compares every digit that the trainer prints."""
        text = self.report(run)
        printed = re.findall(r"val_loss: ([0-9.]+) - val_accuracy: ([0-9.]+)", progress)[-1]
        loss, percent = re.search(r"^Loss +([0-9.]+)\nAccuracy +([0-9.]+) %", text,
                                  re.MULTILINE).groups()
        self.assertEqual(loss, printed[0])
        self.assertEqual(percent, f"{100 * float(printed[1]):.2f}")
        self.assertNotIn("Note:", text)


class OfARun(EvaluateTest):
    """All of these tests use equal runs, so only one is trained."""

    trained = None

    def setUp(self):
        super().setUp()
        if self.trained is None:
            self.assert_done(self.train())
            type(self).trained = tempfile.mkdtemp(prefix="trainer-test-")
            self.addClassCleanup(shutil.rmtree, self.trained)
            shutil.copytree(self.run_directory, self.trained, dirs_exist_ok=True)
        else:
            shutil.copytree(self.trained, self.run_directory)

    def test_directory_and_file_are_the_same_model(self):
        by_file = self.report("run/model.safetensors").splitlines()
        by_directory = self.report("run").splitlines()
        self.assertEqual(by_file[1:], by_directory[1:])
        self.assertEqual(by_file[0], "Model     run/model.safetensors")
        self.assertEqual(by_directory[0], "Model     run")
        self.assertEqual(by_directory[1], "Trained   2 of 2 epochs, batch size 8, seed 0")
        self.assertEqual(by_directory[2], f"Data      {self.data}, 12 validation images")

    def test_the_best_epoch_is_evaluated_as_such(self):
        run = self.folder / "longer"
        self.assert_done(self.train("--logdir", run, "--epochs", 3, "--learning-rate", 0.01,
                                    "--save-best"))
        losses = [epoch["val_loss"] for epoch in record(run)["epochs"]]
        best = losses.index(min(losses))
        self.assertLess(best, 2, "the last epoch is the best: this tests nothing")
        found = self.evaluated("longer", "--best")
        self.assertEqual((found["run"]["epoch"], found["loss"]), (best + 1, losses[best]))
        self.assertEqual(self.evaluated("longer/best.safetensors")["loss"], losses[best])
        self.assertEqual(self.evaluated("longer")["loss"], losses[-1])
        self.assertIn(f"Trained   {best + 1} of 3 epochs, ", self.report("longer", "--best"))

    def test_counts_add_up(self):
        found = self.evaluated("run")
        self.assertEqual(sum(map(sum, found["confusion"])), 12)
        self.assertEqual(sum(found["confusion"][i][i] for i in range(10)),
                         found["accuracy"]["correct"])
        for i, of_class in enumerate(found["classes"]):
            self.assertEqual(of_class["class"], i)
            self.assertEqual(of_class["images"], sum(found["confusion"][i]))
            self.assertEqual(of_class["images"], 2 if i < 2 else 1)

    def test_other_arithmetic_is_said_in_one_note(self):
        self.assert_done(self.call("train", "--logdir", "portable", "--isa", "portable",
                                   "--batch-size", 8, "--epochs", 1))
        own = self.evaluated("portable", "--isa", "portable")
        self.assertTrue(own["engine"]["is_of_run"])
        self.assertEqual(own["loss"], record(self.folder / "portable")["epochs"][-1]["val_loss"])
        best = self.evaluated("portable")
        is_same = best["engine"]["arithmetic"] == own["engine"]["arithmetic"]
        self.assertEqual(best["engine"]["is_of_run"], is_same)
        self.assertAlmostEqual(best["loss"], own["loss"], delta=1e-4)
        self.assertEqual(self.report("portable").count("Note:"), 0 if is_same else 1)

    def test_other_data_are_said_not_to_be_the_runs(self):
        other = self.folder / "other"
        shutil.copytree(self.data, other)
        labels = other / "t10k-labels-idx1-ubyte"
        labels.write_bytes(labels.read_bytes()[:8] + bytes([3, 3, 4] * 4))
        text = self.report("run", data="other")
        self.assertIn("Note: it was trained with other data; these figures are not the run's.\n",
                      text)
        self.assertIn("    0        0        -    not in the data\n", text)
        found = self.evaluated("run", data="other")
        self.assertFalse(found["data"]["is_of_run"])
        self.assertEqual(found["classes"][3]["images"], 8)
        self.assertEqual(found["classes"][5], {"class": 5, "correct": 0, "images": 0,
                                               "value": None, "low": None, "high": None})

    def test_a_report_is_ascii_of_at_most_80_columns_in_every_locale(self):
        (self.folder / "d").symlink_to(self.data)
        for locale in (None, "C.UTF-8"):
            text = self.report("run", "--isa", "portable", data="d", env=self.in_locale(locale))
            self.assertTrue(text.isascii())
            self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_output_that_cannot_be_written_is_a_failure(self):
        for output in ("text", "json"):
            with open("/dev/full", "w", encoding="ascii") as full:
                line = [TRAINER, "evaluate", "run", "--data", self.data, "--format", output]
                result = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, text=True,
                                        cwd=self.folder)
            self.assert_refused(result, 1, "standard output")

    def test_a_model_of_another_program_has_no_run(self):
        write_model(self.folder / "zeros.safetensors", 0.0)
        found = self.evaluated("zeros.safetensors")
        self.assertIsNone(found["run"])
        self.assertIsNone(found["data"]["is_of_run"])
        self.assertIsNone(found["engine"]["is_of_run"])
        # All classes are equally likely, and the first is chosen.
        self.assertAlmostEqual(found["loss"], 2.302585, places=5)
        self.assertEqual(found["accuracy"]["correct"], 2)

    def test_weights_too_large_to_give_figures_are_refused(self):
        write_model(self.folder / "large.safetensors", 3e38)
        self.assert_refused(self.evaluate("large.safetensors"), 1, "weights are too large")

    def test_bad_models_are_named_in_one_line(self):
        whole = (self.run_directory / "model.safetensors").read_bytes()
        broken = self.folder / "broken.safetensors"
        for content in (b"", whole[:4], whole[:-1], whole + b"x", b"PNG" * 100,
                        whole[:-4] + struct.pack("<f", float("nan")),
                        struct.pack("<Q", 1 << 62) + whole[8:]):
            broken.write_bytes(content)
            self.assert_refused(self.evaluate(broken), 1, broken)
        (self.folder / "empty").mkdir()
        self.assert_refused(self.evaluate("empty"), 1, "empty")
        self.assert_refused(self.evaluate("nowhere"), 1, "nowhere")
        os.remove(self.run_directory / "model.safetensors")
        self.assert_refused(self.evaluate("run"), 1, "model.safetensors")
        self.assert_refused(self.evaluate("run", "--best"), 1, "best.safetensors")

    def test_bad_data_are_named_in_one_line(self):
        self.assert_refused(self.evaluate("run", data="nowhere"), 1, "nowhere")
        self.assert_refused(self.evaluate("run", data="run"), 1, "train-images-idx3-ubyte")
        labels = self.data / "t10k-labels-idx1-ubyte"
        labels.write_bytes(labels.read_bytes()[:-1] + b"\x0a")
        self.assert_refused(self.evaluate("run"), 1, labels)
        labels.unlink()
        self.assert_refused(self.evaluate("run"), 1, labels.name)

    def test_wrong_usage_is_told_in_one_line(self):
        for arguments, *words in ((("run", "--format", "xml"), "--format", "text or json"),
                                  (("run", "--format"), "--format"),
                                  (("run", "more"), "more", "only one MODEL"),
                                  (("run", "--engine", "tpu"), "--engine", "tpu"),
                                  (("run", "--precision", "fp64"), "--precision", "fp64"),
                                  (("run", "--threads", "0"), "--threads"),
                                  (("run", "--bets"), "--best"),
                                  ((), "MODEL is missing: give"),
                                  (("",), "empty")):
            result = subprocess.run([TRAINER, "evaluate", *arguments], capture_output=True,
                                    text=True, cwd=self.folder)
            self.assert_refused(result, 2, "trainer evaluate", *words)
            self.assertEqual(result.stdout, "")

    def test_an_engine_that_this_machine_lacks_is_refused(self):
        for option, name in (("--isa", "sse9"), ("--engine", "cuda")):
            result = self.evaluate("run", option, name)
            if result.returncode != 0:  # this machine may have such a device
                self.assert_refused(result, 1, "--engine")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
