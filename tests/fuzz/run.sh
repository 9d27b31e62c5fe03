#!/usr/bin/env bash
# Runs every fuzzer of this folder, or those named, for WEIR_FUZZ_SECONDS seconds each (60); needs clang-19.
# An input that fails is kept in out/.
#   tests/fuzz/run.sh manifest_fuzz http_fuzz
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
seconds=${WEIR_FUZZ_SECONDS:-60}
if [ $# -eq 0 ]; then
  for source in tests/fuzz/*_fuzz.cpp; do
    set -- "$@" "$(basename "$source" .cpp)"
  done
fi

status=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for name in "$@"; do
  if ! command -v clang-19 >/dev/null; then
    echo "[  SKIPPED ] $name"
  elif bazel run --config=fuzz "//tests/fuzz:$name" -- "-max_total_time=$seconds" -max_len=256 -print_final_stats=1 \
    "-artifact_prefix=$PWD/out/$name-" >"$log" 2>&1 </dev/null; then
    echo "[       OK ] $name"
    grep -h 'number_of_executed_units\|average_exec_per_sec' "$log"
  else
    echo "[  FAILED  ] $name"
    tail -n 40 "$log"
    status=1
  fi
done
exit $status
