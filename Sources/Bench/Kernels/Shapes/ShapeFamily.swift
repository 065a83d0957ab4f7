/// A size that a shape string can name, such as `ih`.
struct ShapeSize {
  let name: String
  /// What it is where the string does not say; nil where it has to.
  let standard: Standard?
  /// The least that is permitted.
  let least: Int

  enum Standard {
    case number(Int)
    /// The same as another size, which stands before.
    case same(String)
  }

  static func required(_ name: String) -> ShapeSize { ShapeSize(name: name, standard: nil, least: 1) }

  static func optional(_ name: String, _ standard: Standard, least: Int = 1) -> ShapeSize {
    ShapeSize(name: name, standard: standard, least: least)
  }
}

/// The kinds of problems that shape strings describe. The names that a string holds tell which it is.
enum ShapeFamily: String, CaseIterable {
  case product = "a matrix product"
  case convolution = "a convolution"
  case bottleneck = "an inverted bottleneck"
  case adaptivePooling = "an adaptive pooling"
  case pooling = "a pooling"
  case planes = "planes of images"
  case rows = "rows of classes"
  case elements = "elements"

  /// All sizes, in the order in which a shape is printed.
  var sizes: [ShapeSize] {
    switch self {
    case .product:
      [.required("m"), .required("n"), .required("k"), .flag("ta"), .flag("tb")]
    case .convolution:
      [.required("mb"), .required("ic"), .required("ih"), .optional("iw", .same("ih")), .required("oc")]
        + ShapeFamily.window
        + [.optional("dh", .number(1)), .optional("dw", .same("dh")), .optional("g", .number(1)), .flag("fast")]
    case .bottleneck:
      [
        .required("mb"), .required("ic"), .required("ih"), .optional("iw", .same("ih")), .required("hc"),
        .required("oc"),
      ]
        + ShapeFamily.window
    case .adaptivePooling:
      [
        .required("mb"), .required("ic"), .required("ih"), .optional("iw", .same("ih")), .required("oh"),
        .optional("ow", .same("oh")),
      ]
    case .pooling:
      [.required("mb"), .required("ic"), .required("ih"), .optional("iw", .same("ih"))] + ShapeFamily.window
    case .planes:
      [.required("mb"), .required("ic"), .required("ih"), .optional("iw", .same("ih"))]
    case .rows:
      [.required("mb"), .required("ic")]
    case .elements:
      [.required("n")]
    }
  }

  private static var window: [ShapeSize] {
    [
      .required("kh"), .optional("kw", .same("kh")), .optional("sh", .number(1)), .optional("sw", .same("sh")),
      .optional("ph", .number(0), least: 0), .optional("pw", .same("ph"), least: 0),
    ]
  }

  /// The family of a string that names these sizes; nil where no family has them.
  init?(naming names: Set<String>) {
    let marks: [(String, ShapeFamily)] = [
      ("m", .product), ("k", .product), ("hc", .bottleneck), ("oc", .convolution), ("oh", .adaptivePooling),
      ("kh", .pooling),
      ("ih", .planes), ("ic", .rows), ("mb", .rows), ("n", .elements),
    ]
    guard let mark = marks.first(where: { names.contains($0.0) }) else { return nil }
    self = mark.1
  }
}

extension ShapeSize {
  /// 1 for yes and 0 for no, which is the standard.
  fileprivate static func flag(_ name: String) -> ShapeSize {
    ShapeSize(name: name, standard: .number(0), least: 0)
  }
}
