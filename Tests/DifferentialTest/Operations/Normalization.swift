import Kernels

// Weights and biases are −1, 0 or 1, so that values near 0 do not come from large ones that cancel; they are finite, as
// their infinities times 0 depend on where a row multiplies by them.

let normalizationTests: [any AnyOperationTest] = [
  OperationTest<BatchNormForward>(
    name: BatchNormForward.lineName, schema: batchSchema, agreement: .close(1e-5), mixesNonFinite: true,
    draw: drawBatch, problem: batchProblem,
    operands: { parameters, memory in
      let (count, channels) = (planesCount(parameters), parameters["ic"])
      return .init(
        input: memory.numbers(count),
        weight: parameters.flag("weight") ? memory.numbers(channels, in: -1...1, special: false) : nil,
        bias: parameters.flag("bias") ? memory.numbers(channels, in: -1...1, special: false) : nil,
        output: memory.output(count),
        statistics: memory.output(3 * channels),
        runningMean: parameters.flag("running") ? memory.updated(channels, special: false) : nil,
        runningVariance: parameters.flag("running") ? memory.updated(channels, in: 1...4, special: false) : nil)
    }),
  OperationTest<BatchNormBackward>(
    name: BatchNormBackward.lineName, schema: batchSchema, agreement: .close(4e-6),
    // With numbers that round, the reference and the rows may differ in where ReLU stopped the output.
    followsReference: { $1 == .integers || ($1 == .reals && !$0.flag("relu")) },
    terms: { $0["mb"] * $0["ih"] * $0["iw"] }, draw: drawBatch, problem: batchProblem,
    operands: { parameters, memory in
      let (count, channels) = (planesCount(parameters), parameters["ic"])
      let (weight, bias) = (parameters.flag("weight"), parameters.flag("bias"))
      let input = memory.numbers(count)
      let gradient = memory.numbers(count)
      return .init(
        input: input, outputGradient: gradient,
        weight: weight ? memory.numbers(channels, in: -1...1, special: false) : nil,
        bias: bias ? memory.numbers(channels, in: -1...1, special: false) : nil,
        statistics: memory.numbers(3 * channels, in: 0...1, special: false),
        inputGradient: parameters.flag("dx")
          ? memory.output(count, over: gradient, inPlace: parameters.flag("inplace")) : nil,
        weightGradient: weight ? memory.output(channels) : nil, biasGradient: bias ? memory.output(channels) : nil)
    }),
  OperationTest<BatchNormInference>(
    name: BatchNormInference.lineName, schema: batchSchema, agreement: .close(4e-6), images: "mb", draw: drawBatch,
    problem: batchProblem,
    operands: { parameters, memory in
      let (count, channels) = (planesCount(parameters), parameters["ic"])
      let input = memory.numbers(count, images: parameters["mb"])
      return .init(
        input: input, weight: parameters.flag("weight") ? memory.numbers(channels, in: -1...1, special: false) : nil,
        bias: parameters.flag("bias") ? memory.numbers(channels, in: -1...1, special: false) : nil,
        runningMean: memory.numbers(channels), runningVariance: memory.numbers(channels, in: 1...4, special: false),
        output: memory.output(count, over: input, inPlace: parameters.flag("inplace"), images: parameters["mb"]))
    }),
  OperationTest<BatchNormInferenceBackward>(
    name: BatchNormInferenceBackward.lineName, schema: batchSchema, agreement: .close(4e-6), images: "mb",
    followsReference: { $1 == .integers || ($1 == .reals && !$0.flag("relu")) },
    terms: { 4 * $0["mb"] * $0["ih"] * $0["iw"] }, draw: drawBatch, problem: batchProblem,
    operands: { parameters, memory in
      let (count, channels, batch) = (planesCount(parameters), parameters["ic"], parameters["mb"])
      let (weight, bias) = (parameters.flag("weight"), parameters.flag("bias"))
      let input = memory.numbers(count, images: batch)
      let gradient = memory.numbers(count, images: batch)
      return .init(
        input: input, outputGradient: gradient,
        weight: weight ? memory.numbers(channels, in: -1...1, special: false) : nil,
        bias: bias ? memory.numbers(channels, in: -1...1, special: false) : nil,
        runningMean: memory.numbers(channels, special: false),
        runningVariance: memory.numbers(channels, in: 1...4, special: false),
        inputGradient: parameters.flag("dx")
          ? memory.output(count, over: gradient, inPlace: parameters.flag("inplace"), images: batch) : nil,
        weightGradient: weight ? memory.output(channels) : nil, biasGradient: bias ? memory.output(channels) : nil)
    }),
  OperationTest<GroupNormForward>(
    name: GroupNormForward.lineName, schema: groupSchema, agreement: .close(1e-5), images: "mb",
    mixesNonFinite: true, draw: drawGroups, problem: groupProblem,
    operands: { parameters, memory in
      let (count, channels, rows) = groupCounts(parameters)
      return .init(
        input: memory.numbers(count, images: parameters["mb"]),
        weight: parameters.flag("weight") ? memory.numbers(channels, in: -1...1, special: false) : nil,
        bias: parameters.flag("bias") ? memory.numbers(channels, in: -1...1, special: false) : nil,
        output: memory.output(count, images: parameters["mb"]), statistics: memory.output(3 * rows))
    }),
  OperationTest<GroupNormBackward>(
    name: GroupNormBackward.lineName, schema: groupSchema, agreement: .close(4e-6),
    followsReference: { $1 == .integers || ($1 == .reals && !$0.flag("relu")) },
    terms: { max($0["mb"], $0["c"]) * $0["ih"] * $0["iw"] }, draw: drawGroups, problem: groupProblem,
    operands: { parameters, memory in
      let (count, channels, rows) = groupCounts(parameters)
      let (weight, bias) = (parameters.flag("weight"), parameters.flag("bias"))
      let input = memory.numbers(count)
      let gradient = memory.numbers(count)
      return .init(
        input: input, outputGradient: gradient,
        weight: weight ? memory.numbers(channels, in: -1...1, special: false) : nil,
        bias: bias ? memory.numbers(channels, in: -1...1, special: false) : nil,
        statistics: memory.numbers(3 * rows, in: 0...1, special: false),
        inputGradient: parameters.flag("dx")
          ? memory.output(count, over: gradient, inPlace: parameters.flag("inplace")) : nil,
        weightGradient: weight ? memory.output(channels) : nil, biasGradient: bias ? memory.output(channels) : nil)
    }),
]

private let batchSchema = ProblemSchema("mb=1 ic=1 ih=1 iw=ih relu=0 weight=1 bias=1 running=1 dx=1 inplace=0")
private let groupSchema = ProblemSchema("mb=1 g=1 c=1 ih=1 iw=ih relu=0 weight=1 bias=1 dx=1 inplace=0")

@Sendable
private func drawBatch(_ draw: inout Draw) -> ProblemParameters {
  let planes = drawPlanes(&draw, empty: true)
  return batchSchema([
    "mb": planes["mb"], "ic": planes["ic"], "ih": planes["ih"], "iw": planes["iw"], "relu": draw.flag(),
    "weight": draw.flag(), "bias": draw.flag(), "running": draw.flag(), "dx": draw.below(4) > 0 ? 1 : 0,
    "inplace": draw.flag(),
  ])
}

@Sendable
private func batchProblem(_ p: ProblemParameters) -> BatchNormProblem {
  BatchNormProblem(batch: p["mb"], channels: p["ic"], plane: p["ih"] * p["iw"], relu: p.flag("relu"))
}

@Sendable
private func drawGroups(_ draw: inout Draw) -> ProblemParameters {
  let planes = drawPlanes(&draw, empty: true)
  // Several groups of several channels, one group as in layer normalisation, groups of one channel.
  let (groups, channels) =
    switch draw.below(3) {
    case 0: (1, planes["ic"])
    case 1: (planes["ic"], 1)
    default: (draw.int(1...5), max(planes["ic"] / 3, min(planes["ic"], 1)))
    }
  let isRow = draw.once(in: 3)
  return groupSchema([
    "mb": planes["mb"], "g": groups, "c": channels, "ih": isRow ? 1 : planes["ih"], "iw": isRow ? 1 : planes["iw"],
    "relu": draw.flag(), "weight": draw.flag(), "bias": draw.flag(), "dx": draw.below(4) > 0 ? 1 : 0,
    "inplace": draw.flag(),
  ])
}

@Sendable
private func groupProblem(_ p: ProblemParameters) -> GroupNormProblem {
  GroupNormProblem(
    batch: p["mb"], groups: p["g"], channels: p["c"], plane: p["ih"] * p["iw"], relu: p.flag("relu"))
}

private func groupCounts(_ p: ProblemParameters) -> (count: Int, channels: Int, rows: Int) {
  let channels = p["g"] * p["c"]
  return (p["mb"] * channels * p["ih"] * p["iw"], channels, p["mb"] * p["g"])
}
