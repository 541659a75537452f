"""The shared library can be loaded at run time, even after many others.

Usage: check_plugin_load.py LIBTBLOG_SO
"""

import ctypes
import os
import shutil
import sys
import tempfile
import unittest

# glibc keeps some 1.5 KiB of static TLS for what is loaded late. If each copy took a few hundred
# bytes of it, far fewer copies would exhaust it.
COPIES = 40


class PluginLoad(unittest.TestCase):
    def test_many_copies_load_into_one_process(self):
        with tempfile.TemporaryDirectory() as folder:
            for number in range(COPIES):
                path = os.path.join(folder, f"libtblog_{number}.so")
                shutil.copy(library, path)
                loaded = ctypes.CDLL(path)
                loaded.tblog_writer_message.restype = ctypes.c_char_p
                self.assertEqual(loaded.tblog_writer_message(None), b"")


if __name__ == "__main__":
    library = sys.argv.pop(1)
    unittest.main()
