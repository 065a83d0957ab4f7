import Kernels

/// How far a layer's backward pass is from the derivatives of its forward pass, see
/// ``gradientCheck(layer:inputShape:batchSize:input:parameters:elementsPerTensor:seed:threads:level:)``.
public struct GradientCheck: Sendable, CustomStringConvertible {
  /// How far the gradient of one tensor is from the derivatives.
  public struct Deviation: Sendable {
    /// `input`, or the parameter's name.
    public let name: String
    /// The largest difference between gradient and derivative, divided by the largest of either in the tensor. Infinite
    /// where a gradient is no number, or where nothing could be compared.
    public let relativeError: Double
    /// The element in which they differ most, its gradient, and its derivative.
    public let worst: (element: Int, gradient: Double, derivative: Double)
    /// The number of elements that were compared.
    public let comparedCount: Int
    /// The number of elements skipped because the derivative jumps within a step of them, as at ReLU's kink.
    public let skippedCount: Int
  }

  /// The deviation of the input's gradient.
  public let input: Deviation
  /// The deviations of the trainable parameters' gradients, in the layer's order.
  public let parameters: [Deviation]

  /// The largest error of input and parameters.
  public var relativeError: Double { ([input] + parameters).map(\.relativeError).max() ?? .infinity }

  /// A line for each tensor.
  public var description: String {
    ([input] + parameters).map {
      "\($0.name): relative error \($0.relativeError), at \($0.worst.element) \($0.worst.gradient) instead of "
        + "\($0.worst.derivative); \($0.comparedCount) elements compared, \($0.skippedCount) left out"
    }.joined(separator: "\n")
  }
}

/// Compares a layer's backward pass with finite differences of its forward pass, for tests of your own layers.
///
///     let check = try gradientCheck(layer: Gain(), inputShape: [3, 8, 8])
///     #expect(check.relativeError < 1e-3, "\(check)")
///
/// The loss is a projection of the output, L = Σ r·y with r drawn from ±(0.5 … 1). The backward pass gives ∂L/∂x and
/// ∂L/∂p; the central difference (L(x + h) − L(x − h))/2h, for one element of the input or of a parameter at a time, is
/// compared with it. Differences of outputs are summed in Double; the quotients of steps h and h/2 are combined into an
/// estimate of fourth order. Where the two quotients, or the one-sided slopes, disagree, the derivative jumps within
/// the step, and smaller steps are tried, from 1/32 down to 1/16384.
///
/// The forward pass computes in float32, which limits the resolution. Smooth layers have relative errors of 10⁻⁸ to
/// 10⁻⁴, layers with kinks, such as a ReLU after a convolution, below 5·10⁻³; a wrong sign or a missing term gives 10⁻¹
/// and more. A tolerance of 10⁻³ for smooth layers and 10⁻² for others tells right from wrong. Errors are relative to
/// the tensor's largest gradient. Where that gradient is small compared with the loss, as for a bias before a batch
/// normalisation, they are relative to 1000 times the rounding error of the loss over the step.
///
/// Random numbers, such as those of dropout, are the same in all passes, and buffers, such as running statistics, have
/// the same values at the start of each pass.
///
/// - Parameters:
///   - layer: the layer, or a whole network.
///   - inputShape: the shape of one image, without the batch.
///   - batchSize: the number of images, at least 1.
///   - input: the images, `[batchSize] + inputShape`; nil for numbers drawn uniformly from −1 ..< 1.
///   - parameters: values of parameters and buffers, by name; all others are initialised as the layer says. Parameters
///     initialised with a constant are moved from it by up to ±½, so that no factor is 1 and no term 0.
///   - elementsPerTensor: the most elements compared of the input and of each parameter; more are sampled at random.
///     Each element costs at least four forward passes.
///   - seed: determines the parameters, the input and the sampled elements.
///   - threads: how many threads share the work of a pass.
///   - level: the instruction-set level; nil for the best.
/// - Throws: ``LayerError`` when the layer cannot take the input, or when a given tensor has another shape.
public func gradientCheck(
  layer: any Layer, inputShape: Shape, batchSize: Int = 2, input: Tensor? = nil, parameters: [String: Tensor] = [:],
  elementsPerTensor: Int = 100, seed: UInt64 = 1, threads: Int = 1, level: InstructionSet? = nil
) throws(LayerError) -> GradientCheck {
  guard elementsPerTensor >= 1 else {
    throw .invalidValue(
      layer: layer.kind, name: "elementsPerTensor", value: "\(elementsPerTensor)", expected: "at least 1")
  }
  guard batchSize >= 1 else {
    throw .invalidValue(layer: layer.kind, name: "batchSize", value: "\(batchSize)", expected: "at least 1")
  }
  let model = try Model(layer, inputShape: inputShape, seed: seed)
  var random = SplitMix64(seed: seed, stream: 1)
  model.moveConstants(&random)
  for (name, tensor) in parameters { try model.setParameter(name, to: tensor) }
  let plan = try model.plan(
    batchSize: batchSize, mode: .training, needsInputGradient: true, threads: threads, level: level)
  if let input {
    guard input.shape == inputShape.batched(batchSize) else {
      throw .invalidValue(
        layer: layer.kind, name: "the input's shape", value: "\(input.shape)",
        expected: "\(inputShape.batched(batchSize))")
    }
    input.withUnsafeBufferPointer { _ = plan.input.update(fromContentsOf: $0) }
  } else {
    for i in plan.input.indices { plan.input[i] = random.signedUnit() }
  }
  return try DifferenceQuotients(model, plan, &random).check(elementsPerTensor: elementsPerTensor, &random)
}

extension Model {
  fileprivate func moveConstants(_ random: inout SplitMix64) {
    for (i, parameter) in parameters.enumerated() where parameter.role == .trainable {
      guard case .constant = parameter.initialization else { continue }
      for element in 0..<parameter.shape.count { values.pointers[i][element] += random.signedUnit() / 2 }
    }
  }
}

/// The passes of a gradient check.
private struct DifferenceQuotients {
  private let model: Model
  private let plan: ModelPlan
  /// r of the loss Σ r·y.
  private let projection: [Float]
  /// The output for the unchanged values.
  private let middleOutput: [Float]
  /// The buffers' values at the beginning of each pass.
  private let buffers: [(to: UnsafeMutablePointer<Float>, values: [Float])]
  /// The largest step. Where derivatives jump, an eighth of it is tried, then an eighth of that.
  private static let largestStep: Float = 1 / 32
  private static let smallestStep: Float = 1 / 16_384

  init(_ model: Model, _ plan: ModelPlan, _ random: inout SplitMix64) throws(LayerError) {
    self.model = model
    self.plan = plan
    projection = plan.output.map { _ in
      let value = random.signedUnit()
      return value < 0 ? value / 2 - 0.5 : value / 2 + 0.5
    }
    buffers = model.parameters.enumerated().filter { $0.element.role == .buffer }.map { i, buffer in
      let pointer = model.values.pointers[i]
      return (pointer, Array(UnsafeBufferPointer(start: pointer, count: buffer.shape.count)))
    }
    try DifferenceQuotients.forward(model, plan, buffers)
    middleOutput = Array(plan.output)
  }

  /// A forward pass with the same random numbers and buffers as every other.
  private func forward() throws(LayerError) { try DifferenceQuotients.forward(model, plan, buffers) }

  private static func forward(
    _ model: Model, _ plan: ModelPlan, _ buffers: [(to: UnsafeMutablePointer<Float>, values: [Float])]
  ) throws(LayerError) {
    for buffer in buffers {
      for (i, value) in buffer.values.enumerated() { buffer.to[i] = value }
    }
    model.trainingPasses = 0
    try plan.forward()
  }

  func check(elementsPerTensor: Int, _ random: inout SplitMix64) throws(LayerError) -> GradientCheck {
    try forward()
    // The rounding error of L grows as the root of the sum of squares: one independent rounding for each output.
    let loss = zip(projection, plan.output).reduce(0) { $0 + Double($1.0 * $1.1) * Double($1.0 * $1.1) }.squareRoot()
    _ = plan.outputGradient.update(fromContentsOf: projection)
    try plan.backward()
    let inputGradient = plan.inputGradient.map(Double.init)
    var gradients: [[Double]] = []
    for parameter in model.parameters {
      gradients.append(try model.gradient(parameter.name).scalars.map(Double.init))
    }

    func deviation(
      _ name: String, _ values: UnsafeMutablePointer<Float>, _ gradient: [Double]
    ) throws(LayerError) -> GradientCheck.Deviation {
      let elements = random.sample(elementsPerTensor, below: gradient.count)
      return try self.deviation(name, values, gradient, elements, loss: loss)
    }
    let input = try deviation("input", plan.input.baseAddress.unsafelyUnwrapped, inputGradient)
    var parameters: [GradientCheck.Deviation] = []
    for (i, parameter) in model.parameters.enumerated() where parameter.role == .trainable {
      parameters.append(try deviation(parameter.name, model.values.pointers[i], gradients[i]))
    }
    return GradientCheck(input: input, parameters: parameters)
  }

  private func deviation(
    _ name: String, _ values: UnsafeMutablePointer<Float>, _ gradient: [Double], _ elements: [Int], loss: Double
  ) throws(LayerError) -> GradientCheck.Deviation {
    var estimates: [(element: Int, derivative: Double, doubt: Double)] = []
    for element in elements {
      estimates.append((element, 0, 0))
      (estimates[estimates.count - 1].derivative, estimates[estimates.count - 1].doubt) = try derivative(
        by: values + element, isGoodEnough: DifferenceQuotients.goodEnough(gradient, loss: loss))
    }
    // 1000 times the rounding error of the loss, over the step.
    let floor = 1000 * Double(Float.ulpOfOne / 2) * loss / Double(DifferenceQuotients.largestStep)
    let magnitudes = estimates.map { abs($0.derivative) } + elements.map { abs(gradient[$0]) }
    let scale = max(magnitudes.filter(\.isFinite).max() ?? 0, floor, .leastNormalMagnitude)
    var worst = (element: 0, gradient: 0.0, derivative: 0.0)
    var error = -1.0
    var compared = 0
    for estimate in estimates where !(estimate.doubt > 3e-3 * scale) {
      compared += 1
      let difference = abs(gradient[estimate.element] - estimate.derivative)
      guard !(difference <= error) else { continue }
      error = difference.isNaN ? .infinity : difference
      worst = (estimate.element, gradient[estimate.element], estimate.derivative)
    }
    return GradientCheck.Deviation(
      name: name, relativeError: compared == 0 && !elements.isEmpty ? .infinity : max(error, 0) / scale, worst: worst,
      comparedCount: compared, skippedCount: elements.count - compared)
  }

  /// The doubt below which no smaller step is tried.
  private static func goodEnough(_ gradient: [Double], loss: Double) -> Double {
    2e-4 * max(gradient.map { abs($0) }.max() ?? 0, 1e-2 * loss)
  }

  /// The derivative of the loss with respect to a value, and its uncertainty: how much quotients of different steps, or
  /// the two one-sided ones, differ.
  private func derivative(
    by value: UnsafeMutablePointer<Float>, isGoodEnough limit: Double
  ) throws(LayerError) -> (derivative: Double, doubt: Double) {
    var best = (derivative: Double.nan, doubt: Double.infinity)
    var step = DifferenceQuotients.largestStep
    while step >= DifferenceQuotients.smallestStep {
      let (wide, narrow) = (try quotients(value, step: step), try quotients(value, step: step / 2))
      // Halving the step halves the difference between the one-sided slopes, unless there is a kink at the value
      // itself.
      let isBent = abs(narrow.bend) > 0.75 * abs(wide.bend)
      let doubt = max(abs(wide.slope - narrow.slope), isBent ? abs(narrow.bend) / 2 : 0)
      if !(doubt >= best.doubt) { best = ((4 * narrow.slope - wide.slope) / 3, doubt) }
      if doubt <= limit || doubt.isNaN { break }
      step /= 8
    }
    return best
  }

  /// (L(x + h) − L(x − h))/2h, and the right-hand quotient minus the left-hand one. h is the step after rounding of
  /// value ± step.
  private func quotients(
    _ value: UnsafeMutablePointer<Float>, step: Float
  ) throws(LayerError) -> (slope: Double, bend: Double) {
    let middle = value.pointee
    defer { value.pointee = middle }
    let (above, below) = (middle + step, middle - step)
    value.pointee = above
    try forward()
    let outputs = Array(plan.output)
    value.pointee = below
    try forward()
    var (difference, bend) = (0.0, 0.0)
    for (i, factor) in projection.enumerated() {
      let (right, left, center) = (Double(outputs[i]), Double(plan.output[i]), Double(middleOutput[i]))
      difference += Double(factor) * (right - left)
      bend += Double(factor) * ((right - center) - (center - left))
    }
    let distance = Double(above) - Double(below)
    return (difference / distance, 2 * bend / distance)
  }
}
