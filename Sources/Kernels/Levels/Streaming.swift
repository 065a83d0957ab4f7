import KernelsISA

extension Lanes {
  /// Stores a vector non-temporally (a streaming store), to an address that is a multiple of the vector's size.
  ///
  /// An ordinary store first reads the line that it overwrites from memory, which is half as much traffic again for a
  /// copy. A run that stores non-temporally ends with ``isa_stream_fence``.
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
  /// Stores a vector, non-temporally or as usual; inside a loop, `nonTemporal` has to be a compile-time constant.
  @inline(__always) static func store(
    _ vector: Vector, _ destination: UnsafeMutablePointer<Float>, nonTemporal: Bool
  ) {
    if nonTemporal { stream(vector, destination) } else { store(vector, destination) }
  }
}

/// Which outputs are stored non-temporally (by streaming stores).
enum Streaming {
  /// Outputs of at least this many bytes are stored non-temporally: with their inputs they fill a last-level cache of
  /// 32 MB. The next operation finds smaller outputs in the caches.
  static let threshold = 16 << 20

  /// Whether an output of so many elements, which is written whole and once, is stored non-temporally.
  static func pays(outputCount: Int) -> Bool { outputCount >= threshold / 4 }

  /// Whether an element-wise operation's output is stored non-temporally: it is large, aligned, and not the input's
  /// memory.
  @inline(__always)
  static func streams(_ count: Int, from input: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>) -> Bool {
    pays(outputCount: count) && isAligned(output) && input != UnsafePointer(output)
  }

  /// Whether an address is aligned for the non-temporal stores of every level, to 64 bytes.
  @inline(__always)
  static func isAligned(_ address: UnsafeMutablePointer<Float>) -> Bool { UInt(bitPattern: address) % 64 == 0 }
}

/// Output that is computed chunk by chunk in scratch memory and copied from there by non-temporal stores, so that its
/// rows need not be whole vectors, nor be computed in order.
struct StreamedOutput: Sendable {
  /// Elements of an item of output, such as a plane, which is computed whole.
  let itemCount: Int
  /// Items of a chunk; nil where the output is computed in its own memory.
  let chunk: Int?
  private let copy: LevelFunction<CopyArguments>

  /// Bytes of a chunk's scratch memory, where one item does not need more.
  private static let chunkByteCount = 8 << 10
  /// The largest item that is still in the second-level cache when it is copied, in bytes.
  private static let largestItem = 256 << 10

  init(items: Int, itemCount: Int, level: InstructionSet) {
    self.itemCount = itemCount
    copy = Levels.streamCopy[level]
    let isStreamed = Streaming.pays(outputCount: items * itemCount) && itemCount * 4 <= Self.largestItem
    chunk = isStreamed ? max(Self.chunkByteCount / (itemCount * 4), 1) : nil
  }

  /// Bytes of scratch memory for each thread.
  var byteCount: Int { chunk.map { cacheLines($0 * itemCount * 4) } ?? 0 }

  /// Where to compute items of the output: in scratch memory, or at their address in the output.
  @inline(__always)
  func target<Element>(
    _ output: UnsafeMutablePointer<Element>, _ scratch: UnsafeMutableRawPointer
  ) -> UnsafeMutablePointer<Element> {
    chunk == nil ? output : scratch.assumingMemoryBound(to: Element.self)
  }

  /// Copies items from scratch memory to the output, if they were computed there.
  @inline(__always)
  func store<Element>(
    _ items: Int, _ scratch: UnsafeMutableRawPointer, to output: UnsafeMutablePointer<Element>,
    prefetching next: PrefetchRange = PrefetchRange()
  ) {
    if chunk == nil { return }
    planCheck("the items of a chunk", count: items &* itemCount &* 4, allocated: byteCount)
    var arguments = CopyArguments(
      source: scratch.assumingMemoryBound(to: Float.self),
      destination: UnsafeMutableRawPointer(output).assumingMemoryBound(to: Float.self), count: items &* itemCount,
      prefetchFirst: next.first?.assumingMemoryBound(to: CChar.self),
      prefetchSecond: next.second?.assumingMemoryBound(to: CChar.self), prefetchLines: next.byteCount / 64)
    copy(&arguments)
  }

  /// Orders a thread's non-temporal stores before what follows.
  @inline(__always)
  func finish() { if chunk != nil { isa_stream_fence() } }
}

/// The memory that an operation reads next, which it prefetches while it stores, so that memory is never idle.
struct PrefetchRange {
  var first: UnsafeRawPointer?
  var second: UnsafeRawPointer?
  /// Bytes at each of the two addresses.
  var byteCount = 0
}

/// The arguments of the level functions that copy by non-temporal stores.
struct CopyArguments {
  var source: UnsafePointer<Float>
  var destination: UnsafeMutablePointer<Float>
  /// The number of floats.
  var count: Int
  /// The memory to prefetch during the copy; nil for none.
  var prefetchFirst: UnsafePointer<CChar>?
  /// More memory to prefetch; nil for none.
  var prefetchSecond: UnsafePointer<CChar>?
  /// The cache lines of 64 bytes to prefetch at each address.
  var prefetchLines: Int
}

/// Copies whole cache lines by non-temporal stores, and the elements before and after them as usual. The caller fences.
@inline(always)
func copy<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<CopyArguments>) {
  let (source, destination, count) = (p.pointee.source, p.pointee.destination, p.pointee.count)
  let misalignment = Int(bitPattern: destination) / 4 & 15
  let before = misalignment == 0 ? 0 : 16 &- misalignment
  let first = before < count ? before : count
  var i = 0
  while i < first {
    destination[i] = source[i]
    i &+= 1
  }
  var line = 0
  var due = 0
  while i &+ 16 <= count {
    due &+= 16 &* p.pointee.prefetchLines
    while due >= count {
      if let first = p.pointee.prefetchFirst { prefetch(first + 64 &* line) }
      if let second = p.pointee.prefetchSecond { prefetch(second + 64 &* line) }
      line &+= 1
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
