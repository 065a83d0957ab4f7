/// The values of a predictor's parameters, shared by all threads and plans. Unchecked: they are never written after
/// initialisation.
final class PredictorWeights: @unchecked Sendable {
  let tensors: [Tensor]
  let pointers: ParameterPointers
  /// The packed weights of convolutions with few outputs.
  let packed = PackedParameters()

  init(_ tensors: [Tensor]) {
    self.tensors = tensors
    let pointers = UnsafeMutablePointer<UnsafeMutablePointer<Float>>.allocate(capacity: max(tensors.count, 1))
    for (i, tensor) in tensors.enumerated() { (pointers + i).initialize(to: tensor.storage.pointer) }
    self.pointers = ParameterPointers(pointers)
  }

  deinit { pointers.deallocate() }
}
