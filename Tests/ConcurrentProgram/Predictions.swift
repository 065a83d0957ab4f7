import Foundation
import Layers

/// Requests of 1 to 8 images from 16 threads to one predictor: the bits of each answer are those of one thread, and memory
/// grows by activations, not by weights.
enum Predictions {
  static let threads = 16

  private static func makePredictor() throws -> Predictor {
    let network = Sequential(
      Conv2D(32, kernelSize: 3, padding: 1, bias: false), BatchNorm2D(), ReLU6(), MaxPool2D(2),
      Residual(Sequential(Conv2D(32, kernelSize: 3, padding: 1, bias: false), BatchNorm2D(), SiLU())), ReLU(),
      MaxPool2D(2), Dropout(0.5), Flatten(), Linear(512), BatchNorm1D(), ReLU(), Linear(10))
    return try Predictor(Model(network, inputShape: [3, 32, 32], seed: 1))
  }

  /// - Returns: what went wrong, nil for nothing.
  static func run(requests: Int) throws -> String? {
    let predictor = try makePredictor()
    let images = (0..<32 * 3072).map { Float($0 &* 2_654_435_761 % 255) / 255 }
    let expected = try predictor(Tensor(shape: [32, 3, 32, 32], images)).scalars
    predictor.releaseIdleMemory()
    let before = residentBytes()
    let failures = Failures()
    let finished = DispatchGroup()
    for thread in 0..<threads {
      finished.enter()
      Thread {
        defer { finished.leave() }
        do {
          try answer(requests / threads, thread, predictor, images, expected, failures)
        } catch {
          failures.add("\(error)")
        }
      }.start()
    }
    finished.wait()
    if let before, let after = residentBytes() {
      let weights = predictor.parameterCount * MemoryLayout<Float>.stride
      print(
        "resident memory \(before >> 10) KB before the requests, \(after >> 10) KB after, of which \(weights >> 10) KB are",
        "weights")
    }
    return failures.all.first
  }

  private static func answer(
    _ requests: Int, _ thread: Int, _ predictor: Predictor, _ images: [Float], _ expected: [Float],
    _ failures: Failures
  ) throws {
    var state = UInt64(thread)
    func below(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    var output = [Float](repeating: 0, count: 80)
    for request in 0..<requests {
      let count = 1 + below(8)
      let first = below(32 - count)
      try images[first * 3072..<(first + count) * 3072].withUnsafeBufferPointer { input in
        try output.withUnsafeMutableBufferPointer { output in
          try predictor.predict(
            input: input, output: UnsafeMutableBufferPointer(rebasing: output[0..<count * 10]))
        }
      }
      if !output[0..<count * 10].elementsEqual(expected[first * 10..<(first + count) * 10]) {
        failures.add("request \(request) of thread \(thread): other scores")
      }
    }
  }

  /// The process's resident memory; nil where the system does not say.
  private static func residentBytes() -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
    let fields = text.split(separator: " ")
    return fields.count > 1 ? Int(fields[1]).map { $0 * 4096 } : nil
  }
}
