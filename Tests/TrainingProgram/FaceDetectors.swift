import Layers

/// MTCNN's three networks (Zhang and others, 2016): parametric ReLU, pooling with ceil mode. Parameters are named as in
/// facenet-pytorch. Boxes come first in the output, then landmarks, then the probabilities of no face and of a face.
enum FaceDetector: String, CaseIterable {
  case proposal = "mtcnn-p"
  case refinement = "mtcnn-r"
  case output = "mtcnn-o"

  var inputShape: Shape {
    switch self {
    case .proposal: [3, 40, 37]
    case .refinement: [3, 24, 24]
    case .output: [3, 48, 48]
    }
  }

  var network: Sequential {
    switch self {
    case .proposal:
      Sequential(
        convolution(1, 10), MaxPool2D(2, ceilMode: true), convolution(2, 16), convolution(3, 32),
        heads(("conv4_2", Conv2D(4, kernelSize: 1)), face: ("conv4_1", Conv2D(2, kernelSize: 1))))
    case .refinement:
      Sequential(
        convolution(1, 28), MaxPool2D(3, stride: 2, ceilMode: true),
        convolution(2, 48), MaxPool2D(3, stride: 2, ceilMode: true), convolution(3, 64, kernelSize: 2),
        ColumnsFirst(), Linear(128).named("dense4"), PReLU(perChannel: true).named("prelu4"),
        heads(("dense5_2", Linear(4)), face: ("dense5_1", Linear(2))))
    case .output:
      Sequential(
        convolution(1, 32), MaxPool2D(3, stride: 2, ceilMode: true),
        convolution(2, 64), MaxPool2D(3, stride: 2, ceilMode: true),
        convolution(3, 64), MaxPool2D(2, ceilMode: true), convolution(4, 128, kernelSize: 2),
        ColumnsFirst(), Linear(256).named("dense5"), PReLU(perChannel: true).named("prelu5"),
        heads(("dense6_2", Linear(4)), ("dense6_3", Linear(10)), face: ("dense6_1", Linear(2))))
    }
  }

  private func convolution(_ number: Int, _ channels: Int, kernelSize: Int = 3) -> Named {
    Sequential(
      Conv2D(channels, kernelSize: kernelSize).named("conv\(number)"),
      PReLU(perChannel: true).named("prelu\(number)")
    ).named("")
  }

  private func heads(
    _ regressions: (name: String, layer: any Layer)..., face: (name: String, layer: any Layer)
  ) -> Named {
    let branches: [any Layer] =
      regressions.map { $0.layer.named($0.name) } + [Sequential(face.layer.named(face.name), Softmax()).named("")]
    return Branches(branches).named("")
  }
}

/// All values of an image by column, row and channel: `[channels, height, width]` to `[width · height · channels]`. The
/// weights of MTCNN's linear layers were made for this order.
struct ColumnsFirst: Layer {
  var kind: String { "ColumnsFirst" }

  func outputShape(for inputShape: Shape) throws(LayerError) -> Shape {
    guard inputShape.rank == 3 else {
      throw .inputShape(layer: kind, given: inputShape, expected: "[channels, height, width]")
    }
    return [inputShape.count]
  }

  func plan(_ problem: LayerProblem) throws(LayerError) -> (any PlannedLayer)? {
    _ = try outputShape(for: problem.inputShape)
    return Planned(problem)
  }

  private final class Planned: PlannedLayer {
    let workspaceByteCount = 0
    let overwritesOutputGradient = false
    let readsOutput = false
    private let batchSize: Int
    private let channels: Int
    private let height: Int
    private let width: Int

    init(_ problem: LayerProblem) {
      batchSize = problem.batchSize
      (channels, height, width) = (problem.inputShape[0], problem.inputShape[1], problem.inputShape[2])
    }

    func forward(_ memory: ForwardMemory) {
      forEachValue { position, reordered in memory.output[reordered] = memory.input[position] }
    }

    func backward(_ memory: BackwardMemory) {
      guard let gradient = memory.inputGradient else { return }
      forEachValue { position, reordered in gradient[position] = memory.outputGradient[reordered] }
    }

    /// Calls `body` with each value's place in the input and in the output.
    private func forEachValue(_ body: (_ position: Int, _ reordered: Int) -> Void) {
      var position = 0
      for image in 0..<batchSize {
        for channel in 0..<channels {
          for row in 0..<height {
            for column in 0..<width {
              body(position, ((image * width + column) * height + row) * channels + channel)
              position += 1
            }
          }
        }
      }
    }
  }
}
