/// Two vectors of a level as one, for bodies that are long chains of operations, each of which waits for the one before.
///
/// The compiler makes two instructions of each operation, one after the other, so that two chains run side by side; of two
/// calls it would put one chain behind the other, and a branch between them. What fills no pair goes through scratch memory:
/// a pair at AVX-512 is not put together in registers by `load(_:first:)`, nor stored in pieces.
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
