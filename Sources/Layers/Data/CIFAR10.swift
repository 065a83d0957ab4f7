import Foundation

/// CIFAR-10 in its official binary version: 50,000 training and 10,000 test images, 3×32×32, ten classes.
///
/// A file is a sequence of records, each a label byte and 3,072 pixel bytes: the red, the green and the blue plane, row
/// by row. Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images" (2009), and the data's own
/// page.
public enum CIFAR10 {
  /// The folder that the official archive unpacks to.
  public static let folderName = "cifar-10-batches-bin"
  /// The names of `batches.meta.txt`, in the order of the labels; the file itself is not needed.
  public static let classNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  private static let imageByteCount = 3 * 32 * 32
  private static let recordByteCount = 1 + imageByteCount

  /// Loads a split.
  ///
  /// - Parameters:
  ///   - directory: the folder that holds the files, or its parent folder.
  ///   - split: training or test images.
  public static func load(from directory: URL, split: DatasetSplit) throws(DataError) -> ImageDataset {
    try load(from: directory, split: split, recordsPerFile: 10_000)
  }

  /// Loads a split from files of the same format that hold another number of records.
  static func load(
    from directory: URL, split: DatasetSplit, recordsPerFile: Int
  ) throws(DataError) -> ImageDataset {
    let folder = try DataFiles.folder(directory, officialNames: [folderName], holding: files(of: split))
    return try load(split: split, recordsPerFile: recordsPerFile) { name throws(DataError) in
      let file = folder.appendingPathComponent(name)
      return (file.path, try FileSource(file))
    }
  }

  /// Loads a split from the content of its files, in order.
  static func load<Source: ByteSource>(
    split: DatasetSplit, recordsPerFile: Int,
    open: (_ name: String) throws(DataError) -> (path: String, content: Source)
  ) throws(DataError) -> ImageDataset {
    let files = files(of: split)
    var pixels: [UInt8] = []
    var labels: [UInt8] = []
    pixels.reserveCapacity(files.count * recordsPerFile * imageByteCount)
    labels.reserveCapacity(files.count * recordsPerFile)
    for name in files {
      let (path, content) = try open(name)
      let expected = recordsPerFile * recordByteCount
      let byteCount = content.byteCount ?? content.largestByteCount
      if byteCount < expected { throw .truncated(file: path, byteCount: byteCount, expected: expected) }
      if byteCount > expected { throw .trailingBytes(file: path, byteCount: byteCount, expected: expected) }
      let records = try content.read(expected)
      // A file may become shorter while it is read.
      guard records.count == expected else {
        throw .truncated(file: path, byteCount: records.count, expected: expected)
      }
      var fileLabels: [UInt8] = []
      for start in stride(from: 0, to: expected, by: recordByteCount) {
        fileLabels.append(records[start])
        pixels.append(contentsOf: records[(start + 1)..<(start + recordByteCount)])
      }
      try checkLabels(fileLabels, classCount: classNames.count, file: path)
      labels += fileLabels
    }
    return ImageDataset(
      trusted: pixels, labels: labels, channels: 3, height: 32, width: 32, classNames: classNames, name: "cifar10")
  }

  private static func files(of split: DatasetSplit) -> [String] {
    split == .train ? (1...5).map { "data_batch_\($0).bin" } : ["test_batch.bin"]
  }
}
