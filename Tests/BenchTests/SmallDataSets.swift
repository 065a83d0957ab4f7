import Foundation
import TestSupport

/// Data sets of a few images, in the formats of the real ones.
enum SmallDataSets {
  /// The four files of MNIST or Fashion-MNIST, plain: `count` images of each part, image i of class i mod 10.
  static func idx(count: Int) -> [(name: String, bytes: [UInt8])] {
    let size = [0, 0, UInt8(count >> 8), UInt8(count & 255)]
    let labels = [0, 0, 8, 1] + size + (0..<count).map { UInt8($0 % 10) }
    return ["train", "t10k"].flatMap { part in
      let pixels = (0..<(count * 28 * 28)).map { UInt8(truncatingIfNeeded: $0 &* 7 + (part == "train" ? 0 : 1)) }
      return [
        ("\(part)-images-idx3-ubyte", [0, 0, 8, 3] + size + [0, 0, 0, 28, 0, 0, 0, 28] + pixels),
        ("\(part)-labels-idx1-ubyte", labels),
      ]
    }
  }

  /// Writes the four files into a folder of a temporary one; returns the folder that holds them.
  @discardableResult
  static func writeIDX(count: Int, to path: String, of folder: TemporaryFolder) throws -> URL {
    for (name, bytes) in idx(count: count) { try folder.write(bytes, to: "\(path)/\(name)") }
    return folder.url.appendingPathComponent(path, isDirectory: true)
  }
}
