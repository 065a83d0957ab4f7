import Foundation
import Kernels
import Layers

/// `bench plan`: what a network's plan runs, and how long each step takes.
enum PlanCommand: Command {
  static let name = "plan"
  static let summary = "print what a network's plan runs, layer by layer, and time each"
  static var options: [CommandOption<PlanOptions>] { PlanOptions.table }
  static var defaults: PlanOptions { PlanOptions() }

  static var discussion: String {
    """
    Plans a training step of a network, or with --inference a predictor's run, and prints a row a step: a layer, with an
    addition and an activation that are fused into it. Layers that only reshape have no step; what a residual block does
    besides its layers is "the rest". The rows of convolutions name the kernels of the forward pass, the input gradient
    and the weight gradient, where they are computed. "Planned in" is the time that making the plan took, with the memory
    that it allocates and does not touch yet.

    Then it runs the step on made-up images some times, after one that is not timed, and gives the mean times, the
    floating-point operations of convolutions and linear layers over them, and the share of the peak. "the whole" is the
    step from the loaded batch to the updated weights; what is not in a row is copying the images, the loss, the update and
    reading the clock. Blocks of images follow one after the other, or each thread takes one: a row has the time of the
    calling thread's then, and waiting for the others is in no row.
    Convolutions with fewer products than the sums have (winograd) may exceed the peak.

    Networks:
    \(ModelCatalogue.list(ModelCatalogue.entries))
    """
  }

  static func run(_ options: PlanOptions, operands: [String]) throws -> ExitStatus {
    let level = try options.level()
    let file = try options.json.map { try JSONFile(path: $0) }
    let interrupt = Interrupt()
    let model = try Model(ModelDescription(options.model), seed: 1)
    model.precision = options.precision
    let profile = PlanProfile()
    let (run, planning) = try makeRun(model, options, level: level, profile)
    let machine = MachineReport.measure(level: level, threads: options.threadCount)

    try Console.print(machine.header)
    try Console.print(
      """
      plan       \(options.model.rawValue), \(options.isInference ? "inference" : "training"), batch \(options.batchSize), \
      precision \(options.precision.rawValue), planned in \(Figure.fixed(planning * 1e3, 2)) ms

      """)
    var seconds: [Double] = []
    if options.steps > 0 {
      try run()
      profile.reset()
      let clock = ContinuousClock()
      while seconds.count < options.steps, interrupt.status == nil {
        seconds.append(try clock.measure { try run() } / .seconds(1))
      }
    }
    let steps = profile.steps.indices.map {
      PlannedStep(profile, $0, batchSize: options.batchSize, timedSteps: seconds.count)
    }
    let mean = seconds.isEmpty ? .nan : seconds.reduce(0, +) / Double(seconds.count)
    try printTable(steps, mean: mean, peakGflops: machine.peakGflops)
    try file?.write(
      PlanReport(
        machine: machine, model: options.model.rawValue, batchSize: options.batchSize, inference: options.isInference,
        precision: options.precision.rawValue, planSeconds: planning, timedSteps: seconds.count,
        stepSeconds: JSONNumber(mean), steps: steps))
    return interrupt.status ?? .done
  }

  /// What runs a step or a prediction on made-up images, and the seconds that planning it took.
  private static func makeRun(
    _ model: Model, _ options: PlanOptions, level: InstructionSet, _ profile: PlanProfile
  ) throws -> (run: () throws -> Void, planning: Double) {
    let clock = ContinuousClock()
    // Made when the plan is, which says so where memory does not suffice.
    func makeImages() throws -> Tensor {
      var random = SplitMix64(seed: 1)
      let shape = model.inputShape.batched(options.batchSize)
      return try Tensor(shape: shape, (0..<shape.count).map { _ in Float.random(in: -1...1, using: &random) })
    }
    let start = clock.now
    if options.isInference {
      let predictor = try Predictor(
        model, threads: options.threadCount, mostImages: options.batchSize, level: level, profile: profile)
      try predictor.prepare(count: options.batchSize)
      let planning = (clock.now - start) / .seconds(1)
      let images = try makeImages()
      let output = UnsafeMutableBufferPointer<Float>.allocate(
        capacity: options.batchSize * predictor.outputShape.count)
      let run = {
        try images.withUnsafeBufferPointer { input throws(PredictionError) in
          try predictor.predict(input: input, output: output)
        }
      }
      return (run, planning)
    }
    let isClassifier = model.outputShape.rank == 1
    let trainer = try Trainer(
      model: model, optimizer: SGD(learningRate: 0.001, momentum: 0.9),
      loss: isClassifier ? CrossEntropy() : MeanSquaredError(), batchSize: options.batchSize, seed: 1,
      threads: options.threadCount, level: level, profile: profile)
    let planning = (clock.now - start) / .seconds(1)
    let images = try makeImages()
    if isClassifier {
      let labels = (0..<options.batchSize).map { $0 % model.outputShape[0] }
      return ({ _ = try trainer.step(images, labels: labels) }, planning)
    }
    let targets = try Tensor(shape: model.outputShape.batched(options.batchSize))
    return ({ _ = try trainer.step(images, targets: targets) }, planning)
  }

  private static func printTable(_ steps: [PlannedStep], mean: Double, peakGflops: Double) throws {
    let isTimed = !mean.isNaN
    let rows = steps.map { $0.cells(isTimed: isTimed, peakGflops: peakGflops) }
    let titles =
      ["layer", "kind", "output", "MFLOP"] + (isTimed ? ["forward µs", "backward µs", "GFLOP/s", "of peak"] : [])
      + ["kernels"]
    let columns = titles.enumerated().map { i, title in
      let width = rows.map { $0[i].count }.max() ?? 0
      let isText = i < 3 || i == titles.count - 1
      return isText ? Table.Column.text(title, width: width) : .figure(title, width: width)
    }
    let table = Table(columns: columns)
    try Console.print(table.header)
    for row in rows { try Console.print(table.line(row)) }
    let flops = steps.reduce(0) { $0 + $1.flops }
    if isTimed {
      let gflops = flops / mean / 1e9
      try Console.print(
        """

        the whole  \(Figure.fixed(mean * 1e6, 1)) µs, \(Figure.fixed(gflops, 1)) GFLOP/s, \
        \(Figure.percent(gflops / peakGflops)) of peak; steps \
        \(Figure.percent(steps.reduce(0) { $0 + $1.forwardSeconds + $1.backwardSeconds } / mean)) of it
        """)
    } else {
      try Console.print(
        """

        at least   \(Figure.fixed(flops / peakGflops / 1e3, 1)) µs at the peak, for \(Figure.fixed(flops / 1e6, 1)) MFLOP
        """)
    }
  }
}
