/// The values of a predictor's parameters, which nothing changes, once for all threads and plans.
final class PredictorWeights: @unchecked Sendable {
  let tensors: [Tensor]
  let pointers: ParameterPointers
  /// Those of convolutions with few outputs once more, as kernels read them.
  let packed = PackedParameters()

  init(_ tensors: [Tensor]) {
    self.tensors = tensors
    let pointers = UnsafeMutablePointer<UnsafeMutablePointer<Float>>.allocate(capacity: max(tensors.count, 1))
    for (i, tensor) in tensors.enumerated() { (pointers + i).initialize(to: tensor.storage.pointer) }
    self.pointers = ParameterPointers(pointers)
  }

  deinit { pointers.deallocate() }
}
