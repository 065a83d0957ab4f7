import Foundation
import Kernels
import Layers
import TestSupport
import Testing

private let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// A small residual block that weights its channels, as a composite layer.
// example: layer
struct SqueezeExciteBlock: CompositeLayer {
  var channels: Int
  var reduction = 4

  var body: any Layer {
    let gate = Sequential(
      GlobalAveragePool2D(), Conv2D(channels / reduction, kernelSize: 1), ReLU(),
      Conv2D(channels, kernelSize: 1), Sigmoid())
    return Residual(
      Sequential(
        Conv2D(channels, kernelSize: 3, padding: 1, bias: false), BatchNorm2D(), ReLU(),
        Branches(Sequential(), gate, combination: .multiplied)))
  }
}
// end

/// The examples of docs/examples.md: they compile, they run, and the page shows them as they are here.
struct ExampleTests {
  /// A folder of its own, with three classes of small pictures in it.
  private static func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("examples-\(UUID().uuidString)")
    let images = SyntheticImages.make(count: 60, seed: 4, split: .train)
    for i in 0..<images.count where images.labels[i] < 3 {
      let place = folder.appendingPathComponent("pictures/\(images.classNames[Int(images.labels[i])])")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      try Image(images.image(at: i)).write(to: place.appendingPathComponent("\(i).ppm"))
    }
    return folder
  }

  @Test func trainsOnOwnImages() throws {
    let home = try Self.folder()
    defer { try? FileManager.default.removeItem(at: home) }
    let (pictures, checkpoint) = (
      home.appendingPathComponent("pictures"), home.appendingPathComponent("run.safetensors")
    )
    // example: own images
    let images = try ImageFolder(pictures, size: 32)  // a folder for each class
    let parts = try images.split([0.8, 0.2], seed: 1, isStratified: true)
    let description = try ModelDescription(
      "n10", inputShape: images.imageShape, classCount: images.classNames.count)
    let trainer = try Trainer(
      model: Model(description, seed: 1), optimizer: AdamW(learningRate: 1e-3), batchSize: 32, seed: 1, threads: 2)
    trainer.schedule = ReduceOnPlateau(metric: .validationLoss, patience: 2)
    trainer.checkpoints = CheckpointPolicy(checkpoint, keepsBest: true)
    if FileManager.default.fileExists(atPath: checkpoint.path) { try trainer.resume(from: checkpoint) }

    let outcome = try trainer.fit(
      parts[0], validation: parts[1], epochs: 3,
      transforms: [RandomCrop(32, padding: 4), RandomHorizontalFlip()], earlyStopping: EarlyStopping(patience: 5)
    ) { event in
      guard case .epoch(let epoch) = event else { return }
      print(epoch.epoch, epoch.training.loss, epoch.validation?.accuracy ?? 0)
    }
    print(outcome.stop, try trainer.report(on: parts[1]))
    // end
    #expect(outcome.stop == .completed && outcome.history.epochs.count == 3)
    let best = home.appendingPathComponent("run-best.safetensors")
    #expect(try Predictor(contentsOf: best).classNames == images.classNames)
  }

  @Test func classifiesWithANetworkOfPyTorch() throws {
    let home = try Self.folder()
    defer { try? FileManager.default.removeItem(at: home) }
    let (weights, photo) = (home.appendingPathComponent("r.safetensors"), home.appendingPathComponent("photo.ppm"))
    try Model(ModelDescription("resnet-18-224"), seed: 1).save(to: weights)
    let set = SyntheticImages.make(count: 1, seed: 4, split: .train)
    try Image(set.image(at: 0)).resized(height: 300, width: 400).write(to: photo)
    let imageNetClasses = (0..<1000).map { "class \($0)" }
    // example: pytorch
    // safetensors.torch.save_file(torchvision.models.resnet18(weights="DEFAULT").state_dict(), "resnet18.safetensors")
    let model = try Model(ModelDescription("resnet-18-224"))
    try model.load(from: weights)
    let predictor = try Predictor(model, classNames: imageNetClasses, normalization: .imageNet, threads: 2)
    for answer in try predictor.classify(contentsOf: photo, shorterSide: 256, top: 5) {
      print(answer.className ?? "\(answer.classIndex)", answer.probability)
    }
    // end
    let answers = try predictor.classify(contentsOf: photo, shorterSide: 256, top: 5)
    #expect(answers.count == 5 && answers[0].probability >= answers[4].probability)
  }

  @Test func tunesANetworkWithAnotherHead() throws {
    let home = try Self.folder()
    defer { try? FileManager.default.removeItem(at: home) }
    let pretrained = home.appendingPathComponent("pretrained.safetensors")
    try Model(ModelDescription("resnet-18", classCount: 100), seed: 2).save(to: pretrained)
    let training = SyntheticImages.make(count: 32, seed: 4, split: .train)
    // example: fine-tuning
    let model = try Model(ModelDescription("resnet-18", classCount: training.classNames.count), seed: 1)
    let report = try model.load(from: pretrained, matching: .partial)
    print("keep their first values:", report.missing, report.mismatched.map(\.name))  // fc.weight, fc.bias

    let groups = [ParameterGroup<AdamW>.prefix("layer4", learningRate: 1e-4)]
    let trainer = try Trainer(
      model: model, optimizer: AdamW(learningRate: 1e-3).grouped(groups), batchSize: 16, normalization: .imageNet)
    try model.freeze("conv1", "bn1", "layer1", "layer2", "layer3", "layer4")
    try trainer.fit(training, epochs: 1)  // the head alone
    try model.unfreeze("layer4")
    try trainer.fit(training, epochs: 2)  // with the last stage, at a tenth of the rate
    // end
    #expect(report.mismatched.map(\.name) == ["fc.weight", "fc.bias"] && report.missing.isEmpty)
    let source = try SafeTensors(contentsOf: pretrained)
    func isAsPretrained(_ name: String) throws -> Bool { try model.parameter(name).scalars == source[name]?.floats }
    #expect(try isAsPretrained("layer3.0.conv1.weight"))
    #expect(try !isAsPretrained("layer4.0.conv1.weight"))
  }

  @Test func composesALayer() throws {
    // example: network
    let network = Sequential(
      Conv2D(16, kernelSize: 3, padding: 1), ReLU(), SqueezeExciteBlock(channels: 16).named("block"),
      GlobalAveragePool2D(), Flatten(), Linear(10).named("fc"))
    let model = try Model(network, inputShape: [3, 32, 32], seed: 1)
    print(model.summary)
    let check = try gradientCheck(layer: SqueezeExciteBlock(channels: 8), inputShape: [8, 5, 5])
    print(check.relativeError)  // below 0.01: the backward pass is that of the forward pass
    // end
    #expect(check.relativeError < 1e-2, "\(check)")
    #expect(model.parameters.map(\.name).contains("block.body.0.weight"))
  }

  @Test func answersAtTheSameTime() throws {
    let home = try Self.folder()
    defer { try? FileManager.default.removeItem(at: home) }
    let checkpoint = home.appendingPathComponent("model.safetensors")
    let training = SyntheticImages.make(count: 16, seed: 4, split: .train)
    let trainer = try Trainer(model: Model(ModelDescription("n1"), seed: 1), optimizer: Adam(), batchSize: 8)
    _ = try trainer.trainEpoch(on: training)
    try trainer.save(to: checkpoint)
    let requests = try (0..<20).map { try Image(training.image(at: $0 % 16)) }
    // example: server
    // Weights once in memory, for any number of threads; class names and normalisation are the checkpoint's.
    let predictor = try Predictor(contentsOf: checkpoint, mostRuns: 4)

    @Sendable func answer(_ picture: Image) -> String {
      do {
        let best = try predictor.classify(picture, top: 1)[0]
        return "\(best.className ?? "?") \(best.probability)"
      } catch {
        return "error: \(error)"
      }
    }
    DispatchQueue.concurrentPerform(iterations: requests.count) { i in
      print(i, answer(requests[i]))
    }
    // end
    for i in 0..<4 {
      #expect(answer(requests[i]) == answer(requests[i + 16]) && !answer(requests[i]).contains("error"))
    }
  }

  @Test func convolvesOnce() throws {
    let image = [Float](repeating: 1, count: 3 * 32 * 32)
    let weights = [Float](repeating: 0.5, count: 8 * 3 * 3 * 3)
    var output = [Float](repeating: .nan, count: 8 * 32 * 32)
    // example: convolution
    // 3×3 with padding 1, from 3 to 8 channels, and a ReLU: planned once, run as often as wanted.
    let shape = Conv2DShape(
      batch: 1, inputChannels: 3, inputHeight: 32, inputWidth: 32, outputChannels: 8, kernelHeight: 3, kernelWidth: 3,
      paddingHeight: 1, paddingWidth: 1)
    let plan = try Plan<Conv2DForward>(.init(shape: shape, activation: .relu), threads: 2)
    let workspace = Workspace(byteCount: plan.workspaceByteCount)
    image.withUnsafeBufferPointer { image in
      weights.withUnsafeBufferPointer { weights in
        output.withUnsafeMutableBufferPointer { output in
          plan.run(
            .init(
              input: image.baseAddress!, weights: weights.baseAddress!, bias: nil, output: output.baseAddress!),
            workspace: workspace)
        }
      }
    }
    // end
    #expect(output[33] == 13.5 && output[0] == 6)
  }

  @Test(arguments: ["own images", "pytorch", "fine-tuning", "layer", "network", "server", "convolution"])
  func thePageShowsTheseExamples(name: String) throws {
    let page = try String(contentsOf: package.appendingPathComponent("docs/examples.md"), encoding: .utf8)
    let lines = try String(contentsOf: URL(fileURLWithPath: #filePath), encoding: .utf8).components(separatedBy: "\n")
    let start = try #require(lines.firstIndex { $0.trimmingCharacters(in: .whitespaces) == "// example: \(name)" })
    let end = try #require(lines[start...].firstIndex { $0.trimmingCharacters(in: .whitespaces) == "// end" })
    let indentation = lines[start].prefix { $0 == " " }.count
    let example = lines[(start + 1)..<end].map { String($0.dropFirst(indentation)) }
    #expect(example.count <= 25)
    let text = example.joined(separator: "\n")
    #expect(page.contains("```swift\n\(text)\n```"), "docs/examples.md lacks the example '\(name)':\n\(text)")
  }
}
