import Foundation
import Kernels

/// A planned layer that can pack constant parameters into its kernels' layout once, for all runs.
protocol PacksParameters: PlannedLayer {
  /// Called, if at all, before the first run. From then on the parameters are constant, and every run gets the same
  /// ones.
  func packParameters(_ parameters: ParameterPointers, _ packed: PackedParameters)
}

/// Weights packed into kernels' layouts. Plans for different numbers of images share equal packings.
final class PackedParameters: @unchecked Sendable {
  private struct Form: Hashable {
    let weights: [UnsafePointer<Float>]
    let layout: [Int]
  }

  /// Guards the packings.
  private let lock = NSLock()
  private var forms: [Form: Workspace] = [:]

  /// A layer's packed weights and biases; packs them at the first call.
  func form(
    _ packing: WeightPacking, weights: [UnsafePointer<Float>], biases: [UnsafePointer<Float>?]
  ) -> Workspace {
    lock.withLock {
      let form = Form(weights: weights, layout: packing.layout)
      if let known = forms[form] { return known }
      let memory = Workspace(byteCount: packing.byteCount)
      packing.pack(weights, biases, memory.base)
      forms[form] = memory
      return memory
    }
  }
}
