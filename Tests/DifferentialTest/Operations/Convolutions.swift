import Kernels

let convolutionTests: [any AnyOperationTest] = [
  OperationTest<Conv2DForward>(
    name: Conv2DForward.lineName, schema: forwardSchema, images: "mb",
    isApproximate: { $0.flag("fast") }, terms: { convolutionShape($0).depthOfSums },
    draw: { draw in
      let convolution = drawConvolution(&draw)
      var parameters = forwardSchema([
        "relu": draw.fusedActivation(), "bias": draw.flag(), "add": draw.flag(), "ih": 1, "kh": 1,
      ])
      for name in convolution.names where name != "relu" && name != "bias" { parameters[name] = convolution[name] }
      return parameters
    },
    problem: {
      .init(shape: convolutionShape($0), activation: $0.fusedActivation, hasAddend: $0.flag("add"))
    },
    operands: { parameters, memory in
      let shape = convolutionShape(parameters)
      return .init(
        input: memory.numbers(shape.inputCount, images: shape.batch),
        weights: memory.numbers(shape.weightCount, special: !shape.pads),
        bias: parameters.flag("bias") ? memory.numbers(shape.outputChannels) : nil,
        output: memory.output(shape.outputCount, images: shape.batch),
        addend: parameters.flag("add") ? memory.numbers(shape.outputCount, images: shape.batch) : nil)
    }),
  OperationTest<Conv2DBackwardData>(
    name: Conv2DBackwardData.lineName, schema: ProblemSchema(convolutionSchema + " relu=0 bias=1"), images: "mb",
    isApproximate: { $0.flag("fast") }, terms: { convolutionShape($0).weightCount / $0["ic"] * $0["g"] },
    draw: { drawConvolution(&$0) },
    problem: { convolutionShape($0) },
    operands: { parameters, memory in
      let shape = convolutionShape(parameters)
      return .init(
        outputGradient: memory.numbers(shape.outputCount, images: shape.batch),
        weights: memory.numbers(shape.weightCount, special: shape.isPointwise),
        inputGradient: memory.output(shape.inputCount, images: shape.batch))
    }),
  OperationTest<Conv2DBackwardWeights>(
    name: Conv2DBackwardWeights.lineName, schema: ProblemSchema(convolutionSchema + " relu=0 bias=1"),
    isApproximate: { $0.flag("fast") }, terms: { convolutionShape($0).outputCount / $0["oc"] },
    draw: { draw in
      var parameters = drawConvolution(&draw)
      parameters["bias"] = draw.flag()
      return parameters
    },
    problem: { convolutionShape($0) },
    operands: { parameters, memory in
      let shape = convolutionShape(parameters)
      return .init(
        input: memory.numbers(shape.inputCount),
        outputGradient: memory.numbers(shape.outputCount, special: !shape.pads),
        weightGradient: memory.output(shape.weightCount),
        biasGradient: parameters.flag("bias") ? memory.output(shape.outputChannels) : nil)
    }),
  // Without indices: where values that round are nearly equal, rows may differ in which is the largest.
  OperationTest<Conv2DMaxPool2DForward>(
    name: Conv2DMaxPool2DForward.lineName, schema: ProblemSchema(convolutionSchema + " relu=0 bias=1"), images: "mb",
    terms: { convolutionShape($0).depthOfSums },
    draw: { draw in
      var parameters = drawPooledConvolution(&draw)
      parameters["relu"] = draw.fusedActivation()
      parameters["bias"] = draw.flag()
      return parameters
    },
    problem: { .init(shape: convolutionShape($0), activation: $0.fusedActivation) },
    operands: { parameters, memory in
      let shape = convolutionShape(parameters)
      return .init(
        input: memory.numbers(shape.inputCount, images: shape.batch),
        weights: memory.numbers(shape.weightCount, special: !shape.pads),
        bias: parameters.flag("bias") ? memory.numbers(shape.outputChannels) : nil,
        output: memory.output(shape.pooledOutputCount, images: shape.batch))
    }),
  OperationTest<Conv2DMaxPool2DBackwardData>(
    name: Conv2DMaxPool2DBackwardData.lineName, schema: ProblemSchema(convolutionSchema + " relu=0 bias=1"),
    terms: { convolutionShape($0).weightCount / $0["ic"] * $0["g"] },
    draw: { drawPooledConvolution(&$0) },
    problem: { convolutionShape($0) },
    operands: { parameters, memory in
      let shape = convolutionShape(parameters)
      return .init(
        outputGradient: memory.numbers(shape.pooledOutputCount, special: false),
        maxIndices: memory.values(shape.pooledIndexCount, Int32.self) { _, draw in Int32(draw.below(5)) },
        weights: memory.numbers(shape.weightCount, special: false),
        inputGradient: memory.output(shape.inputCount))
    }),
  OperationTest<Conv2DMaxPool2DBackwardWeights>(
    name: Conv2DMaxPool2DBackwardWeights.lineName, schema: ProblemSchema(convolutionSchema + " relu=0 bias=1"),
    terms: { convolutionShape($0).pooledOutputCount / $0["oc"] },
    draw: { draw in
      var parameters = drawPooledConvolution(&draw)
      parameters["bias"] = draw.flag()
      return parameters
    },
    problem: { convolutionShape($0) },
    operands: { parameters, memory in
      let shape = convolutionShape(parameters)
      return .init(
        input: memory.numbers(shape.inputCount, special: false),
        outputGradient: memory.numbers(shape.pooledOutputCount, special: false),
        maxIndices: memory.values(shape.pooledIndexCount, Int32.self) { _, draw in Int32(draw.below(5)) },
        weightGradient: memory.output(shape.weightCount),
        biasGradient: parameters.flag("bias") ? memory.output(shape.outputChannels) : nil)
    }),
  OperationTest<InvertedBottleneckForward>(
    name: InvertedBottleneckForward.lineName, schema: bottleneckSchema, images: "mb",
    // What a result is a sum of; each is a product of four numbers, two more than those of a convolution.
    terms: { 16 * $0["ic"] * $0["kh"] * $0["kw"] * $0["hc"] },
    draw: { drawBottleneck(&$0) },
    problem: { bottleneckShape($0) },
    operands: { parameters, memory in
      let shape = bottleneckShape(parameters)
      let hidden = shape.depthwise.inputChannels
      func bias(_ count: Int) -> UnsafePointer<Float>? { parameters.flag("bias") ? memory.numbers(count) : nil }
      return .init(
        input: memory.numbers(shape.inputCount, images: shape.depthwise.batch),
        weights: .init(
          expansion: memory.numbers(hidden * shape.inputChannels, special: false), expansionBias: bias(hidden),
          depthwise: memory.numbers(shape.depthwise.weightCount, special: !shape.depthwise.pads),
          depthwiseBias: bias(hidden),
          projection: memory.numbers(hidden * shape.outputChannels, special: false),
          projectionBias: bias(shape.outputChannels)),
        output: memory.output(shape.outputCount, images: shape.depthwise.batch))
    }),
]

private let bottleneckSchema = ProblemSchema(
  "mb=1 ic=1 ih iw=ih hc=1 oc=1 kh kw=kh sh=1 sw=sh ph=0 pw=ph dh=1 dw=dh relu=0 bias=1")

private func bottleneckShape(_ p: ProblemParameters) -> InvertedBottleneckShape {
  InvertedBottleneckShape(
    inputChannels: p["ic"],
    depthwise: Conv2DShape(
      batch: p["mb"], inputChannels: p["hc"], inputHeight: p["ih"], inputWidth: p["iw"], outputChannels: p["hc"],
      kernelHeight: p["kh"], kernelWidth: p["kw"], strideHeight: p["sh"], strideWidth: p["sw"],
      paddingHeight: p["ph"], paddingWidth: p["pw"], dilationHeight: p["dh"], dilationWidth: p["dw"],
      groups: p["hc"]),
    outputChannels: p["oc"], expansionActivation: p.fusedActivation, depthwiseActivation: p.fusedActivation,
    activation: p["relu"] == 6 ? nil : p.fusedActivation)
}

private let convolutionSchema = "mb=1 ic=1 ih iw=ih oc=1 kh kw=kh sh=1 sw=sh ph=0 pw=ph dh=1 dw=dh g=1 fast=0"
private let forwardSchema = ProblemSchema(convolutionSchema + " relu=0 bias=1 add=0")
private let shapes = ProblemSchema(convolutionSchema + " relu=0 bias=1")

private func convolutionShape(_ p: ProblemParameters) -> Conv2DShape {
  Conv2DShape(
    batch: p["mb"], inputChannels: p["ic"], inputHeight: p["ih"], inputWidth: p["iw"], outputChannels: p["oc"],
    kernelHeight: p["kh"], kernelWidth: p["kw"], strideHeight: p["sh"], strideWidth: p["sw"], paddingHeight: p["ph"],
    paddingWidth: p["pw"], dilationHeight: p["dh"], dilationWidth: p["dw"], groups: p["g"],
    precision: p.flag("fast") ? .fast : .direct)
}

extension Conv2DShape {
  /// Terms of the sum that makes one output.
  fileprivate var depthOfSums: Int { weightCount / outputChannels }
  /// Whether weights and output gradients meet padding: what is not finite of them is then NaN or left out.
  fileprivate var pads: Bool { paddingHeight > 0 || paddingWidth > 0 }
  /// Whether each input meets each weight of its channel, so that the input gradient's sums have no padding.
  fileprivate var isPointwise: Bool {
    kernelHeight == 1 && kernelWidth == 1 && strideHeight == 1 && strideWidth == 1 && !pads
  }
}

/// One axis of a convolution.
private struct Axis {
  var input = 1
  var kernel = 1
  var stride = 1
  var padding = 0
  var dilation = 1

  init(_ draw: inout Draw) {
    kernel = draw.pick([1, 1, 2, 2, 3, 3, 3, 3, 4, 5, 5, 6, 7, 8, 11])
    if draw.once(in: 4) { dilation = draw.int(2...4) }
    let extent = (kernel - 1) * dilation + 1
    padding =
      switch draw.below(10) {
      case 0...3: 0
      case 4, 5: extent / 2
      case 6: extent - 1
      case 7: extent
      case 8: extent + draw.int(1...4)
      default: draw.int(0...3)
      }
    stride =
      switch draw.below(12) {
      case 0...4: 1
      case 5: 2
      case 6: kernel
      case 7: kernel + draw.int(1...3)
      case 8: padding + draw.int(1...3)
      case 9: max(kernel - 1, 1)
      default: draw.int(1...6)
      }
    input = draw.once(in: 12) ? 1 : draw.size(upTo: 72, near: stride)
  }

  var outputs: Int {
    let room = input + 2 * padding - dilation * (kernel - 1) - 1
    return room < 0 ? 0 : room / stride + 1
  }
}

/// A convolution whose passes are small enough for the reference.
private func drawConvolution(_ draw: inout Draw) -> ProblemParameters {
  var y = Axis(&draw)
  var x = Axis(&draw)
  if !draw.once(in: 3) {
    let (height, width) = (y.input, x.input)
    (x, y.input) = (y, height)
    x.input = draw.once(in: 2) ? height : width
  }
  var (channels, outputs, groups) = (draw.size(upTo: 80), draw.size(upTo: 80), 1)
  var fast = 0
  switch draw.below(10) {
  case 0:
    // Depthwise, mostly with planes that stay as large as they are, or that are halved.
    groups = channels
    outputs = channels * (draw.once(in: 3) ? draw.int(2...3) : 1)
    if draw.once(in: 4) {
      (y.kernel, x.kernel, y.stride, x.stride, y.dilation, x.dilation) = (3, 3, 2, 2, 1, 1)
      (y.padding, x.padding) = (1, 1)
      if !draw.once(in: 4) { (x.input, outputs) = ((x.input + 1) / 2 * 2, channels) }
    } else if !draw.once(in: 4) {
      let kernel = draw.pick([3, 5, 7])
      (y.kernel, x.kernel, y.stride, x.stride, y.dilation, x.dilation) = (kernel, kernel, 1, 1, 1, 1)
      (y.padding, x.padding) = (kernel / 2, kernel / 2)
    }
  case 1:
    groups = draw.int(2...4)
    (channels, outputs) = (groups * draw.size(upTo: 20), groups * draw.size(upTo: 20))
  case 2:
    (channels, outputs) = (draw.int(1...3), draw.int(1...16))
  case 3:
    // Pointwise.
    (y.kernel, x.kernel, y.padding, x.padding) = (1, 1, 0, 0)
    if draw.once(in: 2) { (y.stride, x.stride) = (1, 1) }
  case 4, 5:
    // What Winograd's tiles compute.
    let (kernel, stride) = draw.pick([(3, 1), (3, 1), (3, 2), (5, 1)])
    (y.kernel, x.kernel, y.stride, x.stride, y.dilation, x.dilation) = (kernel, kernel, stride, stride, 1, 1)
    let paddings = stride > 1 ? [1, 1, 1, 0] : kernel == 3 ? [0, 1, 1, 2] : [0, 1, 2, 2, 3, 4]
    (y.padding, x.padding) = (draw.pick(paddings), draw.pick(paddings))
    fast = draw.once(in: 8) ? 0 : 1
  default: fast = draw.once(in: 16) ? 1 : 0
  }
  if groups == 1, draw.once(in: 6) { channels = 1 }
  if groups == 1, draw.once(in: 8) { outputs = 1 }
  var batch = draw.batch()
  // Windows must fit.
  for _ in 0..<8 {
    if y.outputs == 0 { y.input += (y.kernel - 1) * y.dilation }
    if x.outputs == 0 { x.input += (x.kernel - 1) * x.dilation }
  }
  let limit = draw.workLimit()
  func work() -> Int {
    let outputPlane = y.outputs * x.outputs
    let perImage =
      outputs * outputPlane * (channels / groups * y.kernel * x.kernel + 4)
      + 4 * channels * y.input * x.input
    return max(batch, 1) * perImage + 4 * outputs * channels / groups * y.kernel * x.kernel
  }
  var tries = 0
  while work() > limit, tries < 200 {
    tries += 1
    switch draw.below(6) {
    case 0: y.input = max(y.input * 3 / 4, min(y.input, max((y.kernel - 1) * y.dilation + 1 - 2 * y.padding, 1)))
    case 1: x.input = max(x.input * 3 / 4, min(x.input, max((x.kernel - 1) * x.dilation + 1 - 2 * x.padding, 1)))
    case 2: channels = max(channels / groups / 2, 1) * groups
    case 3: outputs = max(outputs / groups / 2, 1) * groups
    case 4 where groups > 1:
      let (perInput, perOutput) = (channels / groups, outputs / groups)
      groups = max(groups / 2, 1)
      (channels, outputs) = (groups * perInput, groups * perOutput)
    case 5 where tries > 20: batch = max(batch / 2, 1)
    default: break
    }
  }
  return shapes([
    "mb": batch, "ic": channels, "ih": y.input, "iw": x.input, "oc": outputs, "kh": y.kernel, "kw": x.kernel,
    "sh": y.stride, "sw": x.stride, "ph": y.padding, "pw": x.padding, "dh": y.dilation, "dw": x.dilation, "g": groups,
    "fast": fast,
  ])
}

/// A depthwise convolution's axes, with few channels around it.
private func drawBottleneck(_ draw: inout Draw) -> ProblemParameters {
  let convolution = drawConvolution(&draw)
  var parameters = bottleneckSchema([
    "mb": min(convolution["mb"], 5), "ic": draw.size(upTo: 24), "hc": draw.size(upTo: 70), "oc": draw.size(upTo: 40),
    "relu": draw.fusedActivation(), "bias": draw.flag(), "ih": 1, "kh": 1,
  ])
  for name in ["ih", "iw", "kh", "kw", "sh", "sw", "ph", "pw", "dh", "dw"] { parameters[name] = convolution[name] }
  if draw.once(in: 2) {
    for name in ["kh", "kw"] { parameters[name] = 3 }
    for name in ["dh", "dw", "ph", "pw"] { parameters[name] = 1 }
    for name in ["sh", "sw"] { parameters[name] = draw.int(1...2) }
  }
  let limit = draw.workLimit()
  while bottleneckShape(parameters).multiplyAdds > limit {
    guard let largest = ["ic", "hc", "oc", "mb"].max(by: { parameters[$0] < parameters[$1] }),
      parameters[largest] > 1
    else { break }
    parameters[largest] /= 2
  }
  return parameters
}

/// A convolution whose outputs 2×2 windows cover.
private func drawPooledConvolution(_ draw: inout Draw) -> ProblemParameters {
  var parameters = drawConvolution(&draw)
  if convolutionShape(parameters).outputHeight % 2 != 0 { parameters["ih"] += parameters["sh"] }
  if convolutionShape(parameters).outputWidth % 2 != 0 { parameters["iw"] += parameters["sw"] }
  parameters["fast"] = 0
  return parameters
}
