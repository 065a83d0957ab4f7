import Foundation

/// A file of events as TensorBoard reads them.
///
/// A file is a sequence of records (tensorflow/core/lib/io/record_writer.h): the length of the data as a little-endian
/// UInt64, the masked CRC-32C of these eight bytes, the data, its masked CRC-32C. The data is a message `Event` of
/// tensorflow/core/util/event.proto in the wire format of Protocol Buffers.
struct EventStream {
  /// Where records go.
  private let write: (Data) throws -> Void
  private let wallTime: () -> Double

  /// - Parameter wallTime: the seconds since 1970.
  init(wallTime: @escaping () -> Double, write: @escaping (Data) throws -> Void) {
    self.wallTime = wallTime
    self.write = write
  }

  /// The first event of a file.
  func begin() throws { try add(step: nil) { $0.add(field: 3, bytes: Array("brain.Event:2".utf8)) } }

  /// The size of a file that only ``begin()`` was written to: 16 bytes around the data, 9 of the time, 2 and 13 of the
  /// version.
  static let beginningByteCount = 40

  /// Says that a training goes on behind a step: events of later steps in files before do not count any more.
  func goOn(fromStep step: Int) throws {
    // SessionLog: status is START.
    try add(step: step) { $0.add(field: 7, message: { $0.add(field: 1, integer: 1) }) }
  }

  /// Adds figures under their tags.
  func add(_ scalars: [(tag: String, value: Double)], step: Int) throws {
    try add(step: step) { event in
      event.add(field: 5) { summary in
        for scalar in scalars {
          summary.add(field: 1) { value in
            value.add(field: 1, bytes: Array(scalar.tag.utf8))
            value.add(field: 2, float: Float(scalar.value))
          }
        }
      }
    }
  }

  private func add(step: Int?, _ content: (inout ProtocolMessage) -> Void) throws {
    var event = ProtocolMessage()
    event.add(field: 1, double: wallTime())
    if let step { event.add(field: 2, integer: UInt64(step)) }
    content(&event)
    try write(Data(EventStream.record(event.bytes)))
  }

  static func record(_ data: [UInt8]) -> [UInt8] {
    let length = withUnsafeBytes(of: UInt64(data.count).littleEndian) { Array($0) }
    return length + maskedChecksum(length) + data + maskedChecksum(data)
  }

  private static func maskedChecksum(_ bytes: [UInt8]) -> [UInt8] {
    let checksum = CRC32C.checksum(bytes)
    let masked = (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
    return withUnsafeBytes(of: masked.littleEndian) { Array($0) }
  }
}

/// A message in the wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding).
struct ProtocolMessage {
  private(set) var bytes: [UInt8] = []

  mutating func add(field: Int, integer: UInt64) {
    add(variable: UInt64(field) << 3)
    add(variable: integer)
  }

  mutating func add(field: Int, double: Double) {
    add(variable: UInt64(field) << 3 | 1)
    withUnsafeBytes(of: double.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func add(field: Int, float: Float) {
    add(variable: UInt64(field) << 3 | 5)
    withUnsafeBytes(of: float.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func add(field: Int, bytes content: [UInt8]) {
    add(variable: UInt64(field) << 3 | 2)
    add(variable: UInt64(content.count))
    bytes += content
  }

  mutating func add(field: Int, message content: (inout ProtocolMessage) -> Void) {
    var message = ProtocolMessage()
    content(&message)
    add(field: field, bytes: message.bytes)
  }

  /// Seven bits a byte, the lowest first; the high bit says that more follow.
  private mutating func add(variable value: UInt64) {
    var rest = value
    while rest > 127 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// The cyclic redundancy check of Castagnoli and others (1993), reflected, polynomial 0x1EDC6F41.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
  }

  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { $0 >> 8 ^ table[Int(($0 ^ UInt32($1)) & 255)] }
  }
}
