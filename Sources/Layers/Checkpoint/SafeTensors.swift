import Foundation

/// The content of a safetensors file: named tensors and a few strings.
///
/// The format (huggingface.co/docs/safetensors): eight bytes, the header's length as a little-endian integer; the
/// header, a JSON object of `name: {"dtype", "shape", "data_offsets": [begin, end]}` and `"__metadata__"`, an object of
/// strings; then the tensors' bytes, contiguous, little-endian, row-major.
public struct SafeTensors: Sendable, Equatable {
  /// The format's element types.
  public enum ElementType: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case uint8 = "U8"
    case int8 = "I8"
    case uint16 = "U16"
    case int16 = "I16"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case uint32 = "U32"
    case int32 = "I32"
    case float32 = "F32"
    case uint64 = "U64"
    case int64 = "I64"
    case float64 = "F64"

    /// The size of an element in bytes.
    public var byteCount: Int {
      switch self {
      case .bool, .uint8, .int8: 1
      case .uint16, .int16, .float16, .bfloat16: 2
      case .uint32, .int32, .float32: 4
      case .uint64, .int64, .float64: 8
      }
    }
  }

  /// A tensor as it is stored.
  public struct Entry: Sendable, Equatable {
    /// The tensor's name.
    public let name: String
    /// The element type.
    public let type: ElementType
    /// The tensor's shape.
    public let shape: Shape
    /// The elements, little-endian.
    public let bytes: Data

    /// - Precondition: `bytes` has the size that type and shape require.
    public init(name: String, type: ElementType, shape: Shape, bytes: Data) {
      precondition(bytes.count == shape.count * type.byteCount, "\(bytes.count) bytes for \(shape) of \(type.rawValue)")
      self.name = name
      self.type = type
      self.shape = shape
      self.bytes = bytes
    }

    /// A tensor of floats.
    public init(name: String, _ tensor: Tensor) {
      self.init(
        name: name, type: .float32, shape: tensor.shape,
        bytes: tensor.withUnsafeBufferPointer { Data(buffer: $0) })
    }

    /// A tensor of 64-bit integers.
    /// - Precondition: `integers` has as many elements as the shape; nil for a shape of one dimension.
    public init(name: String, shape: Shape? = nil, integers: [Int64]) {
      self.init(
        name: name, type: .int64, shape: shape ?? [integers.count],
        bytes: integers.withUnsafeBufferPointer { Data(buffer: $0) })
    }
  }

  /// The tensors in the order of their bytes.
  public var entries: [Entry]
  /// The strings of `__metadata__`.
  public var metadata: [String: String]

  /// Content with the given tensors and strings.
  public init(entries: [Entry] = [], metadata: [String: String] = [:]) {
    self.entries = entries
    self.metadata = metadata
  }

  /// The tensor of a name; nil where there is none.
  public subscript(name: String) -> Entry? { entries.first { $0.name == name } }
}

extension SafeTensors.Entry {
  /// The elements as floats: exact for the types that `Float` can represent, else rounded to the nearest. nil for
  /// integers and booleans.
  public var floats: [Float]? {
    switch type {
    case .float32: words(UInt32.self) { Float(bitPattern: $0) }
    case .float64: words(UInt64.self) { Float(Double(bitPattern: $0)) }
    case .bfloat16: words(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .float16: words(UInt16.self, float(half:))
    default: nil
    }
  }

  /// The elements of an `I64` tensor.
  public var integers: [Int64]? { type == .int64 ? words(UInt64.self) { Int64(bitPattern: $0) } : nil }

  private func words<Word: FixedWidthInteger, Value>(_ word: Word.Type, _ value: (Word) -> Value) -> [Value] {
    bytes.withUnsafeBytes { bytes in
      (0..<shape.count).map {
        value(Word(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Word>.size, as: Word.self)))
      }
    }
  }
}

/// The value of an IEEE 754 half: sign, 5 bits of exponent, 10 of fraction. `Float16` is not on every platform.
private func float(half bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let exponent = UInt32(bits >> 10) & 31
  let fraction = UInt32(bits & 1023)
  let magnitude: Float =
    switch exponent {
    case 0: Float(fraction) * 0x1p-24
    case 31: Float(bitPattern: 0x7F80_0000 | fraction << 13)
    default: Float(bitPattern: (exponent + 112) << 23 | fraction << 13)
    }
  return Float(bitPattern: magnitude.bitPattern | sign)
}
