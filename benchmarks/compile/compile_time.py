#!/usr/bin/env python3
"""How long a job takes to compile: python3 benchmarks/compile/compile_time.py [--operators 5 15 40] [--repeat 3]

Writes a job of N operators, mixed as a real job mixes them, compiles it with each compiler and prints CPU seconds (the
least of the repetitions, user and system time together, so that other work on the machine hardly matters), peak memory
and the longest symbol of the object. N = 0 is the cost of including weir/weir.hpp.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ["connectors", "core", "dsl", "runtime", "state", "windows"]

# One round of stateless operators over `trade`; a job repeats it with other constants.
ROUND = [
    "filter([](const trade& t) {{ return t.price > {i}.0; }})",
    "map([](trade t) {{ t.price *= 1.0{i}; return t; }})",
    "update([](trade& t) {{ t.amount += {i}; }})",
    "filter([](const trade& t) {{ return t.amount % {j} != 0; }})",
    "map([](const trade& t) {{ return trade{{t.at, t.symbol, t.price + {i}, t.amount}}; }})",
    "peek([](const trade& t) {{ if (t.amount == -{i}) std::abort(); }})",
    "flat_map([](const trade& t) {{ return std::array<trade, 2>{{t, t}}; }})",
]

JOB = """#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;

struct trade {
  BOOST_HANA_DEFINE_STRUCT(trade, (timestamp, at), (std::string, symbol), (double, price), (std::int32_t, amount));
};

int main(int argc, char** argv) {
  std::vector<trade> trades;
  return run(job("compiled", %s), argc, argv);
}
"""


def source(operators):
    """A job of that many operators; from, key_by, window, aggregate and to are among them."""
    if operators == 0:
        return '#include "weir/weir.hpp"\n'
    parts = ["from(trades, event_time(&trade::at, out_of_orderness(5s)))"]
    stateless = operators - 5
    for i in range(stateless):
        parts.append(ROUND[i % len(ROUND)].format(i=i + 1, j=i + 2))
    parts += ["key_by(&trade::symbol)", "window(tumbling(10s))",
              'aggregate<"sums">(count(), sum(&trade::price))', 'to<"out">(print())']
    return JOB % ("\n      | ".join(parts))


def include_folder(inside):
    """A folder in which the headers have the paths that users include."""
    weir = os.path.join(inside, "include", "weir")
    os.makedirs(weir)
    for folder in FOLDERS:
        os.symlink(os.path.join(ROOT, folder), os.path.join(weir, folder))
    os.symlink(os.path.join(ROOT, "weir.hpp"), os.path.join(weir, "weir.hpp"))
    return os.path.dirname(weir)


def compile_once(compiler, flags, path, output):
    """CPU seconds and peak MiB of one compilation."""
    process = subprocess.Popen([compiler] + flags + ["-c", path, "-o", output])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit("%s failed on %s" % (compiler, path))
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def longest_symbol(path):
    names = subprocess.run(["nm", "--format=just-symbols", path], capture_output=True, text=True, check=True).stdout
    return max((len(name) for name in names.split("\n")), default=0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--operators", type=int, nargs="+", default=[0, 5, 15, 40])
    parser.add_argument("--compilers", nargs="+", default=["g++", "clang++-19"])
    parser.add_argument("--flags", default="-std=c++20 -O2", help="compiler flags; default: %(default)s")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", help="write the results to this file, too")
    args = parser.parse_args()

    results = []
    with tempfile.TemporaryDirectory() as scratch:
        flags = args.flags.split() + ["-I" + include_folder(scratch)]
        print("%-12s %9s %9s %7s %16s" % ("compiler", "operators", "seconds", "MiB", "longest symbol"))
        for compiler in args.compilers:
            if shutil.which(compiler) is None:
                print("%-12s is not installed" % compiler)
                continue
            for operators in args.operators:
                path = os.path.join(scratch, "job_%d.cpp" % operators)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(source(operators))
                runs = [compile_once(compiler, flags, path, path + ".o") for _ in range(args.repeat)]
                result = {
                    "compiler": compiler,
                    "operators": operators,
                    "seconds": round(min(seconds for seconds, _ in runs), 2),
                    "mib": round(max(mib for _, mib in runs)),
                    "longest_symbol": longest_symbol(path + ".o"),
                }
                results.append(result)
                print("%-12s %9d %9.2f %7d %16d" % tuple(result.values()), flush=True)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
