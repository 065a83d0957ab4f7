/// A layer that is ready to run one problem any number of times.
///
/// It holds planned kernels and says how much memory they need, and owns none: where buffers lie is decided by whoever
/// runs it. A run allocates nothing. Planned layers are classes, so that calling one through the protocol costs a call
/// and nothing else.
public protocol PlannedLayer: AnyObject, Sendable {
  /// Bytes of memory that the forward pass writes for the backward pass.
  var savedByteCount: Int { get }
  /// Bytes of scratch memory that a pass needs.
  var workspaceByteCount: Int { get }
  /// Whether the output of an inference may lie where the input is: `output` is `input`.
  var runsInPlace: Bool { get }
  /// Whether the gradients may lie in the same memory: `inputGradient` is `outputGradient`.
  var canShareGradients: Bool { get }
  /// Whether the backward pass changes the memory of `outputGradient` though `inputGradient` lies elsewhere.
  var overwritesOutputGradient: Bool { get }
  /// Whether the backward pass reads the forward pass's output.
  var readsOutput: Bool { get }

  /// Writes the output, whole.
  func forward(_ memory: ForwardMemory)
  /// Writes the gradients of the parameters and, where it was planned, of the input. It follows a forward pass with the
  /// same memory. The memory of `outputGradient` may be overwritten.
  func backward(_ memory: BackwardMemory)
}

extension PlannedLayer {
  public var savedByteCount: Int { 0 }
  public var runsInPlace: Bool { false }
  public var canShareGradients: Bool { false }
  public var overwritesOutputGradient: Bool { true }
  public var readsOutput: Bool { true }
}

/// Pointers to the memory of each parameter and buffer of a layer, in the order of ``Layer/parameters(for:)``. A training
/// pass may change buffers.
public typealias ParameterPointers = UnsafePointer<UnsafeMutablePointer<Float>>

/// The memory of a layer's forward pass.
public struct ForwardMemory {
  public var input: UnsafePointer<Float>
  public var output: UnsafeMutablePointer<Float>
  public var parameters: ParameterPointers
  /// ``PlannedLayer/savedByteCount`` bytes, on a cache line.
  public var saved: UnsafeMutableRawPointer
  /// ``PlannedLayer/workspaceByteCount`` bytes, on a cache line.
  public var workspace: UnsafeMutableRawPointer
  /// What the layer's random numbers follow from: a training pass has other ones than the pass before, and each layer
  /// other ones than the next.
  public var random: UInt64

  public init(
    input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, parameters: ParameterPointers,
    saved: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer, random: UInt64 = 0
  ) {
    self.random = random
    self.input = input
    self.output = output
    self.parameters = parameters
    self.saved = saved
    self.workspace = workspace
  }
}

extension ForwardMemory {
  /// What the random numbers of a layer within follow from.
  func random(ofInnerLayer i: Int) -> UInt64 {
    var generator = SplitMix64(seed: random, stream: UInt64(truncatingIfNeeded: i))
    return generator.next()
  }
}

/// The memory of a layer's backward pass.
public struct BackwardMemory {
  /// What the forward pass read.
  public var input: UnsafePointer<Float>
  /// What the forward pass wrote.
  public var output: UnsafePointer<Float>
  /// The gradient of the loss by the output; it may be overwritten.
  public var outputGradient: UnsafeMutablePointer<Float>
  /// The gradient of the loss by the input; nil where it was not planned.
  public var inputGradient: UnsafeMutablePointer<Float>?
  public var parameters: ParameterPointers
  /// The gradients of the loss by the parameters, written whole.
  public var parameterGradients: ParameterPointers
  /// What the forward pass saved.
  public var saved: UnsafeMutableRawPointer
  public var workspace: UnsafeMutableRawPointer

  public init(
    input: UnsafePointer<Float>, output: UnsafePointer<Float>, outputGradient: UnsafeMutablePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>?, parameters: ParameterPointers,
    parameterGradients: ParameterPointers, saved: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer
  ) {
    self.input = input
    self.output = output
    self.outputGradient = outputGradient
    self.inputGradient = inputGradient
    self.parameters = parameters
    self.parameterGradients = parameterGradients
    self.saved = saved
    self.workspace = workspace
  }
}

/// Rounds a byte count up to whole cache lines.
func cacheLines(_ byteCount: Int) -> Int { (byteCount + 63) & ~63 }
