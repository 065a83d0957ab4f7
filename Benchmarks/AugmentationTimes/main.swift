/// Times epochs of N1 at batch 32 with and without augmentation, in turns: how much of the training's speed is left where
/// images are flipped, rotated and blurred by the loader's thread.
///
///     AugmentationTimes [TRAINER-THREADS] [ROUNDS]
///
/// Prints the seconds of an epoch of 10,000 images, least and median, and the share of the speed that is left.
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
