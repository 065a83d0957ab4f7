import Foundation
import Layers
import Testing

@testable import Bench

@Suite struct PNGTests {
  /// The catalogue's check values of both sums for "123456789", and that of nothing.
  @Test func checkSumsAreThoseOfTheirStandards() {
    let digits = Array("123456789".utf8)
    #expect(PNG.crc32(digits) == 0xCBF4_3926)
    #expect(PNG.crc32([]) == 0)
    #expect(PNG.crc32(Array("IEND".utf8)) == 0xAE42_6082)
    #expect(PNG.adler32(digits) == 0x091E_01DE)
    #expect(PNG.adler32([]) == 1)
  }

  /// (2¹⁶ − 1)·255 and more do not overflow the sums: they are those of a plain loop.
  @Test func theSumOfManyBytesIsReducedInTime() {
    let data = [UInt8](repeating: 255, count: 100_000)
    var (low, high) = (1, 0)
    for byte in data {
      low = (low + Int(byte)) % 65_521
      high = (high + low) % 65_521
    }
    #expect(PNG.adler32(data) == UInt32(high << 16 | low))
  }

  @Test func aGreyPixelIsTheseBytes() {
    let file = PNG.encode(width: 1, height: 1, pixels: [0x7F], channels: 1)
    var expected: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    expected += [0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]
    expected += [0x3A, 0x7E, 0x9B, 0x55]
    // One stored block of two bytes: no filter, the pixel.
    expected += [0, 0, 0, 13, 0x49, 0x44, 0x41, 0x54, 0x78, 0x01, 1, 2, 0, 0xFD, 0xFF, 0, 0x7F, 0, 0x81, 0, 0x80]
    #expect(Array(file.prefix(expected.count)) == expected)
    #expect(file.count == expected.count + 4 + 12)
    #expect(Array(file.suffix(12)) == [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82])
  }

  private static let readsPNG: Bool = {
    do {
      _ = try Image(decoding: PNG.encode(width: 1, height: 1, pixels: [0], channels: 1))
      return true
    } catch DataError.missingLibrary {
      return false
    } catch {
      return true
    }
  }()

  /// The last sizes have data of exactly one block, of one byte more, and of several.
  @Test(
    .enabled(if: readsPNG, "no libpng"),
    arguments: [
      (1, 1, 1), (3, 2, 3), (28, 28, 1), (32, 32, 3), (257, 255, 1), (65_534, 1, 1), (65_535, 1, 1), (300, 200, 3),
    ])
  func aDecoderReadsThePixels(_ width: Int, _ height: Int, _ channels: Int) throws {
    let pixels = (0..<(width * height * channels)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    let file = PNG.encode(width: width, height: height, pixels: pixels, channels: channels)
    let image = try Image(decoding: file, name: "\(width)×\(height)×\(channels)")
    #expect((image.width, image.height, image.channels) == (width, height, channels))
    #expect(image.samples == pixels)
  }

  @Test func anAddressHoldsTheFile() throws {
    let address = PNG.dataURI(width: 2, height: 1, pixels: [1, 2], channels: 1)
    let parts = address.split(separator: ",")
    #expect(parts[0] == "data:image/png;base64")
    let file = try #require(Data(base64Encoded: String(parts[1])))
    #expect(file == PNG.encode(width: 2, height: 1, pixels: [1, 2], channels: 1))
  }
}
