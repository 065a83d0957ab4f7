import Builtin

// Prefetches of the 64-byte cache line at an address. Processors ignore addresses that cannot be read, so a loop may
// prefetch beyond the end of its data. (These are builtins and not C functions, because LLVM would assume that a C
// function writes to memory, and would not move loads and stores across it.)

/// Prefetches a line to the first-level cache, to be read.
@_transparent
func prefetch(_ address: UnsafeRawPointer) { prefetch(address, write: 0, locality: 3) }

/// Prefetches a line to the first-level cache, to be written.
@_transparent
func prefetchToWrite(_ address: UnsafeRawPointer) { prefetch(address, write: 1, locality: 3) }

/// Prefetches a line to the second-level cache only, while the first is full of data in use.
@_transparent
func prefetchToSecondLevel(_ address: UnsafeRawPointer) { prefetch(address, write: 0, locality: 2) }

@_transparent
private func prefetch(_ address: UnsafeRawPointer, write: Int32, locality: Int32) {
  let isData: Int32 = 1
  Builtin.int_prefetch_RawPointer(address._rawValue, write._value, locality._value, isData._value)
}
