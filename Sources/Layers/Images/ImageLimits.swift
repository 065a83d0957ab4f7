import Foundation

/// How large an image file may be, so that a damaged or hostile one cannot ask for all memory.
///
/// The sizes that a file's header claims are compared with these before memory is taken for its pixels.
public struct ImageLimits: Hashable, Sendable {
  /// The most pixels, height · width.
  public var pixels: Int
  /// The most bytes of the file.
  public var bytes: Int

  /// 100 million pixels and 512 MiB, unless said otherwise.
  public init(pixels: Int = 100_000_000, bytes: Int = 1 << 29) {
    self.pixels = pixels
    self.bytes = bytes
  }

  /// - Returns: the number of samples.
  /// - Throws: ``DataError/imageTooLarge(file:height:width:limit:)``, and ``DataError/absurdSizes(file:sizes:)`` for an
  ///   image without pixels, or one whose samples cannot be counted.
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
