import Foundation
import Layers
import TestSupport
import Testing

private func failure(_ body: () throws -> Void) -> DataError? {
  do {
    try body()
    return nil
  } catch {
    return error as? DataError
  }
}

private func bytes(_ text: String, _ more: [UInt8] = []) -> [UInt8] { Array(text.utf8) + more }

/// The only image of the only class of a folder.
private func read(_ content: [UInt8], _ name: String = "a.ppm") throws -> (shape: Shape, values: [Float]) {
  let folder = try TemporaryFolder()
  try folder.write(content, to: "class/\(name)")
  let set = try ImageFolder(folder.url)
  let image = try set.image(at: 0)
  return (image.shape, image.scalars)
}

@Suite struct DataFolderTests {
  @Test func readsEveryKindOfPortableAnymap() throws {
    let grey: [Float] = [0, 0.2, 0.4, 0.6, 0.8, 1]
    for content in [
      bytes("P2 3 2 255\n0 51 102\n153 204 255\n"), bytes("P2\n# made by hand\n3\t2#comment\n5 0 1 2 3 4 #end\n5"),
      bytes("P5\n3 2\n255\n", [0, 51, 102, 153, 204, 255]), bytes("P5 3 2 5 ", [0, 1, 2, 3, 4, 5]),
      bytes("P5 #c\n3 2 65535\n", [0, 0, 51, 51, 102, 102, 153, 153, 204, 204, 255, 255]),
    ] {
      let (shape, values) = try read(content, "a.pgm")
      #expect(shape == [1, 2, 3])
      for (value, expected) in zip(values, grey) { #expect(abs(value - expected) < 1e-6) }
    }
    for content in [
      bytes("P3 2 1 10 1 2 3 4 5 6"), bytes("P6 2 1 10\n", [1, 2, 3, 4, 5, 6]),
      bytes("P6 2 1 1000\n", [0, 100, 0, 200, 1, 44, 1, 144, 1, 244, 2, 88]),
    ] {
      let (shape, values) = try read(content)
      #expect(shape == [3, 1, 2])
      for (value, expected) in zip(values, [0.1, 0.4, 0.2, 0.5, 0.3, 0.6] as [Float]) {
        #expect(abs(value - expected) < 1e-6)
      }
    }
  }

  @Test func malformedFilesAreNamedWithWhatIsWrong() throws {
    let malformed: [[UInt8]] = [
      [], bytes("P"), bytes("X6 1 1 255\n", [1, 2, 3]), bytes("P9 1 1 255\n"), bytes("P6"), bytes("P6 1"),
      bytes("P6 1 1"), bytes("P61 1 255\n", [1, 2, 3]), bytes("P6 1 1 255"), bytes("P6 1 1 255\n", [1, 2]),
      bytes("P6 1 1 255\n", [1, 2, 3, 4]), bytes("P6 0 1 255\n"), bytes("P6 1 1 0\n", [0, 0, 0]),
      bytes("P6 1 1 65536\n", [0, 0, 0, 0, 0, 0]), bytes("P6 -1 1 255\n", [1, 2, 3]), bytes("P6 x 1 255\n"),
      bytes("P6 99999999999999999999999 1 255\n"), bytes("P6 1000000000000 1000000000000 255\n", [1]),
      bytes("P6 40000 40000 255\n", [1]), bytes("P2 40000 40000 255\n1"), bytes("P5 1 1 10\n", [11]),
      bytes("P2 1 1 10\n11"), bytes("P2 2 1 10\n1"), bytes("P2 1 1 10\n1 2"), bytes("P2 1 1 10\n-1"),
      bytes("P2 1 1 10\n1x"), bytes("P5 1 1 255#", [1]), bytes("P4 8 1\n", [0]), bytes("P7\n"), bytes("P2 1 1 10\n#"),
    ]
    for content in malformed {
      let folder = try TemporaryFolder()
      let file = try folder.write(content, to: "class/a.ppm")
      let error = failure { try _ = ImageFolder(folder.url) }
      #expect(
        error?.description.hasPrefix(file.path) == true,
        "\(String(decoding: content, as: UTF8.self)): \(error.map(\.description) ?? "no error")")
    }
  }

  @Test func everyCutOfAGoodFileIsReported() throws {
    for whole in [bytes("P6 2 1 255\n", [9, 10, 32, 35, 0, 1]), bytes("P3 #x\n1 1 99 10 20 30")] {
      #expect(try read(whole).values.count == (whole[1] == 0x36 ? 6 : 3))
      for length in 0..<whole.count - (whole[1] == 0x33 ? 1 : 0) {
        let error = failure { _ = try read(Array(whole[..<length])) }
        #expect(error != nil, "\(length) bytes of \(whole)")
      }
    }
  }

  @Test func classesAndFilesComeInOrder() throws {
    let folder = try TemporaryFolder()
    for (path, value) in [
      ("b/2.pgm", 3), ("b/10.pgm", 2), ("B/x.PGM", 1), ("c/deep/er/y.pnm", 5), ("b/.hidden.pgm", 9),
      ("c/a.ppm", 4), ("c/notes.txt", 9), (".git/z.pgm", 9), ("stray.pgm", 9),
    ] {
      try folder.write(bytes("P5 1 1 10\n", [UInt8(value)]), to: path)
    }
    let set = try ImageFolder(folder.url)
    #expect(set.classNames == ["B", "b", "c"])
    #expect(set.labels == [0, 1, 1, 2, 2])
    #expect(try (0..<5).map { try set.image(at: $0).scalars[0] } == [0.1, 0.2, 0.3, 0.4, 0.5].map { Float($0) })
    let loader = try BatchLoader(dataset: set, batchSize: 5, shuffles: false)
    loader.start(epoch: 0)
    #expect(try loader.next().map { Array($0.labels) } == [0, 1, 1, 2, 2])
  }

  @Test func foldersWithoutImagesAreNamed() throws {
    let folder = try TemporaryFolder()
    #expect(failure { _ = try ImageFolder(folder.url.appendingPathComponent("x")) } != nil)
    #expect(
      failure { _ = try ImageFolder(folder.url) }
        == .nothingFound(directory: folder.url.path, expected: "a folder for each class"))
    try folder.write([1], to: "a/readme.txt")
    guard case .nothingFound(let path, _) = failure({ _ = try ImageFolder(folder.url) }) else {
      Issue.record("an empty class must be reported")
      return
    }
    #expect(path.hasSuffix("/a"))
  }

  @Test func sizesMustAgreeUnlessOneIsGiven() throws {
    let folder = try TemporaryFolder()
    try folder.write(bytes("P5 2 2 255\n", [0, 255, 0, 255]), to: "a/1.pgm")
    let other = try folder.write(bytes("P6 4 2 255\n", [UInt8](repeating: 51, count: 24)), to: "a/2.ppm")
    let strict = try ImageFolder(folder.url)
    #expect(throws: DataError.wrongImageShape(file: other.path, found: [3, 2, 4], expected: [1, 2, 2])) {
      try strict.image(at: 1)
    }
    #expect(throws: DataError.wrongImageShape(file: other.path, found: [3, 2, 4], expected: [1, 2, 2])) {
      try ImageFolder(folder.url, size: 2).image(at: 1)
    }
    let converted = try ImageFolder(folder.url, size: 2, channels: 3)
    #expect(converted.imageShape == [3, 2, 2])
    #expect(try converted.image(at: 0).scalars == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
    for value in try converted.image(at: 1).scalars { #expect(abs(value - 0.2) < 1e-6) }
    for value in try ImageFolder(folder.url, size: 2, channels: 1).image(at: 1).scalars {
      #expect(abs(value - 0.2) < 1e-6)
    }
    let bytes = try converted.inMemory()
    #expect(bytes.pixels == [0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255] + [UInt8](repeating: 51, count: 12))
    #expect(bytes.labels == [0, 0])
    #expect(throws: DataError.self) { try ImageFolder(folder.url, channels: 2) }
    #expect(throws: DataError.self) { try ImageFolder(folder.url, size: 0, channels: 1) }
  }

  @Test(.enabled(if: ImageFixture.readsPNG, "no libpng")) func anAlphaChannelIsLeftOut() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      [UInt8](Image(height: 1, width: 2, channels: 4, samples: [51, 102, 153, 0, 0, 255, 51, 128]).png()), to: "a/1.png"
    )
    let set = try ImageFolder(folder.url)
    #expect(set.imageShape == [3, 1, 2])
    for (value, expected) in zip(try set.image(at: 0).scalars, [0.2, 0, 0.4, 1, 0.6, 0.2] as [Float]) {
      #expect(abs(value - expected) < 1e-6)
    }
  }
}
