import Foundation
import Kernels
import Testing

@testable import Bench

@Suite struct KernelShapeTests {
  @Test func fillsInWhatIsNotSaid() throws {
    let shape = Conv2DShape(try KernelShape("mb4ic3ih32oc6kh5", at: ""))
    #expect(
      shape
        == Conv2DShape(
          batch: 4, inputChannels: 3, inputHeight: 32, inputWidth: 32, outputChannels: 6, kernelHeight: 5,
          kernelWidth: 5))
  }

  @Test func takesEverySize() throws {
    let shape = Conv2DShape(try KernelShape("mb1ic4ih9iw8oc6kh3kw2sh2sw3ph1pw0dh2dw4g2", at: ""))
    #expect(
      shape
        == Conv2DShape(
          batch: 1, inputChannels: 4, inputHeight: 9, inputWidth: 8, outputChannels: 6, kernelHeight: 3,
          kernelWidth: 2, strideHeight: 2, strideWidth: 3, paddingHeight: 1, paddingWidth: 0, dilationHeight: 2,
          dilationWidth: 4, groups: 2))
    let product = GEMM.Problem(try KernelShape("m2n3k4ta1tb1", at: ""))
    #expect(product == GEMM.Problem(rows: 2, columns: 3, depth: 4, transposeA: true, transposeB: true))
  }

  @Test(arguments: [
    ("m2n3k4", ShapeFamily.product), ("n7", .elements), ("mb2ic3", .rows), ("mb2ic3ih4", .planes),
    ("mb2ic3ih4oh2", .adaptivePooling), ("mb2ic3ih4kh2", .pooling), ("mb2ic3ih4oc5kh2", .convolution),
  ])
  func tellsWhatItIsByItsNames(_ text: String, _ family: ShapeFamily) throws {
    #expect(try KernelShape(text, at: "").family == family)
  }

  @Test(arguments: [
    ("kh5ih32mb4oc6ic3", "mb4ic3ih32oc6kh5"), ("mb1ic1ih4iw4kh2kw2sh1sw1ph0pw0", "mb1ic1ih4kh2"),
    ("mb1ic1ih4iw5kh2kw1sh2sw1ph1pw0", "mb1ic1ih4iw5kh2kw1sh2sw1ph1pw0"), ("tb1ta0k3n2m1", "m1n2k3tb1"),
  ])
  func printsTheShortestForm(_ text: String, _ description: String) throws {
    #expect(try KernelShape(text, at: "").description == description)
  }

  @Test(arguments: [
    ("", "it is empty"),
    ("12", "expected pairs of name and number, such as mb4ic3ih32oc6kh5; '12' is none"),
    ("mb4ic", "expected pairs of name and number, such as mb4ic3ih32oc6kh5; 'ic' is none"),
    ("m4 n4", "expected pairs of name and number, such as mb4ic3ih32oc6kh5; ' ' is none"),
    ("m4n-4k4", "expected pairs of name and number, such as mb4ic3ih32oc6kh5; 'n-' is none"),
    ("mb4mb4ic3", "mb is given twice"),
    ("m99999999999999999999n1k1", "m is 99999999999999999999; expected at most 2147483647"),
    ("sh2", "no size in it tells what it is; expected names such as m, oc, kh, ic, n"),
    ("m1n2", "a matrix product needs k"),
    ("m1n2k3g1", "a matrix product has no g; expected m, n, k, ta, tb"),
    ("m1n2k3ta2", "ta is 2; expected 0, or 1 for a matrix that is stored transposed"),
    ("mb4ic3ih32oc6kh5sh0", "sh is 0; expected at least 1"),
    ("mb4ic3ih4oc6kh5", "conv2d: kernelHeight is 5 at dilation 1; expected a window of at most the padded input's 4"),
    ("mb4ic3ih4oc6kh3g2", "conv2d: inputChannels is 3; expected a multiple of groups, 2"),
    ("mb1ic1ih4kh2ph2", "max-pool2d: paddingHeight is 2; expected 0 to 1"),
  ])
  func saysWhatIsWrong(_ text: String, _ reason: String) {
    #expect(throws: ShapeError(place: "here", reason: "shape '\(text)': \(reason)")) {
      try KernelShape(text, at: "here")
    }
  }
}

@Suite struct ShapeFileTests {
  @Test func skipsCommentsAndBlankLines() throws {
    let file = try ShapeFile(name: "a", text: "# title\n\n m1n2k3  # a product\r\nn4\n", path: "a.txt")
    #expect(file.shapes.map(\.description) == ["m1n2k3", "n4"])
  }

  @Test func namesFileAndLine() {
    #expect(throws: ShapeError(place: "a.txt:3", reason: "shape 'm1n2': a matrix product needs k")) {
      try ShapeFile(name: "a", text: "n1\n\nm1n2\n", path: "a.txt")
    }
    #expect(throws: ShapeError(place: "a.txt", reason: "holds no shape; expected one a line")) {
      try ShapeFile(name: "a", text: "# nothing\n", path: "a.txt")
    }
    #expect(throws: ShapeError.self) { try ShapeFile.load("/nowhere") }
    #expect(throws: ShapeError.self) { try ShapeFile.load("/proc/self/fd") }
  }

  @Test func readsAFileOrAFolder() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("shapes-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in [("b.txt", "n2"), ("a.txt", "n1"), ("notes.md", "not a shape")] {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    #expect(try ShapeFile.load(folder.path).map(\.name) == ["a", "b"])
    #expect(try ShapeFile.load(folder.appendingPathComponent("b.txt").path).map(\.shapes.count) == [1])
  }

  @Test func findsTheShapesFromAnywhere() throws {
    let process = try BenchProcess(
      ["kernels", "bias", "--quick", "--chosen"], currentDirectory: FileManager.default.temporaryDirectory)
    #expect(process.status == 0, "\(process.errors)")
    #expect(try ShapeFile.folder(among: ["/nowhere", "/"]) == "/")
    #expect(
      throws: ShapeError(
        place: "/nowhere and /elsewhere", reason: "no such folder of shapes; name one, or a file, with --shapes")
    ) { try ShapeFile.folder(among: ["/nowhere", "/elsewhere"]) }
  }
}
