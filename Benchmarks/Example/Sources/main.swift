import Benchmarking
import Foundation

// A slowdown to be found: PLANTED_SLOWDOWN=25 makes all cases take 25 % longer, by 25 % more of the same work;
// PLANTED_SLOWDOWN=mean/64K:2 makes one take 2 % longer. EXAMPLE_WITHOUT=mean/64K leaves a case out.
let environment = ProcessInfo.processInfo.environment
func slowdown(of name: String) -> Double {
  let words = (environment["PLANTED_SLOWDOWN"] ?? "0").split(separator: ":")
  guard let percent = words.last.flatMap({ Double($0) }), words.count == 1 || words[0] == name else { return 0 }
  return percent / 100
}

func checksumCase(_ name: String, bytes: Int) -> BenchmarkCase {
  BenchmarkCase(name, work: .init(bytes: Double(bytes))) {
    let slowdown = slowdown(of: name)
    let data = (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 167) }
    return { iterations in
      let repetitions = Int((Double(iterations) * (1 + slowdown)).rounded())
      data.withUnsafeBytes { bytes in
        for _ in 0..<repetitions { blackHole(checksum(opaque(bytes))) }
      }
    }
  }
}

func meanCase(_ name: String, count: Int, limits: BenchmarkCase.Limits = .none) -> BenchmarkCase {
  BenchmarkCase(name, work: .init(operations: Double(count), bytes: 4 * Double(count)), limits: limits) {
    let slowdown = slowdown(of: name)
    let values = (0..<count).map { Float($0 % 100) }
    return { iterations in
      let repetitions = Int((Double(iterations) * (1 + slowdown)).rounded())
      values.withUnsafeBufferPointer { values in
        for _ in 0..<repetitions { blackHole(mean(opaque(values))) }
      }
    }
  }
}

// Short cases, of less than 3 µs, and longer ones. The memory's speed limits the last alone: the caches hold the others'
// data.
let cases = [
  checksumCase("checksum/64", bytes: 64),
  checksumCase("checksum/64K", bytes: 64 << 10),
  meanCase("mean/1K", count: 1 << 10),
  meanCase("mean/64K", count: 64 << 10),
  meanCase("mean/16M", count: 16 << 20, limits: .copying),
]
BenchmarkProgram(cases.filter { $0.name != environment["EXAMPLE_WITHOUT"] }).main()
