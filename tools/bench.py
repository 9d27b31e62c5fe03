#!/usr/bin/env python3
"""Builds and runs the benchmark programs and prints ratios: ./weir bench [FILTER] [--long] [--native] [--clang]

A comparison is a group of benchmarks with one name and several sides, `chain_int/5/streamed/hand` and
`chain_int/5/streamed/weir`. Each row is the time of one side divided by that of `hand`, the baseline: the median over
the repetitions, which are interleaved at random so that a change of the machine's speed hits all sides alike. Below 1
is faster than the baseline. Where there is a second baseline, `hand_dense` say, a row of its own holds weir's ratio to
that. What the same job takes `without` something is a baseline, too. Counters, in the units that their names end in,
have rows of their own. Rows `1 -> 2 slots` are the time in 2 slots over that in 1, of weir over that of the baseline.
Bars are upper limits.
"""

import argparse
import collections
import json
import os
import platform
import re
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# All bars: (regular expression for a whole row, upper limit). A row without a bar is for information.
BARS = [
    (r"chain_(int|struct)/.* weir", 1.12),
    (r"chain_int and chain_struct, median", 1.05),
    (r"chain_filter_selectivity/(10|30|50)_percent/.* weir", 0.5),
    (r"control_overhead/.* weir", 1.02),
    (r"exchange_1to1/16_bytes weir", 1 / 3),  # three times the throughput
    (r"partition_scatter/[28]_targets/.* weir", 1 / 0.55),  # 0.55 of the speed of memcpy
    (r"state_update/10k weir", 1.1),
    (r"state_update/10?M weir", 0.5),
    (r"timers/1M_live weir", 0.5),
    (r"process_state/(sum|three_values)/1M weir", 0.8),
    (r"checkpoint_overhead/campaign_views every_second", 1 / 0.97),  # 0.97 of the throughput
    (r"checkpoint_overhead/1M_keys every_second", 1 / 0.95),
    (r"checkpoint_overhead/10M_keys every_second", 1 / 0.85),
    (r"checkpoint_overhead/10M_keys pause_ms", 1),
    (r"checkpoint_overhead/1M_names_with_lists_and_timers pause_ms", 5),
    (r"snapshot_to_disk/1GB_64_byte_values weir", 1 / 0.6),  # 0.6 of the bandwidth
    (r"restore/1GB_64_byte_values weir", 2),
    (r"recovery/exception/default_delay seconds", 0.2),
    (r"recovery/sigkill seconds", 1.5),
    (r"stored_state/50M_keys weir", 1 / 0.9),
    (r"stored_state/50M_keys resident_of_limit", 1.2),
    (r"stored_state/1M_keys_in_memory(_with_checkpoints)? of_flinks_time", 1 / 3),
    (r"stored_state/1M_names_with_lists_and_timers pause_ms", 250),
    (r"sliding_windows/1k_keys weir", 1.6),  # against tumbling windows as long as the slide
    (r"windows/tumbling/.* weir", 1.25),
    (r"windows/sessions/.* weir", 1.5),
    (r"windows/firing/tumbling_.* ns_per_key", 20),
    (r"windows/firing/tumbling_.* longest_step_ms", 1),
    (r"windows/firing/tumbling_.* bytes_per_key", 48),
    (r"campaign_views/cache_resident/1_slot weir", 1.25),
    (r"campaign_views/streamed/1_slot weir", 1.05),
    (r"campaign_json/1_slot weir", 1.10),
    (r"word_count/1_slot weir", 1.05),
    (r"interval_join/.* weir", 1.5),
    (r"(campaign_views/streamed|word_count), 1 -> 2 slots", 1.0),
    (r"exchange_latency/1M_per_second p50_us", 25),
    (r"exchange_latency/1M_per_second p99_us", 1000),
]

COUNTERS = ("p50_us", "p99_us", "p99_99_us", "cores_busy", "pause_ms", "seconds", "snapshot_mb", "checkpoints",
            "of_flinks_time", "resident_of_limit", "ns_per_key", "longest_step_ms", "bytes_per_key")

RELEASE = ("--config=opt", "-O2 -march=x86-64-v2") if platform.machine() == "x86_64" else ("--config=release", "-O2")
NATIVE = ("--config=o3native", "-O3 -march=native")


def build(native, clang, tag):
    """Builds all benchmark programs; returns the paths of those with the tag and the flags."""
    config, flags = NATIVE if native else RELEASE
    configs = [config] + (["--config=clang"] if clang else [])
    subprocess.run(["bazel", "build"] + configs + ["//benchmarks/..."], cwd=ROOT, check=True)
    query = subprocess.run(["bazel", "query", "--ui_event_filters=-info", "--noshow_progress",
                            r'attr(tags, "[\[ ]%s[,\]]", kind(cc_binary, //benchmarks/...))' % tag],
                           cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    programs = [label.lstrip("/").replace(":", "/") for label in query.stdout.split()]
    return [os.path.join(ROOT, "out/bin", program) for program in programs], flags


def run(program, args):
    """What the program reports, as a dictionary; None when the filter leaves nothing of it."""
    command = [program, "--benchmark_format=json", "--benchmark_enable_random_interleaving=true",
               "--benchmark_repetitions=%d" % args.repetitions, "--benchmark_min_time=0.2",
               "--benchmark_filter=" + (args.filter or ".")]
    if args.scale:
        command.append("--scale=" + args.scale)
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)
    if "Failed to match" in result.stdout + result.stderr:
        return None
    if result.returncode:
        sys.exit("%s failed with exit status %d:\n%s" % (program, result.returncode, result.stderr))
    return json.loads(result.stdout)


def samples(report):
    """{group: {side: the entries of its repetitions, in order}}, by name, with 5 before 20."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    for entry in report["benchmarks"]:
        if entry.get("error_occurred"):
            sys.exit("%s: %s" % (entry["name"], entry.get("error_message", "failed")))
        if entry["run_type"] != "iteration":
            continue
        # Google Benchmark adds parts of its own, such as `iterations:1` and `manual_time`.
        parts = [part for part in entry["run_name"].split("/") if ":" not in part and not part.endswith("_time")]
        found["/".join(parts[:-1])][parts[-1]].append(entry)
    for sides in found.values():
        for entries in sides.values():
            entries.sort(key=lambda entry: entry["repetition_index"])

    def place(name):
        return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
    return {group: {side: found[group][side] for side in sorted(found[group])} for group in sorted(found, key=place)}


def seconds(entry):
    return entry["real_time"] * {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}[entry["time_unit"]]


def ratios(side, base):
    return [seconds(a) / seconds(b) for a, b in zip(side, base)]


def rows_of(groups):
    """Yields (row, value) for all comparisons."""
    for group, sides in groups.items():
        base = next((side for side in ("hand", "without") if side in sides), None)
        for side, entries in sides.items():
            if base and side != base and not side.startswith("hand"):
                yield "%s %s" % (group, side), statistics.median(ratios(entries, sides[base]))
            if side.startswith("hand_") and "weir" in sides:
                yield "%s weir, against %s" % (group, side), statistics.median(ratios(sides["weir"], entries))
            for counter in COUNTERS:
                if counter in entries[0] and not side.startswith("hand"):
                    yield "%s %s" % (group, counter), statistics.median(entry[counter] for entry in entries)
    for group, one in groups.items():
        two = groups.get(group.replace("/1_slot", "/2_slots"), {})
        if group.endswith("/1_slot") and {"hand", "weir"} <= set(one) & set(two):
            scaling = [w / h for w, h in zip(ratios(two["weir"], one["weir"]), ratios(two["hand"], one["hand"]))]
            yield group[:-len("/1_slot")] + ", 1 -> 2 slots", statistics.median(scaling)


def bar_of(row):
    return next((bar for pattern, bar in BARS if re.fullmatch(pattern, row)), None)


def show(row, value):
    bar = bar_of(row)
    verdict = "" if bar is None else "<= %-6.3g %s" % (bar, "pass" if value <= bar else "MISS")
    print("  %-72s %9.3f   %s" % (row, value, verdict), flush=True)
    return {"row": row, "value": value, "bar": bar}


def main():
    parser = argparse.ArgumentParser(prog="./weir bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("filter", nargs="?", help="a regular expression for names of benchmarks")
    parser.add_argument("--native", action="store_true", help="build with %s instead of %s" % (NATIVE[1], RELEASE[1]))
    parser.add_argument("--clang", action="store_true", help="build with Clang instead of GCC")
    parser.add_argument("--long", action="store_true",
                        help="run the programs that take minutes, gigabytes and a disk instead of the others")
    parser.add_argument("--repetitions", type=int, help="9 when not given, 3 with --long")
    parser.add_argument("--scale", help="multiply all sizes by this, to try the programs of --long and process_state")
    parser.add_argument("--out", help="write all rows and every repetition to this file, as JSON")
    parser.add_argument("--check", action="store_true", help="exit with status 1 when a bar is missed")
    parser.add_argument("--programs", nargs="+", help="run these programs as they are instead of building")
    args = parser.parse_args()

    args.repetitions = args.repetitions or (3 if args.long else 9)
    if args.programs:
        programs, flags = args.programs, "flags unknown"
    else:
        programs, flags = build(args.native, args.clang, "long_benchmark" if args.long else "benchmark")
    rows, reports = [], []
    for program in programs:
        report = run(program, args)
        if report is None:
            continue
        reports.append(report)
        compiler = report["context"].get("compiler", "compiler unknown")
        print("\n%s: %s, %s" % (os.path.basename(program), compiler, flags))
        rows += [show(row, value) for row, value in rows_of(samples(report))]
    if not reports:
        sys.exit("No benchmark's name matches %s." % args.filter)

    chains = [each["value"] for each in rows if re.fullmatch(r"chain_(int|struct)/.* weir", each["row"])]
    if chains:
        print()
        rows.append(show("chain_int and chain_struct, median", statistics.median(chains)))
    missed = [each["row"] for each in rows if each["bar"] is not None and each["value"] > each["bar"]]
    held = sum(each["bar"] is not None for each in rows) - len(missed)
    print("\n%d bars held, %d missed%s" % (held, len(missed), ": " + "; ".join(missed) if missed else ""))
    if args.out:
        with open(args.out, "w", encoding="utf-8") as file:
            json.dump({"flags": flags, "rows": rows, "reports": reports}, file, indent=1)
    return 1 if args.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
