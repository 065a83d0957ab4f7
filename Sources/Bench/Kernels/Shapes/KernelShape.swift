import Kernels

/// What is wrong with a shape string, a file of them, or the place where they should be.
struct ShapeError: Error, Equatable, CustomStringConvertible {
  /// Where the string stands, such as `Benchmarks/shapes/square.txt:7` or `--shape`.
  let place: String
  let reason: String

  var description: String { "\(place): \(reason)" }
}

/// The sizes of a problem, written as pairs of name and number: `mb4ic3ih32oc6kh5`.
///
/// Its description is the shortest string for the same sizes, in a fixed order: what is as it is by default is left out.
struct KernelShape: Hashable, CustomStringConvertible {
  let family: ShapeFamily
  private let sizes: [String: Int]

  /// The value of one of the family's sizes.
  subscript(name: String) -> Int {
    guard let size = sizes[name] else { preconditionFailure("\(family.rawValue) has no size \(name)") }
    return size
  }

  /// - Parameter place: where the text stands, for the message.
  init(_ text: some StringProtocol, at place: String) throws(ShapeError) {
    do {
      let given = try KernelShape.pairs(String(text))
      guard let family = ShapeFamily(naming: Set(given.keys)) else {
        throw Reason("no size in it tells what it is; expected names such as m, oc, kh, ic, n")
      }
      let sizes = try KernelShape.complete(given, family)
      self.family = family
      self.sizes = sizes
      try validate()
    } catch {
      let reason = (error as? Reason)?.text ?? "\(error)"
      throw ShapeError(place: place, reason: "shape '\(text)': \(reason)")
    }
  }

  var description: String {
    family.sizes.reduce(into: "") { text, size in
      let value = self[size.name]
      switch size.standard {
      case .number(let standard) where value == standard: break
      case .same(let other) where value == self[other]: break
      default: text += "\(size.name)\(value)"
      }
    }
  }

  private struct Reason: Error {
    let text: String
    init(_ text: String) { self.text = text }
  }

  /// The pairs of a text: small letters, then digits.
  private static func pairs(_ text: String) throws(Reason) -> [String: Int] {
    var pairs: [String: Int] = [:]
    var rest = text[...]
    while !rest.isEmpty {
      let name = String(rest.prefix { ("a"..."z").contains($0) })
      rest = rest.dropFirst(name.count)
      let digits = rest.prefix { ("0"..."9").contains($0) }
      rest = rest.dropFirst(digits.count)
      guard !name.isEmpty, !digits.isEmpty else {
        let end = name.isEmpty ? digits + rest.prefix(1) : name + rest.prefix(1)
        throw Reason("expected pairs of name and number, such as mb4ic3ih32oc6kh5; '\(end)' is none")
      }
      guard let number = Int(digits), number <= Int(Int32.max) else {
        throw Reason("\(name) is \(digits); expected at most \(Int32.max)")
      }
      guard pairs.updateValue(number, forKey: name) == nil else { throw Reason("\(name) is given twice") }
    }
    guard !pairs.isEmpty else { throw Reason("it is empty") }
    return pairs
  }

  private static func complete(_ given: [String: Int], _ family: ShapeFamily) throws(Reason) -> [String: Int] {
    let names = family.sizes.map(\.name)
    if let unknown = given.keys.filter({ !names.contains($0) }).min() {
      throw Reason("\(family.rawValue) has no \(unknown); expected \(names.joined(separator: ", "))")
    }
    var sizes: [String: Int] = [:]
    for size in family.sizes {
      switch (given[size.name], size.standard) {
      case (let value?, _):
        guard value >= size.least else {
          throw Reason("\(size.name) is \(value); expected at least \(size.least)")
        }
        sizes[size.name] = value
      case (nil, .number(let value)?): sizes[size.name] = value
      case (nil, .same(let other)?): sizes[size.name] = sizes[other]
      case (nil, nil): throw Reason("\(family.rawValue) needs \(size.name)")
      }
    }
    return sizes
  }

  /// Throws where the operations of the family are not defined for the sizes.
  private func validate() throws {
    switch family {
    case .product:
      for flag in ["ta", "tb"] where self[flag] > 1 {
        throw Reason("\(flag) is \(self[flag]); expected 0, or 1 for a matrix that is stored transposed")
      }
      try GEMM.validate(GEMM.Problem(self))
    case .convolution:
      guard self["fast"] <= 1 else {
        throw Reason("fast is \(self["fast"]); expected 0, or 1 for kernels that need not sum directly")
      }
      try Conv2DForward.validate(.init(shape: Conv2DShape(self)))
    case .bottleneck:
      try InvertedBottleneckForward.validate(InvertedBottleneckShape(self))
    case .adaptivePooling: try AdaptiveAveragePool2DForward.validate(AdaptivePool2DShape(self))
    case .pooling: try MaxPool2DForward.validate(Pool2DShape(self))
    case .planes: try GlobalAveragePool2DForward.validate(GlobalPoolShape(self))
    case .rows: try SoftmaxForward.validate(RowsProblem(self))
    case .elements: try TanhForward.validate(ElementwiseProblem(count: self["n"]))
    }
  }
}

extension GEMM.Problem {
  init(_ shape: KernelShape) {
    self.init(
      rows: shape["m"], columns: shape["n"], depth: shape["k"], transposeA: shape["ta"] == 1,
      transposeB: shape["tb"] == 1)
  }
}

extension Conv2DShape {
  init(_ shape: KernelShape) {
    self.init(
      batch: shape["mb"], inputChannels: shape["ic"], inputHeight: shape["ih"], inputWidth: shape["iw"],
      outputChannels: shape["oc"], kernelHeight: shape["kh"], kernelWidth: shape["kw"], strideHeight: shape["sh"],
      strideWidth: shape["sw"], paddingHeight: shape["ph"], paddingWidth: shape["pw"], dilationHeight: shape["dh"],
      dilationWidth: shape["dw"], groups: shape["g"], precision: shape["fast"] == 1 ? .fast : .direct)
  }
}

extension InvertedBottleneckShape {
  init(_ shape: KernelShape) {
    let hidden = shape["hc"]
    self.init(
      inputChannels: shape["ic"],
      depthwise: Conv2DShape(
        batch: shape["mb"], inputChannels: hidden, inputHeight: shape["ih"], inputWidth: shape["iw"],
        outputChannels: hidden, kernelHeight: shape["kh"], kernelWidth: shape["kw"], strideHeight: shape["sh"],
        strideWidth: shape["sw"], paddingHeight: shape["ph"], paddingWidth: shape["pw"], groups: hidden),
      outputChannels: shape["oc"])
  }
}

extension Pool2DShape {
  init(_ shape: KernelShape) {
    self.init(
      batch: shape["mb"], channels: shape["ic"], inputHeight: shape["ih"], inputWidth: shape["iw"],
      kernelHeight: shape["kh"], kernelWidth: shape["kw"], strideHeight: shape["sh"], strideWidth: shape["sw"],
      paddingHeight: shape["ph"], paddingWidth: shape["pw"])
  }
}

extension AdaptivePool2DShape {
  init(_ shape: KernelShape) {
    self.init(
      batch: shape["mb"], channels: shape["ic"], inputHeight: shape["ih"], inputWidth: shape["iw"],
      outputHeight: shape["oh"], outputWidth: shape["ow"])
  }
}

extension GlobalPoolShape {
  init(_ shape: KernelShape) {
    self.init(batch: shape["mb"], channels: shape["ic"], inputHeight: shape["ih"], inputWidth: shape["iw"])
  }
}

extension RowsProblem {
  init(_ shape: KernelShape) { self.init(rows: shape["mb"], columns: shape["ic"]) }
}
