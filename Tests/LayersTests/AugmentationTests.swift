import Foundation
import Layers
import TestSupport
import Testing

/// Results are those of torchvision's formulas in float64, see Tests/Fixtures/make_augmentation.py.
@Suite struct AugmentationTests {
  private static func turned(_ angle: Double, _ mode: RandomRotation.Interpolation, _ fill: PixelFill = 0)
    -> RandomRotation
  {
    RandomRotation(degrees: angle...angle, interpolation: mode, fill: fill)
  }

  private static let transforms: [(name: String, transform: any ImageTransform)] = [
    ("flip horizontal", RandomHorizontalFlip(1)),
    ("flip vertical", RandomVerticalFlip(1)),
    ("rotate 33 nearest", turned(33, .nearest)),
    ("rotate -77 nearest fill", turned(-77, .nearest, 0.25)),
    ("rotate 90 nearest", turned(90, .nearest)),
    ("rotate 90 bilinear", turned(90, .bilinear)),
    ("rotate 180 bilinear", turned(-180, .bilinear)),
    ("rotate 30 bilinear", turned(390, .bilinear)),
    ("rotate -15.5 bilinear fill", turned(-15.5, .bilinear, [0.5, 0.25, 1])),
    ("rotate 200 bilinear fill", turned(200, .bilinear, 0.75)),
    ("blur 3", GaussianBlur(3, sigma: 0.5...0.5)),
    ("blur 5x3", GaussianBlur(Size2D(5, 3), sigma: 1.25...1.25)),
    ("blur 7 wide", GaussianBlur(7, sigma: 2...2)),
    ("resize up", Resize(Size2D(13, 16))),
    ("resize down", Resize(Size2D(4, 3))),
    ("resize down plain", Resize(Size2D(4, 3), antialias: false)),
    ("resize mixed", Resize(Size2D(11, 3))),
    ("resize to one", Resize(1)),
    ("brightness 0.6", ColorJitter(brightness: 0.6...0.6)),
    ("brightness 1.75", ColorJitter(brightness: 1.75...1.75)),
    ("contrast 0.5", ColorJitter(contrast: 0.5...0.5)),
    ("contrast 1.5", ColorJitter(contrast: 1.5...1.5)),
    ("saturation 0.25", ColorJitter(saturation: 0.25...0.25)),
    ("saturation 2", ColorJitter(saturation: 2...2)),
    ("saturation 2 grey", ColorJitter(saturation: 2...2, hue: 0.1...0.3)),
    ("hue 0.25", ColorJitter(hue: 0.25...0.25)),
    ("hue -0.4", ColorJitter(hue: -0.4 ... -0.4)),
    ("hue 0 square", ColorJitter(hue: 0...0)),
    ("pad constant", RandomCrop(Size2D(15, 11), padding: Size2D(3, 2), fill: 0.5)),
    ("pad reflect", RandomCrop(Size2D(15, 11), padding: Size2D(3, 2), mode: .reflect)),
    ("pad edge", RandomCrop(Size2D(15, 11), padding: Size2D(3, 2), mode: .edge)),
  ]

  @Test(arguments: transforms.indices) func resultsAreThoseOfTorchvision(index: Int) throws {
    let (name, transform) = Self.transforms[index]
    let (image, expected) = try AugmentationFixture.load().result(name)
    var random = SplitMix64(seed: 1)
    let result = try image.transformed(by: transform, using: &random)
    #expect(result.shape == expected.shape, "\(name)")
    #expect(relativeError(result.scalars, expected.scalars.map(Double.init)) < 1e-6, "\(name)")
  }

  @Test func weightsThatNoSumSeesDoNotChangeABlur() throws {
    let image = try AugmentationFixture.load().image("colour")
    var random = SplitMix64(seed: 1)
    for (sigma, half) in [(0.05, 0), (0.166, 0), (0.17, 1), (0.3, 1), (0.34, 2)] {
      let blurred = try image.transformed(by: GaussianBlur(7, sigma: sigma...sigma), using: &random)
      let narrow = try image.transformed(by: GaussianBlur(2 * half + 1, sigma: sigma...sigma), using: &random)
      #expect(blurred == narrow, "\(sigma)")
      let weights = (-3...3).map { exp(-0.5 * pow(Double($0) / sigma, 2)) }
      let sum = weights.reduce(0, +)
      func mirrored(_ x: Int, _ count: Int) -> Int { x < 0 ? -x : x < count ? x : 2 * (count - 1) - x }
      for (y, x) in [(0, 0), (4, 3), (8, 6)] {
        var expected = 0.0
        for a in 0..<7 {
          for b in 0..<7 {
            let value = Double(image[1, mirrored(y + a - 3, 9), mirrored(x + b - 3, 7)])
            expected += weights[a] * weights[b] / (sum * sum) * value
          }
        }
        #expect(abs(Double(blurred[1, y, x]) - expected) < 1e-6, "\(sigma) at (\(y), \(x))")
      }
    }
  }

  @Test func multiplesOfARightAngleOnlyMovePixels() throws {
    let image = try AugmentationFixture.load().image("square")
    var random = SplitMix64(seed: 1)
    for mode in [RandomRotation.Interpolation.nearest, .bilinear] {
      let quarter = try image.transformed(by: Self.turned(90, mode), using: &random)
      for (y, x) in [(0, 0), (2, 5), (3, 1)] { #expect(quarter[1, y, x] == image[1, x, 5 - y]) }
      let whole = try image.transformed(
        by: Self.turned(90, mode), Self.turned(450, mode), Self.turned(-180, mode), using: &random)
      #expect(whole == image)
    }
  }

  @Test(arguments: ["constant", "reflect", "edge"]) func aCropIsAnyWindowOfThePaddedImage(mode: String) throws {
    let (image, padded) = try AugmentationFixture.load().result("pad \(mode)")
    let size = Size2D(9, 8)
    let padding: RandomCrop.Padding =
      switch mode {
      case "constant": .constant(0.5)
      case "reflect": .reflect
      default: .edge
      }
    let crop = RandomCrop(size, padding: Size2D(3, 2), mode: padding)
    var places: Set<Int> = []
    for seed in 0..<600 {
      var random = SplitMix64(seed: UInt64(seed))
      let part = try image.transformed(by: crop, using: &random)
      #expect(part.shape == [3, 9, 8])
      let place = (0..<7 * 4).first { place in
        let (top, left) = (place / 4, place % 4)
        return (0..<3).allSatisfy { c in
          (0..<9).allSatisfy { y in (0..<8).allSatisfy { part[c, y, $0] == padded[c, top + y, left + $0] } }
        }
      }
      places.insert(try #require(place, "seed \(seed) gives no window"))
    }
    #expect(places.count == 28, "every place is possible: \(places.sorted())")
  }

  @Test func aCropWithoutPaddingLiesWithinTheImage() throws {
    let image = try AugmentationFixture.load().image("grey")
    for seed in 0..<50 {
      var random = SplitMix64(seed: UInt64(seed))
      let part = try image.transformed(by: RandomCrop(Size2D(6, 3)), using: &random)
      #expect((0..<6).contains { left in (0..<6).allSatisfy { part[0, $0, 0] == image[0, $0, left] } })
    }
    var random = SplitMix64(seed: 1)
    #expect(try image.transformed(by: RandomCrop(Size2D(6, 8)), using: &random) == image)
  }

  @Test func probabilitiesAreKept() throws {
    let image = try Tensor(shape: [1, 1, 2], [0, 1])
    func share(_ transform: any ImageTransform) throws -> Double {
      var random = SplitMix64(seed: 5)
      let changed = try (0..<4000).count { _ in try image.transformed(by: transform, using: &random) != image }
      return Double(changed) / 4000
    }
    #expect(abs(try share(RandomHorizontalFlip()) - 0.5) < 0.03)
    #expect(abs(try share(RandomHorizontalFlip(0.1)) - 0.1) < 0.02)
    #expect(try share(RandomHorizontalFlip(0)) == 0)
    #expect(try share(RandomVerticalFlip(1)) == 0)
  }

  @Test func cutoutFillsSquaresThatMayLieOutside() throws {
    let image = try Tensor(shape: [2, 8, 8], repeating: 1)
    var areas: Set<Int> = []
    for seed in 0..<300 {
      var random = SplitMix64(seed: UInt64(seed))
      let cut = try image.transformed(by: Cutout(4, fill: [0.25, 0.5]), using: &random)
      let erased = (0..<64).filter { cut.scalars[$0] == 0.25 }
      #expect((0..<64).filter { cut.scalars[64 + $0] == 0.5 } == erased)
      let (rows, columns) = (Set(erased.map { $0 / 8 }), Set(erased.map { $0 % 8 }))
      #expect(rows.count * columns.count == erased.count && rows.count <= 4 && columns.count <= 4)
      areas.insert(erased.count)
    }
    #expect(areas == [4, 6, 8, 9, 12, 16])
    var random = SplitMix64(seed: 1)
    #expect(try image.transformed(by: Cutout(0), using: &random) == image)
    #expect(try image.transformed(by: Cutout(4, count: 0), using: &random) == image)
    #expect(try image.transformed(by: Cutout(100), using: &random) == Tensor(shape: [2, 8, 8]))
  }

  @Test func erasingKeepsAreaAndRatio() throws {
    let image = try Tensor(shape: [1, 40, 40], repeating: 1)
    var changed = 0
    for seed in 0..<400 {
      var random = SplitMix64(seed: UInt64(seed))
      let result = try image.transformed(by: RandomErasing(), using: &random)
      let erased = (0..<1600).filter { result.scalars[$0] == 0 }
      if erased.isEmpty { continue }
      changed += 1
      let (height, width) = (Set(erased.map { $0 / 40 }).count, Set(erased.map { $0 % 40 }).count)
      #expect(height * width == erased.count)
      #expect(0.01...0.36 ~= Double(erased.count) / 1600)
      #expect(0.25...4 ~= Double(height) / Double(width))
    }
    #expect(150...250 ~= changed)
  }

  @Test func noiseHasItsDeviationAndStaysWithinColours() throws {
    let grey = try Tensor(shape: [3, 64, 64], repeating: 0.5)
    var random = SplitMix64(seed: 3)
    let noise = try grey.transformed(by: GaussianNoise(standardDeviation: 0.1), using: &random).scalars.map {
      Double($0) - 0.5
    }
    let mean = noise.reduce(0, +) / Double(noise.count)
    let deviation = (noise.reduce(0) { $0 + $1 * $1 } / Double(noise.count)).squareRoot()
    #expect(abs(mean) < 0.004)
    #expect(abs(deviation - 0.1) < 0.003)
    let strong = try grey.transformed(by: GaussianNoise(standardDeviation: 2), using: &random).scalars
    #expect(strong.min() == 0 && strong.max() == 1)
    let free = try grey.transformed(by: GaussianNoise(standardDeviation: 2, clamps: false), using: &random).scalars
    #expect((free.min() ?? 0) < -1)
  }

  @Test func jitterFollowsFromTheGeneratorAndItsOrderFromChance() throws {
    let image = try AugmentationFixture.load().image("colour")
    let jitter = ColorJitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1)
    func result(_ seed: UInt64) throws -> Tensor {
      var random = SplitMix64(seed: seed)
      return try image.transformed(by: jitter, using: &random)
    }
    #expect(try result(1) == result(1))
    #expect(try result(1) != result(2))
    // Brightness 0 and contrast 0: black either way; contrast 2 and brightness 0.5 do not commute.
    var results: Set<[Float]> = []
    for seed in UInt64(0)..<20 {
      var random = SplitMix64(seed: seed)
      let both = ColorJitter(brightness: 0.5...0.5, contrast: 3...3)
      results.insert(try image.transformed(by: both, using: &random).scalars)
    }
    #expect(results.count == 2)
    var random = SplitMix64(seed: 1)
    #expect(try image.transformed(by: ColorJitter(brightness: 0), using: &random) == image)
  }

  @Test func optionsThatDoNotFitAreRefused() throws {
    let image = try Tensor(shape: [3, 8, 8])
    let two = try Tensor(shape: [2, 8, 8])
    var random = SplitMix64(seed: 1)
    let wrong: [any ImageTransform] = [
      RandomCrop(9), RandomCrop(0), RandomCrop(8, padding: -1), RandomCrop(8, padding: 8, mode: .reflect),
      RandomCrop(8, padding: 1, fill: [1, 2]), RandomHorizontalFlip(1.1), RandomVerticalFlip(.nan), Resize(0),
      Resize(Size2D(1, 1 << 55)), RandomResizedCrop(Size2D(1, 1 << 60)),
      RandomResizedCrop(0), RandomResizedCrop(4, scale: 0...1), RandomResizedCrop(4, scale: 0.1...2),
      RandomResizedCrop(4, ratio: 0...1), RandomRotation(degrees: .infinity), RandomRotation(degrees: 1, fill: [1, 2]),
      GaussianBlur(4), GaussianBlur(17), GaussianBlur(0), GaussianBlur(3, sigma: 0...1),
      GaussianNoise(standardDeviation: -1),
      GaussianNoise(standardDeviation: .nan), ColorJitter(brightness: -1...1), ColorJitter(hue: 0.6), Cutout(-1),
      Cutout(1, count: -1),
      Cutout(1, fill: []), RandomErasing(2), RandomErasing(scale: 0...2), RandomErasing(ratio: 0...1),
    ]
    for transform in wrong {
      #expect(throws: DataError.self, "\(transform)") { try image.transformed(by: transform, using: &random) }
    }
    #expect(throws: DataError.self) { try two.transformed(by: ColorJitter(hue: 0.1), using: &random) }
    #expect(throws: DataError.self) { try Tensor(shape: [8]).transformed(by: Cutout(1), using: &random) }
    #expect(throws: DataError.self) { try Tensor(shape: [0, 8, 8]).transformed(by: Cutout(1), using: &random) }
    #expect(try image.transformed(using: &random) == image)
  }

  @Test func nothingOutsideAnImageIsTouched() throws {
    // Odd sizes down to one pixel, through all transforms that take them.
    for (height, width) in [(1, 1), (1, 5), (5, 1), (3, 2), (17, 13)] {
      let image = try Tensor(shape: [3, height, width], repeating: 0.5)
      for seed in UInt64(0)..<40 {
        var random = SplitMix64(seed: seed)
        let result = try image.transformed(
          by: RandomCrop(Size2D(height, width), padding: 2, mode: .edge), RandomHorizontalFlip(), RandomVerticalFlip(),
          RandomRotation(degrees: 180, fill: 0.5), RandomResizedCrop(Size2D(width, height)),
          GaussianBlur(1), Cutout(3, fill: 0.5), RandomErasing(1, fill: 0.5), Resize(Size2D(4, 3)), using: &random)
        #expect(result.shape == [3, 4, 3])
        for value in result.scalars { #expect(abs(value - 0.5) < 1e-5) }
        let turned = try image.transformed(
          by: RandomRotation(degrees: 180, interpolation: .bilinear), using: &random)
        for value in turned.scalars { #expect(0...0.50001 ~= value) }
      }
    }
  }
}
