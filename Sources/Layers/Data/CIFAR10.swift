import Foundation

/// CIFAR-10 in its official binary version: 50,000 training and 10,000 test images, 3×32×32, ten classes.
///
/// A file is a row of records, each one label byte and 3,072 bytes: the red, the green and the blue plane, row by row.
/// Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images" (2009), and the data's own page.
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
  /// - Parameter directory: the folder that holds the files, or the one above it.
  public static func load(from directory: URL, split: DatasetSplit) throws(DataError) -> ImageDataset {
    try load(from: directory, split: split, recordsPerFile: 10_000)
  }

  /// Loads a split from files of the same format that hold another number of records.
  static func load(
    from directory: URL, split: DatasetSplit, recordsPerFile: Int
  ) throws(DataError) -> ImageDataset {
    let files = split == .train ? (1...5).map { "data_batch_\($0).bin" } : ["test_batch.bin"]
    let folder = try DataFiles.folder(directory, officialNames: [folderName], holding: files)
    var pixels: [UInt8] = []
    var labels: [UInt8] = []
    pixels.reserveCapacity(files.count * recordsPerFile * imageByteCount)
    labels.reserveCapacity(files.count * recordsPerFile)
    for name in files {
      let file = folder.appendingPathComponent(name)
      let content = try DataFiles.read(file)
      let expected = recordsPerFile * recordByteCount
      if content.count < expected {
        throw .truncated(file: file.path, byteCount: content.count, expected: expected)
      }
      if content.count > expected {
        throw .trailingBytes(file: file.path, byteCount: content.count, expected: expected)
      }
      var fileLabels: [UInt8] = []
      content.withUnsafeBytes { bytes in
        for record in 0..<recordsPerFile {
          let start = record * recordByteCount
          fileLabels.append(bytes[start])
          pixels.append(contentsOf: bytes[(start + 1)..<(start + recordByteCount)])
        }
      }
      try checkLabels(fileLabels, classCount: classNames.count, file: file.path)
      labels += fileLabels
    }
    return ImageDataset(
      trusted: pixels, labels: labels, channels: 3, height: 32, width: 32, classNames: classNames, name: "cifar10")
  }
}
