import Foundation

/// The name of a model in the ``ModelCatalogue``, such as `resnet-18`.
public struct ModelID: RawRepresentable, Hashable, Sendable, Codable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  /// The name.
  public let rawValue: String

  /// A name, which may not be in the catalogue.
  public init(rawValue: String) { self.rawValue = rawValue }
  public init(stringLiteral value: String) { rawValue = value }
  public init(from decoder: any Decoder) throws { rawValue = try decoder.singleValueContainer().decode(String.self) }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }

  public var description: String { rawValue }
}

/// Everything that determines a network of the ``ModelCatalogue``. Checkpoints store it, so that one call recreates the
/// network.
///
///     let model = try Model(ModelDescription("resnet-18", inputShape: [3, 64, 64], classCount: 5), seed: 1)
///     try model.save(to: file)
///     let same = try Model(checkpoint: file)
///
/// As JSON: `{"class_count": 5, "input_shape": [3, 64, 64], "name": "resnet-18", "options": {}}`.
public struct ModelDescription: Hashable, Sendable, Codable {
  /// The key of a safetensors file's metadata that the description is stored under, as JSON.
  public static let metadataKey = "model"

  /// The model's name in the catalogue.
  public let id: ModelID
  /// The shape of one image.
  public let inputShape: Shape
  /// The number of classes; nil for a model that has none, such as an autoencoder.
  public let classCount: Int?
  /// The values of all the model's options, see ``ModelCatalogue/Entry/options``.
  public let options: [String: Double]

  /// Describes a model; arguments that are not given have the catalogue's defaults.
  /// - Throws: ``ModelError`` when there is no such model, or it has no such option.
  public init(
    _ id: ModelID, inputShape: Shape? = nil, classCount: Int? = nil, options: [String: Double] = [:]
  ) throws(ModelError) {
    let entry = try ModelCatalogue.entry(id)
    self.id = entry.id
    self.inputShape = inputShape ?? entry.inputShape
    if entry.classCount == nil, let classCount {
      throw .invalidOption(
        model: entry.id.rawValue, option: "classCount", value: "\(classCount)", expected: "none, it has no classes")
    }
    self.classCount = classCount ?? entry.classCount
    self.options = try entry.complete(options)
  }

  /// The network, without parameters.
  /// - Throws: ``ModelError`` when the catalogue has no such model.
  public func network() throws(ModelError) -> any Layer { try ModelCatalogue.entry(id).network(self) }

  private enum CodingKeys: String, CodingKey {
    case id = "name"
    case inputShape = "input_shape"
    case classCount = "class_count"
    case options
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      container.decode(ModelID.self, forKey: .id), inputShape: Shape(container.decode([Int].self, forKey: .inputShape)),
      classCount: container.decodeIfPresent(Int.self, forKey: .classCount),
      options: container.decodeIfPresent([String: Double].self, forKey: .options) ?? [:])
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(inputShape.dimensions, forKey: .inputShape)
    try container.encodeIfPresent(classCount, forKey: .classCount)
    try container.encode(options, forKey: .options)
  }
}

extension ModelDescription {
  /// The description in the metadata of a checkpoint; nil where there is none.
  ///
  /// - Parameters:
  ///   - state: the checkpoint.
  ///   - file: the checkpoint's name in error messages.
  /// - Throws: ``ModelError/invalidDescription(file:reason:)``, or ``ModelError/unknownModel(name:known:)``.
  public init?(in state: SafeTensors, file: String) throws(ModelError) {
    guard let text = state.metadata[ModelDescription.metadataKey] else { return nil }
    do {
      self = try JSONDecoder().decode(ModelDescription.self, from: Data(text.utf8))
    } catch let error as ModelError {
      throw error
    } catch {
      throw .invalidDescription(file: file, reason: "'\(text.prefix(200))' is not one: \(error)")
    }
  }

  /// The description as JSON with sorted keys.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Encoding can only fail for NaN and infinity, which options never have.
    guard let data = try? encoder.encode(self) else { return "" }
    return String(decoding: data, as: UTF8.self)
  }
}
