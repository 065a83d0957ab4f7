import Kernels

/// The softmax family, on rows and along the channels of images, and what is done with labels of rows.
let rowTests: [any AnyOperationTest] = [
  rowsForward(SoftmaxForward.self), rowsBackward(SoftmaxBackward.self, outputs: 0...1),
  rowsForward(LogSoftmaxForward.self), rowsBackward(LogSoftmaxBackward.self, outputs: -4...0),
  channelsForward(SoftmaxChannelsForward.self), channelsBackward(SoftmaxChannelsBackward.self, outputs: 0...1),
  channelsForward(LogSoftmaxChannelsForward.self), channelsBackward(LogSoftmaxChannelsBackward.self, outputs: -4...0),
  OperationTest<RowArgmax>(
    name: RowArgmax.lineName, schema: rowsSchema, agreement: .same, images: "rows", draw: drawRows,
    problem: rowsProblem,
    operands: { parameters, memory in
      let rows = parameters["rows"]
      return .init(
        input: memory.numbers(rows * parameters["columns"], images: rows),
        output: memory.integerOutput(rows, images: rows))
    }),
  OperationTest<OneHot>(
    name: OneHot.lineName, schema: rowsSchema, agreement: .same, kinds: [.integers, .reals], images: "rows",
    draw: drawRows, problem: { .init(rows: $0["rows"], columns: $0["columns"], on: 0.9, off: 0.1) },
    operands: { parameters, memory in
      let rows = parameters["rows"]
      return .init(
        labels: labels(parameters, memory), output: memory.output(rows * parameters["columns"], images: rows))
    }),
  OperationTest<SoftmaxCrossEntropy>(
    name: SoftmaxCrossEntropy.lineName, schema: lossSchema, agreement: .close(4e-6), images: "rows", draw: drawLoss,
    problem: { .init(rows: $0["rows"], columns: $0["columns"], gradientScale: 0.25) },
    operands: { parameters, memory in
      let (rows, count) = (parameters["rows"], parameters["rows"] * parameters["columns"])
      return .init(
        logits: memory.numbers(count, in: -10...10, images: rows), labels: labels(parameters, memory),
        losses: memory.output(rows, images: rows),
        logitGradients: parameters.flag("gradients") ? memory.output(count, images: rows) : nil,
        predictions: parameters.flag("predictions") ? memory.integerOutput(rows, images: rows) : nil)
    }),
  OperationTest<SoftmaxCrossEntropyOfLabels>(
    name: SoftmaxCrossEntropyOfLabels.lineName, schema: lossSchema, agreement: .close(4e-6), images: "rows",
    // Smoothing of 1 multiplies the label's own share, 0, by the label's distance, which may be infinite.
    followsReference: { $1 != .special || $0.real("smoothing") < 1 }, terms: { $0["columns"] / 4 }, draw: drawLoss,
    problem: targetsProblem,
    operands: { parameters, memory in
      let (rows, count) = (parameters["rows"], parameters["rows"] * parameters["columns"])
      return .init(
        logits: memory.numbers(count, in: -10...10, images: rows), targets: labels(parameters, memory, ignores: true),
        classWeights: parameters.flag("weights")
          ? memory.numbers(parameters["columns"], in: 1...3, special: false) : nil,
        losses: memory.output(rows, images: rows),
        logitGradients: parameters.flag("gradients") ? memory.output(count, images: rows) : nil,
        predictions: parameters.flag("predictions") ? memory.integerOutput(rows, images: rows) : nil,
        gradientScale: 0.25)
    }),
  OperationTest<SoftmaxCrossEntropyOfProbabilities>(
    name: SoftmaxCrossEntropyOfProbabilities.lineName, schema: lossSchema, agreement: .close(4e-6), images: "rows",
    terms: { 64 * $0["columns"] }, draw: drawLoss, problem: targetsProblem,
    operands: { parameters, memory in
      let (rows, count) = (parameters["rows"], parameters["rows"] * parameters["columns"])
      return .init(
        logits: memory.numbers(count, in: -10...10, images: rows),
        targets: memory.numbers(count, in: 0...1, images: rows, special: false),
        classWeights: parameters.flag("weights")
          ? memory.numbers(parameters["columns"], in: 1...3, special: false) : nil,
        losses: memory.output(rows, images: rows),
        logitGradients: parameters.flag("gradients") ? memory.output(count, images: rows) : nil,
        predictions: parameters.flag("predictions") ? memory.integerOutput(rows, images: rows) : nil,
        gradientScale: 0.25)
    }),
  OperationTest<SoftmaxFocalLoss>(
    name: SoftmaxFocalLoss.lineName, schema: focalSchema, agreement: .close(4e-6), images: "rows",
    // A loss of small p is as large as its logit is far away, and its power is an exponential of that.
    terms: { $0["columns"] / 4 },
    draw: { draw in
      let rows = drawRows(&draw)
      return focalSchema(
        [
          "rows": rows["rows"], "columns": rows["columns"], "weights": draw.flag(), "gradients": draw.flag(),
          "predictions": draw.flag(), "ignored": draw.below(3),
        ],
        reals: ["gamma": draw.pick([2, 0, 1, 0.5, 5])])
    },
    problem: {
      .init(rows: $0["rows"], columns: $0["columns"], gamma: $0.float("gamma"), ignoredLabel: ignoredLabel($0))
    },
    operands: { parameters, memory in
      let (rows, count) = (parameters["rows"], parameters["rows"] * parameters["columns"])
      return .init(
        logits: memory.numbers(count, in: -10...10, images: rows), labels: labels(parameters, memory, ignores: true),
        classWeights: parameters.flag("weights")
          ? memory.numbers(parameters["columns"], in: 1...3, special: false) : nil,
        losses: memory.output(rows, images: rows),
        logitGradients: parameters.flag("gradients") ? memory.output(count, images: rows) : nil,
        predictions: parameters.flag("predictions") ? memory.integerOutput(rows, images: rows) : nil,
        gradientScale: 0.25)
    }),
  OperationTest<NegativeLogLikelihoodOfLabels>(
    name: NegativeLogLikelihoodOfLabels.lineName, schema: lossSchema, agreement: .same, images: "rows", draw: drawLoss,
    problem: { .init(rows: $0["rows"], columns: $0["columns"], ignoredLabel: ignoredLabel($0)) },
    operands: { parameters, memory in
      let (rows, count) = (parameters["rows"], parameters["rows"] * parameters["columns"])
      return .init(
        outputs: memory.numbers(count, images: rows), labels: labels(parameters, memory, ignores: true),
        classWeights: parameters.flag("weights") ? memory.numbers(parameters["columns"], in: 0...2) : nil,
        losses: memory.output(rows, images: rows),
        gradients: parameters.flag("gradients") ? memory.output(count, images: rows) : nil, gradientScale: 0.3)
    }),
]

private let rowsSchema = ProblemSchema("rows columns")
private let lossSchema = ProblemSchema("rows columns weights=0 gradients=1 predictions=1 ignored=0 smoothing=0")

private let focalSchema = ProblemSchema("rows columns weights=0 gradients=1 predictions=1 ignored=0 gamma=2")

@Sendable
func drawRows(_ draw: inout Draw) -> ProblemParameters {
  let columns = draw.once(in: 20) ? draw.int(1...5000) : draw.size(upTo: 140)
  let rows = min(draw.batch(), max(draw.workLimit() / (32 * columns), 1))
  return rowsSchema(["rows": rows, "columns": columns])
}

@Sendable
private func drawLoss(_ draw: inout Draw) -> ProblemParameters {
  let rows = drawRows(&draw)
  return lossSchema(
    [
      "rows": rows["rows"], "columns": rows["columns"], "weights": draw.flag(), "gradients": draw.flag(),
      "predictions": draw.flag(), "ignored": draw.below(3),
    ],
    reals: ["smoothing": draw.pick([0, 0.1, 1])])
}

@Sendable
private func rowsProblem(_ p: ProblemParameters) -> RowsProblem { RowsProblem(rows: p["rows"], columns: p["columns"]) }

@Sendable
private func targetsProblem(_ p: ProblemParameters) -> CrossEntropyTargetsProblem {
  CrossEntropyTargetsProblem(
    rows: p["rows"], columns: p["columns"], labelSmoothing: p.float("smoothing"), ignoredLabel: ignoredLabel(p))
}

/// No label is ignored, one that is no class, or the first class.
private func ignoredLabel(_ p: ProblemParameters) -> Int32? { p["ignored"] == 0 ? nil : p["ignored"] == 1 ? -100 : 0 }

/// - Parameter ignores: whether there may be labels that are ignored and no class.
private func labels(
  _ p: ProblemParameters, _ memory: OperandMemory, ignores: Bool = false
) -> UnsafePointer<Int32> {
  memory.values(p["rows"], Int32.self, images: p["rows"]) { _, draw in
    ignores && p["ignored"] == 1 && draw.once(in: 4) ? -100 : Int32(draw.below(p["columns"]))
  }
}

private func rowsForward<Op: KernelOperation>(_ operation: Op.Type) -> any AnyOperationTest
where Op.Problem == RowsProblem, Op.Operands == RowsOperands {
  OperationTest<Op>(
    name: Op.lineName, schema: rowsSchema, agreement: .close(4e-6), images: "rows", draw: drawRows,
    problem: rowsProblem,
    operands: { parameters, memory in
      let (rows, count) = (parameters["rows"], parameters["rows"] * parameters["columns"])
      return .init(
        input: memory.numbers(count, in: -10...10, images: rows), output: memory.output(count, images: rows))
    })
}

private func rowsBackward<Op: KernelOperation>(
  _ operation: Op.Type, outputs: ClosedRange<Int>
) -> any AnyOperationTest where Op.Problem == RowsProblem, Op.Operands == RowsBackwardOperands {
  OperationTest<Op>(
    name: Op.lineName, schema: rowsSchema, agreement: .close(4e-6), images: "rows", terms: { $0["columns"] },
    draw: drawRows, problem: rowsProblem,
    operands: { parameters, memory in
      let (rows, count) = (parameters["rows"], parameters["rows"] * parameters["columns"])
      return .init(
        output: memory.numbers(count, in: outputs, images: rows, special: false),
        outputGradient: memory.numbers(count, images: rows),
        inputGradient: memory.output(count, images: rows))
    })
}

private func channelsForward<Op: KernelOperation>(_ operation: Op.Type) -> any AnyOperationTest
where Op.Problem == ChannelsProblem, Op.Operands == RowsOperands {
  OperationTest<Op>(
    name: Op.lineName, schema: planesSchema, agreement: .close(4e-6), images: "mb",
    draw: { drawPlanes(&$0, empty: true) }, problem: channelsProblem,
    operands: { parameters, memory in
      let (batch, count) = (parameters["mb"], planesCount(parameters))
      return .init(
        input: memory.numbers(count, in: -10...10, images: batch), output: memory.output(count, images: batch))
    })
}

private func channelsBackward<Op: KernelOperation>(
  _ operation: Op.Type, outputs: ClosedRange<Int>
) -> any AnyOperationTest where Op.Problem == ChannelsProblem, Op.Operands == RowsBackwardOperands {
  OperationTest<Op>(
    name: Op.lineName, schema: planesSchema, agreement: .close(4e-6), images: "mb", terms: { $0["ic"] },
    draw: { drawPlanes(&$0, empty: true) }, problem: channelsProblem,
    operands: { parameters, memory in
      let (batch, count) = (parameters["mb"], planesCount(parameters))
      return .init(
        output: memory.numbers(count, in: outputs, images: batch, special: false),
        outputGradient: memory.numbers(count, images: batch),
        inputGradient: memory.output(count, images: batch))
    })
}
