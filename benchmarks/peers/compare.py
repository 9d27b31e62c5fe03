#!/usr/bin/env python3
"""Runs weirbench beside other systems' programs on the same workloads:

    compare.py --peer renoir=PATH --peer timely=PATH [--workload w1,q5] [--slots 1,2] [--repetitions 5] [WEIRBENCH]

Every program is called as `PROGRAM WORKLOAD SLOTS OUTPUT_FILE` and prints one line of JSON with `sec`, `events` and
`check`; input files lie in $PB_DATA. Repetitions of all programs are interleaved. Printed are the medians of the
seconds and, in brackets, of the ratios of weir's seconds to the other program's in the same round: below 1, weir is
faster. In place of figures, `-` says that a program failed on a workload, because it does not have it, and `differs`
that its check or its rows are not those expected: those of weir, or those of the file that --expected names. That has a
line per workload with its name, the check and, for workloads with rows, `sorted-output-sha256=` and the hash of the
rows as `sort` puts them. The exit status is 1 if anything differs.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile

WORKLOADS = "w1,w2,w2s,w3a,w3b,w4-1m,w4-10m,q0,q1,q2,q3,q5,q7,q8,q11"
ROWS_HASH = "sorted-output-sha256="


def run(program, workload, slots):
    """The line that the program prints, as a dictionary with `rows` beside, the hash of its sorted output (None without
    any); or None where it fails."""
    with tempfile.NamedTemporaryFile() as output:
        result = subprocess.run([program, workload, str(slots), output.name], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        with open(output.name, "rb") as written:
            rows = sorted(written)
    lines = [line for line in result.stdout.splitlines() if line.startswith("{")]
    if result.returncode != 0 or not lines:
        return None
    return dict(json.loads(lines[-1]), rows=hashlib.sha256(b"".join(rows)).hexdigest() if rows else None)


def read_expected(path):
    """{workload: (check, hash of the rows or None)}; w2s is w2 done otherwise."""
    expected = {}
    with open(path, encoding="utf-8") as file:
        for words in map(str.split, file):
            if words and not words[0].startswith("#"):
                hashes = [word[len(ROWS_HASH):] for word in words[2:] if word.startswith(ROWS_HASH)]
                expected[words[0]] = words[1], hashes[0] if hashes else None
    if "w2" in expected:
        expected.setdefault("w2s", expected["w2"])
    return expected


def is_as(expected, found):
    """Rows are compared where the expectation has any: some programs write none."""
    return found["check"] == expected[0] and (expected[1] is None or found["rows"] == expected[1])


def compare(programs, workload, slots, repetitions, expected):
    """Returns {name: seconds of each repetition, or a word that says why there are none}; weir is the first program."""
    results = {name: [] for name in programs}
    for _ in range(repetitions):
        for name, seconds in results.items():
            if isinstance(seconds, str):
                continue
            found = run(programs[name], workload, slots)
            if name == "weir":
                if found is None:
                    sys.exit("weirbench failed on %s with %d slots; is PB_DATA set?" % (workload, slots))
                if expected is None:
                    expected = found["check"], None
            if found is None:
                results[name] = "-"
            elif not is_as(expected, found):
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
    parser.add_argument("--expected", metavar="FILE", help="what every program must find")
    parser.add_argument("--out", help="write all seconds to this file, as JSON")
    parser.add_argument("weirbench", nargs="?", default="out/bin/benchmarks/peers/weirbench")
    args = parser.parse_args()

    programs = {"weir": args.weirbench}
    for peer in args.peer:
        name, _, path = peer.partition("=")
        if not path:
            parser.error("--peer needs NAME=PATH, not '%s'" % peer)
        programs[name] = path

    expected = read_expected(args.expected) if args.expected else {}
    results = []
    print("%-8s %5s " % ("workload", "slots") + "".join("%18s" % name for name in programs))
    for workload in args.workload.split(","):
        for slots in map(int, args.slots.split(",")):
            seconds = compare(programs, workload, slots, args.repetitions, expected.get(workload))
            results.append({"workload": workload, "slots": slots, "seconds": seconds})
            row = "%-8s %5d " % (workload, slots)
            for name in programs:
                if isinstance(seconds[name], str):
                    row += "%18s" % seconds[name]
                    continue
                mark = ""
                if name != "weir" and not isinstance(seconds["weir"], str):
                    mark = " (%.2f)" % statistics.median(w / p for w, p in zip(seconds["weir"], seconds[name]))
                row += "%18s" % ("%.3f%s" % (statistics.median(seconds[name]), mark))
            print(row, flush=True)
    if args.out:
        with open(args.out, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    return 1 if any("differs" in row["seconds"].values() for row in results) else 0


if __name__ == "__main__":
    sys.exit(main())
