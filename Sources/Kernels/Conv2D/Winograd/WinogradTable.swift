import Synchronization

/// A register tile of the `winograd` kernels: tiles of outputs × vectors of target channels.
struct WinogradTile: Sendable {
  let level: InstructionSet
  let rows: Int
  let vectors: Int
  let run: LevelFunction<WinogradProductsArguments>

  var name: String { "\(rows)x\(vectors)" }
}

/// A register tile of the `winograd` weight gradient: output channels × vectors of input channels.
struct WinogradGradientTile: Sendable {
  let level: InstructionSet
  let rows: Int
  let vectors: Int
  let run: LevelFunction<WinogradGradientProductsArguments>

  var name: String { "\(rows)x\(vectors)" }
}

extension Conv2DShape {
  /// The cost of the `winograd` rows; nil where they cannot run the shape.
  ///
  /// It is next to nothing where they are faster and infinite elsewhere, by the size of an image and the channels: a
  /// choice by cycles would depend on the batch, and with it an image's bits. Among tiles, the one that pads channels
  /// least is chosen.
  /// - Parameters:
  ///   - panel: the columns of the register tile, and the channels that fill them.
  ///   - isWeightGradient: whether this is that pass, whose direct kernels skip what is padding.
  func winogradCost(
    source: Int, target: Int, height: Int, width: Int, panel: (columns: Int, channels: Int),
    isWeightGradient: Bool = false
  ) -> Double? {
    guard let size = WinogradConvolution.size(self) else { return nil }
    // With those that nobody needs: 6×6 for 5×5, 3×12 for 1×10.
    let computed = size.computedOutputs(height) * size.computedOutputs(width)
    let isFaster =
      2 * height * width >= computed
      && (isWeightGradient ? size.leastOfGradient : size.least).allows(
        channels: min(source, target), panelChannels: panel.channels, outputs: height * width)
    let padded = (panel.channels + panel.columns - 1) / panel.columns * panel.columns
    return isFaster ? 1e-6 * Double(padded) : .infinity
  }

  /// The tiles of a shape that a row of these tables accepted.
  fileprivate var winogradSize: WinogradSize {
    guard let size = WinogradConvolution.size(self) else { fatalError("no tiles compute \(self)") }
    return size
  }

  /// A shape that is to be computed directly, of one image.
  fileprivate var directImage: Conv2DShape {
    var shape = self
    shape.batch = 1
    shape.precision = .direct
    return shape
  }
}

/// A row of the forward pass's table. What a vector holds are channels.
func winogradForwardKernel(_ tile: WinogradTile) -> Kernel<Conv2DForward> {
  Kernel(
    algorithm: "winograd", level: tile.level, tile: tile.name,
    cost: { problem, _ in
      let shape = problem.shape
      return shape.winogradCost(
        source: shape.groupInputChannels, target: shape.groupOutputChannels, height: shape.outputHeight,
        width: shape.outputWidth, panel: (tile.vectors * tile.level.lanes, shape.groupOutputChannels))
    },
    prepareForMachine: { problem, machine, threads in
      let shape = problem.shape
      let convolution = WinogradConvolution(
        tile: tile, size: shape.winogradSize, shape: shape, isBackward: false, activation: problem.activation,
        threads: shape.parts(threads: threads))
      let image = DirectKernel<Conv2DForward>(
        .init(shape: shape.directImage, activation: problem.activation, hasAddend: problem.hasAddend), tile.level,
        machine)
      return PreparedKernel(
        workspaceByteCount: convolution.workspaceByteCount, weightPacking: convolution.packing
      ) { operands, workspace in
        convolution.run(
          source: operands.input, weights: operands.weights, bias: operands.bias,
          addend: problem.hasAddend ? operands.addend : nil, packed: operands.packedWeights, target: operands.output,
          workspace: workspace
        ) { index in
          let first = index * shape.outputChannels * shape.outputPlane
          image.run(
            .init(
              input: operands.input + index * shape.inputChannels * shape.inputPlane, weights: operands.weights,
              bias: operands.bias, output: operands.output + first, addend: operands.addend.map { $0 + first }))
        }
      }
    })
}

/// A row of the input gradient's table. What a vector holds are channels.
func winogradBackwardDataKernel(_ tile: WinogradTile) -> Kernel<Conv2DBackwardData> {
  Kernel(
    algorithm: "winograd", level: tile.level, tile: tile.name,
    cost: { shape, _ in
      shape.winogradCost(
        source: shape.groupOutputChannels, target: shape.groupInputChannels,
        height: shape.strideHeight > 1 ? shape.outputHeight : shape.inputHeight,
        width: shape.strideWidth > 1 ? shape.outputWidth : shape.inputWidth,
        panel: (tile.vectors * tile.level.lanes, shape.groupInputChannels))
    },
    prepareForMachine: { shape, machine, threads in
      let convolution = WinogradConvolution(
        tile: tile, size: shape.winogradSize, shape: shape, isBackward: true, activation: nil,
        threads: shape.parts(threads: threads))
      let image = DirectKernel<Conv2DBackwardData>(shape.directImage, tile.level, machine)
      return PreparedKernel(workspaceByteCount: convolution.workspaceByteCount) { operands, workspace in
        convolution.run(
          source: operands.outputGradient, weights: operands.weights, bias: nil, addend: nil, packed: nil,
          target: operands.inputGradient, workspace: workspace
        ) { index in
          image.run(
            .init(
              outputGradient: operands.outputGradient + index * shape.outputChannels * shape.outputPlane,
              weights: operands.weights,
              inputGradient: operands.inputGradient + index * shape.inputChannels * shape.inputPlane))
        }
      }
    })
}

/// A row of the weight gradient's table. What a vector holds are channels.
func winogradBackwardWeightsKernel(_ tile: WinogradGradientTile) -> Kernel<Conv2DBackwardWeights> {
  Kernel(
    algorithm: "winograd", level: tile.level, tile: tile.name,
    cost: { shape, _ in
      shape.winogradCost(
        source: shape.groupInputChannels, target: shape.groupOutputChannels, height: shape.outputHeight,
        width: shape.outputWidth, panel: (tile.vectors * tile.level.lanes, shape.groupInputChannels),
        isWeightGradient: true)
    },
    prepareForMachine: { shape, machine, threads in
      var directShape = shape
      directShape.precision = .direct
      let direct = DirectKernel<Conv2DBackwardWeights>(
        directShape, tile.level, machine, threads: threads, isOneImage: false)
      let gradient = WinogradGradient(tile: tile, size: shape.winogradSize, shape: shape, threads: threads)
      return PreparedKernel(workspaceByteCount: gradient.workspaceByteCount) { operands, workspace in
        if shape.batch == 0 {
          SegmentedReduction.clear(shape, operands)
        } else if !gradient.run(operands, workspace) {
          direct.run(operands)
        }
      }
    })
}

/// The direct kernel, by which what depends on values that are not finite is computed again. It is prepared, and its
/// workspace allocated, when it is first needed, as most plans never need it.
private final class DirectKernel<Op: KernelOperation>: Sendable {
  private struct State {
    var kernel: PreparedKernel<Op.Operands>?
    var workspace: Workspace?
  }

  private let state = Mutex(State())
  private let prepare: @Sendable () -> PreparedKernel<Op.Operands>

  /// - Parameter isOneImage: whether the problem is of one image, for which no kernel is fastest whose vectors hold images.
  init(
    _ problem: Op.Problem, _ level: InstructionSet, _ machine: Machine, threads: Int = 1, isOneImage: Bool = true
  ) {
    prepare = {
      let kernel = Op.cheapest(
        of: { $0.level == level && !$0.isReference && !(isOneImage && $0.algorithm == "images") }, for: problem,
        machine)
      return (kernel ?? Op.kernels[Op.kernels.count - 1]).prepare(problem, threads, machine: machine)
    }
  }

  /// Runs of one plan on several threads wait for each other here.
  func run(_ operands: Op.Operands) {
    state.withLock { state in
      let kernel = state.kernel ?? prepare()
      let workspace = state.workspace ?? Workspace(byteCount: kernel.workspaceByteCount)
      state = State(kernel: kernel, workspace: workspace)
      kernel.body(operands, workspace.base)
    }
  }
}
