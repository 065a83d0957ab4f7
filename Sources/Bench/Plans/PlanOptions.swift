import Kernels
import Layers

/// What `bench plan` is asked to do.
struct PlanOptions: MachineOptions {
  var model = ModelID(rawValue: "n1")
  var batchSize = 32
  var isInference = false
  var precision = Precision.fast
  /// How many steps or predictions are timed; 0 for the plan alone.
  var steps = 20
  var threads: Int?
  var isa: InstructionSet?
  var json: String?

  static var table: [CommandOption<PlanOptions>] {
    let own: [CommandOption<PlanOptions>] = [
      .value(
        "--model", path: \.model, kind: .model(of: ModelCatalogue.entries), help: "the network"),
      .value("--batch-size", path: \.batchSize, kind: .integer(1...65_536), help: "images a step or prediction"),
      .flag("--inference", path: \.isInference, help: "the plan of a predictor in place of a training step's"),
      .value(
        "--precision", path: \.precision, kind: .choice(),
        help: "fast permits convolutions with fewer products than the sums have, direct does not"),
      .value("--steps", path: \.steps, kind: .integer(0...1_000_000), help: "how many are timed; 0 for the plan alone"),
      .optional("--json", path: \.json, kind: .path("FILE"), help: "write the figures to a file as well"),
    ]
    return own + machineTable(threads: "threads that share the work of a step; one a processor if not given")
  }
}
