#!/usr/bin/env bash
# Runs every fuzzer of this folder, or those named, all at once and for so long that each has WEIR_FUZZ_SECONDS seconds (60)
# of a core; needs clang-19. Options go to `bazel build`, in place of --config=fuzz. An input that fails is kept in out/.
# The last line is `N passed, N failed[, N skipped]`.
#   tests/fuzz/run.sh manifest_fuzz http_fuzz
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
options=() names=()
for argument in "$@"; do
  case $argument in
    --*) options+=("$argument") ;;
    *) names+=("$argument") ;;
  esac
done
[ ${#options[@]} -gt 0 ] || options=(--config=fuzz)
if [ ${#names[@]} -eq 0 ]; then
  for source in tests/fuzz/*_fuzz.cpp; do
    names+=("$(basename "$source" .cpp)")
  done
fi

if ! command -v clang-19 >/dev/null; then
  printf '[  SKIPPED ] %s\n' "${names[@]}"
  echo "0 passed, 0 failed, ${#names[@]} skipped"
  exit 0
fi
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
if ! bazel build "${options[@]}" "${names[@]/#///tests/fuzz:}" >"$logs/build" 2>&1 </dev/null; then
  cat "$logs/build"
  printf '[  FAILED  ] %s\n' "${names[@]}"
  echo "0 passed, ${#names[@]} failed"
  exit 1
fi

seconds=${WEIR_FUZZ_SECONDS:-60}
cores=$(nproc)
((cores >= ${#names[@]})) || seconds=$(((seconds * ${#names[@]} + cores - 1) / cores))
pids=()
for name in "${names[@]}"; do
  "out/bin/tests/fuzz/$name" "-max_total_time=$seconds" -timeout=20 -max_len=256 -print_final_stats=1 \
    "-artifact_prefix=$PWD/out/$name-" >"$logs/$name" 2>&1 </dev/null &
  pids+=($!)
done

failed=0
for i in "${!names[@]}"; do
  name=${names[i]}
  if wait "${pids[i]}"; then
    echo "[       OK ] $name"
  else
    echo "[  FAILED  ] $name"
    tail -n 40 "$logs/$name"
    failed=$((failed + 1))
  fi
  grep -h 'INFO: Seed\|number_of_executed_units\|average_exec_per_sec\|Test unit written' "$logs/$name"
done
echo "$((${#names[@]} - failed)) passed, $failed failed"
((failed == 0))
