#!/usr/bin/env python3
"""Writes compile_commands.json for clangd and clang-tidy, from `bazel aquery`.

Needs no network and no extra rule set. Run it after BUILD files change; arguments (say --config=clang) go to aquery.
Headers are included as weir/<folder>/..., through links that Bazel makes for each library; here they are found through
out/include/weir, whose links lead to the folders themselves.
"""

import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
UNKNOWN_TO_CLANG = {"-fno-canonical-system-headers", "-Wno-free-nonheap-object", "-Wunused-but-set-parameter"}
VIRTUAL = re.compile(r"^(-I)?bazel-out/.*/_virtual_includes/")


def link_headers():
    """Makes out/include/weir/<entry> a link to each folder and header at the root."""
    folder = os.path.join(ROOT, "out/include/weir")
    os.makedirs(folder, exist_ok=True)
    for old in os.listdir(folder):
        os.remove(os.path.join(folder, old))
    for entry in os.listdir(ROOT):
        path = os.path.join(ROOT, entry)
        if entry != "out" and not entry.startswith(".") and (os.path.isdir(path) or entry.endswith(".hpp")):
            os.symlink(path, os.path.join(folder, entry))


def arguments_for_clang(arguments):
    """The arguments of one compile action, less what Clang does not know, with one -I for all of weir's headers."""
    kept = [a for a in arguments if a not in UNKNOWN_TO_CLANG and not VIRTUAL.match(a)]
    kept = [a for at, a in enumerate(kept) if not (a in ("-I", "-isystem") and (at + 1 == len(kept) or kept[at + 1].startswith("-")))]
    return kept[:1] + ["-Iout/include", "-Wno-unknown-warning-option"] + kept[1:]


def main():
    command = ["bazel", "aquery", "--output=jsonproto", "--include_artifacts=false", "--ui_event_filters=-info",
               "--noshow_progress", *sys.argv[1:], 'mnemonic("CppCompile", //...)']
    found = subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout
    commands = {}
    for action in json.loads(found).get("actions", []):
        arguments = action["arguments"]
        source = arguments[arguments.index("-c") + 1] if "-c" in arguments else "external/"
        if not source.startswith(("external/", "bazel-out/")):
            commands[source] = {"directory": ROOT, "file": source, "arguments": arguments_for_clang(arguments)}
    link_headers()
    with open(os.path.join(ROOT, "compile_commands.json"), "w", encoding="utf-8") as out:
        json.dump(list(commands.values()), out, indent=1)
    print("compile_commands.json: %d sources" % len(commands))


if __name__ == "__main__":
    main()
