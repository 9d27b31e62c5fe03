#!/usr/bin/env python3
"""What the documents say about each other and about the sources, without compiling anything:

- every relative link leads to a file, and what stands behind its # to a heading there;
- every name that weir/weir.hpp or a connector gives its users stands in docs/reference, and those that need not are
  listed in not_in_reference.txt;
- docs/reference/command-line.md has exactly the options and commands of every job;
- what docs/common-mistakes.md quotes is what the sources say and what a case in tests/fail expects;
- every C++ block of docs/howto stands in a test beside it, word for word but for the spaces at the beginnings of its lines;
- headers, `./weir` commands and options that documents name exist.

Prints a line for each thing that is wrong; the exit status is 0 if nothing is.
"""

import os
import re
import sys

LAYERS = ("core", "state", "windows", "runtime", "dsl", "connectors", "testkit", "web")
# Whose functions are for users, and whose types are, too; the others serve these.
FUNCTIONS_OF = r"(dsl|windows|connectors)/"
TYPES_OF = r"dsl/|state/(\w+_state|ttl)\.hpp"
CONNECTORS = ("csv", "json_lines", "lines", "words", "directory")

problems = []


def complain(text, *arguments):
    problems.append(text % arguments)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def files_below(folder, ending):
    found = []
    for path, folders, names in os.walk(folder, followlinks=True):
        folders.sort()
        found += [os.path.join(path, name) for name in sorted(names) if name.endswith(ending)]
    return found


def without_code(text):
    """The text without fenced blocks."""
    return re.sub(r"(?ms)^```.*?^```$", "", text)


# ---- links -----------------------------------------------------------------------------------------------------------


def anchor_of(heading):
    """As web sites that show Markdown make it."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors_in(text):
    anchors, seen = set(), {}
    for heading in re.findall(r"(?m)^#+ (.*)$", without_code(text)):
        anchor = anchor_of(heading)
        times = seen.get(anchor, 0)
        seen[anchor] = times + 1
        anchors.add(anchor if times == 0 else "%s-%d" % (anchor, times))
    return anchors


def check_links(documents):
    links = 0
    for path, text in documents.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", without_code(text)):
            if target.startswith(("http://", "https://")):
                continue
            links += 1
            file, _, anchor = target.partition("#")
            place = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
            if not os.path.exists(place):
                complain("%s: the link to %s leads to no file", path, target)
            elif anchor and place.endswith(".md") and anchor not in anchors_in(read(place)):
                complain("%s: %s has no heading for the link to #%s", path, place, anchor)
    if links < 50:
        complain("only %d links were found", links)


# ---- names -----------------------------------------------------------------------------------------------------------


def headers_of_users():
    """weir.hpp, what it includes and so on, and the connectors."""
    found, open_ones = set(), ["weir.hpp"] + ["connectors/%s.hpp" % name for name in CONNECTORS]
    while open_ones:
        header = open_ones.pop()
        if header not in found:
            found.add(header)
            if not header.startswith("connectors"):
                open_ones += re.findall(r'(?m)^#include "weir/(.*)"$', read(header))
    return sorted(found)


def names_of(header):
    """What the header declares in namespace weir itself: functions, and types and constants."""
    namespaces, lines = [], []
    for line in re.sub(r"//(?! namespace).*", "", read(header)).split("\n"):
        begun = re.match(r"(?:inline )?namespace ([\w:]*) ?\{$", line)
        if begun:
            namespaces.append(begun.group(1))
        elif re.match(r"\}  // namespace", line):
            namespaces.pop()
        elif namespaces == ["weir"]:
            lines.append(line)
    text = "\n".join(lines)
    functions, others = [], []
    if re.match(FUNCTIONS_OF, header):
        functions = re.findall(r"(?m)^(?!using|template|static_assert)(?:\[\[[^\]]*\]\] )*[A-Za-z_][\w:<>,&* .]*[ &*>](\w+)\(", text)
    if re.match(TYPES_OF, header):
        others = re.findall(r"(?m)^(?:struct|class|concept|enum class) (\w+)(?!\w*<)", text)
        others += re.findall(r"(?m)^inline constexpr [\w:<> ]+? (\w+)(?: =|\{)", text)
    return set(functions) - {"operator", "decltype"}, set(others)


def check_names():
    pages = [path for path in files_below("docs/reference", ".md") if not path.endswith("README.md")]
    reference = "".join(read(path) for path in pages)
    code = " ".join(re.findall(r"`([^`\n]+)`", without_code(reference)) + re.findall(r"(?ms)^```.*?^```$", reference))
    mentioned, called = set(re.findall(r"\w+", code)), set(re.findall(r"(\w+)[(<]", code))
    exempt = {line.split()[0] for line in read("tests/rules/not_in_reference.txt").split("\n") if line and line[0] != "#"}
    exported, missing = set(), set()
    for header in headers_of_users():
        functions, others = names_of(header)
        exported |= functions | others
        unmentioned = (functions - called) | (others - mentioned)
        missing |= unmentioned
        for name in sorted(unmentioned - exempt):
            complain("docs/reference does not have %s of %s", name, header)
    if len(exported) < 100:
        complain("only %d names were found in the headers", len(exported))
    for name in sorted(exempt):
        if name not in exported:
            complain("tests/rules/not_in_reference.txt: there is no name %s", name)
        elif name not in missing:
            complain("tests/rules/not_in_reference.txt: docs/reference has %s", name)


# ---- options and commands -----------------------------------------------------------------------------------------------


def options_of_jobs():
    source = read("dsl/command_line.cpp")
    return set(re.findall(r'add_(?:option|flag)\(\s*"(--[\w-]+)"', source))


def commands_of_jobs():
    source = read("dsl/command_line.cpp")
    return set(re.findall(r'(?:add_subcommand|  command)\("(\w+)"', source))


def check_command_line(documents):
    page = "docs/reference/command-line.md"
    text = read(page)
    options = options_of_jobs()
    shown = set(re.findall(r"(--[a-z][\w-]+)", "\n".join(re.findall(r"(?m)^\|.*$", text))))
    for option in sorted(options - shown):
        complain("%s does not have %s", page, option)
    for option in sorted(shown - options - {"--help", "--version"}):
        complain("%s has %s, which no job takes", page, option)
    for command in sorted(commands_of_jobs()):
        if not re.search(r"(?m)^\| `%s" % command, text):
            complain("%s does not have the command %s", page, command)

    # Bazel cannot name the file, because a target has its name.
    program = read(os.path.join(os.path.dirname(os.path.realpath("weir.hpp")), "weir"))
    tools = program + "".join(read(path) for path in files_below("tools", "") if not path.endswith(".bzl"))
    known = options | set(re.findall(r"--[a-z][\w-]+", tools)) | set(re.findall(r'"(--[\w-]+)"', read("docs/howto/howto_test.cpp")))
    known |= {"--help", "--version"}
    commands = set(re.findall(r"(?m)^  (\w+)\)? ", program)) | {"help"}
    for path, document in documents.items():
        for span in re.findall(r"`(--[a-z][\w-]*)", document):
            if span not in known:
                complain("%s names the option %s, which nothing takes", path, span)
        for command in re.findall(r"\./weir ([a-z]+)", document):
            if command not in commands:
                complain("%s names ./weir %s, which does not exist", path, command)


# ---- sentences -----------------------------------------------------------------------------------------------------------


def sentences_of_sources():
    """What static assertions say."""
    found = set()
    for layer in LAYERS:
        for header in files_below(layer, ".hpp"):
            for asserted in re.findall(r"(?s)static_assert\((.*?)\);\n", read(header)):
                literals = re.findall(r'"((?:[^"\\]|\\.)*)"', asserted)
                found.add("".join(literals).replace('\\"', '"'))
    return found


def check_sentences():
    page = "docs/common-mistakes.md"
    quoted = re.findall(r"(?m)^// (weir: .*)$", read(page))
    said = sentences_of_sources()
    cases = {}
    for case in files_below("tests/fail", ".cpp"):
        first = read(case).split("\n", 1)[0]
        if not first.startswith("// EXPECT: "):
            complain("%s: its first line expects nothing", case)
        cases[case] = first.replace("// EXPECT: ", "", 1)
    if len(cases) < 100 or len(quoted) < 100:
        complain("only %d cases and %d quoted sentences were found", len(cases), len(quoted))
    for sentence in quoted:
        if sentence not in said:
            complain("%s quotes what no source says: %s", page, sentence)
        if not any(expected in sentence for expected in cases.values()):
            complain("%s quotes what no case in tests/fail expects: %s", page, sentence)
    if len(quoted) != len(set(quoted)):
        complain("%s quotes a sentence twice", page)


# ---- blocks -----------------------------------------------------------------------------------------------------------------


def flush_left(text):
    return "".join(line.strip() + "\n" for line in text.splitlines())


def check_blocks(documents):
    tests = "".join("\n" + flush_left(read(path)) for path in files_below("docs/howto", "_test.cpp"))
    blocks = 0
    for path, text in documents.items():
        if os.path.dirname(path) != "docs/howto":
            continue
        for block in re.findall(r"(?ms)^```cpp\n(.*?)^```$", text):
            blocks += 1
            if "\n" + flush_left(block) not in tests:
                complain("%s: no test beside it has:\n%s", path, block)
    if blocks < 50:
        complain("only %d blocks were found", blocks)


# ---- what else is named ----------------------------------------------------------------------------------------------------


def check_named_files(documents):
    for path, text in documents.items():
        for header in re.findall(r"weir/((?:%s)/[\w/]+\.hpp)" % "|".join(LAYERS), text):
            if not os.path.exists(header):
                complain("%s names weir/%s, which does not exist", path, header)
        for layer, header in re.findall(r"`(%s)/(\w+\.[hc]pp)" % "|".join(LAYERS), text):
            if not os.path.exists(os.path.join(layer, header)):
                complain("%s names %s/%s, which does not exist", path, layer, header)


def main():
    documents = {path: read(path) for path in ["README.md"] + files_below("docs", ".md")}
    if len(documents) < 30:
        complain("only %d documents were found", len(documents))
    check_links(documents)
    check_names()
    check_command_line(documents)
    check_sentences()
    check_blocks(documents)
    check_named_files(documents)
    for problem in problems:
        print(problem)
    print("%d documents, %d problems" % (len(documents), len(problems)))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
