import Builtin
import KernelsISA

/// The vector of an instruction-set level, and the operations whose best code differs between levels.
///
/// Kernel bodies are generic over this protocol, and each level function is the specialisation of one body. A body has
/// to be inlined whole into its level function, so everything here is `@inline(__always)`.
protocol Lanes {
  associatedtype Vector: FloatVector
  /// Whether ``Vector`` is a pair of the level's vectors.
  static var isPair: Bool { get }
  /// a · b + c, fused where the level has FMA.
  static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector
}

extension Lanes {
  @inline(__always) static var isPair: Bool { false }
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
  /// A vector's bits as integers.
  typealias Bits = Vector.Bits

  /// The number of lanes of a vector.
  @inline(__always) static var count: Int { Vector.scalarCount }

  @inline(__always) static func splat(_ value: Float) -> Vector { Vector(repeating: value) }

  @inline(__always) static func load(_ source: UnsafePointer<Float>) -> Vector {
    Builtin.loadRaw(UnsafeRawPointer(source)._rawValue)
  }

  @inline(__always) static func load(_ source: UnsafeMutablePointer<Float>) -> Vector {
    Builtin.loadRaw(UnsafeRawPointer(source)._rawValue)
  }

  @inline(__always) static func store(_ vector: Vector, _ destination: UnsafeMutablePointer<Float>) {
    Builtin.storeRaw(vector, UnsafeMutableRawPointer(destination)._rawValue)
  }

  /// The first `count` values, with `fill` in the other lanes; nothing beyond them is read.
  ///
  /// The vector is assembled in registers from loads of 8, 4 and up to 3 values, as the bits of the count say.
  @inline(__always) static func load(
    _ source: UnsafePointer<Float>, first count: Int, fill: Float = 0
  ) -> Vector {
    if count >= self.count { return load(source) }
    if Vector.self == SIMD16<Float>.self {
      return unsafeBitCast(load16(source, count, fill), to: Vector.self)
    } else if Vector.self == SIMD8<Float>.self {
      return unsafeBitCast(load8(source, count, fill), to: Vector.self)
    } else {
      return unsafeBitCast(load4(source, count, fill), to: Vector.self)
    }
  }

  @inline(__always) private static func load16(
    _ source: UnsafePointer<Float>, _ count: Int, _ fill: Float
  ) -> SIMD16<Float> {
    if count & 8 == 0 {
      return SIMD16(lowHalf: load8(source, count, fill), highHalf: SIMD8(repeating: fill))
    }
    let low = UnsafeRawPointer(source).loadUnaligned(as: SIMD8<Float>.self)
    return SIMD16(lowHalf: low, highHalf: load8(source + 8, count & 7, fill))
  }

  @inline(__always) private static func load8(
    _ source: UnsafePointer<Float>, _ count: Int, _ fill: Float
  ) -> SIMD8<Float> {
    if count & 4 == 0 {
      return SIMD8(lowHalf: load4(source, count, fill), highHalf: SIMD4(repeating: fill))
    }
    let low = UnsafeRawPointer(source).loadUnaligned(as: SIMD4<Float>.self)
    return SIMD8(lowHalf: low, highHalf: load4(source + 4, count & 3, fill))
  }

  @inline(__always) private static func load4(
    _ source: UnsafePointer<Float>, _ count: Int, _ fill: Float
  ) -> SIMD4<Float> {
    switch count & 3 {
    case 1: SIMD4(source[0], fill, fill, fill)
    case 2: SIMD4(source[0], source[1], fill, fill)
    case 3: SIMD4(source[0], source[1], source[2], fill)
    default: SIMD4(repeating: fill)
    }
  }

  /// Copies fewer values than a vector has lanes; nothing beyond them is read or written.
  ///
  /// To store a part of a computed vector, prefer storing it to scratch memory and copying from there over
  /// `store(_:_:first:)`, which makes the compiler compute the vector in pieces.
  @inline(__always) static func copy(
    _ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, first count: Int
  ) {
    let from = UnsafeRawPointer(source)
    let to = UnsafeMutableRawPointer(destination)
    var offset = 0
    if self.count > 16 && count & 16 != 0 {
      to.storeBytes(of: from.loadUnaligned(as: SIMD16<Float>.self), as: SIMD16<Float>.self)
      offset = 64
    }
    if count & 8 != 0 {
      let piece = from.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
      to.storeBytes(of: piece, toByteOffset: offset, as: SIMD8<Float>.self)
      offset &+= 32
    }
    if count & 4 != 0 {
      let piece = from.loadUnaligned(fromByteOffset: offset, as: SIMD4<Float>.self)
      to.storeBytes(of: piece, toByteOffset: offset, as: SIMD4<Float>.self)
      offset &+= 16
    }
    if count & 2 != 0 {
      let piece = from.loadUnaligned(fromByteOffset: offset, as: SIMD2<Float>.self)
      to.storeBytes(of: piece, toByteOffset: offset, as: SIMD2<Float>.self)
      offset &+= 8
    }
    if count & 1 != 0 {
      to.storeBytes(
        of: from.loadUnaligned(fromByteOffset: offset, as: Float.self), toByteOffset: offset, as: Float.self)
    }
  }

  /// Stores the first `count` lanes; nothing beyond them is written.
  @inline(__always) static func store(_ vector: Vector, _ destination: UnsafeMutablePointer<Float>, first count: Int) {
    if count >= self.count {
      store(vector, destination)
    } else if Vector.self == SIMD16<Float>.self {
      let v = unsafeBitCast(vector, to: SIMD16<Float>.self)
      if count & 8 == 0 {
        store8(v.lowHalf, destination, count)
      } else {
        UnsafeMutableRawPointer(destination).storeBytes(of: v.lowHalf, as: SIMD8<Float>.self)
        store8(v.highHalf, destination + 8, count)
      }
    } else if Vector.self == SIMD8<Float>.self {
      store8(unsafeBitCast(vector, to: SIMD8<Float>.self), destination, count)
    } else {
      store4(unsafeBitCast(vector, to: SIMD4<Float>.self), destination, count)
    }
  }

  @inline(__always) private static func store8(
    _ v: SIMD8<Float>, _ destination: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    if count & 4 == 0 {
      store4(v.lowHalf, destination, count)
    } else {
      UnsafeMutableRawPointer(destination).storeBytes(of: v.lowHalf, as: SIMD4<Float>.self)
      store4(v.highHalf, destination + 4, count)
    }
  }

  @inline(__always) private static func store4(
    _ v: SIMD4<Float>, _ destination: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    if count & 3 > 0 { destination[0] = v.x }
    if count & 3 > 1 { destination[1] = v.y }
    if count & 3 > 2 { destination[2] = v.z }
  }

  /// The sum of all lanes, by halves: the order is part of the numeric contract of a level.
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

extension Lanes {
  @inline(always) static func bits(_ vector: Vector) -> Bits { unsafeBitCast(vector, to: Bits.self) }

  @inline(always) static func vector(_ bits: Bits) -> Vector { unsafeBitCast(bits, to: Vector.self) }

  /// The larger of two values lane by lane; `a` where either is NaN or they are equal.
  @inline(always) static func larger(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: b .> a) }

  /// The smaller of two values lane by lane; `a` where either is NaN or they are equal.
  @inline(always) static func smaller(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: a .> b) }

  /// Values clamped to 0 … ceiling, NaN unchanged: the ReLU of an epilogue.
  @inline(always) static func rectified(_ x: Vector, ceiling: Float) -> Vector {
    smaller(larger(x, splat(0)), splat(ceiling))
  }

  /// 0, 1, 2 … in the lanes.
  @inline(always) static var laneIndices: Vector {
    var indices = splat(0)
    for lane in 0..<count { indices[lane] = Float(lane) }
    return indices
  }
}

/// A value of zeros, such as an array of vectors in registers. (`InlineArray.init(repeating:)` is not inlined for long
/// arrays.)
@inline(always)
func zeros<Value: BitwiseCopyable>(_ type: Value.Type) -> Value { Builtin.zeroInitializer() }
