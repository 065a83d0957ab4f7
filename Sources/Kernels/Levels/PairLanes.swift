/// Two vectors of a level as one, for bodies that are long chains of dependent operations.
///
/// The compiler makes two adjacent instructions of each operation, so that the two chains overlap and hide each other's
/// latency. Of two calls it would put one chain after the other, with a branch between them. A remainder that does not
/// fill a pair goes through scratch memory, because `load(_:first:)` and `store(_:_:first:)` do not handle the pairs of
/// AVX-512.
#if !arch(arm64)
  enum AVX2PairLanes: Lanes {
    typealias Vector = SIMD16<Float>
    @inline(__always) static var isPair: Bool { true }
    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
      c.addingProduct(a, b)
    }
  }

  enum AVX512PairLanes: Lanes {
    typealias Vector = SIMD32<Float>
    @inline(__always) static var isPair: Bool { true }
    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
      c.addingProduct(a, b)
    }
  }
#endif
