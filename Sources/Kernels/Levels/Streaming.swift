import KernelsISA

extension Lanes {
  /// Stores a vector past the caches, to an address that is a multiple of its size.
  ///
  /// Without it, the line that is overwritten is first read from memory: half as much traffic again for a copy. A run
  /// that uses it ends with ``isa_stream_fence``.
  @inline(__always) static func stream(_ vector: Vector, _ destination: UnsafeMutablePointer<Float>) {
    withUnsafePointer(to: vector) {
      if count == 32 {
        isa_stream32(destination, $0)
      } else if count == 16 {
        isa_stream16(destination, $0)
      } else if count == 8 {
        isa_stream8(destination, $0)
      } else {
        isa_stream4(destination, $0)
      }
    }
  }
}

extension Lanes {
  /// Stores a vector, past the caches or as usual; inside a loop, `past` is a constant.
  @inline(__always) static func store(
    _ vector: Vector, _ destination: UnsafeMutablePointer<Float>, past: Bool
  ) {
    if past { stream(vector, destination) } else { store(vector, destination) }
  }
}

/// When outputs are stored past the caches.
enum Streaming {
  /// Bytes of output from which on it is not kept in the caches: with what it is made from, it fills a last-level cache
  /// of 32 MB. Below, the next operation finds it there.
  static let threshold = 16 << 20

  /// Whether an output that is written whole and once is stored past the caches.
  static func pays(outputCount: Int) -> Bool { outputCount >= threshold / 4 }

  /// Whether an element-wise operation's output is stored past the caches: it is large, aligned, and not also read.
  @inline(__always)
  static func streams(_ count: Int, from input: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>) -> Bool {
    pays(outputCount: count) && isAligned(output) && input != UnsafePointer(output)
  }

  /// Whether vectors that lie whole vectors behind an address can be streamed at every level.
  @inline(__always)
  static func isAligned(_ address: UnsafeMutablePointer<Float>) -> Bool { UInt(bitPattern: address) % 64 == 0 }
}

/// Output that is made piece by piece in scratch memory and stored past the caches from there: its rows need not be whole
/// vectors then, nor be stored in order.
struct StreamedOutput: Sendable {
  /// Elements of an indivisible item of output, such as a plane.
  let itemCount: Int
  /// Items that are made at once; nil where the output is stored as it is made.
  let chunk: Int?
  private let copy: LevelFunction<CopyArguments>

  /// Bytes of scratch memory that a chunk has if an item does not need more.
  private static let chunkByteCount = 8 << 10
  /// An item that needs more than this would leave the second-level cache before it is stored.
  private static let largestItem = 256 << 10

  init(items: Int, itemCount: Int, level: InstructionSet) {
    self.itemCount = itemCount
    copy = Levels.streamCopy[level]
    let isStreamed = Streaming.pays(outputCount: items * itemCount) && itemCount * 4 <= Self.largestItem
    chunk = isStreamed ? max(Self.chunkByteCount / (itemCount * 4), 1) : nil
  }

  /// Bytes of scratch memory for each thread.
  var byteCount: Int { chunk.map { cacheLines($0 * itemCount * 4) } ?? 0 }

  /// Where to make items of the output.
  @inline(__always)
  func place<Element>(
    _ output: UnsafeMutablePointer<Element>, _ scratch: UnsafeMutableRawPointer
  ) -> UnsafeMutablePointer<Element> {
    chunk == nil ? output : scratch.assumingMemoryBound(to: Element.self)
  }

  /// Moves items from where they were made to the output.
  @inline(__always)
  func store<Element>(
    _ items: Int, _ scratch: UnsafeMutableRawPointer, to output: UnsafeMutablePointer<Element>,
    ahead: ReadAhead = ReadAhead()
  ) {
    if chunk == nil { return }
    planCheck("items that are made at once", count: items &* itemCount &* 4, allocated: byteCount)
    var arguments = CopyArguments(
      source: scratch.assumingMemoryBound(to: Float.self),
      destination: UnsafeMutableRawPointer(output).assumingMemoryBound(to: Float.self), count: items &* itemCount,
      ahead: ahead.first?.assumingMemoryBound(to: CChar.self),
      alsoAhead: ahead.second?.assumingMemoryBound(to: CChar.self), aheadLines: ahead.byteCount / 64)
    copy(&arguments)
  }

  /// Ends a thread's stores.
  @inline(__always)
  func finish() { if chunk != nil { isa_stream_fence() } }
}

/// What an operation reads next, which it can ask for while it stores: memory is then never idle.
struct ReadAhead {
  var first: UnsafeRawPointer?
  var second: UnsafeRawPointer?
  var byteCount = 0
}

struct CopyArguments {
  var source: UnsafePointer<Float>
  var destination: UnsafeMutablePointer<Float>
  var count: Int
  /// What is read next, asked for meanwhile: the same number of lines at two addresses, or at one.
  var ahead: UnsafePointer<CChar>?
  var alsoAhead: UnsafePointer<CChar>?
  var aheadLines: Int
}

/// Whole lines past the caches, what comes before and behind them as usual. The caller fences.
@inline(always)
func copy<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<CopyArguments>) {
  let (source, destination, count) = (p.pointee.source, p.pointee.destination, p.pointee.count)
  let misplaced = Int(bitPattern: destination) / 4 & 15
  let before = misplaced == 0 ? 0 : 16 &- misplaced
  let first = before < count ? before : count
  var i = 0
  while i < first {
    destination[i] = source[i]
    i &+= 1
  }
  var ahead = 0
  var due = 0
  while i &+ 16 <= count {
    due &+= 16 &* p.pointee.aheadLines
    while due >= count {
      if let line = p.pointee.ahead { prefetch(line + 64 &* ahead) }
      if let line = p.pointee.alsoAhead { prefetch(line + 64 &* ahead) }
      ahead &+= 1
      due &-= count
    }
    var lane = 0
    while lane < 16 {
      L.stream(L.load(source + (i &+ lane)), destination + (i &+ lane))
      lane &+= L.count
    }
    i &+= 16
  }
  while i < count {
    destination[i] = source[i]
    i &+= 1
  }
}
