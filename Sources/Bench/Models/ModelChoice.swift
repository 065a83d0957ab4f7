import Layers

/// The networks that `bench conv` can train.
enum ModelChoice: String, CaseIterable {
  case tutorial

  /// The name in reports.
  var name: String {
    switch self {
    case .tutorial: TutorialCNN.name
    }
  }

  var network: Sequential {
    switch self {
    case .tutorial: TutorialCNN.network
    }
  }
}
