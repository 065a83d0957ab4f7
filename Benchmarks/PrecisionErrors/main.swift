import Kernels

// The errors of 3×3 and 5×5 convolutions beside sums in double precision: of the reference, which sums in order, of the direct
// kernel that a plan chooses, and of the kernel that it chooses where `fast` is permitted. docs/numerics.md has the table.
//
//     swift run -c release PrecisionErrors

/// How numbers are drawn.
enum Distribution: String, CaseIterable {
  case normal
  /// What ReLU leaves of them.
  case rectified = "normal, negative ones 0"
  /// As colours are.
  case uniform = "uniform, 0 to 1"

  func draw(_ count: Int, _ random: inout Random) -> [Float] {
    (0..<count).map { _ in
      switch self {
      case .normal: random.normal()
      case .rectified: max(random.normal(), 0)
      case .uniform: random.uniform()
      }
    }
  }
}

/// Reproducible numbers (SplitMix64).
struct Random {
  private var state: UInt64 = 1

  mutating func uniform() -> Float {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Float((z ^ (z >> 31)) >> 40) / Float(1 << 24)
  }

  /// The sum of twelve uniform numbers, less its mean, is normal for this purpose.
  mutating func normal() -> Float { (0..<12).reduce(-6) { sum, _ in sum + uniform() } }
}

/// The three passes in double precision.
struct Sums {
  var output: [Double]
  var inputGradient: [Double]
  var weightGradient: [Double]

  init(_ shape: Conv2DShape, input: [Float], weights: [Float], gradient: [Float]) {
    output = [Double](repeating: 0, count: shape.outputCount)
    inputGradient = [Double](repeating: 0, count: shape.inputCount)
    weightGradient = [Double](repeating: 0, count: shape.weightCount)
    let (height, width) = (shape.inputHeight, shape.inputWidth)
    let stride = shape.strideWidth
    let (kernel, padding) = (shape.kernelWidth, shape.paddingWidth)
    for o in 0..<shape.outputChannels {
      for c in 0..<shape.inputChannels {
        for tap in 0..<kernel * kernel {
          let index = (o * shape.inputChannels + c) * kernel * kernel + tap
          let (dy, dx) = (tap / kernel - padding, tap % kernel - padding)
          let weight = Double(weights[index])
          var sum = 0.0
          for y in 0..<shape.outputHeight where (0..<height).contains(y * stride + dy) {
            for x in 0..<shape.outputWidth where (0..<width).contains(x * stride + dx) {
              let i = (c * height + y * stride + dy) * width + x * stride + dx
              let j = (o * shape.outputHeight + y) * shape.outputWidth + x
              let (value, slope) = (Double(input[i]), Double(gradient[j]))
              output[j] += value * weight
              inputGradient[i] += slope * weight
              sum += slope * value
            }
          }
          weightGradient[index] = sum
        }
      }
    }
  }
}

func rootMeanSquare(_ values: [Double]) -> Double {
  (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
}

/// The largest error and the root mean square of the errors, over the root mean square of what is right.
func errors<Op: KernelOperation>(
  _ operation: Op.Type, _ problem: Op.Problem, kernel: String?, _ right: [Double],
  _ operands: (UnsafeMutablePointer<Float>) -> Op.Operands
) throws -> (row: String, largest: Double, mean: Double) {
  var result = [Float](repeating: .nan, count: right.count)
  let plan = try Plan<Op>(problem, kernel: kernel)
  try result.withUnsafeMutableBufferPointer {
    try plan.run(operands($0.baseAddress!), workspace: Workspace(byteCount: plan.workspaceByteCount))
  }
  let differences = zip(result, right).map { Double($0) - $1 }
  let scale = rootMeanSquare(right)
  return (plan.kernel.name, (differences.map(abs).max() ?? 0) / scale, rootMeanSquare(differences) / scale)
}

func text(_ value: Double) -> String {
  // In millionths.
  let tenths = Int((value * 1e7).rounded())
  return "\(tenths / 10).\(tenths % 10)"
}

print("errors in millionths of the results' root mean square: largest, root mean square; \(Machine.processorName)\n")
print("| channels, size, kernel, stride | inputs | pass | in order | direct row | | fast row | | of in order |")
print("| --- | --- | --- | ---: | --- | ---: | --- | ---: | ---: |")
for (channels, size, kernel, stride) in [
  (16, 32, 3, 1), (64, 32, 3, 1), (64, 31, 3, 1), (128, 16, 3, 1), (256, 8, 3, 1), (256, 16, 3, 1), (512, 7, 3, 1),
  (32, 28, 5, 1), (64, 16, 5, 1), (192, 13, 5, 1), (64, 32, 3, 2), (128, 28, 3, 2), (256, 14, 3, 2),
] {
  for distribution in Distribution.allCases {
    var random = Random()
    var shape = Conv2DShape(
      batch: 1, inputChannels: channels, inputHeight: size, inputWidth: size, outputChannels: channels,
      kernelHeight: kernel, kernelWidth: kernel, strideHeight: stride, strideWidth: stride, paddingHeight: kernel / 2,
      paddingWidth: kernel / 2)
    let input = distribution.draw(shape.inputCount, &random)
    let weights = Distribution.normal.draw(shape.weightCount, &random)
    let gradient = Distribution.normal.draw(shape.outputCount, &random)
    let right = Sums(shape, input: input, weights: weights, gradient: gradient)
    try input.withUnsafeBufferPointer { input in
      try weights.withUnsafeBufferPointer { weights in
        try gradient.withUnsafeBufferPointer { gradient in
          let (x, w, dy) = (input.baseAddress!, weights.baseAddress!, gradient.baseAddress!)
          for pass in ["forward", "input gradient", "weight gradient"] {
            func measure(_ kernel: String?) throws -> (row: String, largest: Double, mean: Double) {
              switch pass {
              case "forward":
                try errors(Conv2DForward.self, .init(shape: shape), kernel: kernel, right.output) {
                  .init(input: x, weights: w, output: $0)
                }
              case "input gradient":
                try errors(Conv2DBackwardData.self, shape, kernel: kernel, right.inputGradient) {
                  .init(outputGradient: dy, weights: w, inputGradient: $0)
                }
              default:
                try errors(Conv2DBackwardWeights.self, shape, kernel: kernel, right.weightGradient) {
                  .init(input: x, outputGradient: dy, weightGradient: $0)
                }
              }
            }
            shape.precision = .direct
            let (order, direct) = (try measure("reference"), try measure(nil))
            shape.precision = .fast
            let fast = try measure(nil)
            let ratio = Int((fast.mean / order.mean * 10).rounded())
            print(
              "| \(channels), \(size)×\(size), \(kernel)×\(kernel), \(stride) | \(distribution.rawValue) | \(pass) "
                + "| \(text(order.largest)), \(text(order.mean)) "
                + "| `\(direct.row)` | \(text(direct.largest)), \(text(direct.mean)) "
                + "| `\(fast.row)` | \(text(fast.largest)), \(text(fast.mean)) | \(ratio / 10).\(ratio % 10) |")
          }
        }
      }
    }
  }
}
