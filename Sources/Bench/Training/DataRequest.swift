import Layers

/// The images that a training takes: which set, which classes, how many, how they are split.
struct DataRequest: Equatable, Codable {
  var set = DataChoice.synthetic
  /// The classes that are used, by their numbers; nil for all.
  var classes: [Int]?
  /// The share of the training part that is set aside for validation; nil to validate on the test part.
  var validationShare: Double?
  /// The share of the remaining training images that is used.
  var fraction: Double?
  /// Copies of the training images with this done to them are added to the training images.
  var added = Augmentation.none
  /// Whether the network is to make the images themselves.
  var isReconstruction = false
  var trainImages: Int?
  var testImages: Int?

  /// In words.
  var text: String {
    var parts = [set.rawValue]
    if let classes { parts.append("classes \(classes.map(String.init).joined(separator: ","))") }
    if let validationShare { parts.append("split \(Figure.percent(1 - validationShare)) for training") }
    if let fraction { parts.append("\(Figure.percent(fraction)) of the training part") }
    if !added.isEmpty { parts.append("with copies by \(added.description)") }
    if isReconstruction { parts.append("reconstructed") }
    return parts.joined(separator: ", ")
  }

  /// Loads the images and takes the parts.
  ///
  /// - Parameters:
  ///   - directory: where the files are; nil for where they are usually found.
  ///   - seed: what the split, the fraction and synthetic images follow from.
  func load(directory: String?, seed: UInt64) throws -> TrainingData {
    let (train, test) = try set.load(
      directory: directory, trainImages: trainImages, testImages: testImages, seed: seed)
    return try prepare(train: train, test: test, seed: seed)
  }

  /// The parts of images that are loaded.
  func prepare(train: ImageDataset, test: ImageDataset, seed: UInt64) throws -> TrainingData {
    var training: any Dataset = train
    var testing: any Dataset = test
    if let classes {
      let count = train.classNames.count
      guard Set(classes).count == classes.count, classes.allSatisfy({ 0..<count ~= $0 }) else {
        throw UsageError(
          "--classes is '\(classes.map(String.init).joined(separator: ","))'; expected numbers from 0 to \(count - 1), "
            + "each at most once")
      }
      training = try training.subset(classes: classes)
      testing = try testing.subset(classes: classes)
    }
    var validation: any Dataset = testing
    if let validationShare {
      let parts = try training.split([1 - validationShare, validationShare], seed: seed, isStratified: true)
      (training, validation) = (parts[0], parts[1])
    }
    if let fraction { training = try training.fraction(fraction, seed: seed, isStratified: true) }
    // Without transforms, images are bytes until a batch is made of them.
    let plain = training
    if !added.isEmpty {
      training = try training.union(
        training.transformed(by: added.transforms(imageShape: training.imageShape), seed: seed))
    }
    if isReconstruction {
      return TrainingData(
        training: training.reconstructed(), plainTraining: plain.reconstructed(),
        validation: validation.reconstructed(),
        test: testing.reconstructed(), validatesOnTest: validationShare == nil)
    }
    return TrainingData(
      training: training, plainTraining: plain, validation: validation, test: testing,
      validatesOnTest: validationShare == nil)
  }
}

/// The images of a training.
struct TrainingData {
  let training: any Dataset
  /// The training images without copies: what the training accuracy is evaluated on in the end.
  let plainTraining: any Dataset
  /// Evaluated after each epoch.
  let validation: any Dataset
  let test: any Dataset
  /// Whether the network is to make the images themselves.
  var isReconstruction: Bool { test.targetsAreImages }
  /// The training images without copies, with the targets of the training.
  var plainTrainingTargets: any Dataset { isReconstruction ? plainTraining.reconstructed() : plainTraining }
  /// Whether the validation images are the test images.
  let validatesOnTest: Bool
}
