#!/usr/bin/env python3
"""Runs weirbench beside other systems' programs on the same workloads:

    compare.py --peer renoir=PATH --peer timely=PATH [--workload w1,w3a] [--slots 1,2] [--repetitions 5] [WEIRBENCH]

Every program is called as `PROGRAM WORKLOAD SLOTS OUTPUT_FILE` and prints one line of JSON with `sec`, `events` and
`check`; input files lie in $PB_DATA. Repetitions of all programs are interleaved. Printed are the medians of the
seconds and, in brackets, of the ratios of weir's seconds to the other program's in the same round: below 1, weir is
faster. In place of figures, `-` says that a program failed on a workload, because it does not have it, and `differs`
that its check is not that of weir; the exit status is then 1.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

WORKLOADS = "w1,w2,w2s,w3a,w3b,w4-1m,w4-10m"


def run(program, workload, slots):
    """The line that the program prints, as a dictionary, or None where it fails."""
    result = subprocess.run([program, workload, str(slots), os.devnull], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines = [line for line in result.stdout.splitlines() if line.startswith("{")]
    return json.loads(lines[-1]) if result.returncode == 0 and lines else None


def compare(programs, workload, slots, repetitions):
    """Returns {name: seconds of each repetition, or a word that says why there are none}; weir is the first program."""
    results = {name: [] for name in programs}
    check = None
    for _ in range(repetitions):
        for name, seconds in results.items():
            if isinstance(seconds, str):
                continue
            found = run(programs[name], workload, slots)
            if name == "weir":
                if found is None or found["check"] != (check or found["check"]):
                    sys.exit("weirbench failed on %s with %d slots; is PB_DATA set?" % (workload, slots))
                check = found["check"]
            if found is None:
                results[name] = "-"
            elif found["check"] != check:
                results[name] = "differs"
            else:
                seconds.append(found["sec"])
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--workload", default=WORKLOADS)
    parser.add_argument("--slots", default="1,2")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--out", help="write all seconds to this file, as JSON")
    parser.add_argument("weirbench", nargs="?", default="out/bin/benchmarks/peers/weirbench")
    args = parser.parse_args()

    programs = {"weir": args.weirbench}
    for peer in args.peer:
        name, _, path = peer.partition("=")
        if not path:
            parser.error("--peer needs NAME=PATH, not '%s'" % peer)
        programs[name] = path

    results = []
    print("%-8s %5s " % ("workload", "slots") + "".join("%18s" % name for name in programs))
    for workload in args.workload.split(","):
        for slots in map(int, args.slots.split(",")):
            seconds = compare(programs, workload, slots, args.repetitions)
            results.append({"workload": workload, "slots": slots, "seconds": seconds})
            row = "%-8s %5d " % (workload, slots)
            for name in programs:
                if isinstance(seconds[name], str):
                    row += "%18s" % seconds[name]
                    continue
                ratio = statistics.median(w / p for w, p in zip(seconds["weir"], seconds[name]))
                mark = "" if name == "weir" else " (%.2f)" % ratio
                row += "%18s" % ("%.3f%s" % (statistics.median(seconds[name]), mark))
            print(row, flush=True)
    if args.out:
        with open(args.out, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    return 1 if any("differs" in row["seconds"].values() for row in results) else 0


if __name__ == "__main__":
    sys.exit(main())
