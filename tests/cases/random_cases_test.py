#!/usr/bin/env python3
"""Runs random cases (random_cases.py) through the runner of cases: none may fail, none may be skipped.

  random_cases_test.py RUNNER

WEIR_SEED=17 begins with another seed, WEIR_SEEDS=10000 makes so many cases.
"""

import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from random_cases import random_case  # noqa: E402


def main():
    runner = sys.argv[1]
    first = int(os.environ.get("WEIR_SEED") or 1)
    count = int(os.environ.get("WEIR_SEEDS") or 600)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "cases.json")
        with open(path, "w") as file:
            json.dump([random_case(seed) for seed in range(first, first + count)], file)
        found = subprocess.run([runner, path], stdout=subprocess.PIPE, text=True, timeout=600)
    print(found.stdout, end="")
    if found.stdout.splitlines()[-1:] != [f"{count} passed, 0 failed, 0 skipped"]:
        seeds = f"seeds {first} to {first + count - 1}"
        sys.exit(f"random cases, {seeds}: not all passed; 'random 17' is the same again with WEIR_SEED=17 WEIR_SEEDS=1")
    print(f"seeds {first} to {first + count - 1}")


if __name__ == "__main__":
    main()
