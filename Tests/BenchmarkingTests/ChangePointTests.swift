import Foundation
import Testing

@testable import Benchmarking

@Suite("Change points")
struct ChangePointTests {
  // scipy.stats.energy_distance([1, 2.5, 0.3, 1.7, 2.2], [3.1, 4, 2.9, 5.5, 3.3, 4.4])**2 * 5 * 6 / 11
  @Test("The statistic of a division is SciPy's energy distance, scaled")
  func energy() throws {
    let series = [1.0, 2.5, 0.3, 1.7, 2.2, 3.1, 4.0, 2.9, 5.5, 3.3, 4.4]
    let division = try #require(ChangePoints().division(of: series[...]))
    #expect(division.offset == 5)
    #expect(abs(division.statistic - 7.580606060606061) < 1e-9)
  }

  @Test("The flow of the Nile falls in 1899 (Cobb 1978)")
  func nile() {
    let flow: [Double] = [
      1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140,
      1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969,
      831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865,
      845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050,
      918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
    ]
    let changes = ChangePoints().changes(in: flow)
    #expect(changes.map { 1871 + $0.index } == [1899])
    #expect(changes.first?.pValue == 0.005)
  }

  @Test("Steps up and down are found where they are")
  func steps() {
    var generator = SeededGenerator(seed: 11)
    let series = [(30, 1.0), (20, 1.1), (25, 0.95)].flatMap { count, level in
      (0..<count).map { _ in level + 0.01 * generator.normal() }
    }
    #expect(ChangePoints().changes(in: series).map(\.index) == [30, 50])
  }

  @Test("A bump in the middle is two changes, though both ends are alike")
  func bump() {
    var generator = SeededGenerator(seed: 12)
    let series = [(25, 1.0), (10, 1.05), (25, 1.0)].flatMap { count, level in
      (0..<count).map { _ in level + 0.01 * generator.normal() }
    }
    #expect(ChangePoints().changes(in: series).map(\.index) == [25, 35])
  }

  @Test("A single outlier is no change")
  func outlier() {
    var generator = SeededGenerator(seed: 13)
    var series = (0..<40).map { _ in 1 + 0.01 * generator.normal() }
    series[20] = 3
    #expect(ChangePoints().changes(in: series).isEmpty)
  }

  @Test("Series without a change alarm as often as the level says")
  func level() {
    var generator = SeededGenerator(seed: 14)
    var points = ChangePoints()
    points.permutations = 99
    let series = 200
    let alarms = (0..<series).count { _ in
      !points.changes(in: (0..<30).map { _ in generator.heavyTailed() }).isEmpty
    }
    // 0.05 and three standard errors.
    let deviation = (0.05 * 0.95 / Double(series)).squareRoot()
    #expect(Double(alarms) / Double(series) <= 0.05 + 3 * deviation, "\(alarms) alarms")
  }

  @Test("Short series have no changes", arguments: [0, 1, 9])
  func short(count: Int) {
    #expect(ChangePoints().changes(in: (0..<count).map(Double.init)).isEmpty)
  }
}
