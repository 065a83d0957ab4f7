/// Two vectors of a level as one, for bodies that are long chains of dependent operations.
///
/// The compiler makes two adjacent instructions of each operation, so that the two chains overlap and hide each other's
/// latency. Of two calls it would put one chain after the other, with a branch between them.
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
