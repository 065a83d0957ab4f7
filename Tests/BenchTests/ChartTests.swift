import Foundation
import Testing

@testable import Bench

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Reads XML, and throws where it is none.
final class XMLReader: NSObject, XMLParserDelegate {
  private(set) var elements: [(name: String, attributes: [String: String])] = []
  private(set) var text = ""

  init(_ source: String) throws {
    super.init()
    let parser = XMLParser(data: Data(source.utf8))
    parser.delegate = self
    if !parser.parse() {
      let reason = String(describing: parser.parserError)
      throw UsageError("line \(parser.lineNumber), column \(parser.columnNumber): \(reason)")
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String] = [:]
  ) { elements.append((name, attributes)) }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func count(_ name: String) -> Int { elements.count { $0.name == name } }
}

@Suite struct MarkupTests {
  @Test func whatIsInterpolatedIsEscapedUnlessItIsMarkup() {
    let label = "<script>\"'&\u{1}"
    let inner: Markup = "<b>\(label)</b>"
    #expect(inner.text == "<b>&lt;script&gt;&quot;&#39;&amp;\u{FFFD}</b>")
    let outer: Markup = "<i title=\"\(label)\">\(inner)</i>"
    #expect(outer.text.contains("<i title=\"&lt;script&gt;&quot;"))
    #expect(outer.text.contains("<b>&lt;"))
  }

  @Test func coordinatesAreShort() {
    #expect([12, -0.5, 3.44, 0, -12.06, .nan].map { Coordinate($0).text } == ["12", "-.5", "3.4", "0", "-12.1", "0"])
    #expect(PathData([(1, 2), (3.5, 1), (4, 4)]).text == "M1 2l2.5-1 .5 3")
  }
}

@Suite struct AxisTests {
  @Test func ticksAreRoundNumbersAroundTheValues() {
    let axis = Axis("loss", values: [0.13, 2.31, .nan, .infinity])
    #expect(axis.ticks.map(\.label) == ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"])
    #expect(axis.range == 0...2.5)
    let accuracies = Axis("accuracy (%)", values: [38, 99.7], limit: 0...100)
    #expect(accuracies.ticks.map(\.label) == ["20", "40", "60", "80", "100"])
    #expect(Axis("time (s)", values: [703, 1202], includesZero: true).ticks.first?.value == 0)
    #expect(Axis("x", values: [-3, 3]).ticks.map(\.label) == ["−4", "−2", "0", "2", "4"])
  }

  @Test(arguments: [[], [1], [0], [.nan], [-5], [1e-9, 2e-9], [1e12, 3e12]] as [[Double]])
  func anyValuesHaveAnAxis(_ values: [Double]) {
    for axis in [Axis("x", values: values), Axis(logarithmic: "x", values: values)] {
      #expect(axis.range.upperBound > axis.range.lowerBound)
      #expect(axis.ticks.count < 12)
      #expect(axis.ticks.allSatisfy { $0.value.isFinite })
    }
  }

  @Test func roundStepsAreOneTwoTwoAndAHalfOrFive() {
    #expect([0.7, 1, 1.1, 2.2, 3, 6, 40].map(Axis.roundStep) == [1, 1, 2, 2.5, 5, 10, 50])
  }

  @Test func epochsAreWholeNumbers() {
    #expect(Axis(epochs: 1).ticks.map(\.label) == ["1"])
    #expect(Axis(epochs: 3).ticks.map(\.label) == ["1", "2", "3"])
    #expect(Axis(epochs: 100).ticks.map(\.label) == ["1", "20", "40", "60", "80", "100"])
  }
}

@Suite struct CurveTests {
  @Test func cuttingKeepsTheExtremaAndTheGaps() {
    var values = (0..<50_000).map { Double($0 % 17) }
    (values[12_345], values[31_111], values[20_000]) = (1000, -1000, .nan)
    let cut = Curve(values: values).cut(to: 1000)
    #expect(cut.points.count <= 1001)
    #expect(cut.finitePoints.map(\.y).max() == 1000)
    #expect(cut.finitePoints.map(\.y).min() == -1000)
    #expect(cut.gapCount == 1)
    #expect(cut.points.map(\.x) == cut.points.map(\.x).sorted())
    #expect(Curve(values: [1, 2, 3]).cut(to: 1000) == Curve(values: [1, 2, 3]))
  }

  @Test func theMeanOfSeedsLeavesOutWhatHasNoValue() {
    let curve = Curve(mean: [[1, .nan, .nan], [3, 4, .infinity], [2]])
    #expect(curve.points[0] == Curve.Point(x: 1, y: 2, low: 1, high: 3))
    #expect(curve.points[1] == Curve.Point(x: 2, y: 4, low: 4, high: 4))
    #expect(curve.points[2].isGap)
  }
}

@Suite struct ChartTests {
  private func chart(_ values: [Double], label: String = "a") -> LineChart {
    LineChart(
      title: "A <title>", x: Axis(epochs: values.count), y: Axis("loss", values: values),
      series: [.init(label: label, curve: Curve(values: values), style: .validation)])
  }

  private func lines(_ chart: LineChart) throws -> [String] {
    try XMLReader(chart.picture.standalone()).elements.filter { $0.attributes["class"]?.hasPrefix("l c0") == true }
      .compactMap { $0.attributes["d"] }
  }

  @Test func aPictureHasATitleAndADescription() throws {
    let reader = try XMLReader(chart([3, 2, 1], label: "<script>alert(1)</script>").picture.standalone())
    let svg = try #require(reader.elements.first)
    #expect(svg.name == "svg" && svg.attributes["role"] == "img")
    let ids = try #require(svg.attributes["aria-labelledby"]).split(separator: " ").map(String.init)
    for id in ids { #expect(reader.elements.contains { $0.attributes["id"] == id }) }
    #expect(reader.text.contains("from 3.000 to 1.000"))
    #expect(reader.count("script") == 0)
    #expect(!chart([1]).picture.standalone().contains("href"))
  }

  @Test func valuesThatAreNoNumbersAreGaps() throws {
    // The first path is the curve, the second the legend's.
    #expect(try #require(lines(chart([1, 2, .nan, 3, 4])).first).count { $0 == "M" } == 2)
    #expect(try #require(lines(chart([1, 2, 3, 4])).first).count { $0 == "M" } == 1)
    #expect(chart([.nan, .nan]).picture.standalone().contains("no value"))
    #expect(chart([1, .nan]).picture.standalone().contains("without a value at 1 point"))
  }

  @Test func barsHaveTheirRangesAndMarkers() throws {
    let spread = try #require(Spread([0.5, 0.7]))
    let bars = BarChart(
      title: "t", groups: ["one", "two"],
      series: [
        .init(label: "ours", style: .validation, values: [BarChart.Value(spread, scale: 100), nil]),
        .init(label: "reported", style: .reported, isMarker: true, values: [BarChart.Value(55), nil]),
      ], axis: Axis("accuracy (%)", values: [0, 100], includesZero: true))
    let reader = try XMLReader(bars.picture.standalone())
    #expect(reader.text.contains("one: ours 60.0 (50.0 to 70.0), reported 55.0."))
    #expect(reader.text.contains("two: no value."))
    #expect(reader.elements.count { $0.attributes["class"] == "w" } == 1)
  }

  @Test func aHeatMapHasAllItsNumbers() throws {
    let counts = MadeUp.matrix(10, 0.7)
    let reader = try XMLReader(HeatMap(counts: counts, names: MadeUp.classes, caption: "test").table.text)
    #expect(reader.count("td") == 100)
    #expect(reader.elements.count { $0.attributes["scope"] == "row" } == 10)
    #expect(HeatMap.level(0, of: 10, isRight: true) == 0)
    #expect(HeatMap.level(10, of: 10, isRight: true) == HeatMap.levels)
    #expect(HeatMap.level(1, of: 1000, isRight: false) == 1)
  }
}
