/// A view of an image in an evaluation whose scores are averaged over several views: mirrored, moved, or both.
public struct ImageView: Sendable, Hashable {
  /// Whether the image is mirrored left to right.
  public var isMirrored: Bool
  /// The pixels that the image is moved down and to the right, or up and to the left; what comes into view is the image
  /// reflected at its edge pixels.
  public var rows: Int
  public var columns: Int
  /// The weight of the view's scores in the average.
  public var weight: Double

  /// A view, by default of the image as it is.
  public init(isMirrored: Bool = false, rows: Int = 0, columns: Int = 0, weight: Double = 1) {
    self.isMirrored = isMirrored
    self.rows = rows
    self.columns = columns
    self.weight = weight
  }

  /// The image and its mirror image.
  public static let mirrored = [ImageView(), ImageView(isMirrored: true)]

  /// Both, and both moved by a pixel down and to the right, and up and to the left, with half the weight: the six views
  /// of Jordan's evaluation.
  public static let six = [
    ImageView(weight: 0.25), ImageView(isMirrored: true, weight: 0.25),
    ImageView(rows: 1, columns: 1, weight: 0.125), ImageView(isMirrored: true, rows: 1, columns: 1, weight: 0.125),
    ImageView(rows: -1, columns: -1, weight: 0.125), ImageView(isMirrored: true, rows: -1, columns: -1, weight: 0.125),
  ]
}

extension ImageView: ImageTransform {
  private func crop(_ shape: Size2D) -> RandomCrop {
    RandomCrop(shape, padding: Size2D(abs(rows), abs(columns)), mode: .reflect)
  }

  public func outputShape(for shape: Shape) throws(DataError) -> Shape {
    try crop(Size2D(shape[1], shape[2])).outputShape(for: shape)
  }

  public func apply(to image: inout WorkingImage, using random: inout SplitMix64) {
    crop(Size2D(image.height, image.width)).crop(&image, top: -rows, left: -columns)
    if isMirrored { image.mirror(columns: true, rows: false) }
  }
}

/// What an evaluation on several views comes to.
public struct ViewsEvaluation: Sendable {
  /// The accuracy of the averaged scores, the views' average loss, and the time of all views.
  public let result: EvaluationResult
  /// How often each class is predicted for images of each class.
  public let confusion: ConfusionMatrix
}

extension Trainer {
  /// Evaluates on a data set by scores that are averaged over views of each image, weighted.
  ///
  ///     let accuracy = try trainer.evaluate(on: test, views: ImageView.six).result.accuracy
  ///
  /// - Parameters:
  ///   - dataset: images with classes.
  ///   - views: at least one view, with weights above 0 in total.
  ///   - isCancelled: called before each batch; when it returns true, or the current task is cancelled, the evaluation
  ///     ends.
  /// - Throws: as ``evaluate(on:isCancelled:)-(Dataset,_)``, and ``TrainingError`` for no views, and for a model whose
  ///   output is not scores of classes.
  public func evaluate(
    on dataset: some Dataset, views: [ImageView], isCancelled: () -> Bool = { false }
  ) throws -> ViewsEvaluation {
    let weight = views.reduce(0) { $0 + $1.weight }
    guard weight > 0, views.allSatisfy({ $0.weight >= 0 && $0.weight.isFinite }) else {
      throw TrainingError.invalidArgument(
        name: "the views", value: "\(views)", expected: "at least one, with a weight above 0")
    }
    var confusion = try emptyConfusionMatrix()
    let classCount = model.outputShape[0]
    var scores = [Float](repeating: 0, count: dataset.count * classCount)
    var labels: [Int?] = []
    var (loss, seconds) = (0.0, 0.0)
    for view in views {
      let share = view.weight / weight
      let images = try dataset.transformed(by: [view], seed: 0)
      var done = 0
      labels.removeAll(keepingCapacity: true)
      let result = try evaluate(on: images, isCancelled) { runner, count in
        for i in 0..<count {
          let label = runner.predictions.labels[i]
          labels.append(runner.isIgnored(label) ? nil : Int(label))
        }
        let output = runner.plan.output
        for i in 0..<count * classCount { scores[done * classCount + i] += Float(share) * output[i] }
        done += count
      }
      loss += share * result.loss
      seconds += result.seconds
    }
    for (image, label) in labels.enumerated() {
      guard let label else { continue }
      let row = scores[(image * classCount)..<((image + 1) * classCount)]
      let prediction = row.indices.max { row[$0] < row[$1] } ?? row.startIndex
      try confusion.add(label: label, prediction: prediction - row.startIndex)
    }
    return ViewsEvaluation(
      result: EvaluationResult(loss: loss, accuracy: confusion.accuracy, seconds: seconds, images: dataset.count),
      confusion: confusion)
  }
}
