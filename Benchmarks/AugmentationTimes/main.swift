/// Times epochs of N1 at batch 32 with and without augmentation, in turns: how much of the training's speed is left where
/// images are flipped, rotated and blurred by the loader's thread.
///
///     AugmentationTimes [TRAINER-THREADS] [ROUNDS]
///
/// Prints the seconds of an epoch of 10,000 images, least and median, and the share of the speed that is left; then what
/// each transform alone takes of the thread that prepares the images, in microseconds an image of 3×32×32.
import Foundation
import Layers

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let threads = arguments.first ?? 2
let rounds = arguments.dropFirst().first ?? 11
let images = SyntheticImages.make(count: 10_000, seed: 1, split: .train)
let augmentation: [any ImageTransform] = [
  RandomHorizontalFlip(0.25), RandomVerticalFlip(0.25), RandomRotation(degrees: 30), GaussianBlur(3, sigma: 0.1...0.25),
]

func training(_ transforms: [any ImageTransform]) throws -> (trainer: Trainer, loader: BatchLoader) {
  let trainer = try Trainer(
    model: Model(ModelDescription("n1"), seed: 1), optimizer: Adam(), batchSize: 32, threads: threads)
  return (trainer, try BatchLoader(dataset: images, batchSize: 32, transforms: transforms, seed: 1, prefetch: 4))
}

let (plain, augmented) = (try training([]), try training(augmentation))
var seconds: (plain: [Double], augmented: [Double]) = ([], [])
for round in 0...rounds {
  let epochs = (
    try plain.trainer.trainEpoch(on: plain.loader).seconds,
    try augmented.trainer.trainEpoch(on: augmented.loader).seconds
  )
  // The first round meets everything for the first time.
  if round == 0 { continue }
  seconds.plain.append(epochs.0)
  seconds.augmented.append(epochs.1)
}

func line(_ name: String, _ values: [Double]) -> String {
  let sorted = values.sorted()
  return "\(name)  least \(sorted[0]) s, median \(sorted[sorted.count / 2]) s an epoch"
}
print(line("without", seconds.plain))
print(line("with   ", seconds.augmented))
let ratios = zip(seconds.plain, seconds.augmented).map { $0 / $1 }.sorted()
print(
  "speed that is left: \(seconds.plain.min()! / seconds.augmented.min()!) (least), "
    + "\(ratios[ratios.count / 2]) (median of rounds)")

/// The least time of a pass over all images on this thread, in microseconds an image.
func microseconds(_ transforms: [any ImageTransform]) throws -> Double {
  let loader = try BatchLoader(dataset: images, batchSize: 100, transforms: transforms, seed: 1, prefetch: 0)
  var least = Double.infinity
  for epoch in 0..<5 {
    let start = ContinuousClock.now
    loader.start(epoch: epoch)
    while try loader.next() != nil {}
    least = min(least, (ContinuousClock.now - start) / .seconds(1))
  }
  return least * 1e6 / Double(images.count)
}

let transforms: [(name: String, transform: any ImageTransform)] = [
  ("horizontal flip", RandomHorizontalFlip(1)), ("crop, padding 4", RandomCrop(32, padding: 4)),
  ("rotation, nearest", RandomRotation(degrees: 30)),
  ("rotation, bilinear", RandomRotation(degrees: 30, interpolation: .bilinear)),
  ("blur 3×3", GaussianBlur(3, sigma: 0.1...0.25)), ("blur 5×5", GaussianBlur(5, sigma: 0.1...2)),
  ("brightness, contrast, saturation, hue", ColorJitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1)),
  ("Gaussian noise", GaussianNoise(standardDeviation: 0.1)), ("resized crop", RandomResizedCrop(32)),
]
print("bytes alone: \(try microseconds([])) µs")
for (name, transform) in transforms { print("\(name): \(try microseconds([transform])) µs") }
