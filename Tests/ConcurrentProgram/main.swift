/// A program in which threads do at once what may be done at once, for ThreadSanitizer: Tests/Fuzzing/threads.sh. It also
/// compares every result with that of one thread, and ends with status 1 where one differs.
///
///     ConcurrentProgram [ROUNDS]
import Foundation
import Kernels
import Layers

let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 20
let threads = 4

/// Calls `body` on ``threads`` threads at once; it returns what went wrong, nil for nothing.
func atOnce(_ what: String, _ body: @escaping @Sendable (_ thread: Int) throws -> String?) {
  let failures = Failures()
  let finished = DispatchGroup()
  for thread in 0..<threads {
    finished.enter()
    Thread {
      defer { finished.leave() }
      do {
        for round in 0..<rounds {
          if let failure = try body(thread) { failures.add("\(what), round \(round): \(failure)") }
        }
      } catch {
        failures.add("\(what): \(error)")
      }
    }.start()
  }
  finished.wait()
  print("\(what): \(failures.all.isEmpty ? "as on one thread" : failures.all.joined(separator: "\n"))")
  if !failures.all.isEmpty { exit(1) }
}

final class Failures: @unchecked Sendable {
  private let lock = NSLock()
  private var messages: [String] = []
  var all: [String] { lock.withLock { messages } }
  func add(_ message: String) { lock.withLock { messages.append(message) } }
}

/// Plans of one model for inference, each of which one thread runs: see `Model`.
struct Shared<Value>: @unchecked Sendable {
  let value: Value
}

// The first plans for several threads, made at once, start the pool of workers and choose among the kernels.
atOnce("products, planned at once and run on the pool of workers") { thread in
  let (rows, columns, depth) = (96, 80 + 16 * thread, 64)
  let a = (0..<(rows * depth)).map { Float($0 % 7) - 3 }
  let b = (0..<(depth * columns)).map { Float($0 % 5) - 2 }
  func product(threads: Int) throws -> [Float] {
    let plan = try Plan<GEMM>(.init(rows: rows, columns: columns, depth: depth), threads: threads)
    let workspace = Workspace(byteCount: plan.workspaceByteCount)
    var c = [Float](repeating: .nan, count: rows * columns)
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        c.withUnsafeMutableBufferPointer { c in
          plan.run(.init(a: a.baseAddress!, b: b.baseAddress!, c: c.baseAddress!), workspace: workspace)
        }
      }
    }
    return c
  }
  return try product(threads: 3) == product(threads: 1) ? nil : "another product"
}

let plan = try Plan<ReLUForward>(.init(count: 200_000), threads: 4)
atOnce("one plan, run by all threads with workspaces of their own") { thread in
  let values = (0..<200_000).map { Float(($0 + thread) % 11) - 5 }
  var output = [Float](repeating: .nan, count: values.count)
  values.withUnsafeBufferPointer { values in
    output.withUnsafeMutableBufferPointer { output in
      plan.run(
        .init(input: values.baseAddress!, output: output.baseAddress!),
        workspace: Workspace(byteCount: plan.workspaceByteCount))
    }
  }
  return output == values.map { max($0, 0) } ? nil : "another result"
}

let network = Sequential(
  Conv2D(8, kernelSize: 3, padding: 1), BatchNorm2D(), ReLU(), MaxPool2D(2), Conv2D(16, kernelSize: 3), ReLU(),
  AdaptiveAveragePool2D(2), Flatten(), Dropout(0.5), Linear(32), GELU(), Linear(10))
let model = try Model(network, inputShape: [3, 16, 16], seed: 1)
let images = try Tensor(shape: [8, 3, 16, 16], (0..<(8 * 768)).map { Float($0 % 13) / 13 })
let scores = try model.plan(batchSize: 8, mode: .inference).forward(images)
let plans = Shared(value: try (0..<threads).map { try model.plan(batchSize: 8, mode: .inference, threads: 1 + $0) })
atOnce("inference by plans of one model") { thread in
  try plans.value[thread].forward(images) == scores ? nil : "other scores"
}

if let failure = try Predictions.run(requests: 500 * rounds) {
  print("requests to a predictor: \(failure)")
  exit(1)
}
print("\(500 * rounds) requests to a predictor from \(Predictions.threads) threads: as on one thread")

let data = SyntheticImages.make(count: 64, seed: 1, split: .train)
@Sendable func train(threads: Int) throws -> [UInt32] {
  let network = Sequential(
    Conv2D(4, kernelSize: 5, stride: 2), BatchNorm2D(), ReLU(), Flatten(), Dropout(0.5), Linear(10))
  let model = try Model(network, inputShape: [3, 32, 32], seed: 3)
  let trainer = try Trainer(model: model, optimizer: Adam(), batchSize: 16, seed: 5, threads: threads)
  let loader = try BatchLoader(
    dataset: data, batchSize: 16, transforms: [RandomCrop(32, padding: 2), RandomHorizontalFlip()], seed: 7,
    prefetch: 3, threads: 2)
  _ = try trainer.trainEpoch(on: loader)
  return model.parameterBuffer.map(\.bitPattern)
}
let trained = try train(threads: 1)
atOnce("trainings of models of their own, with loaders that prefetch") { thread in
  try train(threads: 1 + thread) == trained ? nil : "other weights"
}

let folder = FileManager.default.temporaryDirectory.appendingPathComponent("concurrent-\(UUID().uuidString)")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
let file = folder.appendingPathComponent("model.safetensors")
let states = try (0..<threads).map { try Model(network, inputShape: [3, 16, 16], seed: UInt64($0)).state() }
try states[0].write(to: file)
atOnce("saving to one path, and loading from it") { thread in
  try states[thread].write(to: file)
  let read = try SafeTensors(contentsOf: file)
  guard states.contains(where: { $0.entries == read.entries }) else { return "a file that nobody wrote" }
  let model = try Model(network, inputShape: [3, 16, 16], seed: 9)
  try model.load(from: file)
  return nil
}

let labels = folder.appendingPathComponent("labels")
try Data([0, 0, 8, 1, 0, 0, 0, 3, 9, 0, 4]).write(to: labels)
let compression = Process()
compression.executableURL = URL(fileURLWithPath: "/usr/bin/env")
compression.arguments = ["gzip", "-k", labels.path]
try compression.run()
compression.waitUntilExit()
atOnce("loading idx files, plain and compressed") { thread in
  let file = thread % 2 == 0 ? labels : labels.appendingPathExtension("gz")
  return try IDXFile(contentsOf: file, dimensions: 1).elements == [9, 0, 4] ? nil : "other labels"
}
try FileManager.default.removeItem(at: folder)
