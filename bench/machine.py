"""Describes the machine, for the CSV files of measurements. Needs only Python."""
import os
import pathlib
import re


def cache_sizes(cpu=pathlib.Path("/sys/devices/system/cpu/cpu0/cache")):
    """The cache sizes of the first processor, such as "L1 32K, L2 1024K", without instruction
    caches."""
    sizes = []
    for index in sorted(cpu.glob("index*")):
        try:
            level, kind, size = ((index / name).read_text().strip()
                                 for name in ("level", "type", "size"))
        except OSError:
            continue
        if kind != "Instruction":
            sizes.append(f"L{level} {size}")
    return ", ".join(sizes)


def machine():
    try:
        model = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    except OSError:
        model = None
    return (f"{model[1] if model else 'an unknown processor'}, {len(os.sched_getaffinity(0))} "
            f"processors, caches {cache_sizes() or 'unknown'}")
