import Foundation

/// Bytes that are read once, from the first to the last, so that what a header claims can be checked before the rest is
/// read.
protocol ByteSource: AnyObject {
  /// The number of all bytes, where it is known beforehand.
  var byteCount: Int? { get }
  /// More bytes than this do not come, whatever a header claims.
  var largestByteCount: Int { get }
  /// Reads until the memory is full or the source ends; returns the number of bytes read.
  func read(into memory: UnsafeMutableRawBufferPointer) throws(DataError) -> Int
  /// Checks that no more bytes follow and that the source is whole.
  func finish() throws(DataError)
}

extension ByteSource {
  /// The next `count` bytes, or fewer where the source ends.
  func read(_ count: Int) throws(DataError) -> [UInt8] {
    var failure: DataError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { memory, initialized in
      do throws(DataError) {
        initialized = try read(into: UnsafeMutableRawBufferPointer(memory))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}

/// Bytes in memory, handed out in pieces of any size.
final class MemorySource: ByteSource {
  private var rest: ArraySlice<UInt8>
  let byteCount: Int?
  let largestByteCount: Int

  /// - Parameter isCounted: whether the number of bytes is known beforehand, as of a file, or not, as of a pipe.
  init(_ bytes: [UInt8], isCounted: Bool = true) {
    rest = bytes[...]
    byteCount = isCounted ? bytes.count : nil
    largestByteCount = bytes.count
  }

  func read(into memory: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(memory.count, rest.count)
    memory.copyBytes(from: rest.prefix(count))
    rest = rest.dropFirst(count)
    return count
  }

  func finish() {}
}

/// A regular file.
final class FileSource: ByteSource {
  let byteCount: Int?
  var largestByteCount: Int { byteCount ?? 0 }
  private let path: String
  private let handle: FileHandle

  init(_ file: URL) throws(DataError) {
    byteCount = try DataFiles.requireFile(file)
    path = file.path
    do {
      handle = try FileHandle(forReadingFrom: file)
    } catch {
      throw .unreadable(file: file.path, reason: DataFiles.reason(error))
    }
  }

  func read(into memory: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    try DataFiles.read(handle.fileDescriptor, into: memory, path: path)
  }

  func finish() {}
}
