import Kernels
import Testing

@Suite struct ConvWeightGradientTests {
  static let layers: [(name: String, shape: Conv2DShape)] = [
    ("5x5 3-6", .init(batch: 1, inputChannels: 3, inputHeight: 32, inputWidth: 32, outputChannels: 6, kernel: 5)),
    ("5x5 6-16", .init(batch: 1, inputChannels: 6, inputHeight: 14, inputWidth: 14, outputChannels: 16, kernel: 5)),
    (
      "3x3 64-64",
      .init(batch: 1, inputChannels: 64, inputHeight: 32, inputWidth: 32, outputChannels: 64, kernel: 3, padding: 1)
    ),
    (
      "3x3 64-128",
      .init(batch: 1, inputChannels: 64, inputHeight: 16, inputWidth: 16, outputChannels: 128, kernel: 3, padding: 1)
    ),
    ("1x1 256-64", .init(batch: 1, inputChannels: 256, inputHeight: 16, inputWidth: 16, outputChannels: 64, kernel: 1)),
    (
      "3x3 s2 64-128",
      .init(
        batch: 1, inputChannels: 64, inputHeight: 32, inputWidth: 32, outputChannels: 128, kernel: 3, stride: 2,
        padding: 1)
    ),
    (
      "7x7 s2 3-64",
      .init(
        batch: 1, inputChannels: 3, inputHeight: 224, inputWidth: 224, outputChannels: 64, kernel: 7, stride: 2,
        padding: 3)
    ),
    (
      "3x3 512-512",
      .init(batch: 1, inputChannels: 512, inputHeight: 7, inputWidth: 7, outputChannels: 512, kernel: 3, padding: 1)
    ),
    (
      "3x3 8-8",
      .init(batch: 1, inputChannels: 8, inputHeight: 32, inputWidth: 32, outputChannels: 8, kernel: 3, padding: 1)
    ),
  ]

  @Test("the workspace is at most 4 MB a thread at any batch size")
  func workspace() throws {
    for (name, layer) in Self.layers {
      for batch in [1, 4, 32, 256, 4096] {
        for threads in [1, 2, 8] {
          var shape = layer
          shape.batch = batch
          for level in InstructionSet.available {
            let plan = try Plan<Conv2DBackwardWeights>(shape, level: level, threads: threads)
            #expect(
              plan.workspaceByteCount <= threads * 4 << 20,
              "\(name) batch \(batch), \(threads) threads: \(plan.kernel.name) wants \(plan.workspaceByteCount) bytes")
          }
        }
      }
    }
  }
}
