#!/usr/bin/env python3
"""Installs weir for programs that are not built by Bazel: headers, static libraries and a CMake package.

Everything comes from the BUILD files: each cc_library of weir becomes a CMake target weir::<its name> with the same
headers, dependencies and link options, so `weir::weir` is the common set and, say, `weir::json_lines` adds the
connector that links simdjson. Adding a file or a library to a BUILD file needs no change here.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Top folders whose libraries serve only this repository.
PRIVATE = ("benchmarks", "docs", "examples", "jobs", "tests", "third_party", "tools")

CONFIG_HEAD = """# Written by `./weir install`. Targets: %s.
get_filename_component(_weir_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
include(CMakeFindDependencyMacro)
find_dependency(Threads)

if(NOT TARGET weir::weir)
"""

CONFIG_TAIL = """endif()

foreach(_weir_component IN LISTS ${CMAKE_FIND_PACKAGE_NAME}_FIND_COMPONENTS)
  if(TARGET weir::${_weir_component})
    set(${CMAKE_FIND_PACKAGE_NAME}_${_weir_component}_FOUND TRUE)
  elseif(${CMAKE_FIND_PACKAGE_NAME}_FIND_REQUIRED_${_weir_component})
    set(${CMAKE_FIND_PACKAGE_NAME}_FOUND FALSE)
    set(${CMAKE_FIND_PACKAGE_NAME}_NOT_FOUND_MESSAGE "weir has no component ${_weir_component}.")
  endif()
endforeach()
unset(_weir_prefix)
"""

# Before 1.0 a new minor version may break its users.
VERSION_FILE = """set(PACKAGE_VERSION %(version)s)
if(PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION OR NOT PACKAGE_FIND_VERSION MATCHES "^%(series)s(\\\\.|$)")
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
else()
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
  if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
  endif()
endif()
"""


class Library:
    """One cc_library, as `bazel query` describes it."""

    def __init__(self, rule):
        self.label = rule.get("name")
        self.package, _, self.name = self.label.partition("//")[2].partition(":")
        self.headers = self._list(rule, "hdrs")
        self.sources = [source for source in self._list(rule, "srcs") if not source.endswith(".hpp")]
        self.deps = self._list(rule, "deps")
        self.linkopts = self._list(rule, "linkopts")
        self.defines = self._list(rule, "defines")
        whole = rule.find("boolean[@name='alwayslink']")
        self.links_whole = whole is not None and whole.get("value") == "true"
        prefix = rule.find("string[@name='include_prefix']")
        self.include_prefix = prefix.get("value") if prefix is not None else self.package

    @staticmethod
    def _list(rule, name):
        found = rule.find("list[@name='%s']" % name)
        return [] if found is None else [item.get("value") for item in found]

    @property
    def own(self):
        return self.label.startswith("//")


def bazel(*arguments):
    """Returns what `bazel arguments` prints; ends this program if it fails, after its own message."""
    result = subprocess.run(("bazel",) + arguments, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    if result.returncode:
        sys.exit("weir install: bazel %s failed, see above." % arguments[0])
    return result.stdout


def read_libraries():
    """Returns {label: Library} of weir's libraries and of those outside weir that they depend on."""
    quiet = ("query", "--noimplicit_deps", "--noshow_progress", "--ui_event_filters=-info")
    labels = [label for label in bazel(*quiet, "kind(cc_library, //...)").decode().split()
              if label[len("//"):].partition(":")[0].split("/")[0] not in PRIVATE]
    xml = bazel(*quiet, "--output=xml", "kind(cc_library, deps(set(%s)))" % " ".join(labels))
    return {library.label: library for library in map(Library, ET.fromstring(xml).iter("rule"))}


def cmake_names(libraries):
    """The name in CMake of each library; two of the same name are told apart by their folders."""
    names = {}
    for library in libraries:
        same = [other for other in libraries if other.name == library.name]
        names[library.label] = library.name if len(same) == 1 else library.package.replace("/", "_") + "_" + library.name
    return names


def external_options(library, libraries):
    """Link options of the libraries outside weir that `library` depends on directly, and of those below them."""
    options = []
    for dep in library.deps:
        other = libraries.get(dep)
        if other and not other.own:
            options += other.linkopts + external_options(other, libraries)
    return options


def install_headers(library, include):
    for header in library.headers:
        package, _, name = header.partition("//")[2].partition(":")
        target = os.path.join(include, library.include_prefix, name)
        if package != library.package or not library.include_prefix.split("/")[0] == "weir":
            sys.exit("%s: %s cannot be installed, because users do not include it as weir/...; set include_prefix."
                     % (library.label, header))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(os.path.join(ROOT, package, name), target)


def install_archive(library, name, lib):
    """Copies the static library that the build just made; returns its new file name."""
    folder = os.path.join(ROOT, "out/bin", library.package)
    built = [os.path.join(folder, "lib%s%s" % (library.name, end)) for end in (".a", ".pic.a", ".lo", ".pic.lo")]
    found = next((path for path in built if os.path.exists(path)), None)
    if not found:
        sys.exit("The build made no static library for %s." % library.label)
    file_name = "libweir_%s.a" % name if name != "weir" else "libweir.a"
    target = os.path.join(lib, file_name)
    if os.path.exists(target):
        os.remove(target)
    shutil.copyfile(found, target)
    return file_name


def cmake_target(library, name, archive, names, libraries):
    links = ["weir::" + names[dep] for dep in library.deps if dep in names]
    options = list(dict.fromkeys(library.linkopts + external_options(library, libraries)))
    links += [option for option in options if option != "-pthread"] + ["Threads::Threads"]
    if archive and library.links_whole:
        # It registers itself by static objects, which a linker leaves out if nothing refers to them.
        links.insert(0, "-Wl,--whole-archive,${_weir_prefix}/lib/%s,--no-whole-archive" % archive)
        archive = None
    lines = [
        "  add_library(weir::%s %s IMPORTED)" % (name, "STATIC" if archive else "INTERFACE"),
        "  set_target_properties(weir::%s PROPERTIES" % name,
        '    INTERFACE_INCLUDE_DIRECTORIES "${_weir_prefix}/include"',
        '    INTERFACE_COMPILE_FEATURES cxx_std_20',
        '    INTERFACE_LINK_LIBRARIES "%s"' % ";".join(links),
    ]
    if archive:
        lines.append('    IMPORTED_LOCATION "${_weir_prefix}/lib/%s"' % archive)
    if library.defines:
        lines.append('    INTERFACE_COMPILE_DEFINITIONS "%s"' % ";".join(library.defines))
    return "\n".join(lines) + ")\n"


def main():
    parser = argparse.ArgumentParser(prog="weir install", description="Installs headers, libraries and a CMake package.")
    parser.add_argument("--prefix", required=True, metavar="DIR", help="where include/ and lib/ go, say /usr/local")
    parser.add_argument("--build-flag", action="append", default=[], help=argparse.SUPPRESS)
    parser.add_argument("--caller", default=".", help=argparse.SUPPRESS)
    args = parser.parse_args()
    prefix = os.path.join(args.caller, os.path.expanduser(args.prefix))
    include, lib = os.path.join(prefix, "include"), os.path.join(prefix, "lib")
    package = os.path.join(lib, "cmake/weir")

    libraries = read_libraries()
    own = [library for library in libraries.values() if library.own]
    names = cmake_names(own)
    # Position-independent, so that a program may also put weir into a shared library.
    bazel("build", *args.build_flag, "--force_pic", *[library.label for library in own])
    try:
        os.makedirs(package, exist_ok=True)
        shutil.rmtree(os.path.join(include, "weir"), ignore_errors=True)
        targets = []
        for library in own:
            name = names[library.label]
            install_headers(library, include)
            archive = install_archive(library, name, lib) if library.sources else None
            targets.append(cmake_target(library, name, archive, names, libraries))
        with open(os.path.join(ROOT, "MODULE.bazel"), encoding="utf-8") as module:
            version = re.search(r'version = "([0-9.]+)"', module.read())[1]
        major, minor = version.split(".")[:2]
        series = r"%s\\.%s" % (major, minor) if major == "0" else major
        with open(os.path.join(package, "weirConfig.cmake"), "w", encoding="utf-8") as file:
            file.write(CONFIG_HEAD % ", ".join("weir::" + name for name in sorted(names.values())))
            file.write("\n".join(targets) + CONFIG_TAIL)
        with open(os.path.join(package, "weirConfigVersion.cmake"), "w", encoding="utf-8") as file:
            file.write(VERSION_FILE % {"version": version, "series": series})
    except OSError as problem:
        sys.exit("weir install: cannot write to %s: %s." % (prefix, problem.strerror))
    print("Installed weir %s to %s. In CMake: find_package(weir REQUIRED), then link weir::weir." % (version, prefix))


if __name__ == "__main__":
    main()
