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
# Swift's own backtraces would hide the report of a crash.
export SWIFT_BACKTRACE=enable=no
export TSAN_OPTIONS="suppressions=$PWD/Tests/Fuzzing/threads.suppressions exitcode=66 second_deadlock_stack=1"

# A program with a race shows whether the toolchain's sanitizer finds one.
cat >"$scratch/race.swift" <<'SWIFT'
import Foundation
nonisolated(unsafe) var count = 0
let threads = (0..<2).map { _ in Thread { for _ in 0..<1000 { count += 1; usleep(10) } } }
for thread in threads { thread.start() }
while !threads.allSatisfy(\.isFinished) { usleep(1000) }
SWIFT
if ! swiftc -sanitize=thread "$scratch/race.swift" -o "$scratch/race" 2>"$scratch/race.log"; then
  echo "skipped: this toolchain cannot link -sanitize=thread, see $scratch/race.log"
  exit 0
fi
status=0
"$scratch/race" >"$scratch/race.log" 2>&1 || status=$?
if [ $status -ne 66 ]; then
  echo "ThreadSanitizer did not report a race that is there (status $status), see $scratch/race.log" >&2
  exit 1
fi

swift build --sanitize=thread --scratch-path "$scratch" --product ConcurrentProgram
program=$(swift build --sanitize=thread --scratch-path "$scratch" --show-bin-path)/ConcurrentProgram
"$program" "${1:-20}"
