import Kernels
import Layers

/// The memory of a problem's data: inputs of small integers, outputs that a run writes whole.
///
/// A second memory made with the first as its template holds the same data, in the order of the requests.
final class CaseMemory {
  private let amplitude: Int
  private let template: CaseMemory?
  private var random = SplitMix64(seed: 1)
  private var blocks: [Words] = []
  private var outputs: [Output] = []

  private struct Output {
    let words: Words
    /// What stands there before a run; nil where a run writes without reading.
    let initial: [Float]?
  }

  /// - Parameter terms: of the longest sum that is made of products of this data. The integers are as large, up to 4,
  ///   as keeps every such sum below 2²⁴, up to which floats count: then any order of summation is exact.
  init(terms: Int, template: CaseMemory? = nil) {
    amplitude = (1...4).last { $0 * $0 * terms <= 1 << 24 } ?? 1
    self.template = template
  }

  /// All bytes that were asked for.
  var byteCount: Int { blocks.reduce(0) { $0 + $1.count * 4 } }

  /// An input of integers, from −4 to 4 or fewer.
  func numbers(_ count: Int) -> UnsafePointer<Float> { numbers(count, in: -amplitude...amplitude) }

  func numbers(_ count: Int, in range: ClosedRange<Int>) -> UnsafePointer<Float> {
    UnsafePointer(filled(count) { _, random in Float(Int.random(in: range, using: &random)) }.pointer)
  }

  /// An input of indices or labels from 0 on.
  func indices(_ count: Int, below end: Int) -> UnsafePointer<Int32> {
    integers(count) { _, random in Int32.random(in: 0..<Int32(end), using: &random) }
  }

  /// An input of integers, each a function of its index.
  func integers(_ count: Int, _ next: (_ index: Int, inout SplitMix64) -> Int32) -> UnsafePointer<Int32> {
    let words = filled(count) { index, random in Float(bitPattern: UInt32(bitPattern: next(index, &random))) }
    return UnsafePointer(words.integers)
  }

  /// An input of bytes.
  func bytes(_ count: Int) -> UnsafePointer<UInt8> {
    let words = filled((count + 3) / 4) { _, random in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }
    return UnsafeRawPointer(words.pointer).assumingMemoryBound(to: UInt8.self)
  }

  /// What a run writes.
  func output(_ count: Int) -> UnsafeMutablePointer<Float> { output(Words(count: count), initial: nil).pointer }

  func integerOutput(_ count: Int) -> UnsafeMutablePointer<Int32> {
    output(Words(count: count), initial: nil).integers
  }

  /// What a run reads and writes.
  func state(_ count: Int, in range: ClosedRange<Int>) -> UnsafeMutablePointer<Float> {
    let words = filled(count) { _, random in Float(Int.random(in: range, using: &random)) }
    return output(words, initial: words.values, isNew: false).pointer
  }

  /// Makes ready for a run that is to be verified: state as in the beginning, NaN where a run has to write.
  func reset() {
    for output in outputs {
      if let initial = output.initial { output.words.assign(initial) } else { output.words.poison() }
    }
  }

  /// What the last run wrote.
  var results: [[Float]] { outputs.map(\.words.values) }

  private func output(_ words: Words, initial: [Float]?, isNew: Bool = true) -> Words {
    if isNew { blocks.append(words) }
    outputs.append(Output(words: words, initial: initial))
    return words
  }

  private func filled(_ count: Int, _ next: (_ index: Int, inout SplitMix64) -> Float) -> Words {
    let words = Words(count: count)
    if let template {
      words.pointer.update(from: template.blocks[blocks.count].pointer, count: count)
    } else {
      for i in 0..<count { words.pointer[i] = next(i, &random) }
    }
    blocks.append(words)
    return words
  }
}

/// Memory of 32-bit words, on a cache line, that begins as NaN.
final class Words {
  let count: Int
  let pointer: UnsafeMutablePointer<Float>
  private let memory: Workspace

  init(count: Int) {
    self.count = count
    memory = Workspace(byteCount: count * 4)
    pointer = memory.base.assumingMemoryBound(to: Float.self)
    poison()
  }

  /// Fills it with NaN, so that a value that is not written is seen.
  func poison() { pointer.initialize(repeating: .nan, count: count) }

  func assign(_ values: [Float]) {
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { pointer.update(from: base, count: count) }
    }
  }

  var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
  /// The same words as integers.
  var integers: UnsafeMutablePointer<Int32> { UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Int32.self) }
}

/// A problem's data, in as many copies as it takes to find each run's data outside the caches.
///
/// A training step touches every layer's data once, so what a kernel reads has often left the caches. A loop over one
/// small problem would have it at hand always.
struct RotatedData<Operands> {
  let memory: CaseMemory
  let operands: [Operands]
  /// Whether the copies together fit the caches, or nearly: then runs find their data there.
  let isWarm: Bool
  private let copies: [CaseMemory]

  /// More is not spent on copies: on machines with larger caches, small problems run warm, and are marked so.
  private static var mostBytes: Int { 1 << 29 }
  /// The copies' size over the cache's; with four times as much, runs took as long.
  private static var share: Int { 2 }

  /// - Parameter cacheBytes: the size of the last cache; nil for one copy.
  init(terms: Int, cacheBytes: Int?, _ makeOperands: (CaseMemory) -> Operands) {
    memory = CaseMemory(terms: terms)
    var operands = [makeOperands(memory)]
    var copies: [CaseMemory] = []
    let bytes = max(memory.byteCount, 64)
    if let cacheBytes, RotatedData.share * cacheBytes <= RotatedData.mostBytes {
      while (copies.count + 1) * bytes < RotatedData.share * cacheBytes {
        let copy = CaseMemory(terms: terms, template: memory)
        operands.append(makeOperands(copy))
        copies.append(copy)
      }
    }
    self.operands = operands
    self.copies = copies
    isWarm = operands.count * bytes < RotatedData.share * (cacheBytes ?? Machine.lastCacheBytes)
  }
}
