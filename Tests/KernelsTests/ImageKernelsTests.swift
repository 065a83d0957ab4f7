import Foundation
import Kernels
import TestSupport
import Testing

/// Against textbook loops in Double, with every operand and the scratch memory at guard pages, at every level of the
/// processor, whose bits have to be the same.
@Suite struct ImageKernelsTests {
  private static let sizes = [
    (1, 1), (1, 5), (5, 1), (3, 2), (2, 17), (7, 16), (8, 33), (13, 31), (32, 32), (5, 64), (3, 65), (2, 131), (67, 4),
  ]

  private func image(_ channels: Int, _ height: Int, _ width: Int) -> [Float] {
    (0..<(channels * height * width)).map { Float($0 * 7919 % 1009) / 1009 }
  }

  /// The result of `run` at each level, which are the same.
  private func atAllLevels(
    _ input: [Float], outputs: Int?, scratch: Int, _ what: String,
    _ run: (ImageKernels, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) throws -> [Float] {
    var results: [[Float]] = []
    for level in InstructionSet.available {
      let source = GuardedBuffer(input)
      let output = GuardedBuffer<Float>.poisoned(count: outputs ?? 0)
      let memory = GuardedBuffer<Float>.poisoned(count: scratch)
      run(try ImageKernels(level: level), source.pointer, output.pointer, memory.pointer)
      if outputs != nil { #expect(source.values == input, "\(what), \(level): the source was changed") }
      results.append(outputs == nil ? source.values : output.values)
      #expect(
        results[0].map(\.bitPattern) == results[results.count - 1].map(\.bitPattern),
        "\(what): \(level) gives other bits than \(InstructionSet.available[0])")
    }
    return results[0]
  }

  @Test func mirroringMovesEveryValue() throws {
    for (height, width) in Self.sizes {
      for (columns, rows) in [(true, false), (false, true), (true, true)] {
        let input = image(2, height, width)
        let result = try atAllLevels(input, outputs: input.count, scratch: 0, "\(height)×\(width)") {
          kernels, source, output, _ in
          kernels.mirror(source, to: output, planes: 2, height: height, width: width, columns: columns, rows: rows)
        }
        let expected = (0..<input.count).map { i in
          let (plane, y, x) = (i / (height * width), i / width % height, i % width)
          return input[(plane * height + (rows ? height - 1 - y : y)) * width + (columns ? width - 1 - x : x)]
        }
        #expect(result == expected, "\(height)×\(width), columns \(columns), rows \(rows)")
      }
    }
  }

  @Test(arguments: [0.0, 90, 180, -90, 12.5, -30, 45, 77.7, 133, -179.9]) func turnedImages(degrees: Double) throws {
    let fill: [Float] = [0.25, 0.5, 0.75]
    for (height, width) in Self.sizes {
      for channels in [1, 3] {
        for isBilinear in [false, true] {
          let input = image(channels, height, width)
          let rotation = ImageRotation(channels: channels, height: height, width: width, isBilinear: isBilinear)
          let (sine, cosine) = sineAndCosine(degrees)
          let what = "\(channels)×\(height)×\(width) by \(degrees)°, \(isBilinear ? "bilinear" : "nearest")"
          let colors = GuardedBuffer(Array(fill[..<channels]))
          let result = try atAllLevels(input, outputs: input.count, scratch: rotation.scratchCount, what) {
            rotation.run(
              $1, to: $2, cosine: cosine, sine: sine, fill: colors.pointer, scratch: $3, kernels: $0)
          }
          for i in 0..<input.count {
            let (channel, y, x) = (i / (height * width), i / width % height, i % width)
            let (u, v) = (Double(x) - Double(width - 1) / 2, Double(y) - Double(height - 1) / 2)
            let sourceX = cosine * u - sine * v + Double(width - 1) / 2
            let sourceY = sine * u + cosine * v + Double(height - 1) / 2
            func pixel(_ row: Int, _ column: Int) -> Double? {
              0..<height ~= row && 0..<width ~= column
                ? Double(input[(channel * height + row) * width + column]) : nil
            }
            if isBilinear {
              let (row, column) = (Int(sourceY.rounded(.down)), Int(sourceX.rounded(.down)))
              let (dx, dy) = (sourceX - Double(column), sourceY - Double(row))
              var (value, share) = (0.0, 0.0)
              for (a, b, weight) in [
                (0, 0, (1 - dx) * (1 - dy)), (0, 1, dx * (1 - dy)), (1, 0, (1 - dx) * dy), (1, 1, dx * dy),
              ] {
                if let found = pixel(row + a, column + b) {
                  value += weight * found
                  share += weight
                }
              }
              let expected = share * (value - Double(fill[channel])) + Double(fill[channel])
              #expect(abs(Double(result[i]) - expected) < 3e-5, "\(what) at \(i): \(result[i]), not \(expected)")
            } else {
              // Where a pixel is as near as another, either is right, but for multiples of a right angle.
              let distance = min(
                abs(sourceX - sourceX.rounded(.down) - 0.5), abs(sourceY - sourceY.rounded(.down) - 0.5))
              if distance < 1e-5, degrees.truncatingRemainder(dividingBy: 90) != 0 { continue }
              let expected = pixel(
                Int(sourceY.rounded(.toNearestOrEven)), Int(sourceX.rounded(.toNearestOrEven)))
              #expect(result[i] == expected.map { Float($0) } ?? fill[channel], "\(what) at \(i)")
            }
          }
        }
      }
    }
  }

  private func sineAndCosine(_ degrees: Double) -> (Double, Double) {
    switch degrees {
    case 90: (1, 0)
    case -90: (-1, 0)
    case 180: (0, -1)
    default: (sin(degrees * .pi / 180), cos(degrees * .pi / 180))
    }
  }

  @Test func blurredImages() throws {
    for (height, width) in Self.sizes {
      for (rowTaps, columnTaps) in [(1, 1), (3, 3), (1, 5), (5, 3), (7, 9)] {
        if rowTaps / 2 >= height || columnTaps / 2 >= width { continue }
        let input = image(2, height, width)
        let columns = GuardedBuffer((0..<columnTaps).map { Float($0 + 1) / Float(columnTaps + 3) })
        let rows = GuardedBuffer((0..<rowTaps).map { Float(2 * $0 + 1) / Float(rowTaps + 5) })
        let what = "\(height)×\(width) by \(rowTaps)×\(columnTaps)"
        let result = try atAllLevels(input, outputs: nil, scratch: height * width, what) {
          kernels, pixels, _, scratch in
          kernels.blur(
            pixels, planes: 2, height: height, width: width,
            columnWeights: UnsafeBufferPointer(start: columns.pointer, count: columnTaps),
            rowWeights: UnsafeBufferPointer(start: rows.pointer, count: rowTaps), scratch: scratch)
        }
        func mirrored(_ x: Int, _ count: Int) -> Int { x < 0 ? -x : x < count ? x : 2 * (count - 1) - x }
        for i in 0..<input.count {
          let (plane, y, x) = (i / (height * width), i / width % height, i % width)
          var expected = 0.0
          for a in 0..<rowTaps {
            let row = plane * height + mirrored(y - rowTaps / 2 + a, height)
            for b in 0..<columnTaps {
              let value = input[row * width + mirrored(x - columnTaps / 2 + b, width)]
              expected += Double(rows.values[a]) * Double(columns.values[b]) * Double(value)
            }
          }
          #expect(abs(Double(result[i]) - expected) < 2e-6 * max(expected, 1), "\(what) at \(i)")
        }
      }
    }
  }

  @Test func coloursAreChangedByTheirFormulas() throws {
    for plane in [1, 2, 15, 16, 17, 100, 5000] {
      let input = image(3, 1, plane)
      func grey(_ i: Int) -> Double {
        0.2989 * Double(input[i]) + 0.587 * Double(input[plane + i]) + 0.114 * Double(input[2 * plane + i])
      }
      func clamped(_ value: Double) -> Double { min(max(value, 0), 1) }
      func check(
        _ what: String, _ tolerance: Double, _ expected: (Int) -> Double,
        _ run: (ImageKernels, UnsafeMutablePointer<Float>) -> Void
      ) throws {
        let result = try atAllLevels(input, outputs: nil, scratch: 0, what) { kernels, pixels, _, _ in
          run(kernels, pixels)
        }
        for i in 0..<input.count {
          #expect(abs(Double(result[i]) - expected(i)) < tolerance, "\(what) of \(plane) at \(i)")
        }
      }
      let mean = (0..<plane).reduce(0) { $0 + grey($1) } / Double(plane)
      for factor in [0, 0.5, 1.75] {
        let value = Float(factor)
        try check(
          "brightness \(factor)", 1e-6, { clamped(factor * Double(input[$0])) },
          { $0.adjustBrightness($1, channels: 3, plane: plane, value) })
        try check(
          "contrast \(factor)", 1e-6, { clamped(factor * Double(input[$0]) + (1 - factor) * mean) },
          { $0.adjustContrast($1, channels: 3, plane: plane, value) })
        try check(
          "saturation \(factor)", 1e-6, { clamped(factor * Double(input[$0]) + (1 - factor) * grey($0 % plane)) },
          { $0.adjustSaturation($1, plane: plane, value) })
      }
      try check("hue 0", 1e-6, { Double(input[$0]) }, { $0.adjustHue($1, plane: plane, 0) })
      // A third of the circle moves red to green, green to blue and blue to red.
      try check(
        "hue ⅓", 2e-6, { Double(input[($0 + 2 * plane) % (3 * plane)]) },
        { $0.adjustHue($1, plane: plane, 1 / 3) })
    }
    let nan = GuardedBuffer<Float>([.nan, 0.5, 2])
    try ImageKernels().adjustBrightness(nan.pointer, channels: 1, plane: 3, 1)
    #expect(nan.values[0].isNaN && nan.values[1...] == [0.5, 1])
  }

  @Test func noiseIsNormalAndFollowsFromItsKey() throws {
    let count = 400_001
    func numbers(_ key: UInt64) throws -> [Float] {
      try atAllLevels([Float](repeating: 0, count: count), outputs: nil, scratch: 0, "noise") { kernels, pixels, _, _ in
        kernels.addNoise(pixels, count: count, standardDeviation: 1, clamps: false, key: key)
      }
    }
    let (first, second) = (try numbers(1).map(Double.init), try numbers(2).map(Double.init))
    func correlation(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / Double(a.count)
    }
    for values in [first, second] {
      for (power, expected, tolerance) in [(1, 0.0, 0.01), (2, 1, 0.015), (3, 0, 0.03), (4, 3, 0.08)] {
        let moment = values.reduce(0) { $0 + pow($1, Double(power)) } / Double(count)
        #expect(abs(moment - expected) < tolerance, "moment \(power) is \(moment)")
      }
      // The normal distribution's shares, to five standard deviations of such a count.
      for place in [-3, -2, -1, -0.5, 0, 0.25, 1.5, 2.5, 3.5] {
        let share = 0.5 * erfc(-place / 2.0.squareRoot())
        let own = Double(values.count { $0 < place }) / Double(count)
        #expect(abs(own - share) < 5 * (share * (1 - share) / Double(count)).squareRoot(), "below \(place)")
      }
      #expect(values.allSatisfy { abs($0) < 5.8 })
      for distance in [1, 2, 16, count / 2] {
        #expect(abs(correlation(values[..<(count - distance)], values[distance...])) < 0.012, "\(distance) apart")
      }
    }
    #expect(abs(correlation(first[...], second[...])) < 0.01)
    let clamped = try atAllLevels([0.5, 0.5, 0.5, 0.5, 0.5], outputs: nil, scratch: 0, "clamped") {
      kernels, pixels, _, _ in
      kernels.addNoise(pixels, count: 5, standardDeviation: 100, clamps: true, key: 3)
    }
    #expect(clamped.allSatisfy { $0 == 0 || $0 == 1 })
  }

  @Test func resizedAxes() throws {
    for (height, width) in Self.sizes where height > 1 && width > 1 {
      // Three weights for each of five outputs, the first pixels spread over the axis.
      func axis(_ count: Int) -> (starts: GuardedBuffer<Int32>, weights: GuardedBuffer<Float>, taps: Int) {
        let taps = min(count, 3)
        return (
          GuardedBuffer((0..<5).map { Int32($0 * (count - taps) / 4) }),
          GuardedBuffer((0..<(5 * taps)).map { Float($0 * 5 % 7) / 8 }), taps
        )
      }
      // A part of the image: all but its first column, or its first row.
      let input = image(2, height, width)
      let columns = axis(width - 1)
      let across = try atAllLevels(input, outputs: 2 * height * 5, scratch: 0, "columns of \(height)×\(width)") {
        kernels, source, output, _ in
        kernels.resampleColumns(
          source + 1, planeStride: height * width, rowStride: width, to: output, planes: 2, rows: height,
          ResampledAxis(
            starts: columns.starts.pointer, weights: columns.weights.pointer, taps: columns.taps, outputs: 5))
      }
      let rows = axis(height - 1)
      let down = try atAllLevels(input, outputs: 2 * 5 * width, scratch: 0, "rows of \(height)×\(width)") {
        kernels, source, output, _ in
        kernels.resampleRows(
          source + width, planeStride: height * width, to: output, planes: 2, width: width,
          ResampledAxis(starts: rows.starts.pointer, weights: rows.weights.pointer, taps: rows.taps, outputs: 5))
      }
      for plane in 0..<2 {
        for i in 0..<5 {
          for y in 0..<height {
            let expected = (0..<columns.taps).reduce(0.0) { sum, tap in
              let x = 1 + Int(columns.starts.values[i]) + tap
              return sum + Double(columns.weights.values[tap * 5 + i] * input[(plane * height + y) * width + x])
            }
            #expect(abs(Double(across[(plane * height + y) * 5 + i]) - expected) < 1e-6)
          }
          for x in 0..<width {
            let expected = (0..<rows.taps).reduce(0.0) { sum, tap in
              let y = 1 + Int(rows.starts.values[i]) + tap
              return sum + Double(rows.weights.values[tap * 5 + i] * input[(plane * height + y) * width + x])
            }
            #expect(abs(Double(down[(plane * 5 + i) * width + x]) - expected) < 1e-6)
          }
        }
      }
    }
  }
}
