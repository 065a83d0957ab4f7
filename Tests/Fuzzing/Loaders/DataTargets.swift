import Foundation

@testable import Layers

/// The loaders of images.
enum DataTargets {
  /// The first byte says how many dimensions are asked for and whether the source's length is known beforehand.
  static func idx(_ input: UnsafeRawBufferPointer) {
    guard let options = input.first else { return }
    let dimensions = 1 + Int(options & 3)
    let source = MemorySource([UInt8](input.dropFirst()), isCounted: options & 4 == 0)
    do throws(DataError) {
      let file = try IDXFile(source, name: "input", dimensions: dimensions) { _ throws(DataError) in }
      require(file.elements.count == file.sizes.reduce(1, *), "\(file.elements.count) elements of \(file.sizes)")
    } catch {
      _ = error.description
    }
  }

  /// A file in a folder that is in memory, where there is one, which the system's gzip reads.
  static func idxGzip(_ input: UnsafeRawBufferPointer) throws {
    try Data(input).write(to: gzipFile)
    do throws(DataError) {
      let file = try IDXFile(contentsOf: gzipFile, dimensions: 1)
      require(file.elements.count == file.sizes[0], "\(file.elements.count) elements of \(file.sizes)")
    } catch {
      _ = error.description
    }
  }

  /// PPM and PGM, and PNG and JPEG where the system has the libraries.
  static func image(_ input: UnsafeRawBufferPointer) {
    do throws(DataError) {
      let decoded = try DecodedImage([UInt8](input), name: "input", limits: ImageLimits(pixels: 1 << 20))
      let (image, plane) = (decoded.image, decoded.height * decoded.width)
      require(image.samples.count == image.channels * plane, "\(image.samples.count) samples")
      if let exact = decoded.exact {
        require(exact.samples.count == image.samples.count, "\(exact.samples.count) exact samples")
        require(exact.samples.allSatisfy { $0 <= exact.maximum }, "a sample above \(exact.maximum)")
      }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * plane) { pixels in
        for channels in [1, 3] {
          decoded.write(channels: channels, to: pixels.baseAddress!)
          require(pixels[..<(channels * plane)].allSatisfy { 0...1.0001 ~= $0 }, "a value outside 0 to 1")
        }
      }
      require(try Image(decoding: image.converted(channels: 3).portableAnymap).pixelCount == plane, "another size")
    } catch {
      _ = error.description
    }
  }

  private static let recordByteCount = 3073

  /// Files of about one record, which the input describes: the split, by how much each file's length differs from a
  /// record's, its label, and what its pixels repeat.
  private static func cifarFiles(_ input: UnsafeRawBufferPointer) -> (split: DatasetSplit, contents: [[UInt8]])? {
    guard let first = input.first else { return nil }
    let contents = stride(from: 1, to: input.count, by: 3).map { i in
      let difference = Int(Int8(bitPattern: input[i]))
      let label = i + 1 < input.count ? input[i + 1] : 0
      var content = [UInt8](repeating: i + 2 < input.count ? input[i + 2] : 0, count: recordByteCount + difference)
      content[0] = label
      return content
    }
    return (first & 1 == 0 ? .test : .train, contents)
  }

  private static func check(_ set: ImageDataset, _ contents: [[UInt8]]) {
    require(set.pixels.count == set.count * 3072, "\(set.pixels.count) pixels of \(set.count) images")
    for (i, content) in contents.prefix(set.count).enumerated() {
      require(set.labels[i] == content[0] && set.labels[i] < 10, "label \(set.labels[i])")
      require(set.pixels[i * 3072 + 3071] == content[3072], "another pixel")
    }
  }

  static func cifar10(_ input: UnsafeRawBufferPointer) {
    guard let (split, contents) = cifarFiles(input) else { return }
    do throws(DataError) {
      var files = contents.makeIterator()
      let set = try CIFAR10.load(split: split, recordsPerFile: 1) { name throws(DataError) in
        guard let content = files.next() else { throw DataError.missingFile(path: name) }
        return (name, MemorySource(content))
      }
      check(set, contents)
    } catch {
      _ = error.description
    }
  }

  static func cifar10Folder(_ input: UnsafeRawBufferPointer) throws {
    guard let (split, contents) = cifarFiles(input) else { return }
    let names = split == .train ? (1...5).map { "data_batch_\($0).bin" } : ["test_batch.bin"]
    for (name, content) in zip(names, contents) { try Data(content).write(to: folder.appendingPathComponent(name)) }
    for name in names.dropFirst(contents.count) { unlink(folder.appendingPathComponent(name).path) }
    do throws(DataError) {
      check(try CIFAR10.load(from: folder, split: split, recordsPerFile: 1), contents)
    } catch {
      _ = error.description
    }
  }

  /// A folder of this process, which is removed at its end.
  private static let folder: URL = {
    let memory = "/dev/shm"
    let parent = FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory()
    let folder = URL(fileURLWithPath: parent).appendingPathComponent("fuzz-\(getpid())")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      fatalError("\(folder.path): \(error)")
    }
    atexit { try? FileManager.default.removeItem(at: DataTargets.folder) }
    return folder
  }()

  private static let gzipFile = folder.appendingPathComponent("input.gz")
}
