import Kernels

let poolingTests: [any AnyOperationTest] = [
  OperationTest<MaxPool2DForward>(
    name: MaxPool2DForward.lineName, schema: poolSchema, agreement: .same, images: "mb",
    draw: { drawPool(&$0, dilates: true) }, problem: poolShape,
    operands: { parameters, memory in
      let shape = poolShape(parameters)
      return .init(
        input: memory.numbers(shape.inputCount, images: shape.batch),
        output: memory.output(shape.outputCount, images: shape.batch),
        maxIndices: parameters.flag("indices") ? memory.integerOutput(shape.outputCount, images: shape.batch) : nil)
    }),
  OperationTest<MaxPool2DBackward>(
    name: MaxPool2DBackward.lineName, schema: poolSchema, images: "mb",
    terms: { ($0["kh"] / $0["sh"] + 1) * ($0["kw"] / $0["sw"] + 1) },
    draw: { drawPool(&$0, dilates: true) }, problem: poolShape,
    operands: { parameters, memory in
      let shape = poolShape(parameters)
      let (rows, columns) = shape.tapsInside
      let gradient = memory.numbers(shape.outputCount, images: shape.batch)
      let window = shape.kernelHeight * shape.kernelWidth
      let maxIndices = memory.values(shape.outputCount, Int32.self, images: shape.batch) { output, draw in
        if parameters.flag("strange"), draw.once(in: 4) {
          // Outside the window, or in the padding: the gradient is dropped.
          return draw.pick([
            -1, Int32(window), Int32(draw.below(window)), .min, .max, Int32(truncatingIfNeeded: draw.next()),
          ])
        }
        let row = draw.pick(rows[output / columns.count % rows.count])
        let column = draw.pick(columns[output % columns.count])
        return Int32(row * shape.kernelWidth + column)
      }
      return .init(
        outputGradient: gradient, maxIndices: maxIndices,
        inputGradient: memory.output(shape.inputCount, images: shape.batch))
    }),
  OperationTest<AveragePool2DForward>(
    name: AveragePool2DForward.lineName, schema: poolSchema, agreement: .close(4e-6), images: "mb",
    terms: { $0["kh"] * $0["kw"] / 8 },
    draw: { drawPool(&$0, dilates: false) }, problem: poolShape,
    operands: { parameters, memory in
      let shape = poolShape(parameters)
      return .init(
        input: memory.numbers(shape.inputCount, images: shape.batch),
        output: memory.output(shape.outputCount, images: shape.batch))
    }),
  OperationTest<AveragePool2DBackward>(
    name: AveragePool2DBackward.lineName, schema: poolSchema, agreement: .close(4e-6), images: "mb",
    terms: { ($0["kh"] / $0["sh"] + 1) * ($0["kw"] / $0["sw"] + 1) },
    draw: { drawPool(&$0, dilates: false) }, problem: poolShape,
    operands: { parameters, memory in
      let shape = poolShape(parameters)
      return .init(
        outputGradient: memory.numbers(shape.outputCount, images: shape.batch),
        inputGradient: memory.output(shape.inputCount, images: shape.batch))
    }),
  OperationTest<GlobalAveragePool2DForward>(
    name: GlobalAveragePool2DForward.lineName, schema: planesSchema, agreement: .close(4e-6), images: "mb",
    terms: { $0["ih"] * $0["iw"] / 8 }, draw: { drawPlanes(&$0, empty: false) }, problem: globalShape,
    operands: { parameters, memory in
      let (batch, outputs) = (parameters["mb"], parameters["mb"] * parameters["ic"])
      return .init(
        input: memory.numbers(outputs * parameters["ih"] * parameters["iw"], images: batch),
        output: memory.output(outputs, images: batch))
    }),
  OperationTest<GlobalAveragePool2DBackward>(
    name: GlobalAveragePool2DBackward.lineName, schema: planesSchema, agreement: .close, images: "mb",
    draw: { drawPlanes(&$0, empty: false) }, problem: globalShape,
    operands: { parameters, memory in
      let (batch, outputs) = (parameters["mb"], parameters["mb"] * parameters["ic"])
      return .init(
        outputGradient: memory.numbers(outputs, images: batch),
        inputGradient: memory.output(outputs * parameters["ih"] * parameters["iw"], images: batch))
    }),
  OperationTest<AdaptiveAveragePool2DForward>(
    name: AdaptiveAveragePool2DForward.lineName, schema: adaptiveSchema, agreement: .close(4e-6), images: "mb",
    terms: { $0["ih"] * $0["iw"] / 8 }, draw: { drawAdaptive(&$0) }, problem: adaptiveShape,
    operands: { parameters, memory in
      let (batch, planes) = (parameters["mb"], parameters["mb"] * parameters["ic"])
      return .init(
        input: memory.numbers(planes * parameters["ih"] * parameters["iw"], images: batch),
        output: memory.output(planes * parameters["oh"] * parameters["ow"], images: batch))
    }),
  OperationTest<AdaptiveAveragePool2DBackward>(
    name: AdaptiveAveragePool2DBackward.lineName, schema: adaptiveSchema, agreement: .close(4e-6), images: "mb",
    terms: { $0["oh"] * $0["ow"] / 8 }, draw: { drawAdaptive(&$0) }, problem: adaptiveShape,
    operands: { parameters, memory in
      let (batch, planes) = (parameters["mb"], parameters["mb"] * parameters["ic"])
      return .init(
        outputGradient: memory.numbers(planes * parameters["oh"] * parameters["ow"], images: batch),
        inputGradient: memory.output(planes * parameters["ih"] * parameters["iw"], images: batch))
    }),
  OperationTest<AdaptiveMaxPool2DForward>(
    name: AdaptiveMaxPool2DForward.lineName, schema: adaptiveMaxSchema, agreement: .same, images: "mb",
    draw: drawAdaptiveMax, problem: adaptiveShape,
    operands: { parameters, memory in
      let (batch, planes) = (parameters["mb"], parameters["mb"] * parameters["ic"])
      let outputs = planes * parameters["oh"] * parameters["ow"]
      return .init(
        input: memory.numbers(planes * parameters["ih"] * parameters["iw"], images: batch),
        output: memory.output(outputs, images: batch),
        indices: parameters.flag("indices") ? memory.integerOutput(outputs, images: batch) : nil)
    }),
  OperationTest<AdaptiveMaxPool2DBackward>(
    name: AdaptiveMaxPool2DBackward.lineName, schema: adaptiveMaxSchema, images: "mb",
    terms: { ($0["oh"] / $0["ih"] + 2) * ($0["ow"] / $0["iw"] + 2) }, draw: drawAdaptiveMax, problem: adaptiveShape,
    operands: { parameters, memory in
      let (batch, planes) = (parameters["mb"], parameters["mb"] * parameters["ic"])
      let (inputs, outputs) = (parameters["ih"] * parameters["iw"], planes * parameters["oh"] * parameters["ow"])
      let gradient = memory.numbers(outputs, images: batch)
      let indices = memory.values(outputs, Int32.self, images: batch) { _, draw in
        // Now and then one that is none of the plane's, whose gradient is lost.
        if parameters.flag("strange"), draw.once(in: 4) {
          return draw.pick([-1, Int32(inputs), .min, .max, Int32(truncatingIfNeeded: draw.next())])
        }
        return Int32(draw.below(inputs))
      }
      return .init(
        outputGradient: gradient, indices: indices, inputGradient: memory.output(planes * inputs, images: batch))
    }),
]

private let poolSchema = ProblemSchema(
  "mb=1 ic=1 ih iw=ih kh kw=kh sh=kh sw=sh ph=0 pw=ph dh=1 dw=dh ceil=0 countpad=1 indices=1 strange=0")
private let adaptiveMaxSchema = ProblemSchema("mb=1 ic=1 ih iw=ih oh ow=oh indices=1 strange=0")
private let adaptiveSchema = ProblemSchema("mb=1 ic=1 ih iw=ih oh ow=oh")

@Sendable
private func poolShape(_ p: ProblemParameters) -> Pool2DShape {
  Pool2DShape(
    batch: p["mb"], channels: p["ic"], inputHeight: p["ih"], inputWidth: p["iw"], kernelHeight: p["kh"],
    kernelWidth: p["kw"], strideHeight: p["sh"], strideWidth: p["sw"], paddingHeight: p["ph"], paddingWidth: p["pw"],
    dilationHeight: p["dh"], dilationWidth: p["dw"], ceilMode: p.flag("ceil"), countIncludePad: p.flag("countpad"))
}

@Sendable
private func globalShape(_ p: ProblemParameters) -> GlobalPoolShape {
  GlobalPoolShape(batch: p["mb"], channels: p["ic"], inputHeight: p["ih"], inputWidth: p["iw"])
}

@Sendable
private func adaptiveShape(_ p: ProblemParameters) -> AdaptivePool2DShape {
  AdaptivePool2DShape(
    batch: p["mb"], channels: p["ic"], inputHeight: p["ih"], inputWidth: p["iw"], outputHeight: p["oh"],
    outputWidth: p["ow"])
}

extension Pool2DShape {
  fileprivate var inputCount: Int { batch * channels * inputHeight * inputWidth }
  fileprivate var outputCount: Int { batch * channels * outputHeight * outputWidth }

  /// For each output row and column the rows and columns of its window that are no padding.
  fileprivate var tapsInside: (rows: [[Int]], columns: [[Int]]) {
    func taps(_ outputs: Int, _ input: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int) -> [[Int]] {
      (0..<outputs).map { output in
        (0..<kernel).filter { (0..<input).contains(output * stride - padding + $0 * dilation) }
      }
    }
    return (
      taps(outputHeight, inputHeight, kernelHeight, strideHeight, paddingHeight, dilationHeight),
      taps(outputWidth, inputWidth, kernelWidth, strideWidth, paddingWidth, dilationWidth)
    )
  }
}

private func drawPool(_ draw: inout Draw, dilates: Bool) -> ProblemParameters {
  func axis() -> (input: Int, kernel: Int, stride: Int, padding: Int, dilation: Int) {
    let kernel = draw.pick([1, 2, 2, 2, 3, 3, 3, 4, 5, 7, 9])
    let stride =
      switch draw.below(8) {
      case 0, 1, 2: kernel
      case 3, 4: min(kernel, draw.int(1...2))
      case 5: kernel + draw.int(1...3)
      default: draw.int(1...6)
      }
    let padding = draw.once(in: 2) ? 0 : draw.int(0...kernel / 2)
    let dilation = dilates && draw.once(in: 5) ? draw.int(2...4) : 1
    let input = draw.once(in: 12) ? draw.int(1...2) : draw.size(upTo: 80, near: stride)
    return (input, kernel, stride, padding, dilation)
  }
  var y = axis()
  var x = axis()
  switch draw.below(8) {
  case 0: (y.kernel, y.stride, y.padding, y.dilation) = (2, 2, 0, 1)
  case 1: (y.kernel, y.stride, y.padding, y.dilation) = (3, draw.int(1...2), draw.flag(), 1)
  default: break
  }
  if !draw.once(in: 4) { (x.kernel, x.stride, x.padding, x.dilation) = (y.kernel, y.stride, y.padding, y.dilation) }
  var (batch, channels) = (draw.batch(), draw.once(in: 2) ? draw.int(1...4) : draw.size(upTo: 40))
  let limit = draw.workLimit()
  let plane = y.input * x.input + (y.input / y.stride + 1) * (x.input / x.stride + 1) * y.kernel * x.kernel
  if channels * batch * plane > limit { channels = max(limit / max(batch * plane, 1), 1) }
  if channels * batch * plane > limit { batch = max(limit / plane, 1) }
  return poolSchema([
    "mb": batch, "ic": channels, "ih": y.input, "iw": x.input, "kh": y.kernel, "kw": x.kernel, "sh": y.stride,
    "sw": x.stride, "ph": y.padding, "pw": x.padding, "dh": y.dilation, "dw": x.dilation, "ceil": draw.flag(),
    "countpad": draw.flag(), "indices": draw.flag(), "strange": draw.once(in: 4) ? 1 : 0,
  ])
}

@Sendable
private func drawAdaptiveMax(_ draw: inout Draw) -> ProblemParameters {
  let p = drawAdaptive(&draw)
  return adaptiveMaxSchema([
    "mb": p["mb"], "ic": p["ic"], "ih": p["ih"], "iw": p["iw"], "oh": p["oh"], "ow": p["ow"],
    "indices": draw.once(in: 4) ? 0 : 1, "strange": draw.once(in: 4) ? 1 : 0,
  ])
}

private func drawAdaptive(_ draw: inout Draw) -> ProblemParameters {
  let planes = drawPlanes(&draw, empty: false)
  let (height, width) = (planes["ih"], planes["iw"])
  // Divisors, fewer and more outputs than inputs.
  func outputs(_ input: Int) -> Int {
    switch draw.below(4) {
    case 0: max(input / draw.int(1...4), 1)
    case 1: input + draw.int(1...5)
    default: draw.int(1...max(input, 1))
    }
  }
  return adaptiveSchema([
    "mb": planes["mb"], "ic": planes["ic"], "ih": height, "iw": width, "oh": outputs(height), "ow": outputs(width),
  ])
}
