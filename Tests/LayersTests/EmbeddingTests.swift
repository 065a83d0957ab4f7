import Foundation
import Kernels
import Layers
import TestSupport
import Testing

/// The examples of README.md, docs/embedding.md and docs/layers.md: they compile, they run, and the documents show them as they are here.
@Suite struct EmbeddingTests {
  @Test func trainsOnAFolderOfImages() throws {
    let temporary = try TemporaryFolder()
    for (number, name) in ["dark", "light"].enumerated() {
      for i in 0..<8 {
        let samples = [UInt8](repeating: UInt8(200 * number + i), count: 40 * 36 * 3)
        try temporary.write(Array("P6 40 36 255\n".utf8) + samples, to: "images/\(name)/\(i).ppm")
      }
    }
    let folder = temporary.url.appendingPathComponent("images")
    let file = folder.appendingPathComponent("light/3.ppm")
    // example: five lines
    let images = try ImageFolder(folder, size: 32, channels: 3).inMemory()
    let model = try Model(TutorialCNN(classCount: images.classNames.count), inputShape: [3, 32, 32])
    try Trainer(model: model, optimizer: Adam(), batchSize: 32, threads: 2).fit(images, epochs: 10)
    let predictor = try Predictor(model, classNames: images.classNames, normalization: .signedUnit)
    print(try predictor.classify(contentsOf: file, top: 1))
    // end
    #expect(try predictor.classify(contentsOf: file, top: 1)[0].className == "light")
  }

  @Test func multipliesMatrices() throws {
    let a: [Float] = [1, 2, 3, 4, 5, 6]
    let b: [Float] = [1, 0, 0, 1, 1, 1]
    var c = [Float](repeating: 0, count: 4)
    // example: kernels
    // C (2×2) = A (2×3) · B (3×2), planned once, run as often as wanted.
    let plan = try Plan<GEMM>(.init(rows: 2, columns: 2, depth: 3), threads: 2)
    let workspace = Workspace(byteCount: plan.workspaceByteCount)
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        c.withUnsafeMutableBufferPointer { c in
          plan.run(.init(a: a.baseAddress!, b: b.baseAddress!, c: c.baseAddress!), workspace: workspace)
        }
      }
    }
    print(plan.kernel.name, c)
    // end
    #expect(c == [4, 5, 10, 11])
  }

  @Test func convolvesImages() throws {
    // example: convolution
    let shape = Conv2DShape(
      batch: 8, inputChannels: 3, inputHeight: 32, inputWidth: 32, outputChannels: 6, kernelHeight: 5, kernelWidth: 5)
    let plan = try Plan<Conv2DForward>(.init(shape: shape, activation: .relu), level: .lowest)
    print(plan.kernel.name, plan.workspaceByteCount, shape.outputHeight, shape.outputWidth)
    // end
    #expect(plan.kernel.level == .lowest)
    #expect((shape.outputHeight, shape.outputWidth) == (28, 28))
  }

  @Test func reportsWhatIsWrong() throws {
    var message = ""
    // example: errors
    do {
      _ = try Plan<GEMM>(.init(rows: 2, columns: 2, depth: 3, aRowStride: 1))
    } catch {
      message = "\(error)"  // gemm: aRowStride is 1; expected at least 3
    }
    // end
    #expect(message == "gemm: aRowStride is 1; expected at least 3")
  }

  @Test func trainsANetwork() throws {
    // example: layers
    let network = Sequential(
      Conv2D(6, kernelSize: 5), ReLU(), MaxPool2D(2),
      Conv2D(16, kernelSize: 5), ReLU(), MaxPool2D(2),
      Flatten(), Linear(120), ReLU(), Linear(84), ReLU(), Linear(10))
    let model = try Model(network, inputShape: [3, 32, 32], seed: 1)

    let training = SyntheticImages.make(count: 1000, seed: 1, split: .train)
    let test = SyntheticImages.make(count: 200, seed: 1, split: .test)
    let trainer = try Trainer(
      model: model, optimizer: SGD(learningRate: 0.001, momentum: 0.9), batchSize: 32, seed: 1, threads: 2)
    for _ in 0..<2 {
      let epoch = try trainer.trainEpoch(on: training)
      print(epoch.loss, epoch.seconds, try trainer.evaluate(on: test).accuracy)
    }

    let plan = try model.plan(batchSize: 1, mode: .inference)
    let scores = try plan.forward(Tensor(shape: [1, 3, 32, 32]))
    // end
    #expect(scores.shape == [1, 10])
    #expect(trainer.epoch == 2)
  }

  @Test func optimisesAnyMemory() throws {
    let weight = UnsafeMutableBufferPointer<Float>.allocate(capacity: 6)
    let weightGradient = UnsafeMutableBufferPointer<Float>.allocate(capacity: 6)
    weight.initialize(repeating: 0)
    weightGradient.initialize(repeating: 0)
    defer {
      weight.deallocate()
      weightGradient.deallocate()
    }
    // example: optimizer
    let memory = try ParameterMemory([
      .init(name: "weight", shape: [2, 3], values: weight, gradients: weightGradient)
    ])
    let optimizer = try Adam(learningRate: 0.1).clipped(.norm(1)).plan(memory, threads: 2)
    for _ in 0..<100 {
      for i in weight.indices { weightGradient[i] = weight[i] - 3 }  // what a backward pass writes
      optimizer.step()
    }
    print(Array(weight))  // near 3
    // end
    #expect(weight.allSatisfy { abs($0 - 3) < 0.2 })
  }

  @Test func servesRequests() async throws {
    let model = try Model(Sequential(Flatten(), Linear(4)), inputShape: [1, 3, 3], seed: 1)
    let names = ["a", "b", "c", "d"]
    let requests = try (0..<20).map { try Tensor(shape: [1, 3, 3], repeating: Float($0)) }
    // example: server
    let predictor = try Predictor(model, classNames: names, mostImages: 16, mostRuns: 4)

    // Each request on whichever thread the server has for it.
    @Sendable func answer(_ image: Tensor) throws -> String {
      let best = try predictor.classify(image, top: 3)
      return best.map { "\($0.className ?? "?") \($0.probability)" }.joined(separator: ", ")
    }
    let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
      for (number, image) in requests.enumerated() { group.addTask { (number, try answer(image)) } }
      return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
    }
    // end
    #expect(answers.count == 20)
    for (number, image) in requests.enumerated() { #expect(try answers[number] == answer(image)) }
    let image = requests[3]
    var scores = [Float](repeating: .nan, count: 4)
    // example: buffers
    try image.withUnsafeBufferPointer { image in
      try scores.withUnsafeMutableBufferPointer { try predictor.predict(input: image, output: $0) }
    }
    // end
    #expect(try scores == predictor(image).scalars)
  }

  @Test func classifiesAFile() throws {
    let folder = try TemporaryFolder()
    let checkpoint = folder.url.appendingPathComponent("model.safetensors")
    let file = folder.url.appendingPathComponent("image.pgm")
    try Data("P2 4 4 255 0 9 200 3 7 8 255 1 0 0 0 9 77 20 30 40".utf8).write(to: file)
    var state = try Model(ModelDescription("n1", classCount: 3), seed: 1).state()
    state.metadata[ModelDescription.metadataKey] = try ModelDescription("n1", classCount: 3).json
    state.classNames = ["cat", "dog", "fox"]
    state.normalization = .signedUnit
    try state.write(to: checkpoint)
    // example: classify
    let predictor = try Predictor(contentsOf: checkpoint)  // its model, class names and normalisation
    for found in try predictor.classify(contentsOf: file, top: 2) {
      print(found.className ?? "\(found.classIndex)", found.probability)
    }
    // end
    #expect(try predictor.classify(contentsOf: file, top: 2).count == 2)
    #expect(predictor.classNames == ["cat", "dog", "fox"])
  }

  @Test func runsALayerAlone() throws {
    // example: layer
    let pool = MaxPool2D(2)
    let image = try Tensor(shape: [1, 1, 2, 2], [1, 4, 3, 2])
    let output = try pool.forward(image)
    let gradients = try pool.backward(image, outputGradient: Tensor(shape: output.shape, repeating: 1))
    print(output.scalars, gradients.input.scalars)
    // end
    #expect(output.scalars == [4])
    #expect(gradients.input.scalars == [0, 1, 0, 0])
  }

  @Test func writesALayerByItsBody() throws {
    // example: composite
    struct ResidualBlock: CompositeLayer {
      let channels: Int

      var body: any Layer {
        Sequential(
          Residual(
            Sequential(
              Conv2D(channels, kernelSize: 3, padding: 1, bias: false), BatchNorm2D(), ReLU(),
              Conv2D(channels, kernelSize: 3, padding: 1, bias: false), BatchNorm2D())),
          ReLU())
      }
    }

    let network = Sequential(
      Conv2D(16, kernelSize: 3), ResidualBlock(channels: 16).named("block1"),
      GlobalAveragePool2D(), Flatten(), Linear(10))
    // end
    #expect(try network.outputShape(for: [3, 32, 32]) == [10])
    #expect(try network.parameters(for: [3, 32, 32])[2].name == "block1.0.body.0.weight")
    // example: gradient check
    let check = try gradientCheck(layer: ResidualBlock(channels: 4), inputShape: [4, 6, 6])
    #expect(check.relativeError < 1e-2, "\(check)")  // 1e-3 for layers without kinks
    // end
  }

  @Test func makesModelsByName() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appendingPathComponent("model.safetensors")
    // example: models
    let model = try Model(ModelDescription("resnet-18", inputShape: [3, 64, 64], classCount: 5), seed: 1)
    try model.save(to: file)  // or a trainer's checkpoint
    let same = try Model(checkpoint: file)

    print(try ModelCatalogue.make("n1").summary(for: [3, 32, 32]))  // layers, shapes, sizes; no weights are drawn
    // end
    #expect(same.state() == model.state())
  }

  @Test(arguments: [
    ("README.md", ["five lines", "kernels", "layers"]),
    ("docs/layers.md", ["composite", "gradient check", "models"]),
    (
      "docs/embedding.md",
      ["kernels", "convolution", "errors", "layers", "server", "buffers", "classify", "layer", "optimizer"]
    ),
  ])
  func documentsShowTheseExamples(_ document: String, _ names: [String]) throws {
    let here = URL(fileURLWithPath: #filePath)
    let package = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: package.appendingPathComponent(document), encoding: .utf8)
    let source = try String(contentsOf: here, encoding: .utf8)
    for name in names {
      let example = try #require(EmbeddingTests.example(name, in: source))
      #expect(text.contains("```swift\n\(example)\n```"), "\(document) lacks the example '\(name)':\n\(example)")
    }
  }

  /// The lines between `// example: name` and `// end`, without their common indentation.
  private static func example(_ name: String, in source: String) -> String? {
    let lines = source.components(separatedBy: "\n")
    guard let start = lines.firstIndex(of: "    // example: \(name)"),
      let end = lines[start...].firstIndex(of: "    // end")
    else { return nil }
    return lines[(start + 1)..<end].map { String($0.dropFirst(4)) }.joined(separator: "\n")
  }
}
