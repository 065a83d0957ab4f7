#!/usr/bin/env bash
# Runs Tests/ConcurrentProgram under ThreadSanitizer, and ends with status 0 only when it reported nothing and every
# result was that of one thread. The kernels are compiled anew for it, which takes minutes: a check for every night, not
# for every change.
#
#   Tests/Fuzzing/threads.sh [ROUNDS]      20 rounds of each part by default
set -euo pipefail
cd "$(dirname "$0")/../.."

scratch=.build/threads
mkdir -p "$scratch"
if ! echo 'print(1)' | swiftc -sanitize=thread - -o "$scratch/probe" 2>"$scratch/probe.log" || ! "$scratch/probe" >/dev/null; then
  echo "skipped: this toolchain cannot make or run programs with -sanitize=thread, see $scratch/probe.log"
  exit 0
fi
swift build --sanitize=thread --scratch-path "$scratch" --product ConcurrentProgram
program=$(swift build --sanitize=thread --scratch-path "$scratch" --show-bin-path)/ConcurrentProgram
# Swift's own backtraces would hide the report of a crash.
export SWIFT_BACKTRACE=enable=no
export TSAN_OPTIONS="suppressions=$PWD/Tests/Fuzzing/threads.suppressions exitcode=66 second_deadlock_stack=1"
"$program" "${1:-20}"
