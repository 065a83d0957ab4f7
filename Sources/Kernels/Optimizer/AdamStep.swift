import Foundation
import ISA

/// A step of Adam on an array of parameters, as PyTorch's `torch.optim.Adam` defines it (Kingma and Ba, 2015, with the
/// weight decay added to the gradient). At step t, counted from 1:
///
///     g ← gradient + weightDecay·parameter
///     m ← m + (1 - beta1)·(g - m)
///     v ← beta2·v + (1 - beta2)·g²
///     parameter ← parameter - learningRate/(1 - beta1ᵗ) · m / (√v/√(1 - beta2ᵗ) + epsilon)
///
/// Before the first step m and v are 0. All levels give the same bits.
public enum AdamStep: KernelOperation {
  public static let name = "adam"

  /// What depends on beta1, beta2 and the step alone is computed in Double, so that 1 - beta2 keeps its digits.
  public struct Problem: Sendable, Hashable {
    public var count: Int
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Float
    public var weightDecay: Float

    public init(
      count: Int, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-8, weightDecay: Float = 0
    ) {
      self.count = count
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = weightDecay
    }
  }

  public struct Operands {
    /// Read and written.
    public var parameters: UnsafeMutablePointer<Float>
    public var gradients: UnsafePointer<Float>
    /// Read and written: the running mean of the gradients.
    public var firstMoments: UnsafeMutablePointer<Float>
    /// Read and written: the running mean of the gradients' squares.
    public var secondMoments: UnsafeMutablePointer<Float>
    public var learningRate: Float
    /// The number of this step, counted from 1.
    public var step: Int

    public init(
      parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
      firstMoments: UnsafeMutablePointer<Float>, secondMoments: UnsafeMutablePointer<Float>, learningRate: Float,
      step: Int
    ) {
      self.parameters = parameters
      self.gradients = gradients
      self.firstMoments = firstMoments
      self.secondMoments = secondMoments
      self.learningRate = learningRate
      self.step = step
    }
  }

  public static let kernels: [Kernel<AdamStep>] = {
    let levels = Kernel<AdamStep>.levelRows(
      "elementwise", adamFunctions, work: { Work(bytes: $0.count * 28) },
      run: { body, problem, parts, operands in
        let correction = BiasCorrection(problem, operands)
        Parallel.run(parts: parts) { part in
          let range = Parallel.range(part, of: parts, items: problem.count, granule: Elementwise.granule)
          let first = range.lowerBound
          var arguments = AdamArguments(
            parameters: operands.parameters + first, gradients: operands.gradients + first,
            firstMoments: operands.firstMoments + first, secondMoments: operands.secondMoments + first,
            count: range.count, firstShare: Float(1 - problem.beta1), secondDecay: Float(problem.beta2),
            secondShare: Float(1 - problem.beta2), stepSize: correction.stepSize, rootScale: correction.rootScale,
            epsilon: problem.epsilon, weightDecay: problem.weightDecay)
          body(&arguments)
        }
      })
    return levels + [.reference(referenceAdam)]
  }()

  /// - Throws: ``KernelError`` for a negative count, betas outside 0 ..< 1, and an epsilon or weight decay that is
  ///   negative or not finite.
  public static func validate(_ problem: Problem) throws(KernelError) {
    try require(name, "count", problem.count, in: 0...Int.max)
    _ = try product(name, problem.count, MemoryLayout<Float>.stride)
    for (parameter, beta) in [("beta1", problem.beta1), ("beta2", problem.beta2)] where !(beta >= 0 && beta < 1) {
      throw .invalidParameter(
        operation: name, parameter: parameter, value: "\(beta)", expected: "at least 0 and below 1")
    }
    try requireFinite(name, "epsilon", problem.epsilon, atLeast: 0)
    try requireFinite(name, "weightDecay", problem.weightDecay, atLeast: 0)
  }
}

/// The factors by which a step makes up for the moments' start at 0.
private struct BiasCorrection {
  /// learningRate / (1 - beta1ᵗ)
  let stepSize: Float
  /// 1 / √(1 - beta2ᵗ)
  let rootScale: Float

  init(_ problem: AdamStep.Problem, _ operands: AdamStep.Operands) {
    let step = Double(operands.step)
    stepSize = Float(Double(operands.learningRate) / (1 - pow(problem.beta1, step)))
    rootScale = Float(1 / (1 - pow(problem.beta2, step)).squareRoot())
  }
}

private func referenceAdam(_ problem: AdamStep.Problem, _ operands: AdamStep.Operands) {
  let correction = BiasCorrection(problem, operands)
  let firstShare = Float(1 - problem.beta1)
  let secondShare = Float(1 - problem.beta2)
  for i in 0..<problem.count {
    let gradient = operands.gradients[i] + problem.weightDecay * operands.parameters[i]
    let m = operands.firstMoments[i] + firstShare * (gradient - operands.firstMoments[i])
    let v = Float(problem.beta2) * operands.secondMoments[i] + secondShare * gradient * gradient
    operands.firstMoments[i] = m
    operands.secondMoments[i] = v
    let denominator = v.squareRoot() * correction.rootScale + problem.epsilon
    operands.parameters[i] -= correction.stepSize * (m / denominator)
  }
}

/// One vector of parameters and moments. The products are rounded before they are added, at every level.
@inline(always)
private func adamVector<L: Lanes>(
  _ lanes: L.Type, _ p: UnsafePointer<AdamArguments>, _ parameter: inout L.Vector, gradient: L.Vector,
  _ first: inout L.Vector, _ second: inout L.Vector
) {
  let g = gradient + L.splat(p.pointee.weightDecay) * parameter
  first = first + L.splat(p.pointee.firstShare) * (g - first)
  second = L.splat(p.pointee.secondDecay) * second + L.splat(p.pointee.secondShare) * g * g
  let denominator = second.squareRoot() * L.splat(p.pointee.rootScale) + L.splat(p.pointee.epsilon)
  parameter = parameter - L.splat(p.pointee.stepSize) * (first / denominator)
}

@inline(always)
private func adam<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<AdamArguments>) {
  let parameters = p.pointee.parameters
  let gradients = p.pointee.gradients
  let firstMoments = p.pointee.firstMoments
  let secondMoments = p.pointee.secondMoments
  let count = p.pointee.count
  var i = 0
  while i &+ L.count <= count {
    var parameter = L.load(parameters + i)
    var first = L.load(firstMoments + i)
    var second = L.load(secondMoments + i)
    adamVector(lanes, p, &parameter, gradient: L.load(gradients + i), &first, &second)
    L.store(parameter, parameters + i)
    L.store(first, firstMoments + i)
    L.store(second, secondMoments + i)
    i &+= L.count
  }
  if i < count {
    let left = count &- i
    var parameter = L.load(UnsafePointer(parameters + i), first: left)
    var first = L.load(UnsafePointer(firstMoments + i), first: left)
    var second = L.load(UnsafePointer(secondMoments + i), first: left)
    adamVector(lanes, p, &parameter, gradient: L.load(UnsafePointer(gradients + i), first: left), &first, &second)
    L.store(parameter, parameters + i, first: left)
    L.store(first, firstMoments + i, first: left)
    L.store(second, secondMoments + i, first: left)
  }
}

#if arch(arm64)
  @c(adam_step_neon_body) private func adamNEON(_ p: UnsafePointer<AdamArguments>) { adam(NEONLanes.self, p) }

  private let adamFunctions = LevelFunctions(neon: adam_step_neon)
#else
  @c(adam_step_baseline_body) private func adamBaseline(_ p: UnsafePointer<AdamArguments>) {
    adam(BaselineLanes.self, p)
  }
  @c(adam_step_avx2_body) private func adamAVX2(_ p: UnsafePointer<AdamArguments>) { adam(AVX2Lanes.self, p) }
  @c(adam_step_avx512_body) private func adamAVX512(_ p: UnsafePointer<AdamArguments>) { adam(AVX512Lanes.self, p) }

  private let adamFunctions = LevelFunctions(
    baseline: adam_step_baseline, avx2: adam_step_avx2, avx512: adam_step_avx512)
#endif
