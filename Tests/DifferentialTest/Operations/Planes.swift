import Kernels

/// Images as channels of planes.
let planesSchema = ProblemSchema("mb=1 ic=1 ih=1 iw=ih")

/// - Parameter empty: whether sizes may be 0.
func drawPlanes(_ draw: inout Draw, empty: Bool) -> ProblemParameters {
  var (batch, channels) = (draw.batch(), draw.once(in: 2) ? draw.int(1...5) : draw.size(upTo: 70))
  var (height, width) = (draw.once(in: 4) ? 1 : draw.size(upTo: 60), draw.once(in: 6) ? 1 : draw.size(upTo: 80))
  let limit = draw.workLimit()
  while batch * channels * height * width * 8 > limit, height * width * channels > 1 {
    switch draw.below(3) {
    case 0: height = max(height / 2, 1)
    case 1: width = max(width / 2, 1)
    default: channels = max(channels / 2, 1)
    }
  }
  if empty, draw.once(in: 30) {
    switch draw.below(3) {
    case 0: height = 0
    case 1: channels = 0
    default: batch = 0
    }
  }
  return planesSchema(["mb": batch, "ic": channels, "ih": height, "iw": width])
}

let planeTests: [any AnyOperationTest] = [
  OperationTest<BiasForward>(
    name: BiasForward.lineName, schema: biasSchema, agreement: .same, images: "mb",
    draw: { draw in
      let planes = drawPlanes(&draw, empty: true)
      return biasSchema([
        "mb": planes["mb"], "ic": planes["ic"], "ih": planes["ih"], "iw": planes["iw"], "inplace": draw.flag(),
      ])
    },
    problem: channelsProblem,
    operands: { parameters, memory in
      let count = planesCount(parameters)
      let input = memory.numbers(count, images: parameters["mb"])
      return .init(
        input: input, bias: memory.numbers(parameters["ic"]),
        output: memory.output(count, over: input, inPlace: parameters.flag("inplace"), images: parameters["mb"]))
    }),
  OperationTest<BiasBackward>(
    name: BiasBackward.lineName, schema: planesSchema, terms: { $0["mb"] * $0["ih"] * $0["iw"] },
    draw: { drawPlanes(&$0, empty: true) }, problem: channelsProblem,
    operands: { parameters, memory in
      .init(outputGradient: memory.numbers(planesCount(parameters)), biasGradient: memory.output(parameters["ic"]))
    }),
  OperationTest<PReLUForward>(
    name: PReLUForward.lineName, schema: biasSchema, agreement: .same, images: "mb",
    draw: { draw in
      let planes = drawPlanes(&draw, empty: true)
      return biasSchema([
        "mb": planes["mb"], "ic": planes["ic"], "ih": planes["ih"], "iw": planes["iw"], "inplace": draw.flag(),
      ])
    },
    problem: channelsProblem,
    operands: { parameters, memory in
      let count = planesCount(parameters)
      let input = memory.numbers(count, images: parameters["mb"])
      return .init(
        input: input, weight: memory.numbers(parameters["ic"]),
        output: memory.output(count, over: input, inPlace: parameters.flag("inplace"), images: parameters["mb"]))
    }),
  OperationTest<PReLUBackward>(
    name: PReLUBackward.lineName, schema: preluSchema, images: "mb", terms: { $0["mb"] * $0["ih"] * $0["iw"] },
    draw: { draw in
      let planes = drawPlanes(&draw, empty: true)
      return preluSchema([
        "mb": planes["mb"], "ic": planes["ic"], "ih": planes["ih"], "iw": planes["iw"], "inplace": draw.flag(),
        "wanted": draw.below(3),
      ])
    },
    problem: channelsProblem,
    operands: { parameters, memory in
      let (count, images) = (planesCount(parameters), parameters["mb"])
      let (input, gradient) = (memory.numbers(count, images: images), memory.numbers(count, images: images))
      let weight = memory.numbers(parameters["ic"])
      let wanted = parameters["wanted"]
      return .init(
        input: input, outputGradient: gradient, weight: weight,
        inputGradient: wanted == 1
          ? nil : memory.output(count, over: gradient, inPlace: parameters.flag("inplace"), images: images),
        weightGradient: wanted == 2 ? nil : memory.output(parameters["ic"]))
    }),
  OperationTest<BatchAssembly>(
    name: BatchAssembly.lineName, schema: ProblemSchema("mb=1 ic=1 ih=1 iw=ih set=1"), agreement: .same,
    kinds: [.integers, .reals],
    draw: { draw in
      let planes = drawPlanes(&draw, empty: true)
      return ProblemSchema("mb=1 ic=1 ih=1 iw=ih set=1")([
        "mb": planes["mb"], "ic": planes["ic"], "ih": planes["ih"], "iw": planes["iw"], "set": draw.int(1...9),
      ])
    },
    problem: { .init(batch: $0["mb"], channels: $0["ic"], plane: $0["ih"] * $0["iw"]) },
    operands: { parameters, memory in
      let image = parameters["ic"] * parameters["ih"] * parameters["iw"]
      return .init(
        images: memory.values(parameters["set"] * image, UInt8.self) { UInt8(truncatingIfNeeded: $1.next()) },
        indices: memory.values(parameters["mb"], Int32.self) { Int32($1.below(parameters["set"])) },
        scales: memory.numbers(parameters["ic"]), offsets: memory.numbers(parameters["ic"]),
        output: memory.output(parameters["mb"] * image))
    }),
  OperationTest<ChannelScaling>(
    name: ChannelScaling.lineName, schema: scalingSchema, agreement: .same, images: "mb",
    draw: { draw in
      let planes = drawPlanes(&draw, empty: true)
      return scalingSchema([
        "mb": planes["mb"], "ic": planes["ic"], "ih": planes["ih"], "iw": planes["iw"], "inplace": draw.flag(),
        "offset": draw.flag(),
      ])
    },
    problem: channelsProblem,
    operands: { parameters, memory in
      let count = planesCount(parameters)
      let input = memory.numbers(count, images: parameters["mb"])
      return .init(
        input: input, scales: memory.numbers(parameters["ic"]),
        offsets: parameters.flag("offset") ? memory.numbers(parameters["ic"]) : nil,
        output: memory.output(count, over: input, inPlace: parameters.flag("inplace"), images: parameters["mb"]))
    }),
  OperationTest<Transposition>(
    name: Transposition.lineName, schema: transposeSchema, agreement: .same, images: "mb",
    draw: { draw in
      // Blocks of 1024 rows or columns are moved at once.
      let long = draw.once(in: 8) ? 1024 * draw.int(1...2) + draw.int(-17...17) : draw.size(upTo: 200)
      let short = draw.once(in: 40) ? 0 : draw.size(upTo: draw.once(in: 3) ? 90 : 20)
      let (rows, columns) = draw.once(in: 2) ? (long, short) : (short, long)
      let batch = min(draw.batch(), max(draw.workLimit() / (8 * max(long * short, 1)), 1))
      return transposeSchema(["mb": batch, "rows": rows, "columns": columns])
    },
    problem: { .init(batch: $0["mb"], rows: $0["rows"], columns: $0["columns"]) },
    operands: { parameters, memory in
      let count = parameters["mb"] * parameters["rows"] * parameters["columns"]
      return .init(
        input: memory.numbers(count, images: parameters["mb"]), output: memory.output(count, images: parameters["mb"]))
    }),
  OperationTest<Pad2DForward>(
    name: Pad2DForward.lineName, schema: paddingSchema, agreement: .same, images: "planes", draw: drawPadding,
    problem: paddingShape,
    operands: { parameters, memory in
      let shape = paddingShape(parameters)
      return .init(
        input: memory.numbers(shape.planes * shape.inputHeight * shape.inputWidth, images: shape.planes),
        output: memory.output(shape.planes * shape.outputHeight * shape.outputWidth, images: shape.planes))
    }),
  OperationTest<Pad2DBackward>(
    name: Pad2DBackward.lineName, schema: paddingSchema, images: "planes",
    terms: { ($0["top"] + $0["bottom"] + 1) * ($0["left"] + $0["right"] + 1) }, draw: drawPadding,
    problem: paddingShape,
    operands: { parameters, memory in
      let shape = paddingShape(parameters)
      return .init(
        outputGradient: memory.numbers(shape.planes * shape.outputHeight * shape.outputWidth, images: shape.planes),
        inputGradient: memory.output(shape.planes * shape.inputHeight * shape.inputWidth, images: shape.planes))
    }),
  OperationTest<UpsampleForward>(
    name: UpsampleForward.lineName, schema: upsampleSchema, agreement: .same, images: "planes", draw: drawUpsample,
    problem: upsampleProblem,
    operands: { parameters, memory in
      let (inputs, outputs) = upsampleCounts(parameters)
      return .init(
        input: memory.numbers(inputs, images: parameters["planes"]),
        output: memory.output(outputs, images: parameters["planes"]))
    }),
  OperationTest<UpsampleBackward>(
    name: UpsampleBackward.lineName, schema: upsampleSchema, images: "planes", terms: { $0["sh"] * $0["sw"] },
    draw: drawUpsample, problem: upsampleProblem,
    operands: { parameters, memory in
      let (inputs, outputs) = upsampleCounts(parameters)
      return .init(
        outputGradient: memory.numbers(outputs, images: parameters["planes"]),
        inputGradient: memory.output(inputs, images: parameters["planes"]))
    }),
  OperationTest<BilinearUpsampleForward>(
    name: BilinearUpsampleForward.lineName, schema: bilinearSchema, agreement: .close, images: "planes",
    draw: drawBilinear, problem: bilinearProblem,
    operands: { parameters, memory in
      let planes = parameters["planes"]
      return .init(
        input: memory.numbers(planes * parameters["ih"] * parameters["iw"], images: planes),
        output: memory.output(planes * parameters["oh"] * parameters["ow"], images: planes))
    }),
  OperationTest<BilinearUpsampleBackward>(
    name: BilinearUpsampleBackward.lineName, schema: bilinearSchema, agreement: .close, images: "planes",
    terms: { (2 * $0["oh"] / $0["ih"] + 2) * (2 * $0["ow"] / $0["iw"] + 2) }, draw: drawBilinear,
    problem: bilinearProblem,
    operands: { parameters, memory in
      let planes = parameters["planes"]
      return .init(
        outputGradient: memory.numbers(planes * parameters["oh"] * parameters["ow"], images: planes),
        inputGradient: memory.output(planes * parameters["ih"] * parameters["iw"], images: planes))
    }),
]

private let transposeSchema = ProblemSchema("mb=1 rows columns")
private let scalingSchema = ProblemSchema("mb=1 ic=1 ih=1 iw=ih inplace=0 offset=0")
private let biasSchema = ProblemSchema("mb=1 ic=1 ih=1 iw=ih inplace=0")
/// `wanted`: both gradients, the slopes' alone, or the input's alone.
private let preluSchema = ProblemSchema("mb=1 ic=1 ih=1 iw=ih inplace=0 wanted=0")
private let paddingSchema = ProblemSchema("planes=1 ih iw=ih top=0 bottom=top left=top right=left mode=0")
private let bilinearSchema = ProblemSchema("planes=1 ih iw=ih oh ow=oh corners=0")
private let upsampleSchema = ProblemSchema("planes=1 ih iw=ih sh=2 sw=sh")

@Sendable
func channelsProblem(_ p: ProblemParameters) -> ChannelsProblem {
  ChannelsProblem(batch: p["mb"], channels: p["ic"], plane: p["ih"] * p["iw"])
}

func planesCount(_ p: ProblemParameters) -> Int { p["mb"] * p["ic"] * p["ih"] * p["iw"] }

@Sendable
private func paddingShape(_ p: ProblemParameters) -> Pad2DShape {
  Pad2DShape(
    planes: p["planes"], inputHeight: p["ih"], inputWidth: p["iw"], top: p["top"], bottom: p["bottom"],
    left: p["left"], right: p["right"], mode: PaddingMode.allCases[p["mode"] % PaddingMode.allCases.count])
}

@Sendable
private func drawPadding(_ draw: inout Draw) -> ProblemParameters {
  let (height, width) = (draw.size(upTo: 30), draw.size(upTo: 70))
  let mode = draw.below(PaddingMode.allCases.count)
  // Up to what the mode permits, and beyond the plane where it permits that.
  func padding(_ count: Int) -> Int {
    let most = min(Pad2DShape.largestPadding(PaddingMode.allCases[mode], count: count), count + 9)
    return draw.once(in: 3) ? 0 : draw.once(in: 4) ? most : draw.int(0...max(most, 0))
  }
  let (top, bottom, left, right) = (padding(height), padding(height), padding(width), padding(width))
  let plane = (height + top + bottom) * (width + left + right)
  let planes = draw.once(in: 30) ? 0 : draw.int(1...max(min(draw.workLimit() / (16 * plane), 40), 1))
  return paddingSchema([
    "planes": planes, "ih": height, "iw": width, "top": top, "bottom": bottom, "left": left, "right": right,
    "mode": mode,
  ])
}

@Sendable
private func upsampleProblem(_ p: ProblemParameters) -> UpsampleProblem {
  UpsampleProblem(
    planes: p["planes"], inputHeight: p["ih"], inputWidth: p["iw"], scaleHeight: p["sh"], scaleWidth: p["sw"])
}

private func upsampleCounts(_ p: ProblemParameters) -> (inputs: Int, outputs: Int) {
  let inputs = p["planes"] * p["ih"] * p["iw"]
  return (inputs, inputs * p["sh"] * p["sw"])
}

@Sendable
private func bilinearProblem(_ p: ProblemParameters) -> BilinearProblem {
  BilinearProblem(
    planes: p["planes"], inputHeight: p["ih"], inputWidth: p["iw"], outputHeight: p["oh"], outputWidth: p["ow"],
    alignCorners: p.flag("corners"))
}

@Sendable
private func drawBilinear(_ draw: inout Draw) -> ProblemParameters {
  let (height, width) = (draw.once(in: 5) ? 1 : draw.size(upTo: 30), draw.once(in: 8) ? 1 : draw.size(upTo: 70))
  // Mostly by whole factors; also to any size, smaller ones and 1.
  func outputs(_ inputs: Int) -> Int {
    switch draw.below(4) {
    case 0, 1: inputs * draw.int(1...4)
    case 2: draw.size(upTo: 90)
    default: inputs + draw.int(0...3)
    }
  }
  let (outputHeight, outputWidth) = (outputs(height), outputs(width))
  let plane = height * width + outputHeight * outputWidth * 4
  return bilinearSchema([
    "planes": draw.once(in: 30) ? 0 : draw.int(1...max(min(draw.workLimit() / (8 * plane), 40), 1)), "ih": height,
    "iw": width, "oh": outputHeight, "ow": outputWidth, "corners": draw.flag(),
  ])
}

@Sendable
private func drawUpsample(_ draw: inout Draw) -> ProblemParameters {
  let (height, width) = (draw.once(in: 5) ? 1 : draw.size(upTo: 30), draw.once(in: 8) ? 1 : draw.size(upTo: 70))
  let (scaleHeight, scaleWidth) = (draw.int(1...5), draw.pick([1, 2, 2, 3, 4, 5, 8, 16, 17, 40]))
  let plane = height * width * (scaleHeight * scaleWidth + 1)
  let planes = draw.int(1...max(min(draw.workLimit() / (8 * plane), 40), 1))
  return upsampleSchema([
    "planes": draw.once(in: 30) ? 0 : planes, "ih": draw.once(in: 40) ? 0 : height, "iw": draw.once(in: 40) ? 0 : width,
    "sh": scaleHeight, "sw": scaleWidth,
  ])
}
