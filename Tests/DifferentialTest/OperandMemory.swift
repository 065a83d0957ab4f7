import Foundation

/// Makes the operands of runs: a description asks for each operand, always in the same order, and gets it at guard pages,
/// inputs with their data and outputs poisoned.
public final class OperandMemory {
  enum Role {
    case input
    /// Written whole.
    case output
    /// Read and written.
    case updated
    /// Memory of an input or an updated operand before it, which the output replaces.
    case inPlace(of: Int)
  }

  struct Operand {
    var role: Role
    var byteCount: Int
    var isFloat: Bool
    /// Images that share the memory equally; 0 where it does not belong to images.
    var images: Int
    /// The data before a run.
    var data = HeapBytes()
    var guarded = GuardedMemory()
    /// Where the current run has it.
    var pointer: UnsafeMutableRawPointer?
    /// What has been left there by the run of the reference.
    var expected = HeapBytes()
    /// What has been left there by the first run of a row.
    var first = HeapBytes()
  }

  private(set) var operands: [Operand] = []
  private(set) var used = 0
  private var next = 0
  private var random = Draw(seed: 0)
  private var kind = DataKind.integers
  private var isNew = true
  private var placement = Placement.end
  private var inPlaceIsSeparate = false
  /// The image whose part of the data alone is placed, if one is meant.
  private var image: Int?

  /// Begins the operands of a new problem.
  func beginProblem(_ kind: DataKind, seed: UInt64) {
    (self.kind, random) = (kind, Draw(seed: seed))
    (isNew, used, next) = (true, 0, 0)
    (placement, inPlaceIsSeparate, image) = (.end, true, nil)
  }

  /// Begins the operands of a run on the same data.
  ///
  /// - Parameters:
  ///   - separates: whether outputs that may replace an input get memory of their own.
  ///   - image: the only image of the batch to place.
  func beginRun(_ placement: Placement, separates: Bool = false, image: Int? = nil) {
    (isNew, next) = (false, 0)
    (self.placement, inPlaceIsSeparate, self.image) = (placement, separates, image)
  }

  // MARK: - What descriptions ask for

  /// Numbers: whole ones from the range, or any from it.
  ///
  /// - Parameters:
  ///   - images: the number of images that share them equally; 0 for what does not belong to images.
  ///   - special: whether NaN and infinities may be among them.
  func numbers(
    _ count: Int, in range: ClosedRange<Int> = -4...4, images: Int = 0, special: Bool = true
  ) -> UnsafePointer<Float> {
    let pointer = place(.input, count, Float.self, images: images) { self.fill($0, count, range, special) }
    return UnsafePointer(pointer)
  }

  /// Numbers that a run reads and writes.
  func updated(
    _ count: Int, in range: ClosedRange<Int> = -4...4, images: Int = 0, special: Bool = true
  ) -> UnsafeMutablePointer<Float> {
    place(.updated, count, Float.self, images: images) { self.fill($0, count, range, special) }
  }

  func output(_ count: Int, images: Int = 0) -> UnsafeMutablePointer<Float> {
    place(.output, count, Float.self, images: images) { _ in }
  }

  func integerOutput(_ count: Int, images: Int = 0) -> UnsafeMutablePointer<Int32> {
    place(.output, count, Int32.self, images: images) { _ in }
  }

  func byteOutput(_ count: Int, images: Int = 0) -> UnsafeMutablePointer<UInt8> {
    place(.output, count, UInt8.self, images: images) { _ in }
  }

  /// An output as large as the input `input`, in its memory where `inPlace` says so.
  func output(
    _ count: Int, over input: UnsafePointer<Float>, inPlace: Bool, images: Int = 0
  ) -> UnsafeMutablePointer<Float> {
    guard inPlace else { return output(count, images: images) }
    guard let index = (0..<next).first(where: { operands[$0].pointer == UnsafeMutableRawPointer(mutating: input) })
    else { preconditionFailure("an output replaces memory that is no input") }
    return place(.inPlace(of: index), count, Float.self, images: images) { _ in }
  }

  /// Values that `make` gives, element by element.
  func values<Element: BitwiseCopyable>(
    _ count: Int, _ type: Element.Type, images: Int = 0, _ make: (Int, inout Draw) -> Element
  ) -> UnsafePointer<Element> {
    let pointer = place(.input, count, type, images: images) { target in
      for i in 0..<count { target[i] = make(i, &self.random) }
    }
    return UnsafePointer(pointer)
  }

  // MARK: - Placing

  private func place<Element: BitwiseCopyable>(
    _ role: Role, _ count: Int, _ type: Element.Type, images: Int, _ fill: (UnsafeMutablePointer<Element>) -> Void
  ) -> UnsafeMutablePointer<Element> {
    let byteCount = count * MemoryLayout<Element>.stride
    let index = next
    next += 1
    if isNew {
      used = next
      if operands.count < used {
        operands.append(Operand(role: role, byteCount: byteCount, isFloat: false, images: 0))
      }
      operands[index].role = role
      operands[index].byteCount = byteCount
      operands[index].isFloat = type == Float.self
      operands[index].images = images
      fill(operands[index].data.reserve(byteCount).assumingMemoryBound(to: type))
    }
    if case .inPlace(let other) = role, !inPlaceIsSeparate, let pointer = operands[other].pointer {
      operands[index].pointer = pointer
      return pointer.assumingMemoryBound(to: type)
    }
    let source = image.map { operands[index].images > 0 ? $0 * byteCount : 0 } ?? 0
    let pointer = operands[index].guarded.place(byteCount, placement, alignment: MemoryLayout<Element>.alignment)
    operands[index].pointer = pointer
    switch role {
    case .input, .updated:
      if byteCount > 0 { memcpy(pointer, operands[index].data.base + source, byteCount) }
    case .output, .inPlace: memset(pointer, 0xFF, byteCount)
    }
    return pointer.assumingMemoryBound(to: type)
  }

  private func fill(
    _ target: UnsafeMutablePointer<Float>, _ count: Int, _ range: ClosedRange<Int>, _ special: Bool
  ) {
    let (low, span) = (range.lowerBound, range.upperBound - range.lowerBound)
    if kind == .reals {
      let (base, scale) = (Float(low), Float(span) / Float(1 << 24))
      for i in 0..<count { target[i] = base + Float(random.next() >> 40) * scale }
      return
    }
    for i in 0..<count { target[i] = Float(low + random.below(span + 1)) }
    guard kind == .special, special, count > 0 else { return }
    let denormal = Float.leastNormalMagnitude / 128
    let values: [Float] = [.nan, .infinity, -.infinity, denormal, -denormal, -0.0]
    // One of a kind or several, so that some results stay finite.
    let some = random.pick([values, [.nan], [.infinity], [-.infinity], [denormal, -0.0]])
    for _ in 0..<random.int(0...max(count / 16, 1)) { target[random.below(count)] = random.pick(some) }
  }

  // MARK: - What runs have left

  /// Calls `body` with each operand that a run writes.
  func forEachResult(_ body: (_ index: Int, _ pointer: UnsafeMutableRawPointer) -> Void) {
    for index in 0..<used {
      guard case .input = operands[index].role else {
        if let pointer = operands[index].pointer { body(index, pointer) }
        continue
      }
    }
  }

  func keepExpected() {
    forEachResult { index, pointer in operands[index].expected.copy(pointer, operands[index].byteCount) }
  }

  func keepFirst() {
    forEachResult { index, pointer in operands[index].first.copy(pointer, operands[index].byteCount) }
  }

  /// The input that a run has changed, though it is not its to change.
  func changedInput() -> Int? {
    (0..<used).first { index in
      let operand = operands[index]
      guard case .input = operand.role, let pointer = operand.pointer, operand.byteCount > 0 else { return false }
      let isReplaced = (0..<used).contains {
        if case .inPlace(index) = operands[$0].role { return operands[$0].pointer == pointer }
        return false
      }
      return !isReplaced && memcmp(pointer, operand.data.base, operand.byteCount) != 0
    }
  }
}

/// Bytes on the heap that keep their memory as they grow and shrink.
struct HeapBytes {
  private final class Storage {
    let base: UnsafeMutableRawPointer
    let capacity: Int
    init(_ capacity: Int) {
      self.capacity = capacity
      base = .allocate(byteCount: capacity, alignment: 64)
    }
    deinit { base.deallocate() }
  }
  private var storage = Storage(64)

  var base: UnsafeMutableRawPointer { storage.base }

  mutating func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer {
    if storage.capacity < byteCount { storage = Storage(byteCount * 2) }
    return storage.base
  }

  mutating func copy(_ source: UnsafeRawPointer, _ byteCount: Int) {
    memcpy(reserve(byteCount), source, byteCount)
  }
}
