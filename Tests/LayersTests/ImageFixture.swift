import Foundation
import Layers
import Testing

/// Tests/Fixtures/images.json: see make_images.py.
struct ImageFixture: Decodable {
  struct File: Decodable, CustomTestStringConvertible {
    let name: String
    let content: Data
    let height, width, channels: Int
    let samples: [UInt8]
    let tolerance: Int

    var testDescription: String { name }
  }
  struct Picture: Decodable {
    let height, width, channels: Int
    let samples: [UInt8]
  }
  struct Resized: Decodable {
    let image: String
    let filter: String
    let height, width: Int
    let samples: [UInt8]
  }
  struct Conversions: Decodable {
    let grey, colours: [UInt8]
  }

  let files: [File]
  let images: [String: Picture]
  let resizes: [Resized]
  let conversions: Conversions

  static let shared = Result {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      ImageFixture.self, from: Data(contentsOf: folder.appendingPathComponent("Fixtures/images.json")))
  }

  static func load() throws -> ImageFixture { try shared.get() }

  func image(_ name: String) throws -> Image {
    guard let image = images[name] else { throw CocoaError(.fileReadCorruptFile) }
    return try Image(height: image.height, width: image.width, channels: image.channels, samples: image.samples)
  }

  func file(_ name: String) throws -> File {
    guard let file = files.first(where: { $0.name == name }) else { throw CocoaError(.fileReadCorruptFile) }
    return file
  }

  /// Whether the system can read a file; where it says that a library is missing, so does this, for the tests' output.
  static func isReadable(_ name: String) -> Bool {
    guard let fixture = try? load(), let file = try? fixture.file(name) else { return true }
    do throws(DataError) {
      _ = try Image(decoding: file.content, name: name)
    } catch {
      if case .missingLibrary = error {
        print("skipped what needs it: \(error)")
        return false
      }
    }
    return true
  }

  static let readsPNG = isReadable("png colours")
  static let readsJPEG = isReadable("jpeg")
}

/// The largest difference of two images' samples.
func largestDifference(_ a: [UInt8], _ b: [UInt8]) -> Int {
  zip(a, b).reduce(a.count == b.count ? 0 : 256) { max($0, abs(Int($1.0) - Int($1.1))) }
}
