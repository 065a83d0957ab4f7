import Foundation
import Layers

/// Where pages take the images of data sets from.
struct PageImages {
  /// An image of a part of a training's data, without augmentation, and its class; nil where the files of the data are not
  /// found, or it has no such image.
  let image: (_ data: DataRequest, _ part: ReportedPart, _ index: Int) throws -> (image: Image, label: Int)?

  /// Images of the files that are found, each set read when it is first asked for.
  /// - Parameter directory: where the files are; nil for where they are usually found.
  static func files(in directory: String?) -> PageImages {
    let cache = Cache(directory: directory)
    return PageImages { data, part, index in
      guard let set = try cache.data(data) else { return nil }
      let images: any Dataset =
        switch part {
        case .training: set.plainTraining
        case .validation: set.validation
        case .test: set.test
        }
      guard 0..<images.count ~= index else { return nil }
      return (try Image(images.image(at: index)), images.label(at: index))
    }
  }

  /// The first images of the training part, one of each class where it has classes.
  func samples(of data: DataRequest, count: Int) throws -> [(image: Image, label: Int)] {
    var samples: [(image: Image, label: Int)] = []
    for index in 0..<(count * 30) {
      guard samples.count < count, let sample = try image(data, .training, index) else { break }
      if !samples.contains(where: { $0.label == sample.label }) { samples.append(sample) }
    }
    return samples.sorted { $0.label < $1.label }
  }

  /// Images after an augmentation, drawn from seed 1.
  static func augmented(_ images: [Image], by augmentation: Augmentation) throws -> [Image] {
    guard let first = images.first else { return [] }
    let plain = ImageList(images: images.map(\.tensor))
    let shape: Shape = [first.channels, first.height, first.width]
    let changed = try plain.transformed(by: augmentation.transforms(imageShape: shape), seed: 1)
    return try images.indices.map { try Image(changed.image(at: $0)) }
  }

  /// The data sets that have been read.
  private final class Cache {
    private let directory: String?
    private var sets: [(request: DataRequest, data: TrainingData)] = []

    init(directory: String?) { self.directory = directory }

    func data(_ request: DataRequest) throws -> TrainingData? {
      if let found = sets.first(where: { $0.request == request }) { return found.data }
      guard request.set == .synthetic || request.set.isPresent(directory: directory) else { return nil }
      var plain = request
      plain.added = .none
      let data = try plain.load(directory: request.set == .synthetic ? nil : directory, seed: 1)
      // Sets are large: the last few only.
      if sets.count >= 3 { sets.removeFirst() }
      sets.append((request, data))
      return data
    }
  }
}

/// Images in memory, all of one shape.
private struct ImageList: Dataset {
  let images: [Tensor]
  var count: Int { images.count }
  var imageShape: Shape { images.first?.shape ?? [1, 1, 1] }

  func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) {
    images[index].withUnsafeBufferPointer { values in
      for i in pixels.indices { pixels[i] = values[i] }
    }
  }
}
