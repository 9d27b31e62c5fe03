#!/usr/bin/env python3
"""Decides a compile-fail test: expect_diagnostic.py SOURCE LOG... [--max-lines-gcc N] [--max-lines-clang N].

The first line of SOURCE is `// EXPECT: text`. Each LOG is what one compiler printed, then a line `exit status N`
(or only `absent`: that compiler is not installed, and its half is skipped).
"""

import argparse
import os
import re
import sys


def complaints(log_text, expected, source_name, max_lines):
    """What is wrong with one compiler's message, as sentences; none if it is as expected."""
    *lines, status = log_text.rstrip("\n").split("\n")
    errors = [line for line in lines if re.search(r"\berror: ", line)]
    if status == "exit status 0":
        return ["It compiled, but should have been rejected."]
    if not errors:
        return ["It was rejected without an error line."]
    # A user's source has no such file; compile_fail.bzl puts it before the source.
    message = [line for line in lines if not re.search(r"from \S+/precompiled\.hpp:1[,:]$", line)]
    found = []
    if expected not in errors[0]:
        found.append("The first error does not say: " + expected)
    if len(errors) != 1:
        found.append("%d errors instead of one." % len(errors))
    if len(message) > max_lines:
        found.append("The message has %d lines, more than %d." % (len(message), max_lines))
    if not re.search(re.escape(source_name) + r":\d+", log_text):
        found.append("The message does not name a line of %s." % source_name)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("logs", nargs="+")
    parser.add_argument("--max-lines-gcc", type=int, default=12)
    parser.add_argument("--max-lines-clang", type=int, default=20)
    args = parser.parse_args()

    with open(args.source, encoding="utf-8") as source:
        first = source.readline().strip()
    if not first.startswith("// EXPECT: "):
        sys.exit("%s: the first line must be `// EXPECT: text`." % args.source)
    expected = first[len("// EXPECT: "):]

    failed = False
    for path in args.logs:
        with open(path, encoding="utf-8", errors="replace") as log:
            text = log.read()
        if text.strip() == "absent":
            print("%s: skipped, the compiler is not installed." % path)
            continue
        # Only Clang counts its errors on the last line.
        is_clang = re.search(r"^\d+ errors? generated\.$", text, re.MULTILINE)
        found = complaints(text, expected, os.path.basename(args.source),
                           args.max_lines_clang if is_clang else args.max_lines_gcc)
        if found:
            failed = True
            print(path + ":")
            print("\n".join("  " + sentence for sentence in found))
            print("--- the compiler said:")
            print("\n".join(text.split("\n")[:60]))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
