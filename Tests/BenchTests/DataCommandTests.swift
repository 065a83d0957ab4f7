import Foundation
import TestSupport
import Testing

@testable import Bench
@testable import Layers

/// No data but what a test makes.
private func bench(_ arguments: String..., places: [String: String] = [:]) throws -> BenchProcess {
  try BenchProcess(
    ["data"] + arguments,
    environment: ["KERNELS_DATA": "", "XDG_CACHE_HOME": "/nowhere", "HOME": "/nowhere", "no_proxy": "127.0.0.1"]
      .merging(places) { $1 })
}

@Suite struct DataCommandTests {
  @Test func listsEverySetAndWhereItIsLookedFor() throws {
    let process = try bench()
    #expect(process.status == 0, "\(process.errors)")
    for set in DataChoice.allCases { #expect(process.output.contains("\(set.rawValue)\n")) }
    #expect(process.output.contains("'bench data download cifar10' fetches it"))
    #expect(process.output.contains("10000 training and 2000 test images: 1000 and 200 of each of 10 classes"))
    #expect(process.errors.isEmpty)
    #expect(try bench("list").output == process.output)
  }

  @Test func listsFilesAndClasses() throws {
    let (root, file) = (try TemporaryFolder(), TemporaryFile())
    let folder = try SmallDataSets.writeIDX(count: 13, to: "mnist", of: root)
    let process = try bench("list", "mnist", "--json", file.path, places: ["KERNELS_DATA": root.url.path])
    #expect(process.status == 0, "\(process.errors)")
    #expect(process.output.contains("looked for in  \(root.url.path) (KERNELS_DATA), "))
    #expect(process.output.contains("found in       \(folder.path)"))
    let lines = process.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.contains(["train-images-idx3-ubyte", "\(16 + 13 * 784)", "-", "differs"]))
    #expect(
      lines.contains(["0", "2", "2"]) && lines.contains(["9", "1", "1"]) && lines.contains(["all", "13", "13"]))

    let json = try file.object()
    #expect(json["schema"] as? String == "bench.data/1")
    let set = try #require((json["sets"] as? [[String: Any]])?.first)
    #expect(set["folder"] as? String == folder.path)
    let files = try #require(set["files"] as? [[String: Any]])
    #expect(files.count == 4)
    #expect(files.allSatisfy { $0["verdict"] as? String == "differs" })
    #expect(files.last?["expected_bytes"] as? Int == 10_008)
    let classes = try #require(set["classes"] as? [[String: Any]])
    #expect(classes.map { $0["train"] as? Int } == [2, 2, 2, 1, 1, 1, 1, 1, 1, 1])
  }

  @Test func saysWhyImagesCannotBeCounted() throws {
    let root = try TemporaryFolder()
    try root.write([0, 0, 8, 1, 0, 0, 0, 1, 7], to: "mnist/t10k-labels-idx1-ubyte")
    let process = try bench("list", "mnist", "--data-dir", root.url.path)
    #expect(process.status == 0)
    #expect(process.output.contains("cannot be loaded: \(root.url.path)/mnist: expected train-images-idx3-ubyte here"))
    #expect(process.output.contains("  missing\n"))
  }

  @Test(.enabled(if: hasDownloadTools, "no md5sum")) func verificationNamesTheFilesThatDiffer() throws {
    let root = try TemporaryFolder()
    let folder = try SmallDataSets.writeIDX(count: 10_000, to: "mnist", of: root)
    try FileManager.default.removeItem(at: folder.appendingPathComponent("train-labels-idx1-ubyte"))
    let process = try bench("verify", "--data-dir", root.url.path)
    #expect(process.status == 1)
    let sum = try #require(MD5Tool(environment: ProcessInfo.processInfo.environment)).sum(
      of: folder.appendingPathComponent("t10k-labels-idx1-ubyte"))
    #expect(
      process.errors.split(separator: "\n").contains(
        "bench data: \(folder.path)/t10k-labels-idx1-ubyte: MD5 \(sum); expected 27ae3e4e09519cfbb04c329615203637"))
    #expect(process.errors.contains("bench data: \(folder.path)/train-labels-idx1-ubyte.gz: no such file\n"))
    #expect(process.errors.contains("/train-images-idx3-ubyte: 7840016 bytes; expected 47040016\n"))
  }

  @Test(.enabled(if: DataFolders.fashionMNIST != nil, "no Fashion-MNIST in ../shared/data"))
  func theRealFashionMNISTIsVerified() throws {
    let folder = try #require(DataFolders.fashionMNIST)
    let process = try bench("verify", "fashion-mnist", places: ["KERNELS_DATA": folder.path])
    #expect(process.status == 0, "\(process.errors)")
    #expect(process.output.components(separatedBy: "  verified\n").count >= 4)
  }

  @Test(.enabled(if: DataFolders.cifar10 != nil, "no CIFAR-10 in ../shared/data"))
  func theRealCIFAR10IsListed() throws {
    let folder = try #require(DataFolders.cifar10)
    let process = try bench("list", "cifar10", "--data-dir", folder.path)
    #expect(process.status == 0, "\(process.errors)")
    #expect(process.output.components(separatedBy: "  verified\n").count == 7)
    #expect(process.output.contains("50000 training and 10000 test images: 5000 and 1000 of each of 10 classes"))
  }

  @Test(arguments: [
    (["frobnicate"], "unknown action 'frobnicate'; expected one of list, verify, download, show"),
    (["list", "cifar11"], "unknown data set 'cifar11'; expected one of synthetic, cifar10, fashion-mnist, mnist"),
    (["verify", "synthetic"], "synthetic data has no files; expected cifar10, fashion-mnist, mnist"),
    (["download", "synthetic"], "synthetic data has no files; expected cifar10, fashion-mnist, mnist"),
    (
      ["download"],
      "nothing to download; expected 'bench data download NAME …', of cifar10, fashion-mnist, mnist, or all"
    ),
    (["list", "--out", "a.html"], "--out is not for 'bench data list', which takes --data-dir, --json"),
    (["--count", "3"], "--count is not for 'bench data list', which takes --data-dir, --json"),
    (["download", "mnist", "--json", "a"], "--json is not for 'bench data download', which takes --data-dir, --from"),
    (
      ["download", "mnist", "--from", "ftp://host/"],
      "--from is 'ftp://host/'; expected a list with commas, each an address that begins with http:// or https://"
    ),
    (["show", "mnist", "cifar10"], "2 data sets to show; expected one, 'bench data show NAME --out FILE.html'"),
    (["show", "synthetic"], "show needs --out FILE.html, the page to write"),
    (
      ["show", "synthetic", "--out", "/nowhere/a.html"],
      "--out is '/nowhere/a.html', which cannot be written; expected a file in a folder that exists"
    ),
  ])
  func refusesWrongUsageInOneLine(_ arguments: [String], _ message: String) throws {
    let process = try BenchProcess(["data"] + arguments)
    #expect(process.status == 2)
    #expect(process.errors == "bench data: \(message)\n")
    #expect(process.output.isEmpty)
  }

  #if !os(macOS)
    @Test func verifyingNothingIsAnError() throws {
      let process = try bench("verify")
      #expect(process.status == 2)
      #expect(
        process.errors
          == "bench data: no data set in /nowhere/swift-conv-kernels (cache, no such folder); 'bench data download all' "
          + "fetches them\n")
    }
  #endif
}

@Suite(.enabled(if: hasDownloadTools, "no curl, tar or md5sum"))
struct DataDownloadCommandTests {
  @Test func anInterruptKeepsThePartialFileAndSaysSo() throws {
    let root = try TemporaryFolder()
    let bytes = [UInt8](repeating: 9, count: 1_000_000)
    let partial = try root.write(Array(bytes.prefix(1000)), to: "mnist/train-images-idx3-ubyte.gz.part")
    let server = try LocalServer { _, _ in .stalled(bytes, after: 5000) }
    let process = try BenchProcess(
      ["data", "download", "mnist", "--data-dir", root.url.path, "--from", server.address],
      interruptAfter: "resumed at byte 1000\n", environment: ["no_proxy": "127.0.0.1"])
    #expect(process.status == 130, "\(process.errors)")
    let size = try #require(try Bench.regularFileSize(partial))
    #expect(size == 1000 || size == 6000, "the server may or may not have answered")
    #expect(
      process.output.hasSuffix(
        "mnist: interrupted; \(size) bytes are kept in \(partial.path), where the same command goes on\n"))
    #expect(process.errors.isEmpty)
  }

  @Test func leavesFilesThatDifferAlone() throws {
    let root = try TemporaryFolder()
    let folder = try SmallDataSets.writeIDX(count: 2, to: "fashion-mnist", of: root)
    let process = try bench("download", "fashion-mnist", "--data-dir", folder.path, "--from", "http://127.0.0.1:1")
    #expect(process.status == 2)
    #expect(process.errors.hasPrefix("bench data: \(folder.path)/train-images-idx3-ubyte: 1584 bytes; expected "))
    #expect(process.errors.split(separator: "\n").count == 1)
  }

  @Test(.enabled(if: DataFolders.fashionMNIST != nil, "no Fashion-MNIST in ../shared/data"))
  func theRealFashionMNISTIsNotFetchedAgain() throws {
    let folder = try #require(DataFolders.fashionMNIST)
    let process = try bench("download", "fashion-mnist", "--data-dir", folder.path, "--from", "http://127.0.0.1:1")
    #expect(process.status == 0, "\(process.errors)")
    #expect(process.output.hasPrefix("fashion-mnist: there and verified, in \(folder.path)"))
  }
}
