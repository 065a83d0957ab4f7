import Foundation
import TestSupport
import Testing

@testable import Bench

@Suite struct DataLocatorTests {
  @Test func looksInTheFolderThatTheOptionNamesAndNowhereElse() {
    let locator = DataLocator(directory: "/data", environment: ["KERNELS_DATA": "/other", "HOME": "/home/me"])
    #expect(locator.places.map(\.origin) == [.option])
    #expect(locator.places[0].folder.path == "/data")
  }

  @Test func looksInTheEnvironmentsFolderThenInTheCache() {
    let locator = DataLocator(directory: nil, environment: ["KERNELS_DATA": "/other", "HOME": "/home/me"])
    #expect(locator.places.map(\.origin) == [.environment, .cache])
    #expect(locator.places[0].folder.path == "/other")
    #if os(macOS)
      #expect(locator.places[1].folder.path == "/home/me/Library/Caches/swift-conv-kernels")
    #else
      #expect(locator.places[1].folder.path == "/home/me/.cache/swift-conv-kernels")
    #endif
    #expect(DataLocator(directory: nil, environment: ["KERNELS_DATA": ""]).places.map(\.origin) == [.cache])
  }

  #if !os(macOS)
    @Test(arguments: [("/caches", "/caches/swift-conv-kernels"), ("caches", "/home/me/.cache/swift-conv-kernels")])
    func takesAnAbsoluteCacheFolderFromTheEnvironment(_ variable: String, _ expected: String) {
      let locator = DataLocator(directory: nil, environment: ["XDG_CACHE_HOME": variable, "HOME": "/home/me"])
      #expect(locator.places.map(\.folder.path) == [expected])
    }
  #endif

  @Test(arguments: ["", "fashion-mnist", "FashionMNIST/raw", "raw"])
  func findsTheFolderOfTheFilesOrOneBelow(_ name: String) throws {
    let root = try TemporaryFolder()
    try root.write([1], to: "\(name)/t10k-labels-idx1-ubyte.gz")
    let found = try #require(DataLocator(directory: root.url.path).folder(of: .fashionMNIST))
    #expect(found.standardizedFileURL.path == root.url.appendingPathComponent(name).standardizedFileURL.path)
    #expect(DataLocator(directory: root.url.path).folder(of: .cifar10) == nil)
  }

  @Test func takesTheFirstPlaceThatHasFiles() throws {
    let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
    let cached = try second.write([1], to: "swift-conv-kernels/cifar-10-batches-bin/data_batch_3.bin")
    let environment = ["KERNELS_DATA": first.url.path, "XDG_CACHE_HOME": second.url.path, "HOME": second.url.path]
    #if !os(macOS)
      let locator = DataLocator(directory: nil, environment: environment)
      #expect(locator.folder(of: .cifar10)?.path == cached.deletingLastPathComponent().path)
    #endif
    let own = try first.write([1], to: "test_batch.bin")
    #expect(
      DataLocator(directory: nil, environment: environment).folder(of: .cifar10)?.path
        == own.deletingLastPathComponent().path)
  }

  /// MNIST and Fashion-MNIST have the same file names.
  @Test func doesNotTakeOneSetsFolderForAnothers() throws {
    let root = try TemporaryFolder()
    for name in ["fashion-mnist", "FashionMNIST/raw"] {
      let file = try root.write([1], to: "\(name)/train-labels-idx1-ubyte")
      for folder in [file.deletingLastPathComponent(), file.deletingLastPathComponent().deletingLastPathComponent()] {
        let locator = DataLocator(directory: folder.path)
        #expect(locator.folder(of: .mnist) == nil, "\(folder.path)")
        #expect(locator.folder(of: .fashionMNIST) != nil, "\(folder.path)")
      }
    }
    let digits = try root.write([1], to: "mnist/train-labels-idx1-ubyte").deletingLastPathComponent()
    #expect(DataLocator(directory: digits.path).folder(of: .fashionMNIST) == nil)
    #expect(DataLocator(directory: digits.path).folder(of: .mnist) != nil)
  }

  #if !os(macOS)
    @Test func saysWhereItLookedAndWhatFetchesTheFiles() throws {
      let cache = try TemporaryFolder()
      let process = try BenchProcess(
        "conv", "--data", "cifar10", environment: ["KERNELS_DATA": "/nowhere", "XDG_CACHE_HOME": cache.url.path])
      #expect(process.status == 2)
      #expect(
        process.errors
          == "bench conv: no files of cifar10 in /nowhere (KERNELS_DATA, no such folder), "
          + "\(cache.url.path)/swift-conv-kernels (cache, no such folder); 'bench data download cifar10' fetches them, "
          + "--data-dir DIR or the environment variable KERNELS_DATA names another folder\n")
    }
  #endif

  @Test(arguments: ["", "fashion-mnist"])
  func trainsOnDataThatTheEnvironmentNames(_ name: String) throws {
    let root = try TemporaryFolder()
    try SmallDataSets.writeIDX(count: 20, to: "fashion-mnist", of: root)
    let process = try BenchProcess(
      "conv", "--data", "fashion-mnist", "--epochs", "1", "--batch-size", "4",
      environment: ["KERNELS_DATA": root.url.appendingPathComponent(name).path])
    #expect(process.status == 0, "\(process.errors)")
    #expect(process.output.contains("fashion-mnist, 20 training and 20 test images"))
  }
}
