import Kernels

/// Losses of elements. Weights are finite: an infinite one times a loss that only Double can hold is none of a float's.
let elementLossTests: [any AnyOperationTest] = [
  loss(SquaredError.self), loss(AbsoluteError.self), loss(SmoothL1Error.self, thresholds: [1, 0.25, 3]),
  loss(HuberError.self, thresholds: [1, 0.25, 3]),
  // Outputs are logarithms of probabilities here.
  loss(KullbackLeibler.self, outputs: -8...0, targets: 0...1),
  loss(KullbackLeiblerOfLogarithms.self, outputs: -8...0, targets: -4...0),
  loss(BinaryCrossEntropy.self, outputs: -20...20, targets: 0...1, positiveWeights: true),
  // A power of a share beyond 0 to 1, as infinite targets make it, is none of a float's either.
  loss(
    SigmoidFocalLoss.self, outputs: -20...20, targets: 0...1, positiveWeights: true, gammas: [2, 0, 0.5, 3],
    alphas: [-1, 0.25], specialTargets: false),
]

private let schema = ProblemSchema(
  "rows columns weights=0 positive=0 losses=1 gradients=1 threshold=1 gamma=2 alpha=-1")

private func loss<Op: KernelOperation>(
  _ operation: Op.Type, outputs: ClosedRange<Int> = -4...4, targets: ClosedRange<Int> = -4...4,
  thresholds: [Double] = [1], positiveWeights: Bool = false, gammas: [Double] = [2], alphas: [Double] = [-1],
  specialTargets: Bool = true
) -> any AnyOperationTest where Op.Problem == ElementLossProblem, Op.Operands == ElementLossOperands {
  OperationTest<Op>(
    name: Op.lineName, schema: schema, agreement: .close(4e-6), images: "rows", terms: { 4 * $0["columns"] },
    draw: { draw in
      var rows = drawRows(&draw)
      // Rows are cut into chunks of 1024.
      if draw.once(in: 8) {
        (rows["rows"], rows["columns"]) = (draw.int(1...3), 1024 * draw.int(1...3) + draw.int(-17...17))
      }
      return schema(
        [
          "rows": rows["rows"], "columns": rows["columns"], "weights": draw.below(3), "losses": draw.flag(),
          "gradients": draw.flag(), "positive": positiveWeights ? draw.flag() : 0,
        ],
        reals: ["threshold": draw.pick(thresholds), "gamma": draw.pick(gammas), "alpha": draw.pick(alphas)])
    },
    problem: {
      // A negative alpha stands for none.
      .init(
        rows: $0["rows"], columns: $0["columns"], threshold: $0.float("threshold"), gamma: $0.float("gamma"),
        alpha: $0.real("alpha") < 0 ? nil : $0.float("alpha"))
    },
    operands: { parameters, memory in
      let (rows, columns) = (parameters["rows"], parameters["columns"])
      let count = rows * columns
      let weights: ElementLossOperands.Weights? =
        switch parameters["weights"] {
        case 0: nil
        case 1: .columns(memory.numbers(columns, in: 0...2, special: false))
        default: .elements(memory.numbers(count, in: 0...2, images: rows, special: false))
        }
      return .init(
        outputs: memory.numbers(count, in: outputs, images: rows),
        targets: memory.numbers(count, in: targets, images: rows, special: specialTargets), weights: weights,
        positiveWeights: parameters.flag("positive") ? memory.numbers(columns, in: 0...2, special: false) : nil,
        rowLosses: memory.output(rows, images: rows),
        elementLosses: parameters.flag("losses") ? memory.output(count, images: rows) : nil,
        gradients: parameters.flag("gradients") ? memory.output(count, images: rows) : nil, gradientScale: 0.5)
    })
}
