/// The parameters of a model, or their gradients, in one block of memory: an optimiser's step is one pass over it.
///
/// Each parameter starts on a cache line; the gaps hold zeros, which an optimiser's step keeps.
final class ParameterBlock {
  let storage: FloatStorage
  /// The memory of each parameter.
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<Float>>

  /// The number of floats, gaps included.
  var count: Int { storage.count }

  init(_ parameters: [ParameterDescription]) {
    var offsets: [Int] = []
    var end = 0
    for parameter in parameters {
      offsets.append(end)
      end += cacheLines(parameter.shape.count * MemoryLayout<Float>.stride) / MemoryLayout<Float>.stride
    }
    storage = FloatStorage(repeating: 0, count: end)
    pointers = .allocate(capacity: max(parameters.count, 1))
    for (i, offset) in offsets.enumerated() { (pointers + i).initialize(to: storage.pointer + offset) }
  }

  deinit { pointers.deallocate() }
}
