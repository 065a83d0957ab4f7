import Foundation
import TestSupport
import Testing

@testable import Layers

/// The bytes of an idx file.
private func idx(_ sizes: [UInt32], _ elements: [UInt8], type: UInt8 = 8) -> [UInt8] {
  [0, 0, type, UInt8(sizes.count)]
    + sizes.flatMap { size in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } } + elements
}

/// Three images of MNIST's size, every pixel of each the image's number.
private let threeImages = idx([3, 28, 28], (1...3).flatMap { [UInt8](repeating: $0, count: 28 * 28) })
private let threeByteCount = 16 + 3 * 28 * 28
private let threeLabels = idx([3], [9, 0, 4])

/// What loading a folder's training split failed with; nil when it did not.
private func failure(_ folder: URL) -> DataError? {
  let result = Result { () throws(DataError) in try MNIST.load(from: folder, split: .train) }
  if case .failure(let error) = result { return error }
  return nil
}

/// Writes a tiny training split into a folder.
private func writeSplit(
  in folder: TemporaryFolder, at path: String = "", images: [UInt8] = threeImages, labels: [UInt8] = threeLabels
) throws {
  try folder.write(images, to: path + "train-images-idx3-ubyte")
  try folder.write(labels, to: path + "train-labels-idx1-ubyte")
}

/// Compresses a file of a folder with the system's gzip, which removes the original.
private func gzip(_ name: String, in folder: TemporaryFolder) throws {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["gzip", folder.url.appendingPathComponent(name).path]
  try process.run()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0, "gzip is needed for this test")
}

@Suite struct DataIDXTests {
  @Test func readsImagesAndLabels() throws {
    let folder = try TemporaryFolder()
    try writeSplit(in: folder)
    let set = try MNIST.load(from: folder.url, split: .train, variant: .fashion)
    #expect(set.count == 3)
    #expect((set.channels, set.height, set.width) == (1, 28, 28))
    #expect(set.pixels == Array(threeImages.dropFirst(16)))
    #expect(set.labels == [9, 0, 4])
    #expect(set.classNames[9] == "ankle boot")
    #expect(set.name == "fashion-mnist")
    #expect(try MNIST.load(from: folder.url, split: .train).classNames == (0...9).map(String.init))
  }

  @Test(arguments: [
    (MNIST.Variant.digits, "mnist/"), (.digits, "MNIST/raw/"), (.fashion, "fashion-mnist/"),
    (.fashion, "FashionMNIST/raw/"),
  ])
  func findsTheOfficialFolderBelow(_ variant: MNIST.Variant, _ path: String) throws {
    let folder = try TemporaryFolder()
    try writeSplit(in: folder, at: path)
    #expect(try MNIST.load(from: folder.url, split: .train, variant: variant).labels == [9, 0, 4])
  }

  @Test func readsCompressedFiles() throws {
    let folder = try TemporaryFolder()
    // More than a pipe holds, so that reading after gzip's exit would wait for ever.
    let pixels = (0..<300 * 28 * 28).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
    try writeSplit(
      in: folder, images: idx([300, 28, 28], pixels), labels: idx([300], (0..<300).map { UInt8($0 % 10) }))
    try gzip("train-images-idx3-ubyte", in: folder)
    try gzip("train-labels-idx1-ubyte", in: folder)
    let set = try MNIST.load(from: folder.url, split: .train)
    #expect(set.pixels == pixels)
    #expect(set.labels.count == 300)
  }

  @Test func namesMissingFilesAndFolders() throws {
    let folder = try TemporaryFolder()
    let nowhere = folder.url.appendingPathComponent("nowhere")
    #expect(
      failure(nowhere)
        == .missingDirectory(path: nowhere.path))
    guard
      case .nothingFound(folder.url.path, _) = failure(folder.url)
    else {
      Issue.record("an empty folder must be reported")
      return
    }
    try folder.write(threeImages, to: "train-images-idx3-ubyte")
    let error = failure(folder.url)
    #expect(error == .missingFile(path: folder.url.path + "/train-labels-idx1-ubyte[.gz]"))
    #expect(
      error?.description.hasSuffix("train-labels-idx1-ubyte[.gz]: no such file") == true)
  }

  @Test func reportsMalformedImageFiles() throws {
    let malformed: [([UInt8], (String) -> DataError)] = [
      ([], { .truncated(file: $0, byteCount: 0, expected: 16) }),
      ([0, 0, 8], { .truncated(file: $0, byteCount: 3, expected: 16) }),
      (Array(threeImages[..<15]), { .truncated(file: $0, byteCount: 15, expected: 16) }),
      (
        Array(threeImages.dropLast()), { .truncated(file: $0, byteCount: threeByteCount - 1, expected: threeByteCount) }
      ),
      (threeImages + [0, 0], { .trailingBytes(file: $0, byteCount: threeByteCount + 2, expected: threeByteCount) }),
      ([1] + threeImages.dropFirst(), { .wrongMagic(file: $0, found: [1, 0, 8, 3], expected: [0, 0, 8, 3]) }),
      (threeLabels, { .wrongMagic(file: $0, found: [0, 0, 8, 1], expected: [0, 0, 8, 3]) }),
      (
        Array("<html>nothing here</html>".utf8),
        {
          .wrongMagic(file: $0, found: Array("<htm".utf8), expected: [0, 0, 8, 3])
        }
      ),
      (idx([3, 2, 2], Array(1...12), type: 0x0D), { .unsupportedElementType(file: $0, code: 0x0D) }),
      (idx([.max, .max, .max], []), { .absurdSizes(file: $0, sizes: [4_294_967_295, 4_294_967_295, 4_294_967_295]) }),
      (idx([60_000, 40_000, 1], []), { .absurdSizes(file: $0, sizes: [60_000, 40_000, 1]) }),
      (idx([0, 28, 28], []), { .absurdSizes(file: $0, sizes: [0, 28, 28]) }),
      (
        idx([3, 2, 2], Array(1...12)),
        { .wrongSizes(file: $0, sizes: [3, 2, 2], expected: "at most 60000 images of 28×28") }
      ),
      (
        idx([1, 28, 29], [UInt8](repeating: 0, count: 28 * 29)),
        { .wrongSizes(file: $0, sizes: [1, 28, 29], expected: "at most 60000 images of 28×28") }
      ),
      (
        idx([60_001, 28, 28], []),
        { .wrongSizes(file: $0, sizes: [60_001, 28, 28], expected: "at most 60000 images of 28×28") }
      ),
    ]
    for (bytes, expected) in malformed {
      let folder = try TemporaryFolder()
      try writeSplit(in: folder, images: bytes)
      let file = folder.url.appendingPathComponent("train-images-idx3-ubyte").path
      let error = failure(folder.url)
      #expect(error == expected(file))
      #expect(error?.description.hasPrefix(file) == true)
    }
  }

  @Test func reportsLabelsThatDoNotFit() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appendingPathComponent("train-labels-idx1-ubyte").path
    try writeSplit(in: folder, labels: idx([3], [0, 10, 2]))
    #expect(
      failure(folder.url)
        == .labelOutOfRange(file: file, index: 1, label: 10, classCount: 10))
    try writeSplit(in: folder, labels: idx([2], [0, 1]))
    #expect(
      failure(folder.url)
        == .countMismatch(
          imageFile: folder.url.path + "/train-images-idx3-ubyte", images: 3, labelFile: file, labels: 2))
  }

  @Test func reportsWhatGzipSays() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([1, 2, 3, 4], to: "train-images-idx3-ubyte.gz")
    let error = failure(folder.url)
    guard case .gzipFailed(file.path, 1, let message) = error else {
      Issue.record("\(String(describing: error)) instead of gzip's failure")
      return
    }
    #expect(message.contains("not in gzip format"))

    try writeSplit(in: folder)
    try FileManager.default.removeItem(at: file)
    try gzip("train-images-idx3-ubyte", in: folder)
    let whole = try Data(contentsOf: file)
    try folder.write(Array(whole.dropLast(6)), to: "train-images-idx3-ubyte.gz")
    guard
      case .gzipFailed(file.path, 1, _) = failure(folder.url)
    else {
      Issue.record("a truncated .gz must be reported")
      return
    }
  }

  @Test func imagesOfAnySizeAreReadAsAnIDXFile() throws {
    let folder = try TemporaryFolder()
    let file = try IDXFile(contentsOf: folder.write(idx([3, 2, 2], Array(1...12)), to: "a"), dimensions: 3)
    #expect(file.sizes == [3, 2, 2])
    #expect(file.elements == Array(1...12))
  }

  /// A small file that decompresses to a large one is read as far as its header claims, and not even so far where that is
  /// more than it can decompress to, or more than the set has.
  @Test func aCompressedFileIsReadNoFartherThanItClaims() throws {
    let folder = try TemporaryFolder()
    func failure(_ content: [UInt8], dimensions: Int) throws -> DataError? {
      try folder.write(content, to: "bomb")
      try gzip("bomb", in: folder)
      let file = folder.url.appendingPathComponent("bomb.gz")
      defer { try? FileManager.default.removeItem(at: file) }
      do throws(DataError) {
        _ = try IDXFile(contentsOf: file, dimensions: dimensions)
        return nil
      } catch {
        return error
      }
    }
    let path = folder.url.appendingPathComponent("bomb.gz").path
    let zeros = [UInt8](repeating: 0, count: 4_000_000)
    #expect(
      try failure(idx([3], zeros), dimensions: 1)
        == .unreadable(file: path, reason: "it decompresses to more bytes than its header claims"))
    guard
      case .truncated(path, let byteCount, 1_000_000_008) = try failure(idx([1_000_000_000], zeros), dimensions: 1)
    else {
      Issue.record("a claim that no file of this size can keep must be refused")
      return
    }
    #expect(byteCount < 10_000_000)
    // What can be is read, and found to be too short.
    #expect(
      try failure(idx([5_000], [1, 2, 3]), dimensions: 1) == .truncated(file: path, byteCount: 11, expected: 5_008))
    #expect(try failure(idx([4_000_000], zeros), dimensions: 1) == nil)
  }

  /// The next reader starts another gzip: none is left behind that waits for its output to be read.
  @Test func gzipEndsWithItsReader() throws {
    let folder = try TemporaryFolder()
    try folder.write([UInt8](repeating: 0, count: 4_000_000), to: "a")
    try gzip("a", in: folder)
    let file = folder.url.appendingPathComponent("a.gz")
    for _ in 0..<20 {
      #expect(throws: DataError.self) { try IDXFile(contentsOf: file, dimensions: 1) }
    }
    #expect(try GzipSource(file).read(3) == [0, 0, 0])
  }

  @Test(arguments: ["", ".gz"]) func refusesWhatIsNoFile(_ suffix: String) throws {
    let folder = try TemporaryFolder()
    // A pipe that nobody writes to: opening it would wait for ever.
    let pipe = folder.url.appendingPathComponent("train-images-idx3-ubyte\(suffix)").path
    try #require(mkfifo(pipe, 0o600) == 0)
    #expect(failure(folder.url) == .unreadable(file: pipe, reason: "it is not a regular file"))
    try FileManager.default.removeItem(atPath: pipe)
    try FileManager.default.createDirectory(atPath: pipe, withIntermediateDirectories: false)
    #expect(failure(folder.url) == .unreadable(file: pipe, reason: "it is a folder"))
  }

  @Test(arguments: [-1, 0, 256]) func refusesANumberOfDimensionsThatNoFileHas(_ dimensions: Int) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([0, 0, 8, UInt8(truncatingIfNeeded: dimensions), 1], to: "a")
    #expect(throws: DataError.self) { try IDXFile(contentsOf: file, dimensions: dimensions) }
  }

  @Test func reportsThatGzipIsMissing() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([31, 139], to: "a.gz")
    #expect(throws: DataError.gzipMissing(file: file.path)) {
      try GzipSource(file, searchPath: [folder.url.path])
    }
  }
}
