#!/usr/bin/env bash
# coverage.sh [--html FOLDER]: line coverage of weir's own headers and sources by all tests, as a table and as pages.
# Clang's source-based coverage, because `bazel coverage` would download a Java program. Needs ./weir setup --dev.
set -euo pipefail
html=
[ "${1:-}" != --html ] || html=$(realpath -m "$2")
cd "$(dirname "$0")/.."
profiles=$(mktemp -d "${TMPDIR:-/tmp}/weir-coverage.XXXXXX")
trap 'rm -rf "$profiles"' EXIT

# A failing test still covers lines.
bazel test --config=coverage --build_tests_only --keep_going --test_tag_filters=-nosan \
  --sandbox_writable_path="$profiles" --test_env=LLVM_PROFILE_FILE="$profiles/%m.profraw" //... || true
objects=()
while read -r program; do
  [ ! -e "$program" ] || objects+=(-object "$program")
done < <(bazel query --noshow_progress --ui_event_filters=-info 'kind(cc_test, //...)' | sed 's#^//#out/bin/#; s#:#/#')

llvm-profdata-19 merge -sparse "$profiles"/*.profraw -o "$profiles/all.profdata"
report=(-instr-profile="$profiles/all.profdata" -ignore-filename-regex='^/usr/|(^|/)tests/|^external/' "${objects[@]}")
[ -z "$html" ] ||
  llvm-cov-19 show -format=html -output-dir="$html" -show-instantiations=false "${report[@]}"
llvm-cov-19 report "${report[@]}" | sed -E 's#/proc/self/cwd/|bazel-out/[^ ]*/_virtual_includes/[^/ ]*/##g'
