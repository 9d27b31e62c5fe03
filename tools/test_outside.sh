#!/usr/bin/env bash
# Uses weir as its users do, outside its own workspace: from a second Bazel workspace, from CMake after an installation,
# and through a job that `./weir new` wrote. Prints `[       OK ] name` or `[  FAILED  ] name` for each check, with the
# log of a failed one; exit status 1 if any failed. Needs what `tools/setup.sh build test` installs.
set -euo pipefail
cd "$(dirname "$0")/.."
weir=$PWD/weir
work=$(mktemp -d "${TMPDIR:-/tmp}/weir-outside.XXXXXX")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cache=$(tools/disk_cache.sh)

# bazel_in FOLDER COMMAND ARGS...: without a server that would outlive this script.
bazel_in() {
  (cd "$1" && bazel --batch --output_user_root="$work/bazel" "$2" --disk_cache="$cache" --color=no --curses=no "${@:3}")
}

# refused TEXT COMMAND...: the command fails and says TEXT.
refused() {
  local said
  if said=$("${@:2}" 2>&1); then echo "not refused: ${*:2}"; return 1; fi
  grep -F -- "$1" <<<"$said"
}

second_bazel_workspace() {
  bazel_in tests/outside/bazel run --symlink_prefix=/ //:first -- run | tee "$work/first.out"
  grep -w 10 "$work/first.out"
}

cmake_after_install() {
  "$weir" install --prefix "$work/prefix" --build-flag=--config=ci --build-flag=--disk_cache="$cache"
  cmake -S tests/outside/cmake -B "$work/cmake" -DCMAKE_PREFIX_PATH="$work/prefix"
  cmake --build "$work/cmake"
  "$work/cmake/first" run | tee "$work/cmake.out"
  grep -w 10 "$work/cmake.out"
}

new_job_builds_runs_and_tests() {
  "$weir" new first_job "$work/first_job"
  bazel_in "$work/first_job" test //...
  bazel_in "$work/first_job" run //:first_job -- run
}

new_job_refuses_bad_names() {
  refused "cannot name a job" "$weir" new Not-A-Name "$work/bad"
  refused "cannot name a job" "$weir" new "" "$work/bad"
  [ ! -e "$work/bad" ]
}

new_job_overwrites_nothing() {
  mkdir "$work/taken"
  echo mine >"$work/taken/BUILD"
  refused "exists already" "$weir" new taken "$work/taken"
  [ "$(cat "$work/taken/BUILD")" = mine ] && [ "$(ls "$work/taken")" = BUILD ]
}

versions_agree() {
  local version
  version=$(sed -n 's/.*version = "\([0-9.]*\)".*/\1/p' core/version.hpp)
  grep -F "version = \"$version\"" MODULE.bazel
}

unknown_commands_are_named() {
  refused "there is no command 'tset'" "$weir" tset
}

# run_checks NAME...: one after another; fails if one of them does.
run_checks() {
  local check started status failed=0
  for check in "$@"; do
    echo "[ RUN      ] $check"
    started=$SECONDS status=0
    # In the background, because `set -e` has no effect inside the condition of a list.
    (set -e; "$check") >"$work/$check.log" 2>&1 & wait $! || status=$?
    if [ $status -eq 0 ]; then
      echo "[       OK ] $check ($((SECONDS - started)) s)"
    else
      failed=1
      cat "$work/$check.log"
      echo "[  FAILED  ] $check ($((SECONDS - started)) s)"
    fi
  done
  return $failed
}

# Two at a time: each side builds weir once, and waits for single programs in between. The new job is built as the second
# workspace is, so it finds weir in the cache.
run_checks second_bazel_workspace new_job_builds_runs_and_tests >"$work/workspaces.log" & workspaces=$!
run_checks cmake_after_install new_job_refuses_bad_names new_job_overwrites_nothing versions_agree unknown_commands_are_named &
failed=0
wait $! || failed=1
wait $workspaces || failed=1
cat "$work/workspaces.log"
exit $failed
