#!/usr/bin/env python3
"""Runs the benchmark programs and prints medians: bench.py [--filter REGEX] PROGRAM...

Two benchmarks of one program whose names differ in one part, `hand` and `weir` (`filter/hand/1024` and
`filter/weir/1024`), are a pair: the last table holds the ratio of their times, which is the result. Repetitions of
both are interleaved at random, so that a change of the machine's speed hits both alike.
"""

import argparse
import json
import os
import subprocess
import sys


def run(program, name_filter, repetitions):
    """Returns {benchmark name: median entry} of one program."""
    command = [program, "--benchmark_format=json", "--benchmark_enable_random_interleaving=true",
               "--benchmark_repetitions=%d" % repetitions, "--benchmark_report_aggregates_only=true",
               "--benchmark_filter=" + (name_filter or ".")]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if "Failed to match" in result.stdout + result.stderr:
        return {}
    if result.returncode:
        sys.exit("%s failed with exit status %d:\n%s" % (program, result.returncode, result.stderr))
    medians = {}
    for entry in json.loads(result.stdout)["benchmarks"]:
        if entry.get("error_occurred"):
            sys.exit("%s: %s: %s" % (program, entry["name"], entry.get("error_message", "failed")))
        if entry.get("aggregate_name") == "median":
            medians[entry["run_name"]] = entry
    return medians


def pairs(medians):
    """Yields (name with `hand` and `weir` taken out, hand's entry, weir's entry)."""
    for name, entry in medians.items():
        parts = name.split("/")
        if parts.count("weir") != 1:
            continue
        at = parts.index("weir")
        hand = medians.get("/".join(parts[:at] + ["hand"] + parts[at + 1:]))
        if hand:
            yield "/".join(parts[:at] + parts[at + 1:]), hand, entry


def nanoseconds(entry):
    return entry["real_time"] * {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}[entry["time_unit"]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--filter")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("programs", nargs="+")
    args = parser.parse_args()

    ratios, found = [], False
    for program in args.programs:
        medians = run(program, args.filter, args.repetitions)
        if not medians:
            continue
        found = True
        print("\n%-56s %14s %14s" % (os.path.basename(program), "ns (median)", "M items/s"))
        for name, entry in medians.items():
            rate = "%.1f" % (entry["items_per_second"] / 1e6) if "items_per_second" in entry else "-"
            print("  %-54s %14.1f %14s" % (name, nanoseconds(entry), rate))
        ratios += pairs(medians)
    if not found:
        sys.exit("No benchmark's name matches %s." % args.filter)
    if ratios:
        print("\n%-56s %14s" % ("time of weir / time of the hand-written loop", "ratio"))
        for name, hand, weir in ratios:
            print("  %-54s %14.2f" % (name, nanoseconds(weir) / nanoseconds(hand)))


if __name__ == "__main__":
    main()
