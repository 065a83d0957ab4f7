/// The parameters of a model, or their gradients. The trainable ones are in one block of memory, so that an optimiser's
/// step is one pass over it.
///
/// Each parameter is aligned to a cache line (64 bytes); the gaps hold zeros, which optimiser steps leave at zero.
final class ParameterBlock {
  /// The trainable parameters.
  let storage: FloatStorage
  /// The frozen parameters and the buffers. For gradients, a single dummy region that they all share and no one reads.
  private let others: FloatStorage
  /// A dummy region for gradients of frozen parameters, with the layout of ``storage``; allocated at first use.
  private lazy var discarded = FloatStorage(uninitialized: count)
  private let offsets: [Int]
  private let sizes: [Int]
  private let roles: [ParameterRole]
  /// The memory of each parameter and buffer.
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<Float>>

  /// The number of floats in ``storage``, gaps included.
  var count: Int { storage.count }

  init(_ parameters: [ParameterDescription], ofGradients: Bool) {
    var offsets: [Int] = []
    var end = 0
    var othersEnd = 0
    for parameter in parameters {
      let size = cacheLines(parameter.shape.count * MemoryLayout<Float>.stride) / MemoryLayout<Float>.stride
      if parameter.role == .trainable {
        offsets.append(end)
        end += size
      } else if ofGradients {
        offsets.append(0)
        othersEnd = max(othersEnd, size)
      } else {
        offsets.append(othersEnd)
        othersEnd += size
      }
    }
    self.offsets = offsets
    sizes = parameters.map(\.shape.count)
    roles = parameters.map(\.role)
    storage = FloatStorage(zeros: end)
    others = FloatStorage(zeros: othersEnd)
    pointers = .allocate(capacity: max(parameters.count, 1))
    for (i, parameter) in parameters.enumerated() {
      let base = parameter.role == .trainable ? storage.pointer : others.pointer
      (pointers + i).initialize(to: base + offsets[i])
    }
  }

  /// For gradients: redirects those of frozen parameters to the dummy region, and zeroes their range in ``storage``.
  func discard(_ isDiscarded: [Bool]) {
    for (i, isDiscarded) in isDiscarded.enumerated() where roles[i] == .trainable {
      let base = isDiscarded ? discarded.pointer : storage.pointer
      pointers[i] = base + offsets[i]
      if isDiscarded { (storage.pointer + offsets[i]).update(repeating: 0, count: sizes[i]) }
    }
  }

  deinit { pointers.deallocate() }
}
