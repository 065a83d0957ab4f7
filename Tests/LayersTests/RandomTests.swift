import Testing

@testable import Layers

/// The numbers that follow from a seed. Weights that were recorded follow from them, so none may ever change; all were
/// computed by a program of its own.
@Suite struct RandomTests {
  @Test func generatorsGiveTheNumbersOfTheirSeed() {
    var random = SplitMix64(seed: 1_234_567)
    let numbers = (0..<5).map { _ in random.next() }
    #expect(
      numbers == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
      ])
    var stream = SplitMix64(seed: 7, stream: 3)
    #expect([stream.next(), stream.next()] == [0x9C1B_0B5B_3E06_CF11, 0xE7AA_AE83_73AC_3545])
  }

  @Test func uniformNumbersAreTheUpperBits() {
    func two<Value>(_ draw: (inout SplitMix64) -> Value) -> [Value] {
      var random = SplitMix64(seed: 21)
      return [draw(&random), draw(&random)]
    }
    #expect(two { $0.uniform() } == [0.026520406296100862, 0.9152831531009682])
    #expect(two { $0.openUnit() } == [0.026520406296100973, 0.9152831531009683])
    #expect(two { $0.signedUnit() } == [-0.9469592571258545, 0.8305662870407104])
    #expect(two { $0.uniform(0, 4) } == two { 2 * ($0.signedUnit() + 1) })
    #expect(two { $0.uniform(-1.0...3.0) as Double } == two { 4 * $0.uniform() - 1 })
    #expect(two { $0.next(below: 1000) } == [26, 915])
    #expect(two { $0.chance(0.5) } == [true, false])
  }

  @Test func logarithmsOfLogUniformNumbersAreUniform() {
    var random = SplitMix64(seed: 3)
    let numbers = (0..<10_000).map { _ in random.logUniform(0.25...4) }
    #expect(numbers.allSatisfy { $0 > 0.2499 && $0 < 4.001 })
    for (bound, share) in [(0.5, 0.25), (1, 0.5), (2, 0.75)] {
      #expect(abs(Double(numbers.count { $0 < bound }) / 10_000 - share) < 0.02, "below \(bound)")
    }
  }

  @Test func shufflesAndSamplesFollowFromTheSeed() {
    func shuffled(_ random: SplitMix64, _ count: Int) -> [Int] {
      var random = random
      var numbers = Array(0..<count)
      var span = numbers.mutableSpan
      random.shuffle(&span)
      return numbers
    }
    #expect(shuffled(SplitMix64(seed: 5), 10) == [2, 8, 4, 9, 5, 7, 0, 1, 6, 3])
    #expect(shuffled(.order(seed: 5, epoch: 2), 8) == [4, 3, 7, 5, 1, 6, 0, 2])
    #expect(shuffled(SplitMix64(seed: 5), 0).isEmpty)
    var order = EpochOrder(seed: 5)
    order.begin(epoch: 2, count: 8)
    #expect(order.indices == [4, 3, 7, 5, 1, 6, 0, 2])

    var random = SplitMix64(seed: 6)
    #expect(random.sample(5, below: 20) == [3, 4, 9, 12, 14])
    #expect(random.sample(20, below: 20) == Array(0..<20))
    #expect(random.sample(3, below: 2) == [0, 1])
  }

  @Test func streamsOfATrainingFollowFromItsSeed() {
    func first(_ random: SplitMix64) -> UInt64 {
      var random = random
      return random.next()
    }
    #expect(first(.parameterValues(seed: 11)) == 0xCDAD_A359_0D5A_D6BD)
    let key = SplitMix64.passKey(seed: 11, pass: 4)
    #expect(key == 0x9FC3_B83A_ABC6_AD2C)
    #expect(SplitMix64.layerKey(2, of: key) == 0x0F78_2D9E_84A6_905B)
    let streams = AugmentationStreams(seed: 11, epoch: 3)
    #expect(first(streams.image(at: 17)) == 0x09F2_09E7_607F_820D)
    #expect(first(streams.mixing(ofBatchFrom: 16)) == 0x7A24_249C_60FE_4BC3)
  }
}
