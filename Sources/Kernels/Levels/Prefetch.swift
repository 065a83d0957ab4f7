import Builtin

// Asking for the cache line at an address ahead of its use. An address that may not be read is ignored, so what lies
// behind the data may be asked for. (A builtin and not a C function: of that the optimiser would not know that it leaves
// memory as it is, and would ask for each load and store beside it.)

/// Asks for a line that will be read.
@_transparent
func prefetch(_ address: UnsafeRawPointer) { prefetch(address, write: 0, locality: 3) }

/// Asks for a line that will be written to.
@_transparent
func prefetchToWrite(_ address: UnsafeRawPointer) { prefetch(address, write: 1, locality: 3) }

/// Asks for a line to come to the second-level cache, while the first is full of what is in use.
@_transparent
func prefetchToSecondLevel(_ address: UnsafeRawPointer) { prefetch(address, write: 0, locality: 2) }

@_transparent
private func prefetch(_ address: UnsafeRawPointer, write: Int32, locality: Int32) {
  let isData: Int32 = 1
  Builtin.int_prefetch_RawPointer(address._rawValue, write._value, locality._value, isData._value)
}
