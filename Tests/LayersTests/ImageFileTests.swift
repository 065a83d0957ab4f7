import Foundation
import TestSupport
import Testing

@testable import Layers

private func failure(_ content: some Sequence<UInt8>, _ limits: ImageLimits = ImageLimits()) -> DataError? {
  do throws(DataError) {
    _ = try Image(decoding: content, name: "f", limits: limits)
    return nil
  } catch {
    return error
  }
}

/// A number in four bytes, the highest first.
private func bigEndian(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * $0) & 255) } }

private let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

/// A PNG file that says how large it is and ends.
private func pngHeader(height: Int, width: Int) -> [UInt8] {
  signature + [0, 0, 0, 13] + Array("IHDR".utf8) + bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0, 0, 0, 0, 0]
}

/// A JPEG file of a frame, a scan of no data and the end.
private func jpeg(height: Int, width: Int, components: Int = 3, marker: UInt8 = 0xC0, bits: UInt8 = 8) -> [UInt8] {
  var frame: [UInt8] = [bits, UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8), UInt8(width & 255)]
  frame.append(UInt8(components))
  for i in 0..<components { frame += [UInt8(i + 1), 0x11, 0] }
  return [0xFF, 0xD8, 0xFF, marker, 0, UInt8(frame.count + 2)] + frame
    + [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 1, 2, 3, 0xFF, 0xD9]
}

@Suite struct ImageFileTests {
  static let pngs = (try? ImageFixture.load().files.filter { $0.name.hasPrefix("png") }) ?? []
  static let jpegs = (try? ImageFixture.load().files.filter { $0.name.hasPrefix("jpeg") }) ?? []

  private func check(_ file: ImageFixture.File) throws {
    let image = try Image(decoding: file.content, name: file.name)
    #expect((image.height, image.width, image.channels) == (file.height, file.width, file.channels))
    #expect(largestDifference(image.samples, file.samples) <= file.tolerance)
  }

  @Test func theFixtureIsThere() throws { #expect(Self.pngs.count == 8 && Self.jpegs.count == 6) }

  @Test(.enabled(if: ImageFixture.readsPNG, "no libpng"), arguments: pngs)
  func aPNGFileHasThePixelsThatPILReads(file: ImageFixture.File) throws { try check(file) }

  @Test(.enabled(if: ImageFixture.readsJPEG, "no libturbojpeg: set LAYERS_TURBOJPEG"), arguments: jpegs)
  func aJPEGFileHasThePixelsThatPILReads(file: ImageFixture.File) throws { try check(file) }

  @Test(.enabled(if: ImageFixture.readsPNG, "no libpng")) func whatIsWrittenIsReadAgain() throws {
    let fixture = try ImageFixture.load()
    let folder = try TemporaryFolder()
    for name in ["colour", "grey"] {
      let image = try fixture.image(name)
      for ending in ["png", "pnm", "PPM"] {
        let file = folder.url.appendingPathComponent("\(name).\(ending)")
        try image.write(to: file)
        #expect(try Image(contentsOf: file) == image)
      }
    }
    let alpha = try Image(height: 1, width: 2, channels: 4, samples: [1, 2, 3, 0, 50, 60, 70, 128])
    #expect(try Image(decoding: alpha.png()) == alpha)
    #expect(try Image(decoding: alpha.portableAnymap).samples == [1, 2, 3, 50, 60, 70])
    #expect(throws: DataError.self) { try alpha.write(to: folder.url.appendingPathComponent("a.gif")) }
    #expect(throws: DataError.self) { try alpha.write(to: folder.url.appendingPathComponent("none/a.ppm")) }
  }

  @Test func samplesOfOtherMaximaAreScaledToEightBits() throws {
    #expect(try Image(decoding: Array("P2 3 1 4 0 1 4".utf8)).samples == [0, 64, 255])
    #expect(try Image(decoding: Array("P5 2 1 65535\n".utf8) + [255, 255, 127, 255]).samples == [255, 127])
  }

  @Test func aFileThatClaimsTooMuchIsRefusedBeforeMemoryIsTaken() {
    // Each claims 3.6 gigapixels or so, in less than 100 bytes.
    for content in [
      pngHeader(height: 60_000, width: 60_000), jpeg(height: 60_000, width: 60_000),
      Array("P6 60000 60000 255\n".utf8), Array("P3 60000 60000 255\n1".utf8),
    ] {
      #expect(failure(content) == .imageTooLarge(file: "f", height: 60_000, width: 60_000, limit: 100_000_000))
    }
    let small = ImageLimits(pixels: 11)
    for content in [pngHeader(height: 3, width: 4), jpeg(height: 3, width: 4), Array("P5 4 3 255\n".utf8)] {
      #expect(failure(content, small) == .imageTooLarge(file: "f", height: 3, width: 4, limit: 11))
    }
    #expect(failure([UInt8](repeating: 0, count: 101), ImageLimits(bytes: 100)) != nil)
    #expect(failure(pngHeader(height: 1 << 31, width: 1 << 31), ImageLimits(pixels: .max)) != nil)
    #expect(failure(Array("P5 1099511627776 1099511627776 255\n".utf8), ImageLimits(pixels: .max)) != nil)
    #expect(failure(Array("P5 1000000 1000000 255\n".utf8), ImageLimits(pixels: .max)) != nil)
  }

  @Test func limitsHoldForFilesAndFolders() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Array("P5 2 2 255\n".utf8) + [1, 2, 3, 4], to: "class/a.pgm")
    #expect(try Image(contentsOf: file, limits: ImageLimits(pixels: 4, bytes: 15)).samples == [1, 2, 3, 4])
    let tooMany = DataError.imageTooLarge(file: file.path, height: 2, width: 2, limit: 3)
    #expect(throws: tooMany) { try Image(contentsOf: file, limits: ImageLimits(pixels: 3)) }
    #expect(throws: DataError.self) { try Image(contentsOf: file, limits: ImageLimits(bytes: 14)) }
    #expect(throws: tooMany) { try ImageFolder(folder.url, limits: ImageLimits(pixels: 3)) }
    let set = try ImageFolder(folder.url, size: 2, channels: 1, limits: ImageLimits(pixels: 3))
    #expect(throws: tooMany) { try set.image(at: 0) }
  }

  @Test func everyCutOfAPNGFileIsReported() throws {
    let content = [UInt8](try ImageFixture.load().file("png colours").content)
    // The last chunk, 12 bytes, says nothing; libpng does not ask for it.
    for length in 0..<(content.count - 12) {
      #expect(failure(content[..<length]) != nil, "\(length) of \(content.count) bytes")
    }
  }

  @Test func everyCutOfAJPEGFileIsReported() throws {
    for name in ["jpeg", "jpeg progressive", "jpeg restarts"] {
      let content = [UInt8](try ImageFixture.load().file(name).content)
      for length in 0..<content.count {
        #expect(failure(content[..<length]) != nil, "\(length) of \(content.count) bytes of \(name)")
      }
    }
  }

  @Test func damagedFilesGiveErrorsOrImages() throws {
    var random = SplitMix64(seed: 4)
    let files = try ImageFixture.load().files
    for round in 0..<2000 {
      let file = files[random.next(below: files.count)]
      var content = [UInt8](file.content)
      for _ in 0..<(1 + random.next(below: 4)) {
        content[random.next(below: content.count)] = UInt8(random.next(below: 256))
      }
      do throws(DataError) {
        let image = try Image(decoding: content, name: file.name, limits: ImageLimits(pixels: 1_000_000))
        #expect(image.samples.count == image.height * image.width * image.channels, "round \(round)")
      } catch {
        #expect(error.description.hasPrefix(file.name), "round \(round): \(error)")
      }
    }
  }

  @Test func garbageIsReported() {
    for content in [
      signature, signature + [UInt8](repeating: 0, count: 40), pngHeader(height: 0, width: 1),
      pngHeader(height: 2, width: 2), [0x89, 0x50, 0x4E, 0x47] + [UInt8](repeating: 1, count: 60), [0xFF, 0xD8, 0xFF],
      [0xFF, 0xD8, 0xFF, 0xD9], [0xFF, 0xD8, 0xFF, 0xFF, 0xFF], [0xFF, 0xD8, 0xFF, 0xE0, 0, 1, 0xFF, 0xD9],
      [0xFF, 0xD8, 0xFF, 0xE0, 0, 2, 0, 0xFF, 0xD9], [0xFF, 0xD8, 0xFF, 0xDA, 0, 2, 0xFF, 0xD9],
      jpeg(height: 0, width: 4), jpeg(height: 4, width: 4), [0xFF, 0xD8, 0xFF, 0xC0, 0, 4, 8, 0, 0xFF, 0xD9],
      Array("GIF89a".utf8),
    ] as [[UInt8]] {
      let error = failure(content)
      #expect(error?.description.hasPrefix("f: ") == true, "\(content)")
    }
  }

  @Test func kindsOfJPEGThatAreNotReadAreNamed() {
    for content in [
      jpeg(height: 4, width: 4, marker: 0xC3), jpeg(height: 4, width: 4, bits: 12),
      jpeg(height: 4, width: 4, components: 2),
    ] {
      guard case .unsupportedImage("f", _) = failure(content) else {
        Issue.record("\(content)")
        continue
      }
    }
  }

  #if !canImport(ImageIO)
    @Test func aMissingLibraryIsNamedWithItsPackages() throws {
      let nowhere = "/nowhere/lib.so"
      do throws(SystemLibrary.Failure) {
        _ = try LibPNG(environment: ["LAYERS_LIBPNG": nowhere])
        Issue.record("a library that is not there was opened")
      } catch {
        let message = LibPNG.missing(error, file: "a.png").description
        for part in ["a.png", "libpng16-16 (Debian", "libpng (Fedora)", "Homebrew", nowhere, "LAYERS_LIBPNG"] {
          #expect(message.contains(part), "\(message)")
        }
      }
      do throws(SystemLibrary.Failure) {
        _ = try TurboJPEG(environment: ["LAYERS_TURBOJPEG": nowhere])
        Issue.record("a library that is not there was opened")
      } catch {
        let message = TurboJPEG.missing(error, file: "a.jpg").description
        for part in ["a.jpg", "libturbojpeg0 (Debian)", "turbojpeg (Fedora)", "jpeg-turbo (Homebrew)", nowhere] {
          #expect(message.contains(part), "\(message)")
        }
      }
      // A library that has not the functions: the C library.
      #expect(throws: SystemLibrary.Failure.self) { try TurboJPEG(environment: ["LAYERS_TURBOJPEG": "libc.so.6"]) }
    }
  #endif
}
