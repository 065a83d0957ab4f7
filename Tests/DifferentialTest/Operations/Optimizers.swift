import Kernels

let optimizerTests: [any AnyOperationTest] = [
  OperationTest<SGDStep>(
    name: SGDStep.lineName, schema: sgdSchema, agreement: .same,
    draw: { draw in
      sgdSchema(
        [
          "n": draw.count(), "nesterov": draw.flag(), "maximize": draw.flag(), "first": draw.flag(), "own": draw.flag(),
        ],
        reals: [
          "momentum": draw.pick([0, 0.9, 0.5]), "decay": draw.pick([0, 0.01]), "dampening": draw.pick([0, 0.25]),
        ])
    },
    problem: {
      .init(
        count: $0["n"], momentum: $0.float("momentum"), nesterov: $0.flag("nesterov"), weightDecay: $0.float("decay"),
        dampening: $0.float("dampening"), maximize: $0.flag("maximize"))
    },
    operands: { parameters, memory in
      let n = parameters["n"]
      return .init(
        parameters: memory.updated(n), gradients: memory.numbers(n),
        velocity: parameters.real("momentum") == 0 ? nil : memory.updated(n), learningRate: 0x1p-4,
        isFirst: parameters.flag("first"), momentum: parameters.flag("own") ? parameters.float("momentum") / 2 : nil)
    }),
  OperationTest<AdamStep>(
    name: AdamStep.lineName, schema: adamSchema, agreement: .same,
    draw: { draw in
      adamSchema(
        [
          "n": draw.count(), "decoupled": draw.flag(), "amsgrad": draw.flag(), "maximize": draw.flag(),
          "step": draw.pick([1, 2, 3, 10, 1000]), "own": draw.flag(),
        ],
        reals: ["epsilon": draw.pick([0.00000001, 0, 0.001]), "decay": draw.pick([0, 0.01])])
    },
    problem: {
      .init(
        count: $0["n"], epsilon: $0.float("epsilon"), weightDecay: $0.float("decay"), decoupled: $0.flag("decoupled"),
        amsgrad: $0.flag("amsgrad"), maximize: $0.flag("maximize"))
    },
    operands: { parameters, memory in
      let n = parameters["n"]
      return .init(
        parameters: memory.updated(n), gradients: memory.numbers(n), firstMoments: memory.updated(n),
        secondMoments: memory.updated(n, in: 0...4),
        largestMoments: parameters.flag("amsgrad") ? memory.updated(n, in: 0...4) : nil, learningRate: 0x1p-4,
        step: parameters["step"], beta1: parameters.flag("own") ? 0.8 : nil)
    }),
  OperationTest<NAdamStep>(
    name: NAdamStep.lineName, schema: nadamSchema, agreement: .same,
    draw: { draw in
      nadamSchema(
        [
          "n": draw.count(), "decoupled": draw.flag(), "maximize": draw.flag(),
          "step": draw.pick([1, 2, 3, 10, 1000]), "own": draw.flag(),
        ],
        reals: [
          "epsilon": draw.pick([0.00000001, 0, 0.001]), "decay": draw.pick([0, 0.01]),
          "slowing": draw.pick([0.004, 0, 1]), "product": draw.pick([0.5, 0, 0.9]),
        ])
    },
    problem: {
      .init(
        count: $0["n"], epsilon: $0.float("epsilon"), weightDecay: $0.float("decay"),
        momentumDecay: $0.real("slowing"), decoupled: $0.flag("decoupled"), maximize: $0.flag("maximize"))
    },
    operands: { parameters, memory in
      let n = parameters["n"]
      return .init(
        parameters: memory.updated(n), gradients: memory.numbers(n), firstMoments: memory.updated(n),
        secondMoments: memory.updated(n, in: 0...4), learningRate: 0x1p-4, step: parameters["step"],
        momentumProduct: parameters.real("product"), beta1: parameters.flag("own") ? 0.8 : nil)
    }),
  OperationTest<RAdamStep>(
    name: RAdamStep.lineName, schema: radamSchema, agreement: .same,
    draw: { draw in
      radamSchema(
        [
          "n": draw.count(), "decoupled": draw.flag(), "maximize": draw.flag(),
          "step": draw.pick([1, 5, 6, 10, 1000]), "own": draw.flag(),
        ],
        reals: [
          "epsilon": draw.pick([0.00000001, 0, 0.001]), "decay": draw.pick([0, 0.01]),
          "betatwo": draw.pick([0.999, 0.5, 0]),
        ])
    },
    problem: {
      .init(
        count: $0["n"], beta2: $0.real("betatwo"), epsilon: $0.float("epsilon"), weightDecay: $0.float("decay"),
        decoupled: $0.flag("decoupled"), maximize: $0.flag("maximize"))
    },
    operands: { parameters, memory in
      let n = parameters["n"]
      return .init(
        parameters: memory.updated(n), gradients: memory.numbers(n), firstMoments: memory.updated(n),
        secondMoments: memory.updated(n, in: 0...4), learningRate: 0x1p-4, step: parameters["step"],
        beta1: parameters.flag("own") ? 0.8 : nil)
    }),
  OperationTest<RMSpropStep>(
    name: RMSpropStep.lineName, schema: rmspropSchema, agreement: .same,
    draw: { draw in
      rmspropSchema(
        ["n": draw.count(), "centered": draw.flag(), "maximize": draw.flag(), "own": draw.flag()],
        reals: [
          "epsilon": draw.pick([0.00000001, 0, 0.001]), "decay": draw.pick([0, 0.01]),
          "momentum": draw.pick([0, 0.9]), "alpha": draw.pick([0.99, 0.5, 0, 1]),
        ])
    },
    problem: {
      .init(
        count: $0["n"], alpha: $0.real("alpha"), epsilon: $0.float("epsilon"), weightDecay: $0.float("decay"),
        momentum: $0.float("momentum"), centered: $0.flag("centered"), maximize: $0.flag("maximize"))
    },
    operands: { parameters, memory in
      let n = parameters["n"]
      return .init(
        parameters: memory.updated(n), gradients: memory.numbers(n), squares: memory.updated(n, in: 0...4),
        velocity: parameters.real("momentum") == 0 ? nil : memory.updated(n),
        means: parameters.flag("centered") ? memory.updated(n) : nil, learningRate: 0x1p-4,
        momentum: parameters.flag("own") ? parameters.float("momentum") / 2 : nil)
    }),
  OperationTest<AdagradStep>(
    name: AdagradStep.lineName, schema: adagradSchema, agreement: .same,
    draw: { draw in
      adagradSchema(
        ["n": draw.count(), "maximize": draw.flag()],
        reals: ["epsilon": draw.pick([0.00000001, 0, 0.001]), "decay": draw.pick([0, 0.01])])
    },
    problem: {
      .init(
        count: $0["n"], epsilon: $0.float("epsilon"), weightDecay: $0.float("decay"), maximize: $0.flag("maximize"))
    },
    operands: { parameters, memory in
      let n = parameters["n"]
      return .init(
        parameters: memory.updated(n), gradients: memory.numbers(n), sums: memory.updated(n, in: 0...4),
        learningRate: 0x1p-4)
    }),
  OperationTest<GradientNorm>(
    name: GradientNorm.lineName, schema: ProblemSchema("n"),
    draw: { draw in
      let count = draw.once(in: 3) ? 8192 * draw.int(1...4) + draw.int(-17...17) : draw.count()
      return ProblemSchema("n")(["n": count])
    },
    problem: { .init(count: $0["n"]) },
    operands: { .init(values: $1.numbers($0["n"]), norm: $1.output(1)) }),
  OperationTest<GradientClip>(
    name: GradientClip.lineName, schema: clipSchema, agreement: .same,
    draw: { draw in
      clipSchema(
        ["n": draw.count(), "limited": draw.flag()],
        reals: ["limit": draw.pick([3, 0, 0.5]), "scale": draw.pick([1, 0.5, -2])])
    },
    problem: { .init(count: $0["n"]) },
    operands: { parameters, memory in
      .init(
        values: memory.updated(parameters["n"]), scale: parameters.float("scale"),
        limit: parameters.flag("limited") ? parameters.float("limit") : .infinity)
    }),
  OperationTest<GradientAccumulation>(
    name: GradientAccumulation.lineName, schema: accumulationSchema, agreement: .same,
    draw: { draw in
      // The sum replaces nothing, what was accumulated, or the gradients.
      accumulationSchema(
        ["n": draw.count(), "accumulated": draw.flag(), "inplace": draw.below(3)],
        reals: ["scale": draw.pick([1, 0.5, -2, 0.3])])
    },
    problem: { .init(count: $0["n"]) },
    operands: { parameters, memory in
      let (n, place) = (parameters["n"], parameters["inplace"])
      let accumulated = parameters.flag("accumulated") ? memory.numbers(n) : nil
      let gradients = memory.numbers(n)
      return .init(
        accumulated: accumulated, gradients: gradients,
        sum: memory.output(n, over: place == 1 ? accumulated ?? gradients : gradients, inPlace: place > 0),
        scale: parameters.float("scale"))
    }),
  OperationTest<WeightAverageStep>(
    name: WeightAverageStep.lineName, schema: averageSchema, agreement: .same,
    draw: { draw in
      averageSchema(
        ["n": draw.count(), "follow": draw.flag()], reals: ["fraction": draw.pick([0.25, 0.5, 0.999, 0, 1])])
    },
    problem: { .init(count: $0["n"], valuesFollow: $0.flag("follow")) },
    operands: { parameters, memory in
      .init(
        averages: memory.updated(parameters["n"]), values: memory.updated(parameters["n"]),
        fraction: parameters.real("fraction"))
    }),
]

private let sgdSchema = ProblemSchema("n nesterov=0 maximize=0 first=0 own=0 momentum=0 decay=0 dampening=0")
private let adamSchema = ProblemSchema(
  "n decoupled=0 amsgrad=0 maximize=0 step=1 own=0 epsilon=0.00000001 decay=0")
private let nadamSchema = ProblemSchema(
  "n decoupled=0 maximize=0 step=1 own=0 epsilon=0.00000001 decay=0 slowing=0.004 product=0.5")
private let radamSchema = ProblemSchema(
  "n decoupled=0 maximize=0 step=1 own=0 epsilon=0.00000001 decay=0 betatwo=0.999")
private let rmspropSchema = ProblemSchema(
  "n centered=0 maximize=0 own=0 epsilon=0.00000001 decay=0 momentum=0 alpha=0.99")
private let adagradSchema = ProblemSchema("n maximize=0 epsilon=0.00000001 decay=0")
private let clipSchema = ProblemSchema("n limited=0 limit=3 scale=1")
private let accumulationSchema = ProblemSchema("n accumulated=1 inplace=0 scale=1")
private let averageSchema = ProblemSchema("n follow=0 fraction=0.25")
