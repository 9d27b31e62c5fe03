#!/usr/bin/env bash
# new_job.sh CALLER NAME [DIR]: writes a job, its test and its BUILD file into DIR, which must not exist or be empty.
# DIR is relative to CALLER; without it the job goes to jobs/NAME in this checkout. A DIR outside this checkout becomes
# a Bazel workspace of its own that finds weir here.
set -euo pipefail
checkout=$(cd "$(dirname "$0")/.." && pwd -P)

fail() { echo "weir new: $1" >&2; exit 2; }

caller=$1
[ $# -ge 2 ] && [ $# -le 3 ] || fail "say ./weir new NAME [DIR]."
name=$2
[[ $name =~ ^[a-z][a-z0-9_]*$ ]] ||
  fail "'$name' cannot name a job: use lower-case letters, digits and underscores, with a letter first."
folder=$checkout/jobs/$name
[ $# -lt 3 ] || folder=$(cd "$caller" && realpath -m -- "$3")
if [ -e "$folder" ] && { [ ! -d "$folder" ] || [ -n "$(ls -A "$folder")" ]; }; then
  fail "$folder exists already; nothing was written."
fi

# Copies the template $1 to the file $2 of the new folder, with the names put in.
write() {
  local text
  text=$(<"$checkout/tools/templates/$1")
  text=${text//@NAME@/"$name"}
  printf '%s\n' "${text//@WEIR@/"$checkout"}" >"$folder/$2"
}

mkdir -p "$folder"
write job.hpp "$name.hpp"
write job.cpp "$name.cpp"
write job_test.cpp "${name}_test.cpp"
write BUILD.template BUILD
case $folder/ in
  "$checkout"/*)
    workspace=$checkout
    package=//${folder#"$checkout"/}
    program=out/bin/${folder#"$checkout"/}/$name
    tests=$package/... ;;
  *)
    write WORKSPACE.template WORKSPACE
    write bazelrc.template .bazelrc
    workspace=$folder
    package=//
    program=bazel-bin/$name
    tests=//... ;;
esac
cat <<TEXT
Wrote the job $name to $folder. In $workspace:
  bazel build $package:$name && $program run
  bazel test $tests
TEXT
