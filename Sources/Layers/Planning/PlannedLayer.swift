/// A layer that is ready to run one problem any number of times.
///
/// It holds planned kernels and says how much memory they need, but owns none: the caller provides the buffers. A run
/// allocates nothing. Planned layers are classes, so that a call through the protocol copies no value.
public protocol PlannedLayer: AnyObject, Sendable {
  /// The bytes that the forward pass saves for the backward pass.
  var savedByteCount: Int { get }
  /// The bytes of scratch memory that a pass needs.
  var workspaceByteCount: Int { get }
  /// Whether inference may run in place: `output` is `input`.
  var runsInPlace: Bool { get }
  /// Whether the backward pass may run in place: `inputGradient` is `outputGradient`.
  var canShareGradients: Bool { get }
  /// Whether the backward pass overwrites `outputGradient` even where `inputGradient` is other memory.
  var overwritesOutputGradient: Bool { get }
  /// Whether the backward pass reads the forward pass's output.
  var readsOutput: Bool { get }
  /// The rows of the kernels' tables that run the passes of the layer's convolutions, or of those within it, such as
  /// `winograd.avx512.6x4`; by default none.
  var convolutionKernels: [String] { get }

  /// Writes every element of the output.
  func forward(_ memory: ForwardMemory)
  /// Writes the gradients of the parameters and, where it was planned, of the input. It must follow a forward pass with
  /// the same memory. It may overwrite `outputGradient`.
  func backward(_ memory: BackwardMemory)
}

extension PlannedLayer {
  public var savedByteCount: Int { 0 }
  public var runsInPlace: Bool { false }
  public var canShareGradients: Bool { false }
  public var overwritesOutputGradient: Bool { true }
  public var readsOutput: Bool { true }
  public var convolutionKernels: [String] { [] }
}

/// A planned layer that may add another array to its outputs as it stores them: where ``LayerProblem/hasAddend`` asks for
/// it, a convolution does, and a sequence that ends with one.
protocol AddsAddend: PlannedLayer {
  /// Whether it adds ``ForwardMemory/addend``, and applies the problem's activation to the sum. Else it does neither.
  var addsAddend: Bool { get }
}

/// Pointers to the memory of each parameter and buffer of a layer, in the order of ``Layer/parameters(for:)``. A
/// training pass may update buffers.
public typealias ParameterPointers = UnsafePointer<UnsafeMutablePointer<Float>>

/// The memory of a layer's forward pass.
public struct ForwardMemory {
  /// The layer's input, image after image.
  public var input: UnsafePointer<Float>
  /// Receives the layer's output, image after image.
  public var output: UnsafeMutablePointer<Float>
  /// The layer's parameters and buffers.
  public var parameters: ParameterPointers
  /// ``PlannedLayer/savedByteCount`` bytes, aligned to a cache line (64 bytes).
  public var saved: UnsafeMutableRawPointer
  /// ``PlannedLayer/workspaceByteCount`` bytes, aligned to a cache line (64 bytes).
  public var workspace: UnsafeMutableRawPointer
  /// The seed of the layer's random numbers; it differs from pass to pass and from layer to layer.
  public var random: UInt64
  /// As large as the output, for layers that add it, see ``AddsAddend``.
  var addend: UnsafePointer<Float>?

  /// The memory of one pass.
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
  /// The seed of the random numbers of layer `i` within this one.
  func random(ofInnerLayer i: Int) -> UInt64 { SplitMix64.layerKey(i, of: random) }
}

/// The memory of a layer's backward pass.
public struct BackwardMemory {
  /// The input of the forward pass.
  public var input: UnsafePointer<Float>
  /// The output of the forward pass.
  public var output: UnsafePointer<Float>
  /// The gradient of the loss with respect to the output; it may be overwritten.
  public var outputGradient: UnsafeMutablePointer<Float>
  /// Receives the gradient of the loss with respect to the input; nil where it was not planned.
  public var inputGradient: UnsafeMutablePointer<Float>?
  /// The layer's parameters and buffers.
  public var parameters: ParameterPointers
  /// Receives the gradients of the loss with respect to the parameters; every element is written.
  public var parameterGradients: ParameterPointers
  /// The ``PlannedLayer/savedByteCount`` bytes that the forward pass saved.
  public var saved: UnsafeMutableRawPointer
  /// ``PlannedLayer/workspaceByteCount`` bytes, aligned to a cache line (64 bytes).
  public var workspace: UnsafeMutableRawPointer

  /// The memory of one pass.
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

/// Rounds a byte count up to a multiple of 64 bytes, the size of a cache line.
func cacheLines(_ byteCount: Int) -> Int { (byteCount + 63) & ~63 }
