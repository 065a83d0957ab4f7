import Foundation

/// The largest image file that is read, so that a damaged or hostile file cannot exhaust memory.
///
/// The sizes in a file's header are checked before memory for its pixels is allocated.
public struct ImageLimits: Hashable, Sendable {
  /// The largest number of pixels, height · width.
  public var pixels: Int
  /// The largest file, in bytes.
  public var bytes: Int

  /// Limits of, by default, 100 million pixels and 512 MiB.
  public init(pixels: Int = 100_000_000, bytes: Int = 1 << 29) {
    self.pixels = pixels
    self.bytes = bytes
  }

  /// - Returns: the number of samples.
  /// - Throws: ``DataError/imageTooLarge(file:height:width:limit:)``, and ``DataError/absurdSizes(file:sizes:)`` for an
  ///   image without pixels, or one whose number of samples overflows.
  @discardableResult
  func check(height: Int, width: Int, channels: Int, name: String) throws(DataError) -> Int {
    guard height > 0, width > 0 else { throw .absurdSizes(file: name, sizes: [channels, height, width]) }
    guard let count = checkedProduct([height, width]), count <= pixels else {
      throw .imageTooLarge(file: name, height: height, width: width, limit: pixels)
    }
    guard let samples = checkedProduct([count, channels]), samples <= Int(Int32.max) else {
      throw .absurdSizes(file: name, sizes: [channels, height, width])
    }
    return samples
  }
}
