import Foundation
import Kernels

/// A planned layer that can bring parameters which stay as they are into the form in which its kernels read them, once for
/// all runs.
protocol PacksParameters: PlannedLayer {
  /// Called before the first run, if at all. From then on the parameters stay as they are, and all runs get these.
  func packParameters(_ parameters: ParameterPointers, _ packed: PackedParameters)
}

/// Weights in the forms in which kernels read them. Plans for several numbers of images share those that are alike.
final class PackedParameters: @unchecked Sendable {
  private struct Form: Hashable {
    let weights: UnsafePointer<Float>
    let layout: [Int]
  }

  /// Guards the forms.
  private let lock = NSLock()
  private var forms: [Form: Workspace] = [:]

  /// The packed form of a layer's weights and bias.
  func form(
    _ packing: WeightPacking, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?
  ) -> Workspace {
    lock.withLock {
      let form = Form(weights: weights, layout: packing.layout)
      if let known = forms[form] { return known }
      let memory = Workspace(byteCount: packing.byteCount)
      packing.pack(weights, bias, memory.base)
      forms[form] = memory
      return memory
    }
  }
}
