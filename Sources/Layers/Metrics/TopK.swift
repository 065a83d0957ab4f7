/// The number of images whose class is among the `k` highest scores of their row.
///
/// A label is among them if fewer than `k` scores are higher, or equal with a lower index, so that top 1 agrees with
/// the first maximum. A row whose label's score is NaN is not counted.
///
/// - Parameters:
///   - scores: `[images, classes]`
///   - labels: the class of each image.
///   - k: at least 1.
/// - Throws: ``MetricError`` when the shapes, a label or `k` are not valid.
public func topKCorrect(_ scores: Tensor, labels: [Int], k: Int) throws(MetricError) -> Int {
  guard scores.shape.rank == 2, scores.shape[0] == labels.count else {
    throw MetricError(name: "the scores' shape", value: "\(scores.shape)", expected: "[\(labels.count), classes]")
  }
  guard k >= 1 else {
    throw MetricError(name: "k", value: "\(k)", expected: "at least 1")
  }
  let classes = scores.shape[1]
  if let label = labels.first(where: { !(0..<classes ~= $0) }) {
    throw MetricError(name: "label", value: "\(label)", expected: "0 to \(classes - 1)")
  }
  return scores.withUnsafeBufferPointer { scores in
    labels.indices.count { image in
      let row = scores[image * classes..<(image + 1) * classes]
      let own = row[row.startIndex + labels[image]]
      let ahead = row.indices.count { index in
        row[index] > own || row[index].isNaN || (row[index] == own && index < row.startIndex + labels[image])
      }
      return !own.isNaN && ahead < k
    }
  }
}
