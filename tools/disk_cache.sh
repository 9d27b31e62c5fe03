#!/usr/bin/env bash
# Prints a folder for Bazel's --disk_cache. It changes with the installed compilers and libraries, which Bazel does not
# know as inputs: a result made with older ones is not used.
set -euo pipefail
versions=$(dpkg-query -W 'g++*' 'gcc*' 'clang*' 'lib*-dev' bazel-bootstrap 2>/dev/null | sha256sum | cut -c1-12 || true)
base=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}
mkdir -p "$base" 2>/dev/null && [ -w "$base" ] || base=${TMPDIR:-/tmp}/cache-$(id -u)
echo "$base/weir-bazel/$versions"
