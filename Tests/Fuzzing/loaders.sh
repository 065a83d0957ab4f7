#!/usr/bin/env bash
# Feeds the loaders with bytes that libFuzzer makes up, and ends with status 0 only when none of them crashed, hung for a
# second, needed more memory than the limit, or contradicted itself.
#
#   Tests/Fuzzing/loaders.sh [--seconds N] [--executions N] [--asan] [--parallel N] [--repeat FILE] [TARGET ...]
#
#   --seconds N      seconds for each target; 60 by default, without limit where --executions is given
#   --executions N   inputs for each target
#   --asan           with AddressSanitizer, which finds what is read or written outside of an allocation
#   --parallel N     targets that run at a time; 1 by default
#   --repeat FILE    runs one target on one file, such as an input that crashed it
#
# Targets: idx idx-gz image safetensors trainer trainer-file results cifar10 cifar10-folder shapes; all by default.
# The inputs begin with Tests/Fuzzing/Corpus/TARGET, which does not change; what a run finds stays in .build/fuzz.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=
executions=-1
sanitizers=fuzzer
flavor=plain
parallel=1
repeat=
targets=()
while [ $# -gt 0 ]; do
  case $1 in
  --seconds) seconds=$2 && shift ;;
  --executions) executions=$2 && shift ;;
  --parallel) parallel=$2 && shift ;;
  --repeat) repeat=$(realpath "$2") && shift ;;
  --asan) sanitizers=fuzzer,address flavor=asan ;;
  -*)
    echo "$0: unknown option $1" >&2
    exit 2
    ;;
  *) targets+=("$1") ;;
  esac
  shift
done
if [ -z "$seconds" ]; then
  seconds=60
  [ "$executions" -lt 0 ] || seconds=0
fi
[ ${#targets[@]} -gt 0 ] ||
  targets=(idx image safetensors trainer trainer-file results cifar10 shapes cifar10-folder idx-gz)

# The kernels and the libraries of benchmarks are not what is tested here: they are linked as `swift build` made them, so
# that only Layers and Bench are compiled again, with the fuzzer's counters.
build=.build/fuzz/$flavor
mkdir -p "$build"
# A program that crashes on some inputs shows whether the toolchain's fuzzer finds one.
cat >"$build/probe.swift" <<'SWIFT'
@c(LLVMFuzzerTestOneInput) public func probe(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  if count > 1, bytes[0] == 0x46, bytes[1] == 0x55 { fatalError("found") }
  return 0
}
SWIFT
# Swift's own backtraces would take seconds for each crash, and hide libFuzzer's report.
export SWIFT_BACKTRACE=enable=no
if ! swiftc -parse-as-library -sanitize="$sanitizers" "$build/probe.swift" -o "$build/probe" >"$build/probe.log" 2>&1; then
  echo "skipped: this toolchain cannot link -sanitize=$sanitizers, see $build/probe.log"
  exit 0
fi
if "$build/probe" -runs=1000000 -seed=1 -artifact_prefix="$build/" >"$build/probe.log" 2>&1 ||
  ! grep -q "Fatal error: found" "$build/probe.log"; then
  echo "the fuzzer did not find a crash that is there, see $build/probe.log" >&2
  exit 1
fi

swift build --product bench >&2
binaries=$(swift build --show-bin-path)
# The package's name, as SwiftPM makes it of the folder's: Layers uses what Kernels shows to its own package only.
package=$(basename "$PWD" | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9_]/_/g')
# Optimised, with checks: what traps here would trap for a user. -enable-testing opens what is internal.
compile=(
  swiftc -O -wmo -g -parse-as-library -swift-version 6 -enable-testing -package-name "$package"
  -sanitize="$sanitizers" -I "$build" -I "$binaries/Modules" -Xcc "-fmodule-map-file=$binaries/KernelsISA.build/module.modulemap"
  -Xcc "-fmodule-map-file=$binaries/AllocationCounter.build/module.modulemap"
)
module() {
  local name=$1 && shift
  local stamp=$build/$name.o
  # Folders count too: their times change when a file goes away.
  local inputs=("$@" Sources/Layers "$binaries"/Modules/{Kernels,Benchmarking,MachineCode}.swiftmodule)
  if [ -f "$stamp" ] && [ -z "$(find "${inputs[@]}" -newer "$stamp" -print -quit)" ]; then return; fi
  "${compile[@]}" -c -module-name "$name" -emit-module -emit-module-path "$build/$name.swiftmodule" -o "$stamp" \
    $(find "$@" -name '*.swift' ! -name main.swift)
}
module Layers Sources/Layers
module Bench Sources/Bench
# What the build linked: its folders also keep the objects of sources that are no more.
mapfile -t linked < <(
  grep -vE '/(Bench|Layers|AllocationCounter)\.build/' "$binaries/bench.product/Objects.LinkFileList"
)
# With AddressSanitizer, which has an allocator of its own, it counts nothing.
counter=(clang -O2 -I Tests/AllocationCounter/include -c Tests/AllocationCounter/AllocationCounter.c)
[ $flavor = plain ] || counter+=(-fsanitize=address)
"${counter[@]}" -o "$build/AllocationCounter.o"
# Of many symbols of AddressSanitizer, the linker warns that they are local.
"${compile[@]}" -emit-executable -module-name Loaders -emit-module-path "$build/Loaders.swiftmodule" \
  $(find Tests/Fuzzing/Loaders -name '*.swift') "$build"/{Layers,Bench,AllocationCounter}.o \
  "${linked[@]}" -lm -o "$build/loaders" 2>"$build/link.log" ||
  { cat "$build/link.log" >&2 && exit 1; }

# Freed memory is kept from reuse, but within the limit on all memory.
export ASAN_OPTIONS=quarantine_size_mb=16:detect_leaks=0
memory=256
[ $flavor = plain ] || memory=1024

if [ -n "$repeat" ]; then
  exec "$build/loaders" --target="${targets[0]}" -timeout=1 -rss_limit_mb=$memory "$repeat"
fi

fuzz() {
  local target=$1 work=$build/$1
  local corpus=Tests/Fuzzing/Corpus/$target dictionary=() length=512
  case $target in
  trainer | safetensors | results) length=4096 ;;
  image) length=2048 ;;
  trainer-file) length=8192 ;;
  cifar10 | cifar10-folder) length=32 ;;
  esac
  [ -d "$corpus" ] || { echo "$0: unknown target $target" >&2 && return 2; }
  [ -f "Tests/Fuzzing/Corpus/$target.dict" ] && dictionary=(-dict="Tests/Fuzzing/Corpus/$target.dict")
  mkdir -p "$work/corpus"
  local status=0
  "$build/loaders" --target="$target" "${dictionary[@]}" -timeout=1 -rss_limit_mb=$memory -max_len=$length -detect_leaks=0 \
    -max_total_time="$seconds" -runs="$executions" -artifact_prefix="$work/" -print_final_stats=1 \
    "$work/corpus" "$corpus" >"$work/log" 2>&1 || status=$?
  local runs rate peak
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
  rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$work/log")
  peak=$(sed -n 's/^stat::peak_rss_mb: *//p' "$work/log")
  if [ $status -eq 0 ]; then
    printf '%-15s %12s inputs, %8s a second, %4s MB: nothing found\n' "$target" "$runs" "$rate" "$peak"
  else
    printf '%-15s FAILED with status %s after %s inputs, see %s\n' "$target" "$status" "${runs:-?}" "$work/log"
    grep -aE 'Fatal error|ERROR|SUMMARY|Test unit written' "$work/log" || tail -n 20 "$work/log"
    return 1
  fi
}

failed=0
running=0
for target in "${targets[@]}"; do
  fuzz "$target" &
  running=$((running + 1))
  if [ $running -ge "$parallel" ]; then
    wait -n || failed=1
    running=$((running - 1))
  fi
done
while [ $running -gt 0 ]; do
  wait -n || failed=1
  running=$((running - 1))
done
exit $failed
