#!/usr/bin/env bash
# setup.sh SET...: installs the Debian or Ubuntu packages of the named sets (build, test, bench, dev) that are missing,
# and names them before it does. Says and does nothing when all are there. Tested on Debian 12 and Ubuntu 24.04.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=()
for set in "$@"; do
  case $set in
    build) packages+=(bazel-bootstrap g++ python3 librange-v3-dev libcli11-dev libfmt-dev libsimdjson-dev libxxhash-dev
                     nlohmann-json3-dev libcpp-httplib-dev librocksdb-dev)
           # Debian 12 also has Boost 1.74, under the usual name; only one of the two can be installed.
           [ -e /usr/include/boost/hana.hpp ] ||
             case $(. /etc/os-release 2>/dev/null && echo "$ID-$VERSION_ID") in
               debian-12) packages+=(libboost1.81-dev) ;;
               *) packages+=(libboost-dev) ;;
             esac ;;
    test) packages+=(libgtest-dev libgmock-dev libbenchmark-dev librapidcheck-dev libjemalloc-dev
                     cmake valgrind clang-19 libclang-rt-19-dev) ;;
    bench) packages+=(libbenchmark-dev libjemalloc-dev) ;;
    dev) packages+=(clang-format-19 clang-tidy-19 llvm-19) ;;
    *) echo "setup.sh: there is no package set '$set'; the sets are build, test, bench and dev." >&2; exit 2 ;;
  esac
done

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || {
  echo "This system has no apt-get: install what these Debian packages hold, and then use bazel directly: ${packages[*]}." >&2
  exit 1
}
installed=" $(dpkg-query -W -f='${db:Status-Status}:${Package} ' "${packages[@]}" 2>/dev/null || true)"
missing=()
for package in "${packages[@]}"; do
  [[ $installed == *" installed:$package "* ]] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "Packages are missing and there is no sudo: as root, run apt-get install ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "Installing: ${missing[*]}"
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=120 "${missing[@]}"
# Bazel does not notice that a system header or compiler has changed, or appeared.
[ ! -e out/bin ] || bazel clean
