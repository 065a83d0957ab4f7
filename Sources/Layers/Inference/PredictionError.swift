/// What is wrong with a ``Predictor``'s options or with its input.
public enum PredictionError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The images' shape is not the network's input shape.
  case shape(given: Shape, expected: String)
  /// A buffer's size does not match the images or their outputs.
  case count(buffer: String, given: Int, expected: String)
  /// An option is not valid.
  case option(name: String, value: String, expected: String)
  /// The network does not classify: its output is not one number for each class.
  case noClasses(output: Shape)
  /// The system has no memory for a run.
  case memory(images: Int, byteCount: Int)
  /// A layer of the network cannot be planned.
  case layer(LayerError)

  public var description: String {
    switch self {
    case .shape(let given, let expected): "the images' shape is \(given); expected \(expected)"
    case .count(let buffer, let given, let expected): "the \(buffer) has \(given) values; expected \(expected)"
    case .option(let name, let value, let expected): "\(name) is \(value); expected \(expected)"
    case .noClasses(let output):
      "the network's output of shape \(output) is not one number for each class; expected [classes]"
    case .memory(let images, let byteCount):
      "the system has no memory of \(byteCount) bytes for a run of \(images) images; let fewer run at once"
    case .layer(let error): "\(error)"
    }
  }
}
