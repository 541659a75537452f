"""The event writers that writers.sh compares tblog with, and a check of the points that a writer
has written.

Usage: scalar_writers.py torch|tensorboardX COUNT DIRECTORY   times COUNT scalars, close included
       scalar_writers.py count COUNT DIRECTORY...             fails unless stock TensorBoard finds
                                                              COUNT points in each directory
"""

import sys
import time

WARM_UP = 200  # points that are logged before the clock starts; writer_rates logs them too


def time_writer(name, count, directory):
    if name == "torch":
        from torch.utils.tensorboard import SummaryWriter
    else:
        from tensorboardX import SummaryWriter
    writer = SummaryWriter(directory)
    for step in range(WARM_UP):
        writer.add_scalar("loss", 0.5, step)
    start = time.perf_counter()
    for step in range(WARM_UP, WARM_UP + count):
        writer.add_scalar("loss", 0.5, step)
    writer.close()
    seconds = time.perf_counter() - start
    print(f"{name}: {seconds / count * 1e6:.4f} us/scalar, {count / seconds:.0f} scalars/s, "
          "file closed")


def count_points(count, directory):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    accumulator = EventAccumulator(directory, size_guidance={"scalars": 0})
    accumulator.Reload()
    points = accumulator.Scalars("loss")
    if [point.step for point in points] != list(range(WARM_UP + count)):
        sys.exit(f"{directory}: {len(points)} points of {WARM_UP + count}, or out of order")
    if any(point.value != 0.5 for point in points):
        sys.exit(f"{directory}: a wrong value")


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    count = int(sys.argv[2])
    if sys.argv[1] == "count":
        for directory in sys.argv[3:]:
            count_points(count, directory)
    else:
        time_writer(sys.argv[1], count, sys.argv[3])


if __name__ == "__main__":
    main()
