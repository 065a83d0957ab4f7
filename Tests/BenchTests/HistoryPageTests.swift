import Foundation
import TestSupport
import Testing

@testable import Bench

@Suite struct HistoryPageTests {
  private func page(_ runs: [HistoryRun]) throws -> (html: String, reader: XMLReader) {
    let html = HistoryPage(runs: runs, analysis: HistoryAnalysis(runs: runs, lastRuns: 300)).html
    #expect(html.hasPrefix("<!DOCTYPE html>"))
    return (html, try XMLReader(html))
  }

  private static let changing = MadeUpHistory.kernels(
    ["relu forward n10", "relu forward n20", "conv2d forward mb4"],
    Array(repeating: 1, count: 14) + Array(repeating: 0.9, count: 10))

  @Test func aPageAsksForNothingElseAndNamesItsPictures() throws {
    let (_, reader) = try page(Self.changing)
    #expect(reader.count("script") == 0 && reader.count("link") == 0 && reader.count("img") == 0)
    let ids = reader.elements.compactMap { $0.attributes["id"] }
    #expect(Set(ids).count == ids.count)
    for element in reader.elements {
      #expect(element.attributes["src"] == nil)
      // Links lead to places that are there.
      if let address = element.attributes["href"] {
        #expect(address.hasPrefix("#") && ids.contains(String(address.dropFirst())), "\(address)")
      }
      if element.name == "svg" {
        #expect(element.attributes["role"] == "img" && element.attributes["aria-labelledby"] != nil)
      }
    }
    #expect(reader.elements.first { $0.name == "html" }?.attributes["lang"] == "en")
    #expect(reader.count("main") == 1 && reader.count("h1") == 1 && reader.count("svg") == 3)
  }

  @Test func operationsWithChangesAreOpenAndEveryChangeIsSaidInWords() throws {
    let steady = MadeUpHistory.kernels(["tanh forward n10"], Array(repeating: 1, count: 24))
    let (html, reader) = try page(Self.changing + steady)
    let boxes = reader.elements.filter { $0.name == "details" && $0.attributes["class"] == "box" }
    #expect(boxes.map { $0.attributes["open"] } == [nil, "open", "open", nil])
    #expect(reader.text.contains("relu: 2 series, 2 with changes"))
    #expect(reader.text.contains("tanh: 1 series, 0 with changes"))
    let commit = String(MadeUpHistory.hash(14).prefix(10))
    #expect(html.contains("; speed \(commit) −10."))
    #expect(reader.text.contains("slower −10."))
  }

  @Test func namesAreTextAndNeverMarkup() throws {
    let name = "<script>alert('&')</script> \"x\""
    let runs = (0..<12).flatMap { day in
      [
        MadeUpHistory.run(day, cpu: "</h2><b>", [HistoryEntry(name: name, algorithm: "<i>", limitFraction: 0.5)]),
        MadeUpHistory.run(
          day, kind: .comparison, cpu: "</title>", old: "<u>",
          [HistoryEntry(name: name, ratio: 1, lower: 0.9, upper: 1.1, verdict: .same)]),
      ]
    }
    let (_, reader) = try page(runs)
    for element in ["script", "i", "u"] { #expect(reader.count(element) == 0) }
    #expect(reader.text.contains(name))
  }

  @Test func sixtySeriesOfThreeHundredRunsStayBelowTheLimitWithAPictureEach() throws {
    let names = (0..<60).map { "convolution\($0 % 6) backward-weights mb32ic64ih32oc64kh3ph1g\($0)" }
    let (html, reader) = try page(MadeUpHistory.kernels(names, Array(repeating: 1, count: 300)))
    #expect(html.utf8.count < HistoryPage.sizeLimit)
    #expect(reader.count("svg") == 60)
  }

  @Test func whatDoesNotFitHasItsFiguresInATable() throws {
    let names = (0..<400).map { "convolution\($0 % 9) forward mb32ic64ih32oc64kh3ph1g\($0)" }
    let (html, reader) = try page(MadeUpHistory.kernels(names, Array(repeating: 1, count: 9)))
    #expect(html.utf8.count < HistoryPage.sizeLimit)
    #expect(reader.count("svg") < 400 && reader.count("svg") > 50)
    #expect(reader.text.contains("\(reader.count("svg")) of 400 series have a picture"))
    for name in names { #expect(reader.text.contains(name)) }
  }

  @Test func aChangeWhosePictureDoesNotFitHasNoLink() throws {
    // Changes that comparisons found need no search.
    let runs = (0..<9).map { day in
      MadeUpHistory.run(
        day, kind: .comparison, old: MadeUpHistory.hash(day + 100),
        (0..<400).map {
          HistoryEntry(
            name: "conv2d forward mb32ic64ih32oc64kh3ph1g\($0)", ratio: 1.1, lower: 1.05, upper: 1.15,
            verdict: day == 8 ? .slower : .same)
        })
    }
    let (html, reader) = try page(runs)
    #expect(html.utf8.count < HistoryPage.sizeLimit)
    #expect(reader.count("svg") > 50 && reader.count("svg") < 400)
    let ids = Set(reader.elements.compactMap { $0.attributes["id"] })
    let links = reader.elements.compactMap { $0.attributes["href"] }
    #expect(links.allSatisfy { ids.contains(String($0.dropFirst())) })
    #expect(links.count { $0.hasPrefix("#series") } == reader.count("svg"))
    #expect(reader.text.components(separatedBy: "slower −9.1 %").count > 400)
  }

  @Test func fewRunsAndNoneHavePages() throws {
    #expect(try page([]).reader.text.contains("No series has a change."))
    let (_, reader) = try page(Array(Self.changing.prefix(1)))
    #expect(reader.text.contains("3 series are too short to look for changes: 10 runs are needed."))
    let lost = MadeUpHistory.run(0, kind: .comparison, old: "old", [HistoryEntry(name: "gone", verdict: .lost)])
    #expect(try page([lost]).reader.count("svg") == 0)
  }
}
