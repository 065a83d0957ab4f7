import Foundation
import Layers

/// Tests/Fixtures/augmentation.json: see make_augmentation.py.
struct AugmentationFixture: Decodable {
  struct Image: Decodable {
    let shape: [Int]
    let values: [Double]
  }
  struct Case: Decodable {
    let name: String
    let image: String
    let shape: [Int]
    let values: [Double]
  }
  struct Mixed: Decodable {
    let lambda: Float?
    let box: [Int]?
    let images: [Double]
    let targets: [Double]
  }
  struct Distribution: Decodable {
    let a: Double?
    let b: Double?
    let at: [Double]
    let below: [Double]
  }

  let images: [String: Image]
  let cases: [Case]
  let batch: [Float]
  let oneHot: [Float]
  let mixup: [Mixed]
  let cutMix: [Mixed]
  let mean: [Double]
  let std: [Double]
  let beta: [Distribution]
  let normal: Distribution

  static func load() throws -> AugmentationFixture {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      AugmentationFixture.self, from: Data(contentsOf: folder.appendingPathComponent("Fixtures/augmentation.json")))
  }

  func image(_ name: String) throws -> Tensor {
    guard let image = images[name] else { throw CocoaError(.fileReadCorruptFile) }
    return try Tensor(shape: Shape(image.shape), image.values.map { Float($0) })
  }

  /// A case's image and result.
  func result(_ name: String) throws -> (image: Tensor, result: Tensor) {
    guard let found = cases.first(where: { $0.name == name }) else { throw CocoaError(.fileReadCorruptFile) }
    return (
      try image(found.image), try Tensor(shape: Shape(found.shape), found.values.map { Float($0) })
    )
  }
}
