import Layers
import Testing

@Suite struct DataSyntheticTests {
  @Test func givesTheSameBytesOnEveryPlatform() {
    let set = SyntheticImages.make(count: 200, seed: 1, split: .train)
    // FNV-1a over the pixels: any change to the generator changes every result that was ever printed from it.
    let hash = set.pixels.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    #expect(hash == 17_713_034_458_360_320_612)
  }

  @Test func givesBalancedClasses() {
    let set = SyntheticImages.make(count: 1000, seed: 3, split: .test)
    #expect(set.pixels.count == 1000 * 3 * 32 * 32)
    #expect((0..<10).allSatisfy { label in set.labels.count { $0 == UInt8(label) } == 100 })
    #expect(set.classNames.count == 10)
  }

  @Test func makesAnImageWhateverTheCount() {
    let few = SyntheticImages.make(count: 20, seed: 5, split: .train)
    let many = SyntheticImages.make(count: 50, seed: 5, split: .train)
    #expect(many.subset(first: 20).pixels == few.pixels)
    #expect(SyntheticImages.make(count: -1, seed: 5, split: .train).count == 0)
  }

  @Test func makesDifferentImagesForSeedsAndSplits() {
    let set = SyntheticImages.make(count: 20, seed: 5, split: .train)
    #expect(SyntheticImages.make(count: 20, seed: 6, split: .train).pixels != set.pixels)
    #expect(SyntheticImages.make(count: 20, seed: 5, split: .test).pixels != set.pixels)
    #expect(set.pixels[..<3072] != set.pixels[30720..<33792])
  }

  @Test func hidesTheClassesFromTheirMeans() {
    // The nearest class mean is a linear classifier; guessing gives 10 %.
    let train = SyntheticImages.make(count: 4000, seed: 1, split: .train)
    let test = SyntheticImages.make(count: 1000, seed: 1, split: .test)
    let size = train.imageByteCount
    var means = [[Float]](repeating: [Float](repeating: 0, count: size), count: 10)
    for (image, label) in train.labels.enumerated() {
      for i in 0..<size { means[Int(label)][i] += Float(train.pixels[image * size + i]) / 400 }
    }
    let right = test.labels.enumerated().count { image, label in
      let distances = means.map { mean in
        (0..<size).reduce(Float(0)) {
          let difference = Float(test.pixels[image * size + $1]) - mean[$1]
          return $0 + difference * difference
        }
      }
      return distances.firstIndex(of: distances.min() ?? 0) == Int(label)
    }
    #expect(right < 250, "\(right) of 1000 test images are nearest to the mean of their class")
  }
}
