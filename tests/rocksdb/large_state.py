#!/usr/bin/env python3
"""A job of 50 million keys whose state lies in RocksDB, with 512 MiB for it: it must finish, give the sums that a program
without weir gives (benchmarks/baseline/stored_sums.hpp), and never take more than 1.2 times its limit.

Takes 10 GB of the disk below $TMPDIR and some ten minutes. Prints `[       OK ] large_state` or `[  FAILED  ] large_state`.
"""

import os
import platform
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KEYS, RECORDS, MEMORY_MIB = 50_000_000, 5_000_000, 512


def build():
    cache = subprocess.run(["tools/disk_cache.sh"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    config = "--config=opt" if platform.machine() == "x86_64" else "--config=release"
    subprocess.run(["bazel", "build", config, "--disk_cache=" + cache, "//benchmarks:stored_state"], cwd=ROOT, check=True,
                   stdin=subprocess.DEVNULL)


def run(side):
    """Returns what the program says of a side, by name."""
    command = [os.path.join(ROOT, "out/bin/benchmarks/stored_state"), side, str(KEYS), str(RECORDS), str(MEMORY_MIB), "0"]
    text = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True).stdout
    figures = {name: float(value) for name, value in map(str.split, text.splitlines())}
    print("%s: %s" % (side, ", ".join("%s %.15g" % figure for figure in figures.items())), flush=True)
    return figures


def problem():
    expected, found = run("hand"), run("sums")
    if found["check"] != expected["check"]:
        return "the sums are others than by hand"
    if found["resident_mib"] > 1.2 * MEMORY_MIB:
        return "it took more than 1.2 times its limit of %d MiB" % MEMORY_MIB
    return ""


def main():
    try:
        build()
        found = problem()
    except subprocess.CalledProcessError as failure:
        found = str(failure)
    print("[  FAILED  ] large_state: " + found if found else "[       OK ] large_state")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
