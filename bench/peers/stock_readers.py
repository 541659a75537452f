"""TensorBoard's own readers, for readers.sh.

Usage: stock_readers.py server DIRECTORY        its data server: the load time that it reports
       stock_readers.py checksum DIRECTORY      the same, with --checksum
       stock_readers.py accumulator DIRECTORY   EventAccumulator.Reload

All print "NAME: SECONDS s", without the time to start the process.
"""

import re
import subprocess
import sys
import tempfile
import time


def time_server(directory, *options):
    import tensorboard_data_server
    with tempfile.TemporaryDirectory() as scratch:
        server = subprocess.Popen(
            [tensorboard_data_server.server_binary(), "--logdir", directory, "--port", "0",
             "--port-file", f"{scratch}/port", "--reload", "once", "--verbose", *options],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            for line in server.stderr:
                found = re.search(r"Finished load cycle \(([0-9.]+)(s|ms|µs)\)", line)
                if found:
                    return float(found[1]) * {"s": 1.0, "ms": 1e-3, "µs": 1e-6}[found[2]]
        finally:
            server.kill()
            server.wait()
    sys.exit("the data server ended before it had loaded the directory")


def time_checksum(directory):
    return time_server(directory, "--checksum")


def time_accumulator(directory):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    start = time.perf_counter()
    accumulator = EventAccumulator(directory)
    accumulator.Reload()
    seconds = time.perf_counter() - start
    if not any(accumulator.Tags()[kind] for kind in ("scalars", "tensors")):
        sys.exit(f"{directory}: no points")
    return seconds


def main():
    readers = {"server": time_server, "checksum": time_checksum, "accumulator": time_accumulator}
    if len(sys.argv) != 3 or sys.argv[1] not in readers:
        sys.exit(__doc__)
    print(f"{sys.argv[1]}: {readers[sys.argv[1]](sys.argv[2]):.6f} s")


if __name__ == "__main__":
    main()
