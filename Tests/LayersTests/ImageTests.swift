import Foundation
import Layers
import TestSupport
import Testing

/// Results are those of PIL, see Tests/Fixtures/make_images.py.
@Suite struct ImageTests {
  @Test func resizingIsThatOfPIL() throws {
    let fixture = try ImageFixture.load()
    for expected in fixture.resizes {
      let image = try fixture.image(expected.image)
      let result = try image.resized(
        height: expected.height, width: expected.width, filter: expected.filter == "area" ? .area : .bilinear)
      #expect((result.height, result.width, result.channels) == (expected.height, expected.width, image.channels))
      let difference = largestDifference(result.samples, expected.samples)
      #expect(difference <= 1, "\(expected.image) to \(expected.height)×\(expected.width), \(expected.filter)")
    }
  }

  @Test func theAreaOfWholeFactorsIsTheMean() throws {
    let image = try Image(height: 2, width: 4, channels: 1, samples: [0, 10, 100, 200, 20, 30, 100, 201])
    #expect(try image.resized(height: 1, width: 2, filter: .area).samples == [15, 150])
    #expect(try image.resized(height: 4, width: 8, filter: .area)[1, 3, 0] == 10)
  }

  @Test func theShorterSideIsBroughtToALengthAndProportionsStay() throws {
    let wide = try Image(height: 3, width: 7, channels: 3, samples: [UInt8](repeating: 9, count: 63))
    let result = try wide.resized(shorterSide: 5)
    #expect((result.height, result.width) == (5, 11))
    #expect(result.samples.allSatisfy { $0 == 9 })
    let high = try Image(height: 7, width: 3, channels: 1, samples: [UInt8](repeating: 200, count: 21))
    #expect(try high.resized(shorterSide: 2, filter: .area).height == 4)
    #expect(try high.resized(shorterSide: 3) == high)
  }

  @Test func centralPartsAreThoseOfTorchvision() throws {
    // int(round((n − k) / 2)), rounded to even.
    for (whole, part, start) in [(5, 5, 0), (6, 5, 0), (7, 4, 2), (9, 4, 2), (9, 2, 4), (8, 4, 2)] {
      let image = try Image(height: 1, width: whole, channels: 1, samples: (0..<whole).map { UInt8($0) })
      let result = try image.centerCropped(to: Size2D(1, part))
      #expect(result.samples == (start..<(start + part)).map { UInt8($0) }, "\(part) of \(whole)")
    }
  }

  @Test func partsAndSinglePixelsAreWhereTheyWere() throws {
    let image = try Image(height: 3, width: 4, channels: 3, samples: (0..<36).map { UInt8($0) })
    let part = try image.cropped(top: 1, left: 2, height: 2, width: 2)
    #expect(part.samples == [18, 19, 20, 21, 22, 23, 30, 31, 32, 33, 34, 35])
    #expect(part[1, 0, 2] == image[2, 2, 2])
    #expect(try image.cropped(top: 0, left: 0, height: 3, width: 4) == image)
  }

  @Test func channelsAreConvertedAsByPIL() throws {
    let fixture = try ImageFixture.load()
    #expect(try fixture.image("noise").converted(channels: 1).samples == fixture.conversions.grey)
    let colours = try fixture.image("grey").converted(channels: 3)
    #expect(colours.samples == fixture.conversions.colours)
    #expect(try colours.converted(channels: 1) == fixture.image("grey"))
    let opaque = try fixture.image("noise").converted(channels: 4)
    let noise = try fixture.image("noise")
    #expect(opaque[3, 5, 3] == 255 && opaque[3, 5, 1] == noise[3, 5, 1])
    #expect(try opaque.converted(channels: 3) == fixture.image("noise"))
    #expect(try fixture.image("grey").converted(channels: 4)[2, 3, 3] == 255)
  }

  @Test func planesAndTensorsGoBothWays() throws {
    let image = try ImageFixture.load().image("noise")
    let (planes, tensor) = (image.planes, image.tensor)
    #expect(tensor.shape == [3, 13, 20])
    for (y, x, channel) in [(0, 0, 0), (5, 19, 2), (12, 7, 1)] {
      #expect(planes[(channel * 13 + y) * 20 + x] == image[y, x, channel])
      #expect(abs(tensor[channel, y, x] - Float(image[y, x, channel]) / 255) < 1e-7)
    }
    #expect(try Image(planes: planes, channels: 3, height: 13, width: 20) == image)
    #expect(try Image(tensor) == image)
    let outside = try Tensor(shape: [1, 1, 4], [-1, 2, .nan, 0.5])
    #expect(try Image(outside).samples == [0, 255, 0, 128])
  }

  @Test func sizesThatDoNotFitAreRefused() throws {
    let image = try Image(height: 2, width: 3, channels: 1, samples: [1, 2, 3, 4, 5, 6])
    let wrong: [() throws -> Image] = [
      { try Image(height: 2, width: 3, channels: 1, samples: [1]) },
      { try Image(height: 0, width: 3, channels: 1, samples: []) },
      { try Image(height: 1, width: 3, channels: 2, samples: [1, 2, 3, 4, 5, 6]) },
      { try Image(height: .max, width: .max, channels: 3, samples: []) },
      { try image.resized(height: 0, width: 1) }, { try image.resized(height: 1 << 40, width: 1 << 40) },
      { try image.resized(height: .max, width: 2) }, { try image.resized(shorterSide: 0) },
      { try image.resized(shorterSide: .max) }, { try image.cropped(top: 0, left: 0, height: 3, width: 1) },
      { try image.cropped(top: 1, left: 0, height: 2, width: 1) },
      { try image.cropped(top: -1, left: 0, height: 1, width: 1) },
      { try image.cropped(top: 0, left: .max, height: 1, width: 1) },
      { try image.cropped(top: 0, left: 0, height: 1, width: .max) }, { try image.centerCropped(to: 3) },
      { try image.converted(channels: 2) }, { try Image(Tensor(shape: [2, 3])) },
      { try Image(Tensor(shape: [2, 3, 3])) },
    ]
    for (index, make) in wrong.enumerated() {
      #expect(throws: DataError.self, "case \(index)") { try make() }
    }
  }
}
