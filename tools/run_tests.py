#!/usr/bin/env python3
"""Runs `bazel test` and ends with one line: N passed, N failed[, N skipped].

Arguments go to `bazel test`. If none names a target, all targets are built, all tests are run, and then the tests
that use weir from outside its workspace (tools/test_outside.sh). With --long, which takes hours, every simulated job
runs with 10,000 seeds, every job of tests/kills is killed 50 times, and then the planted bugs are looked for
(tests/planted/run.py), every fuzzer runs for a minute (tests/fuzz/run.sh), and a job of 50 million keys must keep to
its memory (tests/rocksdb/large_state.py).

Single test cases are counted, from the XML report that each test target writes. A target that does not build and a
test that crashes, runs out of time or fails after its last case count as one failure each. The exit status is 0
exactly if nothing failed.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree as ET

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LONG = ["--test_env=WEIR_SEEDS=10000", "--test_env=WEIR_KILLS=50", "--test_timeout=14400"]


class Totals:
    def __init__(self):
        self.passed, self.skipped, self.failures = 0, 0, []

    def print(self):
        for name in self.failures:
            print("FAILED " + name)
        skipped = ", %d skipped" % self.skipped if self.skipped else ""
        print("%d passed, %d failed%s" % (self.passed, len(self.failures), skipped))


def count_cases(path):
    """Returns (passed, names of the failed, skipped) of one XML report; all zero if it cannot be read."""
    passed, failed, skipped = 0, [], 0
    try:
        cases = list(ET.parse(path).getroot().iter("testcase"))
    except (OSError, ET.ParseError):
        cases = []
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(".".join(filter(None, [case.get("classname"), case.get("name")])))
        elif case.find("skipped") is not None or case.get("result") in ("skipped", "suppressed"):
            skipped += 1
        elif case.get("status") == "notrun":
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def read_events(path):
    """Returns the last result of each (label, run, shard), and the labels of the targets that did not build."""
    results, not_built = {}, set()
    if not os.path.exists(path):
        return results, not_built
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            ident = event["id"]
            if "testResult" in ident:
                key = ident["testResult"]
                results[(key["label"], key.get("run", 1), key.get("shard", 1))] = event.get("testResult", {})
            elif "targetCompleted" in ident and not event.get("completed", {}).get("success"):
                # Also sent for a test that built and failed: the caller takes those out again.
                not_built.add(ident["targetCompleted"]["label"])
            elif "aborted" in event and "targetConfigured" in ident:
                not_built.add(ident["targetConfigured"]["label"])
            elif "progress" in event:
                # A package that does not load, or a pattern that names nothing, has no event of its own.
                text = event["progress"].get("stderr", "")
                names = re.findall(r"(?:package contains errors: |error loading package ')([\w/.+-]+)", text)
                not_built.update("//" + name for name in names)
                not_built.update(re.findall(r"Skipping '([^']+)'", text))
    return results, not_built


def run_bazel(arguments, totals):
    """Adds what `bazel test` found; returns its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        events = os.path.join(folder, "events.json")
        command = ["bazel", "test", "--keep_going", "--build_event_json_file=" + events] + arguments
        status = subprocess.call(command, stdin=subprocess.DEVNULL, cwd=ROOT)
        results, not_built = read_events(events)
    failures = []
    for (label, _, _), result in sorted(results.items()):
        report = next((o["uri"] for o in result.get("testActionOutput", []) if o["name"] == "test.xml"), "")
        passed, failed, skipped = count_cases(urllib.parse.unquote(urllib.parse.urlparse(report).path))
        if result.get("status") not in ("PASSED", "FLAKY"):
            failed = failed or [result.get("status", "no status").lower()]
        elif failed:  # a report that speaks of failures beside a passing test is one of an earlier attempt
            failed = []
        if not passed + len(failed) + skipped:
            passed = 1  # a test that reports no cases is one case
        totals.passed += passed
        totals.skipped += skipped
        failures += ["%s %s" % (label, name) for name in failed]
    tested = {label for label, _, _ in results}
    failures += ["%s did not build" % label for label in sorted(not_built - tested)]
    if status and not failures:
        failures.append("bazel test: exit status %d, see above" % status)
    totals.failures += failures
    return status


def run_script(name, totals):
    """Adds the lines `[       OK ] name`, `[  FAILED  ] name` and `[  SKIPPED ] name` that the script prints."""
    script = subprocess.Popen([name], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    before = len(totals.failures)
    for line in script.stdout:
        print(line, end="", flush=True)
        match = re.match(r"\[ +(OK|FAILED|SKIPPED) +\] (\S+)", line)
        if not match:
            continue
        if match[1] == "OK":
            totals.passed += 1
        elif match[1] == "SKIPPED":
            totals.skipped += 1
        else:
            totals.failures.append(name + " " + match[2])
    if script.wait() and len(totals.failures) == before:
        totals.failures.append("%s: exit status %d" % (name, script.returncode))


def main():
    arguments = sys.argv[1:]
    long = "--long" in arguments
    if long:
        arguments.remove("--long")
        arguments = LONG + arguments
    everything = not any(re.match(r"-?(//|:|@)", argument) for argument in arguments)
    totals = Totals()
    status = run_bazel(arguments + (["--", "//..."] if everything else []), totals)
    if everything and status != 2:  # 2: Bazel did not understand the arguments
        run_script("tools/test_outside.sh", totals)
        if long:
            run_script("tests/planted/run.py", totals)
            run_script("tests/fuzz/run.sh", totals)
            run_script("tests/rocksdb/large_state.py", totals)
    sys.stdout.flush()
    totals.print()
    return 1 if totals.failures else 0


if __name__ == "__main__":
    sys.exit(main())
