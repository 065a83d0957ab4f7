// Former names, for the call sites that still use them.

typealias ReadAhead = PrefetchRange

extension Lanes {
  @inline(__always) static func store(_ vector: Vector, _ destination: UnsafeMutablePointer<Float>, past: Bool) {
    store(vector, destination, nonTemporal: past)
  }
}

extension StreamedOutput {
  @inline(__always)
  func place<Element>(
    _ output: UnsafeMutablePointer<Element>, _ scratch: UnsafeMutableRawPointer
  ) -> UnsafeMutablePointer<Element> { target(output, scratch) }

  @inline(__always)
  func store<Element>(
    _ items: Int, _ scratch: UnsafeMutableRawPointer, to output: UnsafeMutablePointer<Element>, ahead: ReadAhead
  ) { store(items, scratch, to: output, prefetching: ahead) }
}

extension HalfLanes {
  typealias Positions = Indices

  @inline(always)
  static func takesOver(_ value: Vector, _ maximum: Vector) -> SIMDMask<Vector.MaskStorage> {
    replacesMaximum(value, maximum)
  }
}

extension RegisterTile {
  @inline(always) init(spilledTo memory: UnsafePointer<Float>) { self.init(accumulators: memory) }

  @inline(always) func spill(to scratch: UnsafeMutablePointer<Float>) { storeAccumulators(to: scratch) }
}

extension CopyArguments {
  init(
    source: UnsafePointer<Float>, destination: UnsafeMutablePointer<Float>, count: Int, ahead: UnsafePointer<CChar>?,
    alsoAhead: UnsafePointer<CChar>?, aheadLines: Int
  ) {
    self.init(
      source: source, destination: destination, count: count, prefetchFirst: ahead, prefetchSecond: alsoAhead,
      prefetchLines: aheadLines)
  }
}
