import Foundation
import TestSupport
import Testing

@testable import Bench
@testable import Layers

@Suite struct SampleSheetTests {
  private func sheet(augmented: Bool, count: Int = 2, seed: UInt64 = 3) throws -> SampleSheet {
    try SampleSheet(
      SyntheticImages.make(count: 25, seed: 1, split: .test), part: .test, count: count,
      augmentation: Augmentation(augmented ? "crop:4, flip" : "none"), seed: seed)
  }

  @Test func showsTheFirstImagesOfEachClass() throws {
    let sheet = try sheet(augmented: false, count: 3)
    #expect(sheet.classes.map(\.name) == SyntheticImages.classNames)
    #expect(sheet.classes[0].samples.map(\.index) == [0, 10, 20])
    #expect(sheet.classes[9].samples.map(\.index) == [9, 19])
    #expect(sheet.classes[9].count == 2)
    let set = SyntheticImages.make(count: 25, seed: 1, split: .test)
    let pixels = Array(set.pixels[(12 * set.imageByteCount)..<(13 * set.imageByteCount)])
    #expect(sheet.classes[2].samples[1].plain.planes == pixels)
    #expect(sheet.imageCount == 25)
  }

  @Test func showsAugmentedImagesBesideThePlainOnes() throws {
    let sheet = try sheet(augmented: true)
    #expect(sheet.imageCount == 40)
    #expect(sheet.classes.flatMap(\.samples).contains { $0.augmented != nil && $0.augmented != $0.plain })
    #expect(sheet.html == (try self.sheet(augmented: true)).html, "the seed determines the page")
    #expect(sheet.html != (try self.sheet(augmented: true, seed: 4)).html)
    #expect(sheet.html.contains("<code>crop:4, flip</code>"))
  }

  @Test(arguments: [false, true]) func thePageNeedsNoOtherAddressAndNoScript(_ augmented: Bool) throws {
    let html = try sheet(augmented: augmented).html
    let reader = try XMLReader(html)
    for name in ["script", "link", "iframe", "object"] { #expect(reader.count(name) == 0, "\(name)") }
    for element in reader.elements {
      if let source = element.attributes["src"] { #expect(source.hasPrefix("data:image/png;base64,")) }
      if let address = element.attributes["href"] { #expect(address.hasPrefix("#")) }
    }
    for word in ["url(", "@import"] { #expect(!html.contains(word), "\(word)") }
    #expect(html.hasPrefix("<!DOCTYPE html>\n<html "))
    #expect(html.contains("prefers-color-scheme:dark"))
    let images = html.components(separatedBy: "<img ").dropFirst()
    #expect(images.count == (augmented ? 40 : 20))
    for image in images {
      #expect(image.hasPrefix("src=\"data:image/png;base64,"))
      #expect(image.contains(" alt=\""))
    }
    #expect(html.contains("alt=\"disk, test image 10\""))
    #expect(html.contains("alt=\"disk, test image 10, augmented\"") == augmented)
  }

  @Test func namesAreTextNotMarkup() throws {
    let set = try ImageDataset(
      pixels: [0, 255], labels: [0, 0], channels: 1, height: 1, width: 1, classNames: ["<b>\"a\" & b</b>"],
      name: "<set>")
    let html = try SampleSheet(set, part: .train, count: 1, seed: 1).html
    #expect(html.contains("alt=\"&lt;b&gt;&quot;a&quot; &amp; b&lt;/b&gt;, training image 0\""))
    #expect(html.contains("<h1>&lt;set&gt;: sample images</h1>"))
    #expect(!html.contains("<b>"))
  }

  @Test func theCommandShowsAugmentedImages() throws {
    let file = TemporaryFile()
    let process = try BenchProcess(
      "data", "show", "synthetic", "--augmentation", "crop:4,flip,rotate:10", "--count=2", "--out", file.path)
    #expect(process.status == 0, "\(process.errors)")
    #expect(process.output.hasPrefix("\(file.path): 40 images of synthetic, "))
    #expect(try String(contentsOf: file.url, encoding: .utf8).contains("<code>crop:4,flip,rotate:10</code>"))
    let wrong = try BenchProcess("data", "show", "synthetic", "--augmentation", "crap", "--out", file.path)
    #expect(wrong.status == 2)
    #expect(wrong.errors.hasPrefix("bench data: --augmentation has the term 'crap'; expected one of crop, "))
    let impossible = try BenchProcess(
      "data", "show", "synthetic", "--augmentation", "crop-reflect:40", "--out", file.path)
    #expect(impossible.status == 2)
    #expect(impossible.errors.contains("the reflected padding of RandomCrop"))
  }

  @Test func theCommandWritesThePage() throws {
    let (root, file) = (try TemporaryFolder(), TemporaryFile())
    try SmallDataSets.writeIDX(count: 12, to: "fashion-mnist", of: root)
    let process = try BenchProcess(
      "data", "show", "fashion-mnist", "--data-dir", root.url.path, "--part", "test", "--count", "1", "--out", file.path
    )
    #expect(process.status == 0, "\(process.errors)")
    let html = try String(contentsOf: file.url, encoding: .utf8)
    #expect(process.output == "\(file.path): 10 images of fashion-mnist, \(html.utf8.count) bytes\n")
    #expect(html.contains("alt=\"T-shirt/top, test image 0\""))
    #expect(html.contains("width=\"64\" height=\"64\""), "enlarged, 28×28 pixels")
  }
}
