/// The library's networks by name.
///
///     for entry in ModelCatalogue.entries { print(entry.id, entry.summary) }
///     let model = try Model(ModelDescription("mobilenet-v2", classCount: 5), seed: 1)
public enum ModelCatalogue {
  /// A network that can be made for an image shape and a number of classes.
  public struct Entry: Sendable {
    /// The name of the network.
    public let id: ModelID
    /// Other names of the entry.
    public let aliases: [ModelID]
    /// The name in reports and messages, such as `ResNet-18`.
    public let title: String
    /// A description in one line.
    public let summary: String
    /// The default shape of one image.
    public let inputShape: Shape
    /// The default number of classes; nil for a network that does not classify.
    public let classCount: Int?
    /// The network's other options.
    public let options: [Option]
    private let make: @Sendable (Settings) -> any Layer

    init(
      _ id: ModelID, aliases: [ModelID] = [], title: String, summary: String, inputShape: Shape, classCount: Int?,
      options: [Option] = [],
      make: @escaping @Sendable (Settings) -> any Layer
    ) {
      self.id = id
      self.aliases = aliases
      self.title = title
      self.summary = summary
      self.inputShape = inputShape
      self.classCount = classCount
      self.options = options
      self.make = make
    }

    /// The network for a description's shape, classes and options.
    func network(_ description: ModelDescription) -> any Layer {
      make(
        Settings(
          inputShape: description.inputShape, classCount: description.classCount ?? 0, options: description.options))
    }

    /// The values of all options: the given ones, and defaults for the others.
    func complete(_ given: [String: Double]) throws(ModelError) -> [String: Double] {
      for (name, value) in given.sorted(by: { $0.key < $1.key }) {
        guard let option = options.first(where: { $0.name == name }) else {
          throw .invalidOption(
            model: id.rawValue, option: "option '\(name)'", value: "\(value)",
            expected: options.isEmpty ? "none" : "one of \(options.map(\.name).joined(separator: ", "))")
        }
        guard option.range.contains(value) else {
          throw .invalidOption(
            model: id.rawValue, option: name, value: "\(value)",
            expected: "\(option.range.lowerBound) to \(option.range.upperBound)")
        }
      }
      return Dictionary(uniqueKeysWithValues: options.map { ($0.name, given[$0.name] ?? $0.defaultValue) })
    }
  }

  /// The complete arguments of a network: every option has a value.
  struct Settings {
    let inputShape: Shape
    /// 0 for a network that does not classify.
    let classCount: Int
    fileprivate let options: [String: Double]

    fileprivate var dropout: Double { options[Option.dropoutName] ?? .nan }
    fileprivate var width: Double { options[Option.width.name] ?? .nan }
  }

  /// A numeric option of a network.
  public struct Option: Sendable {
    /// The option's name.
    public let name: String
    /// The value if none is given.
    public let defaultValue: Double
    /// The valid values.
    public let range: ClosedRange<Double>

    fileprivate static let dropoutName = "dropout"

    /// The dropout probability.
    static func dropout(_ defaultValue: Double) -> Option {
      Option(name: dropoutName, defaultValue: defaultValue, range: 0...1)
    }

    /// The factor of the numbers of channels.
    static let width = Option(name: "width", defaultValue: 1, range: 0.1...8)
  }

  /// All entries.
  public static let entries: [Entry] = experiments + residualNetworks + otherImageNetworks

  /// The entry with a name or alias.
  /// - Throws: ``ModelError/unknownModel(name:known:)``.
  public static func entry(_ id: ModelID) throws(ModelError) -> Entry {
    guard let entry = entries.first(where: { $0.id == id || $0.aliases.contains(id) }) else {
      throw .unknownModel(name: id.rawValue, known: entries.map(\.id.rawValue))
    }
    return entry
  }

  /// A network by name; arguments that are not given have the entry's defaults.
  public static func make(
    _ id: ModelID, inputShape: Shape? = nil, classCount: Int? = nil, options: [String: Double] = [:]
  ) throws(ModelError) -> any Layer {
    try ModelDescription(id, inputShape: inputShape, classCount: classCount, options: options).network()
  }

  private static let colors: Shape = [3, 32, 32]
  private static let grays: Shape = [1, 28, 28]

  /// The networks of the studies, in the order of the studies.
  private static let experiments: [Entry] =
    [
      Entry(
        "n1", aliases: ["tutorial"], title: "N1", summary: "the tutorial CNN: two convolutions, three linear layers",
        inputShape: colors, classCount: 10
      ) { TutorialCNN(classCount: $0.classCount) },
      perceptron("n2", [], .none, colors, "a single linear layer"),
      perceptron("n3", [120, 84], .relu, colors, "three linear layers with ReLU"),
      perceptron("n3-linear", [120, 84], .none, colors, "three linear layers without activations"),
    ]
    + [MLP.Activation.relu, .tanh, .sigmoid].flatMap { activation in
      (1...3).map { depth in
        perceptron(
          "n4-\(activation.rawValue)-\(depth)", [Int](repeating: 1024, count: depth), activation, colors,
          "\(depth) hidden layer\(depth == 1 ? "" : "s") of 1024 with \(activation.rawValue)")
      }
    }
    + [
      perceptron("n5", [256, 256], .relu, grays, "two hidden layers of 256 with ReLU"),
      Entry(
        "n6", title: "N6", summary: "four convolutions with batch normalisation, average pooling, two linear layers",
        inputShape: grays, classCount: 5, options: [.dropout(0.5)]
      ) { FashionCNN(classCount: $0.classCount, dropout: $0.dropout) },
      Entry(
        "n6-max", title: "N6-MAX", summary: "N6 with max pooling", inputShape: grays, classCount: 5,
        options: [.dropout(0.5)]
      ) { FashionCNN(classCount: $0.classCount, pooling: .max, dropout: $0.dropout) },
      Entry(
        "n7", title: "N7", summary: "an autoencoder of six linear layers, 64 values in the middle", inputShape: grays,
        classCount: nil
      ) { Autoencoder(imageShape: $0.inputShape) },
      Entry(
        "n8", title: "N8", summary: "a wider autoencoder, 512 values in the middle", inputShape: grays, classCount: nil
      ) { Autoencoder(imageShape: $0.inputShape, widths: [600, 550, 512]) },
      Entry(
        "n9", title: "N9", summary: "N7's encoder, followed by a linear layer", inputShape: grays, classCount: 5
      ) { EncoderClassifier(classCount: $0.classCount) },
      Entry(
        "n9-wide", title: "N9-WIDE", summary: "N8's encoder, followed by a linear layer", inputShape: grays,
        classCount: 5
      ) { EncoderClassifier(widths: [600, 550, 512], classCount: $0.classCount) },
      Entry(
        "n10", title: "N10", summary: "a 3×3 convolution, three stages of two, global average pooling as the head",
        inputShape: colors, classCount: 10, options: [.dropout(0.1)]
      ) { ImprovedCNN(classCount: $0.classCount, dropout: $0.dropout) },
      Entry(
        "airbench94", title: "airbench94",
        summary: "Jordan's network for CIFAR-10: whitened 2×2 patches, three groups of two 3×3 convolutions",
        inputShape: colors, classCount: 10
      ) { AirbenchCNN(classCount: $0.classCount) },
      Entry("n11", title: "N11", summary: "N1 without ReLU", inputShape: colors, classCount: 10) {
        TutorialCNN(classCount: $0.classCount, hasActivations: false)
      },
      Entry(
        "n12", title: "N12", summary: "N1 with more channels and features, twice the parameters", inputShape: colors,
        classCount: 10
      ) { TutorialCNN.wide(classCount: $0.classCount) },
    ]

  private static func perceptron(
    _ id: String, _ hidden: [Int], _ activation: MLP.Activation, _ inputShape: Shape, _ summary: String
  ) -> Entry {
    Entry(
      ModelID(rawValue: id), title: id.uppercased(), summary: summary, inputShape: inputShape, classCount: 10
    ) { MLP(hidden: hidden, activation: activation, classCount: $0.classCount) }
  }

  private static let residualNetworks: [Entry] = ResNet.Depth.allCases.flatMap { depth in
    [
      Entry(
        ModelID(rawValue: "resnet-\(depth.rawValue)"), title: "ResNet-\(depth.rawValue)",
        summary: "a residual network of \(depth.rawValue) layers for small images", inputShape: colors, classCount: 10
      ) { ResNet(depth, stem: .small, classCount: $0.classCount) },
      Entry(
        ModelID(rawValue: "resnet-\(depth.rawValue)-224"), title: "ResNet-\(depth.rawValue)-224",
        summary: "torchvision's resnet\(depth.rawValue)", inputShape: [3, 224, 224], classCount: 1000
      ) { ResNet(depth, classCount: $0.classCount) },
    ]
  }

  private static let otherImageNetworks: [Entry] =
    VGG.Depth.allCases.map { depth in
      Entry(
        ModelID(rawValue: "vgg-\(depth.rawValue)-bn"), title: "VGG-\(depth.rawValue)-BN",
        summary: "torchvision's vgg\(depth.rawValue)_bn", inputShape: [3, 224, 224], classCount: 1000,
        options: [.dropout(0.5)]
      ) { VGG(depth, classCount: $0.classCount, dropout: $0.dropout) }
    }
    + [
      Entry(
        "mobilenet-v2", title: "MobileNetV2", summary: "torchvision's mobilenet_v2", inputShape: [3, 224, 224],
        classCount: 1000, options: [.dropout(0.2), .width]
      ) { MobileNetV2(classCount: $0.classCount, width: $0.width, dropout: $0.dropout) }
    ]
}
