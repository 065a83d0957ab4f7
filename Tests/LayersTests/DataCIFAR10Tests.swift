import Foundation
import TestSupport
import Testing

@testable import Layers

private let recordByteCount = 3073

/// Records whose every pixel is the record's index in the whole set.
private func records(_ labels: [UInt8], from first: Int) -> [UInt8] {
  labels.enumerated().flatMap { index, label in
    [label] + [UInt8](repeating: UInt8(first + index), count: recordByteCount - 1)
  }
}

/// Writes five training files of two records each.
private func writeTrainingFiles(in folder: TemporaryFolder, at path: String = "") throws {
  for file in 0..<5 {
    try folder.write(
      records([UInt8(file), UInt8(9 - file)], from: 2 * file), to: "\(path)data_batch_\(file + 1).bin")
  }
}

private func load(_ folder: TemporaryFolder, _ split: DatasetSplit = .train) -> Result<ImageDataset, DataError> {
  Result { () throws(DataError) in try CIFAR10.load(from: folder.url, split: split, recordsPerFile: 2) }
}

/// What a load failed with; nil when it did not.
private func failure(_ result: Result<ImageDataset, DataError>) -> DataError? {
  if case .failure(let error) = result { error } else { nil }
}

@Suite struct DataCIFAR10Tests {
  @Test(arguments: ["", "cifar-10-batches-bin/"])
  func readsTheFilesInOrder(_ path: String) throws {
    let folder = try TemporaryFolder()
    try writeTrainingFiles(in: folder, at: path)
    try folder.write(records([7, 8], from: 100), to: path + "test_batch.bin")
    let train = try load(folder).get()
    #expect(train.labels == [0, 9, 1, 8, 2, 7, 3, 6, 4, 5])
    #expect((0..<10).allSatisfy { train.pixels[$0 * 3072] == $0 && train.pixels[$0 * 3072 + 3071] == $0 })
    #expect((train.channels, train.height, train.width) == (3, 32, 32))
    #expect(train.classNames[9] == "truck")
    let test = try load(folder, .test).get()
    #expect(test.labels == [7, 8])
    #expect(test.pixels.count == 2 * 3072)
  }

  @Test func namesMissingFilesAndFolders() throws {
    let folder = try TemporaryFolder()
    guard case .nothingFound(folder.url.path, _) = failure(load(folder)) else {
      Issue.record("an empty folder must be reported")
      return
    }
    try writeTrainingFiles(in: folder)
    let third = folder.url.appendingPathComponent("data_batch_3.bin")
    try FileManager.default.removeItem(at: third)
    #expect(failure(load(folder)) == .missingFile(path: third.path))
    try FileManager.default.createDirectory(at: third, withIntermediateDirectories: false)
    guard case .unreadable(third.path, _) = failure(load(folder)) else {
      Issue.record("a folder in a file's place must be reported")
      return
    }
  }

  @Test func reportsMalformedFiles() throws {
    let good = records([1, 2], from: 0)
    let malformed: [([UInt8], (String) -> DataError)] = [
      ([], { .truncated(file: $0, byteCount: 0, expected: 6146) }),
      (Array(good.dropLast()), { .truncated(file: $0, byteCount: 6145, expected: 6146) }),
      (Array(good[..<3073]), { .truncated(file: $0, byteCount: 3073, expected: 6146) }),
      (good + [0], { .trailingBytes(file: $0, byteCount: 6147, expected: 6146) }),
      (records([1, 10], from: 0), { .labelOutOfRange(file: $0, index: 1, label: 10, classCount: 10) }),
    ]
    for (bytes, expected) in malformed {
      let folder = try TemporaryFolder()
      try writeTrainingFiles(in: folder)
      let file = try folder.write(bytes, to: "data_batch_4.bin").path
      let error = failure(load(folder))
      #expect(error == expected(file))
      #expect(error?.description.hasPrefix(file) == true)
    }
  }
}

@Suite struct ImageDatasetTests {
  @Test func takesTheFirstImages() throws {
    let set = try ImageDataset(
      pixels: Array(0..<12), labels: [0, 1, 1], channels: 1, height: 2, width: 2, classNames: ["a", "b"], name: "tiny")
    #expect(set.subset(first: 2).pixels == Array(0..<8))
    #expect(set.subset(first: 2).labels == [0, 1])
    #expect(set.subset(first: 9).count == 3)
    #expect(set.subset(first: -1).count == 0)
    #expect(set.subset(first: 0).pixels.isEmpty)
  }

  @Test(arguments: [(1, 2, 3), (0, 2, 2), (1, -2, -2), (Int.max, 2, 2), (1 << 62, 4, 1)])
  func refusesSizesThatDoNotMultiply(_ sizes: (Int, Int, Int)) {
    #expect(throws: DataError.self) {
      try ImageDataset(
        pixels: Array(0..<12), labels: [0, 1, 1], channels: sizes.0, height: sizes.1, width: sizes.2,
        classNames: ["a", "b"], name: "tiny")
    }
  }

  @Test func refusesLabelsWithoutClass() {
    #expect(throws: DataError.labelOutOfRange(file: "tiny", index: 2, label: 2, classCount: 2)) {
      try ImageDataset(
        pixels: Array(0..<12), labels: [0, 1, 2], channels: 1, height: 2, width: 2, classNames: ["a", "b"],
        name: "tiny")
    }
  }
}
