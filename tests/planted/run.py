#!/usr/bin/env python3
"""Plants one bug after the other in a copy of the tree, and shows that the simulator finds each of them.

    tests/planted/run.py [--check] [--seeds N] [--only TEXT] [BAZEL ARGS]

--check  only looks whether every bug can still be planted; builds nothing
--seeds  how many seeds may be needed, 1000 unless given
--only   the bugs whose names contain TEXT

Without --check it builds for every bug the test program that is to find it, beginning with all programs and no bug, and
prints a line for each: `[       OK ] name` with the seed that found it, or `[  FAILED  ] name`. The exit status is 0 exactly
if all were found.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

from bugs import BUGS  # noqa: E402

# Of each program, those of its tests that simulate jobs.
SIMULATIONS = {"//tests/runtime:recovery_test": "recovery.*", "//tests/dsl:bounded_test": "bounded_stream.*exactly_once"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def problem_of(bug, root):
    """Why a bug cannot be planted, or nothing."""
    path = os.path.join(root, bug.file)
    if not os.path.exists(path):
        return bug.file + " does not exist"
    found = read(path).count(bug.old)
    if found != 1:
        return "its lines stand %d times in %s, and once is needed" % (found, bug.file)
    return "it changes nothing" if bug.old == bug.new else ""


def check(root):
    problems = [(bug.name, problem_of(bug, root)) for bug in BUGS]
    problems = [each for each in problems if each[1]]
    for name, problem in problems:
        print("%s: %s" % (name, problem))
    if len({bug.name for bug in BUGS}) != len(BUGS):
        problems.append(("", "two bugs have one name"))
        print("two bugs have one name")
    print("%d of %d bugs can be planted" % (len(BUGS) - len(problems), len(BUGS)))
    return not problems


def copy_of_tree(folder):
    """The files that git knows or would add, and a developer's own settings for Bazel."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
        stdout=subprocess.PIPE).stdout.decode().split("\0")
    for name in filter(None, names + ["user.bazelrc"]):
        source, target = os.path.join(ROOT, name), os.path.join(folder, name)
        if not os.path.lexists(source):
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)


def build(tree, targets, arguments):
    cache = subprocess.run(["tools/disk_cache.sh"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout.decode().strip()
    command = ["bazel", "build", "--disk_cache=" + cache] + arguments + targets
    return subprocess.run(command, cwd=tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def simulate(tree, target, test, seeds):
    """Returns the exit status of the test, and what it printed."""
    environment = dict(os.environ, WEIR_SEED="0", WEIR_SEEDS=str(seeds))
    try:
        program = os.path.join(tree, "out/bin", target[2:].replace(":", "/"))
        run = subprocess.run([program, "--gtest_filter=" + test], cwd=tree, env=environment,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1800)
    except subprocess.TimeoutExpired:
        return 124, "it ran for more than half an hour"
    return run.returncode, run.stdout.decode(errors="replace")


def plant(bug, tree, arguments, seeds):
    """Returns (whether the bug was found, what to say)."""
    path = os.path.join(tree, bug.file)
    sound = read(path)
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(sound.replace(bug.old, bug.new))
        built = build(tree, [bug.target], arguments)
        if built.returncode:
            return False, "does not build:\n" + built.stdout.decode(errors="replace")[-2000:]
        status, text = simulate(tree, bug.target, bug.test, seeds)
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(sound)
    if status == 0:
        return False, "not found in %d seeds by %s" % (seeds, bug.test)
    seed = re.search(r"seed (\d+)(.*)", text)
    if not seed:
        return status < 0, "%s ended with status %d" % (bug.test, status)
    return True, "seed %s of %s" % (seed[1], bug.test)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--only", default="")
    options, arguments = parser.parse_known_args()
    if options.check:
        # As a test it runs in a folder with the files that it needs.
        return 0 if check(os.getcwd() if os.path.exists("runtime") else ROOT) else 1
    bugs = [bug for bug in BUGS if options.only in bug.name]
    if not bugs:
        parser.error("no bug's name contains '%s'" % options.only)

    missed = 0

    def say(found, name, text):
        print("[%s ] %s: %s" % ("       OK" if found else "  FAILED ", name.replace(" ", "_"), text), flush=True)
        return 0 if found else 1

    with tempfile.TemporaryDirectory(prefix="weir-planted.") as tree:
        copy_of_tree(tree)
        try:
            targets = sorted({bug.target for bug in bugs})
            built = build(tree, targets, arguments)
            if built.returncode:
                print(built.stdout.decode(errors="replace")[-4000:])
                return say(False, "no bug", "does not build")
            for target in targets:
                status, text = simulate(tree, target, SIMULATIONS[target], min(options.seeds, 100))
                missed += say(status == 0, "no bug in " + target,
                              "holds" if status == 0 else "fails, so the others show nothing:\n" + text)
            for bug in bugs:
                found, text = plant(bug, tree, arguments, options.seeds)
                missed += say(found, bug.name, text)
        finally:
            subprocess.run(["bazel", "clean", "--expunge"], cwd=tree, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
