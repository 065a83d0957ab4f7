import Layers
import Testing

@testable import Bench

@Suite struct ReportedVerdictTests {
  private func verdict(_ values: [Double], _ reported: Double, _ figure: ComparedFigure) throws -> ReportedVerdict {
    ReportedVerdict(try #require(Spread(values)), reported: reported, figure: figure)
  }

  @Test func accuraciesAgreeWithinThreePointsOrWithinTheSeeds() throws {
    #expect(try verdict([0.70], 0.67, .testAccuracy) == .agrees)
    #expect(try verdict([0.70], 0.669, .testAccuracy) == .differs)
    #expect(try verdict([0.60, 0.80], 0.61, .testAccuracy) == .agrees, "it lies between the seeds")
    #expect(try verdict([0.60], 0.10, .testAccuracy) == .differs)
  }

  @Test func lossesAgreeWithinAQuarterAndNaNNever() throws {
    #expect(try verdict([1.25], 1, .testLoss) == .agrees)
    #expect(try verdict([1.26], 1, .testLoss) == .differs)
    #expect(try verdict([.nan], 1, .testLoss) == .differs)
    #expect(try verdict([.nan, 0.2, 0.3], 0.25, .testLoss) == .agrees, "between the seeds that have a number")
  }

  @Test func timesAreRatios() throws {
    #expect(try verdict([10, 20], 150, .seconds) == .ratio(10))
    #expect(ReportedVerdict.ratio(10).text == "10 times as fast")
    #expect(ReportedVerdict.ratio(0.5).text == "takes 2.0 times as long")
  }

  @Test func aReportThatWentWrongIsNotJudged() {
    let setting = MadeUp.setting("a")
    let record = MadeUp.record(MadeUp.lines(setting, accuracy: 0.65))
    let wrong = ReportedFigure(
      setting: "a", source: "R9", value: .figure(.testAccuracy, 0.1), objection: "it diverged")
    #expect(ReportedComparison(wrong, record).verdict == .objection("it diverged"))
    #expect(ReportedComparison(wrong, StudyRecord(study: "made-up")).verdict == .notRun)
  }

  @Test func quickRunsAreNotJudged() {
    let (a, b) = (MadeUp.setting("a"), MadeUp.setting("b"))
    let record = MadeUp.record(
      MadeUp.lines(a, accuracy: 0.65, isQuick: true), MadeUp.lines(b, accuracy: 0.5, isQuick: true))
    #expect(ReportedComparison(.test("a", 65, "R9"), record).verdict == .quick)
    #expect(OrderingResult(Ordering(claim: "", better: "a", worse: "b"), record).outcome == .quick)
  }

  @Test func classwiseFiguresAreComparedByTheirMeanAndNameTheLargestDifference() {
    let setting = MadeUp.setting("a")
    let record = MadeUp.record(MadeUp.lines(setting, accuracy: 0.65))
    let reported = ReportedFigure.classes("a", .test, [65, 65, 65, 35, 65, 65, 65, 65, 65, 65], "R9")
    let comparison = ReportedComparison(reported, record)
    #expect(comparison.verdict == .agrees, "62 against 65 %")
    #expect(comparison.note == "cat differs most, by 30.0 points")
  }

  @Test func curvesAreComparedAtTheirLastEpoch() {
    let setting = MadeUp.setting("a")
    let record = MadeUp.record(MadeUp.lines(setting, accuracy: 0.65))
    #expect(ReportedComparison(.curve("a", .trainingLoss, [9, 9, 2.0 / 3], "R9"), record).verdict == .agrees)
    #expect(ReportedComparison(.curve("a", .trainingLoss, [9, 9, 9, 9], "R9"), record).verdict == .noFigure)
  }
}

@Suite struct OrderingResultTests {
  private func outcome(
    _ better: [Double], _ worse: [Double], figure: ComparedFigure = .testAccuracy,
    relation: Ordering.Relation = .better
  ) -> OrderingResult {
    let (a, b) = (MadeUp.setting("a"), MadeUp.setting("b"))
    var record = StudyRecord(study: "made-up")
    for (setting, values) in [(a, better), (b, worse)] {
      for (i, value) in values.enumerated() {
        for line in MadeUp.lines(setting, seed: UInt64(i + 1), accuracy: value) { record.take(line) }
      }
    }
    return OrderingResult(
      Ordering(claim: "a beats b", better: "a", worse: "b", figure: figure, relation: relation), record)
  }

  @Test func everySeedOfTheBetterHasToBeatEverySeedOfTheWorse() {
    #expect(outcome([0.7, 0.71], [0.6, 0.69]).outcome == .reproduced)
    #expect(outcome([0.7, 0.71], [0.6, 0.705]).outcome == .withinSpread)
    #expect(outcome([0.5, 0.51], [0.6, 0.7]).outcome == .notReproduced)
    #expect(outcome([0.7], []).outcome == .notRun)
  }

  @Test func oneSeedSaysThatThereIsNoSpread() {
    #expect(outcome([0.7], [0.6]).text == "reproduced (one seed, no spread)")
    #expect(outcome([0.7], [0.7]).text == "not reproduced (one seed, no spread)")
  }

  @Test func aLowerLossIsTheBetter() {
    #expect(outcome([0.7], [0.6], figure: .testLoss).outcome == .reproduced, "the loss is 1 − accuracy / 2")
  }

  @Test func equalMeansWithinAPointOrTheSpread() {
    #expect(outcome([0.70], [0.71], relation: .equal).outcome == .reproduced)
    #expect(outcome([0.70], [0.72], relation: .equal).outcome == .notReproduced)
    #expect(outcome([0.60, 0.72], [0.70, 0.80], relation: .equal).outcome == .reproduced)
  }

  @Test func aPeakIsAnAccuracyThatFallsByAPoint() {
    let setting = MadeUp.setting("a", epochs: 4)
    let falling = MadeUp.record(
      MadeUp.lines(setting, accuracy: 0.6, validation: { [0.5, 0.65, 0.62, 0.6][$0 - 1] }))
    let result = PeakResult("a", falling)
    #expect(result.outcome == .reproduced)
    #expect(result.figures == "65.0 % after epoch 2, 60.0 % in the end")
    let rising = MadeUp.record(MadeUp.lines(setting, accuracy: 0.6))
    #expect(PeakResult("a", rising).outcome == .notReproduced)
  }
}

@Suite struct AnswerTests {
  @Test func isOneSentenceWithItsFigures() {
    let (a, b) = (MadeUp.setting("ReLU"), MadeUp.setting("none"))
    let study = MadeUp.study(
      [a, b], orderings: [Ordering(claim: "ReLU beats none", better: "ReLU", worse: "none")])
    let record = MadeUp.record(
      MadeUp.lines(a, accuracy: 0.71), MadeUp.lines(a, seed: 2, accuracy: 0.72), MadeUp.lines(b, accuracy: 0.56),
      MadeUp.lines(b, seed: 2, accuracy: 0.57))
    #expect(
      Answer(study, record).text
        == "Of 2 settings, “ReLU” is the best with a test accuracy of 71.5 % (71.0 to 72.0 % over 2 seeds), “none” the "
        + "worst with 56.5 % (56.0 to 57.0 %); reproduced: ReLU beats none (71.5 % (71.0 to 72.0 %) against 56.5 % (56.0 "
        + "to 57.0 %)).")
    #expect(Answer(study, StudyRecord(study: "made-up")).text == "Not answered yet: no setting has run.")
  }
}
