/// Times predictions for Benchmarks/peers/inference, which asks by standard input: `run N` for the seconds of so many
/// predictions, one after another, `logits` for the outputs.
///
///     PredictionTimes MODEL THREADS INPUT [WEIGHTS]
///
/// MODEL is a name of the catalogue, INPUT a file of float32 images, WEIGHTS a safetensors file of the parameters; without
/// it they are drawn.
import Foundation
import Layers

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data("PredictionTimes: \(message)\n".utf8))
  exit(2)
}

let arguments = CommandLine.arguments.dropFirst().map { $0 }
guard 3...4 ~= arguments.count, let threads = Int(arguments[1]) else {
  fail("expected MODEL THREADS INPUT [WEIGHTS]")
}
let model = try Model(ModelDescription(ModelID(rawValue: arguments[0])), seed: 1)
let inputShape = model.inputShape
if arguments.count == 4 { try model.load(from: URL(fileURLWithPath: arguments[3])) }
let predictor = try Predictor(model, threads: threads)
let input = try Data(contentsOf: URL(fileURLWithPath: arguments[2])).withUnsafeBytes { bytes in
  (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
}
guard !input.isEmpty, input.count.isMultiple(of: inputShape.count) else {
  fail("\(arguments[2]) has \(input.count) values; expected \(inputShape.count) for each image")
}
let output = UnsafeMutableBufferPointer<Float>.allocate(
  capacity: input.count / inputShape.count * predictor.outputShape.count)

@MainActor func predict() throws {
  try input.withUnsafeBufferPointer { try predictor.predict(input: $0, output: output) }
}

while let line = readLine() {
  let words = line.split(separator: " ")
  switch words.first {
  case "run":
    let clock = ContinuousClock()
    var times: [Double] = []
    for _ in 0..<(words.count > 1 ? Int(words[1]) ?? 1 : 1) {
      times.append(try clock.measure { try predict() } / .seconds(1))
    }
    print(times.map { "\($0)" }.joined(separator: " "))
  case "logits":
    try predict()
    print(output.map { "\($0)" }.joined(separator: " "))
  default: fail("cannot do '\(line)'")
  }
  fflush(nil)
}
