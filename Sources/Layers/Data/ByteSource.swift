import Foundation

/// A sequential source of bytes, so that sizes in a header can be checked before the bytes after it are read.
protocol ByteSource: AnyObject {
  /// The total number of bytes, where it is known in advance.
  var byteCount: Int? { get }
  /// An upper bound of the total number of bytes, whatever a header claims.
  var largestByteCount: Int { get }
  /// Reads until the memory is full or the source ends; returns the number of bytes read.
  func read(into memory: UnsafeMutableRawBufferPointer) throws(DataError) -> Int
  /// Checks that no bytes follow and that the source ended without an error.
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

/// Bytes in memory.
final class MemorySource: ByteSource {
  private var rest: ArraySlice<UInt8>
  let byteCount: Int?
  let largestByteCount: Int

  /// - Parameter isCounted: whether the number of bytes is known in advance, as for a file, or not, as for a pipe.
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
