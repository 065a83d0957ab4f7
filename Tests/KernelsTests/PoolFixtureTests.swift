import Foundation
import Kernels
import TestSupport
import Testing

/// The kernels against results of float64 PyTorch (Tests/Fixtures/make_pooling.py).
@Suite struct PoolFixtureTests {
  static let cases: Result<[Case], any Error> = Result {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/pooling.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode([Case].self, from: Data(contentsOf: file))
  }

  @Test("max pooling gives PyTorch's maxima, indices and gradients", arguments: InstructionSet.available)
  func maximum(level: InstructionSet) throws {
    let cases = try Self.cases.get().filter { $0.kind == "max" }
    #expect(cases.count == 16)
    for item in cases {
      let shape = try #require(item.shape)
      #expect([shape.outputHeight, shape.outputWidth] == Array(item.outputShape[2...]), "\(shape)")
      for kernel in MaxPool2DForward.kernels where kernel.level == level && kernel.accepts(shape) {
        let plan = try Plan<MaxPool2DForward>(shape, level: level, kernel: kernel.name)
        let result = try MaxPoolTests.forward(plan, item.input.floats)
        #expect(firstDifference(result.output, item.output.floats) == nil, "\(kernel.name), \(shape)")
        #expect(Self.indices(shape, result.maxIndices) == item.indices, "\(kernel.name), \(shape)")
        // Not every algorithm has a backward pass of its own.
        let name = MaxPool2DBackward.kernels.first { $0.name == kernel.name }?.name
        let backward = try Plan<MaxPool2DBackward>(shape, level: level, kernel: name)
        let gradient = try MaxPoolTests.backward(backward, item.outputGradient.floats, result.maxIndices)
        #expect(firstDifference(gradient, item.inputGradient.floats) == nil, "\(kernel.name), \(shape)")
      }
    }
  }

  @Test("average pooling gives PyTorch's means and gradients", arguments: InstructionSet.available)
  func average(level: InstructionSet) throws {
    let cases = try Self.cases.get().filter { $0.kind == "average" }
    #expect(cases.count == 7)
    for item in cases {
      let shape = try #require(item.shape)
      #expect([shape.outputHeight, shape.outputWidth] == Array(item.outputShape[2...]), "\(shape)")
      for kernel in AveragePool2DForward.kernels where kernel.level == level && kernel.accepts(shape) {
        let plan = try Plan<AveragePool2DForward>(shape, level: level, kernel: kernel.name)
        let output = AveragePoolTests.run(plan, item.input.floats, outputCount: item.output.count)
        #expect(Self.isNear(output, item.output.floats), "\(kernel.name), \(shape)")
        let backward = try Plan<AveragePool2DBackward>(shape, level: level, kernel: kernel.name)
        let gradient = AveragePoolTests.run(backward, item.outputGradient.floats, inputCount: item.input.count)
        #expect(Self.isNear(gradient, item.inputGradient.floats), "\(kernel.name), \(shape)")
      }
    }
  }

  @Test("adaptive and global pooling give PyTorch's means and gradients", arguments: InstructionSet.available)
  func adaptive(level: InstructionSet) throws {
    let cases = try Self.cases.get().filter { $0.kind == "adaptive" }
    #expect(cases.count == 4)
    for item in cases {
      let shape = AdaptivePool2DShape(
        batch: item.inputShape[0], channels: item.inputShape[1], inputHeight: item.inputShape[2],
        inputWidth: item.inputShape[3], outputHeight: item.outputShape[2], outputWidth: item.outputShape[3])
      let gradients = item.outputGradient.floats
      for kernel in AdaptiveAveragePool2DForward.kernels where kernel.level == level {
        let plan = try Plan<AdaptiveAveragePool2DForward>(shape, level: level, kernel: kernel.name)
        let output = AveragePoolTests.run(plan, item.input.floats, outputCount: item.output.count)
        #expect(Self.isNear(output, item.output.floats), "\(kernel.name), \(shape)")
      }
      for kernel in AdaptiveAveragePool2DBackward.kernels where kernel.level == level {
        let plan = try Plan<AdaptiveAveragePool2DBackward>(shape, level: level, kernel: kernel.name)
        let gradient = AveragePoolTests.run(plan, gradients, inputCount: item.input.count)
        #expect(Self.isNear(gradient, item.inputGradient.floats), "\(kernel.name), \(shape)")
      }
      guard shape.outputHeight == 1, shape.outputWidth == 1 else { continue }
      let planes = GlobalPoolShape(
        batch: shape.batch, channels: shape.channels, inputHeight: shape.inputHeight, inputWidth: shape.inputWidth)
      let forward = try Plan<GlobalAveragePool2DForward>(planes, level: level)
      let output = AveragePoolTests.run(forward, item.input.floats, outputCount: item.output.count)
      #expect(Self.isNear(output, item.output.floats))
      let backward = try Plan<GlobalAveragePool2DBackward>(planes, level: level)
      let gradient = AveragePoolTests.run(backward, gradients, inputCount: item.input.count)
      #expect(Self.isNear(gradient, item.inputGradient.floats))
    }
  }

  @Test("adaptive max pooling gives PyTorch's maxima, indices and gradients", arguments: InstructionSet.available)
  func adaptiveMaximum(level: InstructionSet) throws {
    let cases = try Self.cases.get().filter { $0.kind == "adaptive max" }
    #expect(cases.count == 12)
    for item in cases {
      let shape = AdaptivePool2DShape(
        batch: item.inputShape[0], channels: item.inputShape[1], inputHeight: item.inputShape[2],
        inputWidth: item.inputShape[3], outputHeight: item.outputShape[2], outputWidth: item.outputShape[3])
      for kernel in AdaptiveMaxPool2DForward.kernels where kernel.level == level || kernel.isReference {
        let input = GuardedBuffer(item.input.floats)
        let output = GuardedBuffer<Float>.poisoned(count: item.output.count)
        let indices = GuardedBuffer<Int32>(repeating: -1, count: item.output.count)
        run(
          try plan(kernel, shape), .init(input: input.pointer, output: output.pointer, indices: indices.pointer),
          keeping: input)
        #expect(firstDifference(output.values, item.output.floats) == nil, "\(kernel.name), \(shape)")
        #expect(indices.values.map { Int($0) } == item.indices, "\(kernel.name), \(shape)")
        for backward in runnableRows(AdaptiveMaxPool2DBackward.self) {
          let gradient = GuardedBuffer(item.outputGradient.floats)
          let result = GuardedBuffer<Float>.poisoned(count: item.input.count)
          run(
            try plan(backward, shape),
            .init(outputGradient: gradient.pointer, indices: indices.pointer, inputGradient: result.pointer),
            keeping: gradient, indices)
          #expect(firstDifference(result.values, item.inputGradient.floats) == nil, "\(backward.name), \(shape)")
        }
      }
    }
  }

  /// PyTorch's indices, y · inputWidth + x in the plane, of indices in windows.
  static func indices(_ shape: Pool2DShape, _ maxIndices: [Int32]) -> [Int] {
    maxIndices.enumerated().map { i, index in
      let (oy, ox) = (i / shape.outputWidth % shape.outputHeight, i % shape.outputWidth)
      let (ky, kx) = Int(index).quotientAndRemainder(dividingBy: shape.kernelWidth)
      let y = oy * shape.strideHeight - shape.paddingHeight + ky * shape.dilationHeight
      let x = ox * shape.strideWidth - shape.paddingWidth + kx * shape.dilationWidth
      return y * shape.inputWidth + x
    }
  }

  /// Within the rounding of a few additions and a division in Float.
  static func isNear(_ values: [Float], _ expected: [Float]) -> Bool {
    values.count == expected.count
      && zip(values, expected).allSatisfy { abs($0 - $1) <= 4 * Float.ulpOfOne * max(1, abs($1)) }
  }

  struct Case: Decodable {
    var kind: String
    var inputShape: [Int]
    var outputShape: [Int]
    var kernel: [Int]?
    var stride: [Int]?
    var padding: [Int]?
    var dilation: [Int]?
    var ceilMode: Bool?
    var countIncludePad: Bool?
    var indices: [Int]?
    var input: [Number]
    var output: [Number]
    var outputGradient: [Number]
    var inputGradient: [Number]

    var shape: Pool2DShape? {
      guard let kernel, let stride, let padding, let dilation, let ceilMode else { return nil }
      return Pool2DShape(
        batch: inputShape[0], channels: inputShape[1], inputHeight: inputShape[2], inputWidth: inputShape[3],
        kernelHeight: kernel[0], kernelWidth: kernel[1], strideHeight: stride[0], strideWidth: stride[1],
        paddingHeight: padding[0], paddingWidth: padding[1], dilationHeight: dilation[0], dilationWidth: dilation[1],
        ceilMode: ceilMode, countIncludePad: countIncludePad ?? true)
    }
  }

  /// A number, or a string that names one that JSON lacks.
  struct Number: Decodable {
    var value: Float

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(Float.self) {
        self.value = value
      } else {
        value = Float(try container.decode(String.self)) ?? .nan
      }
    }
  }
}

extension [PoolFixtureTests.Number] {
  fileprivate var floats: [Float] { map(\.value) }
}
