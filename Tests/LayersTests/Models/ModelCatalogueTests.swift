import Foundation
import Layers
import TestSupport
import Testing

struct ModelCatalogueTests {
  /// The parameters of each network as the catalogue makes it where nothing else is asked for.
  private static let parameterCounts: [ModelID: Int] = [
    "n1": 62_006, "n2": 30_730, "n3": 379_774, "n3-linear": 379_774, "n4-relu-1": 3_157_002, "n4-relu-2": 4_206_602,
    "n4-relu-3": 5_256_202, "n4-tanh-1": 3_157_002, "n4-tanh-2": 4_206_602, "n4-tanh-3": 5_256_202,
    "n4-sigmoid-1": 3_157_002, "n4-sigmoid-2": 4_206_602, "n4-sigmoid-3": 5_256_202, "n5": 269_322, "n6": 230_735,
    "n6-max": 230_735, "n7": 1_100_112, "n8": 2_167_596, "n9": 550_021, "n9-wide": 1_086_227, "n10": 1_483_266,
    "n11": 62_006, "n12": 126_458, "airbench94": 1_972_792,
    "resnet-18": 11_173_962, "resnet-18-224": 11_689_512, "resnet-34": 21_282_122, "resnet-34-224": 21_797_672,
    "resnet-50": 23_520_842, "resnet-50-224": 25_557_032, "vgg-11-bn": 132_868_840, "vgg-16-bn": 138_365_992,
    "mobilenet-v2": 3_504_872,
  ]

  private static let ids = ModelCatalogue.entries.map(\.id)

  @Test(arguments: ids)
  func aNetworkHasItsKnownNumberOfParameters(_ id: ModelID) throws {
    let entry = try ModelCatalogue.entry(id)
    let summary = try ModelCatalogue.make(id).summary(for: entry.inputShape)
    #expect(summary.parameterCount == Self.parameterCounts[id])
    let outputShape = try ModelCatalogue.make(id).outputShape(for: entry.inputShape)
    #expect(outputShape == entry.classCount.map { [$0] } ?? entry.inputShape)
  }

  @Test func everyNameIsThere() {
    #expect(Set(Self.ids) == Set(Self.parameterCounts.keys))
    let names = ModelCatalogue.entries.flatMap { [$0.id] + $0.aliases }
    #expect(Set(names).count == names.count)
    #expect(Set(ModelCatalogue.entries.map(\.title)).count == names.count - 1)
  }

  @Test func anAliasIsTheModelItself() throws {
    #expect(try ModelDescription("tutorial") == ModelDescription("n1"))
    #expect(try ModelCatalogue.entry("tutorial").title == "N1")
  }

  @Test(arguments: ids.filter { try! ModelCatalogue.entry($0).classCount != nil })
  func theClassesCanBeChosen(_ id: ModelID) throws {
    let entry = try ModelCatalogue.entry(id)
    #expect(try ModelCatalogue.make(id, classCount: 7).outputShape(for: entry.inputShape) == [7])
  }

  /// Small networks run, with all gradients numbers and not all of them 0.
  @Test(arguments: ids.filter { parameterCounts[$0, default: 0] < 1_200_000 })
  func aNetworkRunsForwardAndBackward(_ id: ModelID) throws {
    let model = try Model(ModelDescription(id), seed: 3)
    let plan = try model.plan(batchSize: 2, mode: .training)
    var random = TestRandom(seed: 5)
    let output = try plan.forward(
      Tensor(shape: model.inputShape.batched(2), random.reals(2 * model.inputShape.count)))
    #expect(output.scalars.allSatisfy { $0.isFinite })
    try plan.backward(Tensor(shape: output.shape, random.reals(output.count)))
    for parameter in model.parameters where parameter.role == .trainable {
      let gradient = try model.gradient(parameter.name).scalars
      #expect(gradient.allSatisfy { $0.isFinite }, "\(parameter.name)")
      // A bias in front of a batch normalisation, whose gradient is 0, is never exactly that.
      #expect(gradient.contains { $0 != 0 }, "\(parameter.name)")
    }
  }

  @Test func parametersHaveTorchvisionsNames() throws {
    func names(_ id: ModelID) throws -> [String] {
      try ModelCatalogue.make(id).parameters(for: ModelCatalogue.entry(id).inputShape).map(\.name)
    }
    let resNet18 = try names("resnet-18-224")
    #expect(
      Array(resNet18.prefix(13)) == [
        "conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked",
        "layer1.0.conv1.weight", "layer1.0.bn1.weight", "layer1.0.bn1.bias", "layer1.0.bn1.running_mean",
        "layer1.0.bn1.running_var", "layer1.0.bn1.num_batches_tracked", "layer1.0.conv2.weight",
      ])
    #expect(resNet18.suffix(2) == ["fc.weight", "fc.bias"])
    #expect(resNet18.contains("layer2.0.downsample.0.weight") && resNet18.contains("layer4.1.bn2.running_var"))
    #expect(!resNet18.contains("layer1.0.downsample.0.weight"))
    // As many as torchvision's state_dict has.
    #expect(resNet18.count == 122)
    #expect(try names("resnet-18") == resNet18)
    let resNet50 = try names("resnet-50-224")
    #expect(resNet50.contains("layer1.0.downsample.1.running_mean") && resNet50.contains("layer3.5.conv3.weight"))
    #expect(resNet50.count == 320)
    let vgg11 = try names("vgg-11-bn")
    #expect(vgg11.contains("features.25.weight") && vgg11.contains("features.26.running_var"))
    #expect(vgg11.suffix(6) == ["0", "3", "6"].flatMap { ["classifier.\($0).weight", "classifier.\($0).bias"] })
    #expect(vgg11.count == 62)
    #expect(try names("vgg-16-bn").count == 97)
    let mobileNet = try names("mobilenet-v2")
    #expect(mobileNet.contains("features.0.1.running_mean") && mobileNet.contains("features.1.conv.0.0.weight"))
    #expect(mobileNet.contains("features.1.conv.2.bias") && mobileNet.contains("features.17.conv.3.running_var"))
    #expect(mobileNet.suffix(2) == ["classifier.1.weight", "classifier.1.bias"])
    #expect(mobileNet.count == 314)
  }

  /// As many parameters as torchvision's networks of these widths have.
  @Test(arguments: [(0.5, 1_968_680), (0.75, 2_636_424), (1.4, 6_108_776)])
  func mobileNetsWidthCanBeChosen(width: Double, parameterCount: Int) throws {
    let network = try ModelCatalogue.make("mobilenet-v2", options: ["width": width])
    #expect(try network.parameterCount(for: [3, 224, 224]) == parameterCount)
    let layers = try network.summary(for: [3, 224, 224]).layers
    #expect(layers.count { $0.kind == "ReLU6" } == 35)
    #expect(layers.filter { $0.kind == "Conv2D" }.last?.outputShape.dimensions.dropFirst() == [7, 7])
  }

  @Test func theBottleneckHasItsStrideInTheMiddle() throws {
    let layers = try BottleneckBlock(8, stride: 2, projectsShortcut: true).summary(for: [16, 8, 8]).layers
    #expect(layers.first { $0.path == "conv1" }?.outputShape == [8, 8, 8])
    #expect(layers.first { $0.path == "conv2" }?.outputShape == [8, 4, 4])
    #expect(layers.first { $0.path == "downsample.0" }?.outputShape == [32, 4, 4])
  }

  @Test func aNetworkWithoutActivationsHasTheSameNamesAndNoReLU() throws {
    let with = try ModelCatalogue.make("n1").summary(for: [3, 32, 32])
    let without = try ModelCatalogue.make("n11").summary(for: [3, 32, 32])
    #expect(with.layers.count { $0.kind == "ReLU" } == 4)
    #expect(without.layers.allSatisfy { $0.kind != "ReLU" })
    #expect(
      try ModelCatalogue.make("n1").parameters(for: [3, 32, 32])
        == ModelCatalogue.make("n11").parameters(for: [3, 32, 32]))
  }

  @Test func theEncodersParametersHaveTheAutoencodersNames() throws {
    let autoencoder = try ModelCatalogue.make("n7").parameters(for: [1, 28, 28]).map(\.name)
    let classifier = try ModelCatalogue.make("n9").parameters(for: [1, 28, 28]).map(\.name)
    let encoder = classifier.filter { $0.hasPrefix("encoder.") }
    #expect(encoder == autoencoder.filter { $0.hasPrefix("encoder.") })
    #expect(encoder.count == 6 && classifier.count == 8)
  }

  @Test func theTutorialNetworkTakesOtherImages() throws {
    let layers = try TutorialCNN().summary(for: [1, 28, 28]).layers
    #expect(layers.first { $0.kind == "Linear" }?.inputShape == [256])
  }

  @Test func theDropoutCanBeChosen() throws {
    let images = try Tensor(shape: [1, 3, 32, 32], repeating: 0.5)
    func output(_ dropout: Double) throws -> Tensor {
      let model = try Model(ModelDescription("n10", options: ["dropout": dropout]), seed: 1)
      return try model.plan(batchSize: 1, mode: .training).forward(images)
    }
    let bias = try Model(ModelDescription("n10"), seed: 1).parameter("head.bias").scalars
    #expect(firstDeviation(try output(1).scalars, bias.map(Double.init), tolerance: 1e-5) == nil)
    #expect(try output(0) != output(1))
  }

  @Test func whatTheCatalogueDoesNotHaveIsAnError() {
    #expect {
      try ModelCatalogue.make("resnet-17")
    } throws: { error in
      "\(error)".hasPrefix("there is no model 'resnet-17'; the catalogue has n1, ")
    }
    #expect(
      throws: ModelError.invalidOption(
        model: "n6", option: "dropout", value: "1.5", expected: "0.0 to 1.0")
    ) {
      try ModelDescription("n6", options: ["dropout": 1.5])
    }
    #expect(
      throws: ModelError.invalidOption(model: "n1", option: "option 'dropout'", value: "0.5", expected: "none")
    ) {
      try ModelDescription("n1", options: ["dropout": 0.5])
    }
    #expect(throws: ModelError.self) { try ModelDescription("n7", classCount: 10) }
    #expect(throws: ModelError.layer(.inputShape(layer: "layer conv1 (Conv2D)", given: [32, 32], expected: ""))) {
      do {
        _ = try Model(ModelDescription("n1", inputShape: [32, 32]))
      } catch ModelError.layer(.inputShape(let layer, let given, _)) {
        throw ModelError.layer(.inputShape(layer: layer, given: given, expected: ""))
      }
    }
    #expect(throws: ModelError.self) { try Model(ModelDescription("n1", classCount: 0)) }
  }

  /// docs/layers.md has a line for each network, with these figures.
  @Test(arguments: ids)
  func theDocumentsTableHasTheNetwork(_ id: ModelID) throws {
    let entry = try ModelCatalogue.entry(id)
    let summary = try ModelCatalogue.make(id).summary(for: entry.inputShape)
    let shape = entry.inputShape.dimensions.map(String.init).joined(separator: "×")
    let classes = entry.classCount.map { ", \($0)" } ?? ""
    let digits = Array("\(summary.parameterCount)".reversed())
    let grouped = stride(from: 0, to: digits.count, by: 3).map { String(digits[$0..<min($0 + 3, digits.count)]) }
    let parameters = String(grouped.joined(separator: ",").reversed())
    let millions = String(format: "%.2f", Double(summary.multiplyAddsPerImage) / 1e6)
    let line = "| `\(id)` | \(entry.summary) | \(shape)\(classes) | \(parameters) | \(millions) |"
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
    let text = try String(contentsOf: package.appendingPathComponent("docs/layers.md"), encoding: .utf8)
    #expect(text.contains("\n\(line)\n"), "docs/layers.md lacks \(line)")
  }
}
