import Kernels

let activationTests: [any AnyOperationTest] = [
  forward(ReLUForward.self, .same) { .init(count: $0["n"]) },
  backward(ReLUBackward.self, .same) { .init(count: $0["n"]) },
  forward(ReLU6Forward.self, .same, in: -10...10) { .init(count: $0["n"]) },
  backward(ReLU6Backward.self, .same) { .init(count: $0["n"]) },
  forward(ExpForward.self, in: -104...88) { .init(count: $0["n"]) },
  forward(SigmoidForward.self, in: -110...110) { .init(count: $0["n"]) },
  backward(SigmoidBackward.self) { .init(count: $0["n"]) },
  forward(TanhForward.self, in: -12...12) { .init(count: $0["n"]) },
  backward(TanhBackward.self) { .init(count: $0["n"]) },
  forward(LeakyReLUForward.self, .same, options: "slope", values: [0.01, 0, 1, -0.5]) {
    .init(count: $0["n"], negativeSlope: $0.float("slope"))
  },
  backward(LeakyReLUBackward.self, .same, options: "slope", values: [0.01, 0, 1, -0.5]) {
    .init(count: $0["n"], negativeSlope: $0.float("slope"))
  },
  forward(ELUForward.self, in: -100...20, options: "alpha", values: [1, 0.5, 2]) {
    .init(count: $0["n"], alpha: $0.float("alpha"))
  },
  backward(ELUBackward.self, in: -100...20, options: "alpha", values: [1, 0.5, 2]) {
    .init(count: $0["n"], alpha: $0.float("alpha"))
  },
  forward(SiLUForward.self, in: -100...100) { .init(count: $0["n"]) },
  backward(SiLUBackward.self, .close(4e-6), in: -100...100) { .init(count: $0["n"]) },
  forward(SoftplusForward.self, in: -100...100, options: "beta", values: [1, 0.5, 2]) {
    .init(count: $0["n"], beta: $0.float("beta"))
  },
  backward(SoftplusBackward.self, in: -100...100, options: "beta", values: [1, 0.5, 2]) {
    .init(count: $0["n"], beta: $0.float("beta"))
  },
  forward(HardSwishForward.self) { .init(count: $0["n"]) },
  backward(HardSwishBackward.self) { .init(count: $0["n"]) },
  forward(SELUForward.self, in: -100...20) { .init(count: $0["n"]) },
  backward(SELUBackward.self, in: -100...20) { .init(count: $0["n"]) },
  forward(MishForward.self, in: -100...100) { .init(count: $0["n"]) },
  backward(MishBackward.self, .close(4e-6), in: -100...100) { .init(count: $0["n"]) },
  forward(HardSigmoidForward.self, .same) { .init(count: $0["n"]) },
  backward(HardSigmoidBackward.self, .same) { .init(count: $0["n"]) },
  forward(GELUForward.self, in: -20...20) { .init(count: $0["n"]) },
  backward(GELUBackward.self, .close(4e-6), in: -20...20) { .init(count: $0["n"]) },
  forward(GELUTanhForward.self, .close(4e-6), in: -20...20) { .init(count: $0["n"]) },
  backward(GELUTanhBackward.self, .close(1e-5), in: -20...20) { .init(count: $0["n"]) },
  OperationTest<AddForward>(
    name: AddForward.lineName, schema: ProblemSchema("n relu=0 inplace=0"), agreement: .same,
    draw: { draw in
      // The output replaces neither, the first, the second or both.
      ProblemSchema("n relu=0 inplace=0")(["n": draw.count(), "relu": draw.fusedActivation(), "inplace": draw.below(4)])
    },
    problem: { .init(count: $0["n"], activation: $0.fusedActivation) },
    operands: { parameters, memory in
      let (n, place) = (parameters["n"], parameters["inplace"])
      let a = memory.numbers(n)
      let b = place == 3 ? a : memory.numbers(n)
      return .init(a: a, b: b, output: memory.output(n, over: place == 2 ? b : a, inPlace: place > 0))
    }),
  OperationTest<MultiplyForward>(
    name: MultiplyForward.lineName, schema: productSchema, agreement: .same, draw: drawProduct, problem: product,
    operands: { parameters, memory in
      let (rows, count) = (parameters["rows"], parameters["rows"] * parameters["columns"])
      let (a, b) = (memory.numbers(count), memory.numbers(rows))
      let isOverB = parameters["inplace"] == 2 && parameters["columns"] == 1
      return .init(a: a, b: b, output: memory.output(count, over: isOverB ? b : a, inPlace: parameters.flag("inplace")))
    }),
  OperationTest<MultiplyBackward>(
    name: MultiplyBackward.lineName, schema: productSchema, terms: { $0["columns"] }, draw: drawProduct,
    problem: product,
    operands: { parameters, memory in
      let (rows, count) = (parameters["rows"], parameters["rows"] * parameters["columns"])
      let (a, b, gradient) = (memory.numbers(count), memory.numbers(rows), memory.numbers(count))
      let wanted = parameters["wanted"]
      return .init(
        a: a, b: b, outputGradient: gradient,
        aGradient: wanted == 1 ? nil : memory.output(count, over: gradient, inPlace: parameters.flag("inplace")),
        bGradient: wanted == 2 ? nil : memory.output(rows))
    }),
  OperationTest<DropoutForward>(
    name: DropoutForward.lineName, schema: dropoutSchema, agreement: .same,
    draw: { draw in
      let sharing = draw.once(in: 2) ? 1 : draw.size(upTo: 300)
      return dropoutSchema(
        [
          "n": sharing * max(draw.count() / sharing, draw.flag()), "sharing": sharing, "inplace": draw.flag(),
          "key": draw.below(1 << 20),
        ],
        reals: ["p": draw.pick([0.5, 0.1, 0.9, 0, 1, 0.001])])
    },
    problem: { .init(count: $0["n"], sharing: $0["sharing"], probability: $0.real("p")) },
    operands: { parameters, memory in
      let n = parameters["n"]
      let input = memory.numbers(n)
      return .init(
        input: input, output: memory.output(n, over: input, inPlace: parameters.flag("inplace")),
        key: UInt64(parameters["key"]) &* 0x9E37_79B9_7F4A_7C15)
    }),
]

/// `wanted`: both gradients, that of b alone, or that of a alone.
private let productSchema = ProblemSchema("rows columns=1 inplace=0 wanted=0")

@Sendable
private func product(_ p: ProblemParameters) -> MultiplyProblem { .init(rows: p["rows"], columns: p["columns"]) }

@Sendable
private func drawProduct(_ draw: inout Draw) -> ProblemParameters {
  let columns = draw.once(in: 3) ? 1 : draw.count()
  let rows = columns == 1 ? draw.count() : draw.int(0...max(min(draw.workLimit() / max(8 * columns, 1), 200), 1))
  return productSchema(["rows": rows, "columns": columns, "inplace": draw.below(3), "wanted": draw.below(3)])
}

private let dropoutSchema = ProblemSchema("n sharing=1 inplace=0 key=1 p=0.5")

private func schema(_ option: String?) -> ProblemSchema {
  ProblemSchema("n inplace=0" + (option.map { " \($0)" } ?? ""))
}

private func draw(
  _ draw: inout Draw, _ schema: ProblemSchema, _ option: String?, _ values: [Double]
) -> ProblemParameters {
  let reals = option.map { [$0: draw.pick(values)] } ?? [:]
  return schema(["n": draw.count(), "inplace": draw.flag()], reals: reals)
}

private func forward<Op: KernelOperation>(
  _ operation: Op.Type, _ agreement: Agreement = .close, in range: ClosedRange<Int> = -8...8,
  options option: String? = nil, values: [Double] = [], problem: @escaping @Sendable (ProblemParameters) -> Op.Problem
) -> any AnyOperationTest where Op.Operands == ElementwiseOperands {
  let schema = schema(option)
  return OperationTest<Op>(
    name: Op.lineName, schema: schema, agreement: agreement, draw: { draw(&$0, schema, option, values) },
    problem: problem,
    operands: { parameters, memory in
      let input = memory.numbers(parameters["n"], in: range)
      return .init(
        input: input, output: memory.output(parameters["n"], over: input, inPlace: parameters.flag("inplace")))
    })
}

private func backward<Op: KernelOperation>(
  _ operation: Op.Type, _ agreement: Agreement = .close, in range: ClosedRange<Int> = -8...8,
  options option: String? = nil, values: [Double] = [], problem: @escaping @Sendable (ProblemParameters) -> Op.Problem
) -> any AnyOperationTest where Op.Operands: ElementwiseGradientOperands {
  let schema = schema(option)
  // An infinite gradient times a derivative that only the reference's Double can hold is none of a float's.
  let special = if case .same = agreement { true } else { false }
  return OperationTest<Op>(
    name: Op.lineName, schema: schema, agreement: agreement, draw: { draw(&$0, schema, option, values) },
    problem: problem,
    operands: { parameters, memory in
      let n = parameters["n"]
      let values = memory.numbers(n, in: range)
      let gradient = memory.numbers(n, special: special)
      return .init(
        values: values, outputGradient: gradient,
        inputGradient: memory.output(n, over: gradient, inPlace: parameters.flag("inplace")))
    })
}
