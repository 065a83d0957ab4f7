import Layers
import TestSupport

/// The tutorial CNN.
let n1 = Sequential(
  Conv2D(6, kernelSize: 5), ReLU(), MaxPool2D(2),
  Conv2D(16, kernelSize: 5), ReLU(), MaxPool2D(2),
  Flatten(), Linear(120), ReLU(), Linear(84), ReLU(), Linear(10))

/// Images of noise with random classes, in the size of CIFAR-10; the brighter, the higher the class.
func randomImages(_ count: Int, seed: UInt64 = 1) throws -> ImageDataset {
  var random = TestRandom(seed: seed)
  let labels = (0..<count).map { _ in UInt8(random.next() % 10) }
  let pixels = (0..<count * 3072).map { UInt8(truncatingIfNeeded: random.next() >> 57) + 12 * labels[$0 / 3072] }
  return try ImageDataset(
    pixels: pixels, labels: labels, channels: 3, height: 32, width: 32, classNames: (0..<10).map(String.init),
    name: "random")
}
