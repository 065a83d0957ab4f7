/// The vector of an instruction-set level, and the operations whose best code differs between levels.
///
/// Kernel bodies are generic over this; each level's function specialises one. All of a body must be inlined into that
/// function, so everything here is `@inline(__always)`.
protocol Lanes {
  associatedtype Vector: SIMD, Sendable where Vector.Scalar == Float
  /// a · b + c: fused where the level has FMA.
  static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector
}

#if arch(arm64)
  enum NEONLanes: Lanes {
    typealias Vector = SIMD4<Float>
    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
      c.addingProduct(a, b)
    }
  }
#else
  enum BaselineLanes: Lanes {
    typealias Vector = SIMD4<Float>
    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { a * b + c }
  }

  enum AVX2Lanes: Lanes {
    typealias Vector = SIMD8<Float>
    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
      c.addingProduct(a, b)
    }
  }

  enum AVX512Lanes: Lanes {
    typealias Vector = SIMD16<Float>
    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
      c.addingProduct(a, b)
    }
  }
#endif

extension Lanes {
  /// The number of lanes of a vector.
  @inline(__always) static var count: Int { Vector.scalarCount }

  @inline(__always) static func splat(_ value: Float) -> Vector { Vector(repeating: value) }

  @inline(__always) static func load(_ source: UnsafePointer<Float>) -> Vector {
    UnsafeRawPointer(source).loadUnaligned(as: Vector.self)
  }

  @inline(__always) static func load(_ source: UnsafeMutablePointer<Float>) -> Vector {
    UnsafeRawPointer(source).loadUnaligned(as: Vector.self)
  }

  @inline(__always) static func store(_ vector: Vector, _ destination: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(destination).storeBytes(of: vector, as: Vector.self)
  }

  /// The first `count` values, the other lanes holding `fill`; nothing behind them is read.
  @inline(__always) static func load(
    _ source: UnsafePointer<Float>, first count: Int, fill: Float = 0
  ) -> Vector {
    var vector = splat(fill)
    withUnsafeMutableBytes(of: &vector) { lanes in
      let lanes = lanes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Float.self)
      var i = 0
      while i < count {
        lanes[i] = source[i]
        i &+= 1
      }
    }
    return vector
  }

  /// Stores the first `count` lanes.
  @inline(__always) static func store(_ vector: Vector, _ destination: UnsafeMutablePointer<Float>, first count: Int) {
    withUnsafeBytes(of: vector) { lanes in
      let lanes = lanes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Float.self)
      var i = 0
      while i < count {
        destination[i] = lanes[i]
        i &+= 1
      }
    }
  }

  /// A whole vector where `count` is that of its lanes, else the first `count` values.
  @inline(__always) static func load(_ source: UnsafePointer<Float>, upTo count: Int) -> Vector {
    count == self.count ? load(source) : load(source, first: count)
  }

  /// Stores a whole vector where `count` is that of its lanes, else its first `count` lanes.
  @inline(__always) static func store(_ vector: Vector, _ destination: UnsafeMutablePointer<Float>, upTo count: Int) {
    if count == self.count {
      store(vector, destination)
    } else {
      store(vector, destination, first: count)
    }
  }

  /// The larger of two values lane by lane; `a` where either is NaN or they are equal.
  @inline(__always) static func max(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: b .> a) }

  /// The sum of all lanes, by a fixed tree: halves, then halves of halves. Part of the numeric contract of a level.
  @inline(__always) static func sum(_ vector: Vector) -> Float {
    if Vector.self == SIMD16<Float>.self {
      let v = unsafeBitCast(vector, to: SIMD16<Float>.self)
      return sum8(v.lowHalf + v.highHalf)
    } else if Vector.self == SIMD8<Float>.self {
      return sum8(unsafeBitCast(vector, to: SIMD8<Float>.self))
    } else {
      return sum4(unsafeBitCast(vector, to: SIMD4<Float>.self))
    }
  }

  @inline(__always) private static func sum8(_ v: SIMD8<Float>) -> Float { sum4(v.lowHalf + v.highHalf) }
  @inline(__always) private static func sum4(_ v: SIMD4<Float>) -> Float {
    let pair = v.lowHalf + v.highHalf
    return pair.x + pair.y
  }
}
