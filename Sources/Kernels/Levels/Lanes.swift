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

  /// The first `count` values, fewer than a vector has lanes, with `fill` in the other lanes; nothing beyond them is read.
  ///
  /// Not a requirement of the protocol: a witness of it would be compiled outside of the level functions.
  @inline(__always) private static func loadPart(
    _ source: UnsafePointer<Float>, _ count: Int, _ fill: Float
  ) -> Vector {
    #if arch(x86_64)
      if Vector.self != SIMD4<Float>.self {
        var vector = splat(fill)
        if Vector.self == SIMD8<Float>.self {
          isa_load_first8(&vector, source, count)
        } else if Vector.self == SIMD32<Float>.self {
          isa_load_first32(&vector, source, count)
        } else if isPair {
          isa_load_first8x2(&vector, source, count)
        } else {
          isa_load_first16(&vector, source, count)
        }
        return vector
      }
    #endif
    return unsafeBitCast(loadPart4(source, count, fill), to: Vector.self)
  }

  /// Stores the first `count` lanes, fewer than a vector has; nothing beyond them is written.
  @inline(__always) private static func storePart(
    _ vector: Vector, _ destination: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    #if arch(x86_64)
      if Vector.self != SIMD4<Float>.self {
        return withUnsafePointer(to: vector) {
          if Vector.self == SIMD8<Float>.self {
            isa_store_first8(destination, $0, count)
          } else if Vector.self == SIMD32<Float>.self {
            isa_store_first32(destination, $0, count)
          } else if isPair {
            isa_store_first8x2(destination, $0, count)
          } else {
            isa_store_first16(destination, $0, count)
          }
        }
      }
    #endif
    storePart4(unsafeBitCast(vector, to: SIMD4<Float>.self), destination, count)
  }

  /// The first `count` values, or a whole vector if there are more, with `fill` in the other lanes; nothing beyond them is
  /// read.
  @inline(__always) static func load(_ source: UnsafePointer<Float>, first count: Int, fill: Float = 0) -> Vector {
    count >= self.count ? load(source) : loadPart(source, count, fill)
  }

  /// Stores the first `count` lanes, or a whole vector if there are more; nothing beyond them is written.
  @inline(__always) static func store(_ vector: Vector, _ destination: UnsafeMutablePointer<Float>, first count: Int) {
    if count >= self.count { store(vector, destination) } else { storePart(vector, destination, count) }
  }

  /// Copies fewer values than a vector has lanes; nothing beyond them is read or written.
  @inline(__always) static func copy(
    _ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, first count: Int
  ) {
    storePart(loadPart(source, count, 0), destination, count)
  }

  /// Stores the first `count` lanes of a row, or all of them where those behind the row are written later.
  ///
  /// - Parameters:
  ///   - end: the end of the memory that is written later.
  ///   - spare: memory of one vector.
  @inline(always)
  static func storeRow(
    _ row: Vector, _ destination: UnsafeMutablePointer<Float>, count: Int, end: UnsafeMutablePointer<Float>,
    spare: UnsafeMutablePointer<Float>
  ) {
    if count >= self.count || !(end < destination + self.count) { return store(row, destination) }
    store(row, spare)
    copy(spare, destination, first: count)
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

  /// Sums, with `floor` for those that are not above it, NaN unchanged: the ReLU of a sum of addends, which leaves no
  /// negative zero.
  @inline(always) static func raised(_ sum: Vector, to floor: Vector) -> Vector {
    sum.replacing(with: floor, where: floor .>= sum)
  }

  /// 0, 1, 2 … in the lanes.
  @inline(always) static var laneIndices: Vector {
    var indices = splat(0)
    for lane in 0..<count { indices[lane] = Float(lane) }
    return indices
  }
}

/// The first `count` values, fewer than four, with `fill` in the other lanes.
@inline(__always)
private func loadPart4(_ source: UnsafePointer<Float>, _ count: Int, _ fill: Float) -> SIMD4<Float> {
  switch count {
  case 1: SIMD4(source[0], fill, fill, fill)
  case 2: SIMD4(source[0], source[1], fill, fill)
  case 3: SIMD4(source[0], source[1], source[2], fill)
  default: SIMD4(repeating: fill)
  }
}

/// Stores the first `count` lanes, fewer than four.
@inline(__always)
private func storePart4(_ vector: SIMD4<Float>, _ destination: UnsafeMutablePointer<Float>, _ count: Int) {
  if count > 0 { destination[0] = vector.x }
  if count > 1 { destination[1] = vector.y }
  if count > 2 { destination[2] = vector.z }
}

/// A value of zeros, such as an array of vectors in registers. (`InlineArray.init(repeating:)` is not inlined for long
/// arrays.)
@inline(always)
func zeros<Value: BitwiseCopyable>(_ type: Value.Type) -> Value { Builtin.zeroInitializer() }
