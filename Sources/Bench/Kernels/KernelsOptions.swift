import Kernels

/// The passes of an operation.
enum Pass: String, CaseIterable {
  case forward
  case backward
  case backwardData = "backward-data"
  case backwardWeights = "backward-weights"
}

/// What `bench kernels` is asked to do.
struct KernelsOptions: ComparableOptions {
  var shapes: [String] = []
  var shapeFiles: [String] = []
  var passes = Pass.allCases
  var threads: Int? = 1
  var isa: InstructionSet?
  var chosen = false
  var warm = false
  var quick = false
  var planning = false
  var costs = false
  var machine = MachineName.current
  var json: String?
  var comparison = ComparisonRequest()

  static var table: [CommandOption<KernelsOptions>] {
    [
      .repeated(
        "--shape", path: \.shapes, kind: .word("SHAPE", "a shape such as mb4ic3ih32oc6kh5"),
        help: "a shape to measure in place of the files'; may be given several times"),
      .repeated(
        "--shapes", path: \.shapeFiles, kind: .word("PATH", "the path of a file or folder"),
        help: "a file of shapes, or a folder of *.txt, in place of Benchmarks/shapes; may be given several times"),
      .value("--pass", path: \.passes, kind: .list(of: .choice()), help: "the passes to measure"),
      .flag("--chosen", path: \.chosen, help: "of each table only the row that a plan chooses"),
      .flag("--warm", path: \.warm, help: "one copy of the data, which the caches keep where it fits"),
    ]
      + machineTable(threads: "threads that share the work of a kernel") + [
        .flag("--planning", path: \.planning, help: "time the making of plans in place of the kernels"),
        .flag("--costs", path: \.costs, help: "print what kernels are expected to take, and run none"),
        .value(
          "--machine", path: \.machine, kind: .choice(placeholder: "NAME"),
          help: "the processor of --costs: \(MachineName.allCases.map(\.rawValue).joined(separator: ", "))"),
        .flag("--quick", path: \.quick, help: "the small problems only, warm, each for a short time"),
        .optional("--json", path: \.json, kind: .path("FILE"), help: "write the figures to a file as well"),
      ] + comparisonTable(of: "a kernel")
  }

  /// The files of shapes to measure.
  func files() throws(ShapeError) -> [ShapeFile] {
    var files: [ShapeFile] = []
    if !shapes.isEmpty {
      var parsed: [KernelShape] = []
      for text in shapes { parsed.append(try KernelShape(text, at: "--shape")) }
      files.append(ShapeFile(name: "--shape", shapes: parsed))
    }
    for path in shapeFiles { files += try ShapeFile.load(path) }
    return files.isEmpty ? try ShapeFile.load(ShapeFile.folder()) : files
  }
}
