/// The parameters of a model, or their gradients. Those that are trained lie in one block of memory: an optimiser's step
/// is one pass over it.
///
/// Each parameter starts on a cache line; the gaps hold zeros, which an optimiser's step keeps.
final class ParameterBlock {
  /// The parameters that are trained.
  let storage: FloatStorage
  /// The other parameters and the buffers. For gradients, one memory that all of them share and nobody reads.
  private let others: FloatStorage
  /// Where gradients go that nobody reads, laid out as ``storage``; made when it is first needed.
  private lazy var discarded = FloatStorage(uninitialized: count)
  private let offsets: [Int]
  private let sizes: [Int]
  private let roles: [ParameterRole]
  /// The memory of each parameter and buffer.
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<Float>>

  /// The number of trained floats, gaps included.
  var count: Int { storage.count }

  init(_ parameters: [ParameterDescription], ofGradients: Bool) {
    var offsets: [Int] = []
    var end = 0
    var othersEnd = 0
    for parameter in parameters {
      let size = cacheLines(parameter.shape.count * MemoryLayout<Float>.stride) / MemoryLayout<Float>.stride
      if parameter.role == .trained {
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
    storage = FloatStorage(repeating: 0, count: end)
    others = FloatStorage(repeating: 0, count: othersEnd)
    pointers = .allocate(capacity: max(parameters.count, 1))
    for (i, parameter) in parameters.enumerated() {
      let base = parameter.role == .trained ? storage.pointer : others.pointer
      (pointers + i).initialize(to: base + offsets[i])
    }
  }

  /// Of gradients: leads those of some trained parameters to memory that nobody reads, and puts zeros in their place.
  func discard(_ isDiscarded: [Bool]) {
    for (i, isDiscarded) in isDiscarded.enumerated() where roles[i] == .trained {
      let base = isDiscarded ? discarded.pointer : storage.pointer
      pointers[i] = base + offsets[i]
      if isDiscarded { (storage.pointer + offsets[i]).update(repeating: 0, count: sizes[i]) }
    }
  }

  deinit { pointers.deallocate() }
}
