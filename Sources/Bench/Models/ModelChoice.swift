import Layers

/// The networks that `bench conv` can train.
enum ModelChoice: String, CaseIterable {
  case tutorial
  case resnet18 = "resnet-18"

  /// The name in reports.
  var name: String {
    switch self {
    case .tutorial: TutorialCNN.name
    case .resnet18: ResNet18.name
    }
  }

  var network: Sequential {
    switch self {
    case .tutorial: TutorialCNN.network
    case .resnet18: ResNet18.network
    }
  }
}
