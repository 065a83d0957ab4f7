import Layers

/// An experiment: a question, the settings that answer it, and what others reported.
///
/// A study is data: whatever a study does is said by these values, so that a new one needs no code.
struct Study: Sendable {
  /// The name on the command line.
  let id: String
  /// A heading of a few words.
  let title: String
  /// Where the experiment comes from: a report, or more of them.
  let source: String
  let question: String
  let settings: [Setting]
  var reported: [ReportedFigure] = []
  /// What the reports found, as orderings of settings by a figure.
  var orderings: [Ordering] = []
  /// Settings whose validation accuracy is said to be highest before the last epoch, and then to fall.
  var peaks: [String] = []
  /// What agrees, what does not, and why: for people, without figures, which the records have.
  var remarks = ""

  func setting(_ label: String) -> Setting? { settings.first { $0.label == label } }
}

/// One of a study's trainings.
struct Setting: Sendable {
  /// A few words, unique in the study: the key of its records.
  let label: String
  /// One training, or several of which each inherits weights of the one before.
  let stages: [Stage]

  init(_ label: String, _ stages: Stage...) {
    self.label = label
    self.stages = stages
  }
}

/// One training of a setting.
struct Stage: Sendable {
  var model: ModelID
  var modelOptions: [String: Double] = [:]
  var data: DataRequest
  var recipe: Recipe
  /// The prefix of the parameters that are taken from the stage before; nil for none.
  var inheritedPrefix: String?
}

/// A figure of a training that is compared: of the last stage, after its last epoch.
enum ComparedFigure: String, Codable, Sendable, CaseIterable {
  case testAccuracy, validationAccuracy, trainingAccuracy, testLoss, trainingLoss, seconds
  /// How much higher the accuracy on training images is than that on test images.
  case accuracyGap

  /// Whether a smaller figure is better.
  var prefersSmaller: Bool {
    switch self {
    case .testAccuracy, .validationAccuracy, .trainingAccuracy: false
    case .testLoss, .trainingLoss, .seconds, .accuracyGap: true
    }
  }
}

/// What a report states for a setting.
struct ReportedFigure: Sendable {
  let setting: String
  let source: String
  let value: ReportedValue
  /// Why the report's run is not to be compared with: it went wrong, or it measured something else. nil where it is.
  var objection: String?
}

/// A value as a report prints it.
enum ReportedValue: Sendable {
  /// One figure; shares of 1, seconds for times.
  case figure(ComparedFigure, Double)
  /// The accuracy of each class, in the data's order, 0 to 1.
  case classAccuracies(ReportedPart, [Double])
  /// A curve over the epochs.
  case curve(Metric, [Double])
  /// Precision, recall and F1 of each class.
  case report([[Double]])
}

/// The images that a reported figure is of.
enum ReportedPart: String, Sendable { case training, validation, test }

/// A finding: one setting is better than another by a figure, or as good.
struct Ordering: Sendable {
  enum Relation: Sendable {
    /// The first is better.
    case better
    /// The two differ by no more than a percentage point, or than the spread over seeds.
    case equal
  }

  /// In words: `ReLU is better than no activation`.
  let claim: String
  let better: String
  let worse: String
  var figure = ComparedFigure.testAccuracy
  var relation = Relation.better
}
