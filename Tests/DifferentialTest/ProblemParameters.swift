import Kernels

/// A problem as names and numbers, in an order that the operation's schema gives.
public struct ProblemParameters: Equatable, Sendable {
  fileprivate(set) var names: [String]
  fileprivate(set) var values: [Double]

  /// A whole number.
  public subscript(_ name: String) -> Int {
    get { Int(real(name)) }
    set { set(name, Double(newValue)) }
  }

  func flag(_ name: String) -> Bool { self[name] != 0 }

  /// What an operation does to its results as it stores them, by the number behind `relu`.
  var fusedActivation: FusedActivation? {
    switch self["relu"] {
    case 0: nil
    case 6: .relu6
    default: .relu
    }
  }

  func real(_ name: String) -> Double {
    guard let index = names.firstIndex(of: name) else { preconditionFailure("no parameter is named \(name)") }
    return values[index]
  }

  func float(_ name: String) -> Float { Float(real(name)) }

  mutating func set(_ name: String, _ value: Double) {
    guard let index = names.firstIndex(of: name) else { preconditionFailure("no parameter is named \(name)") }
    values[index] = value
  }
}

extension ProblemParameters: CustomStringConvertible {
  /// Whole numbers as one word such as `mb4ic3ih32`, then each other number as `name=number`.
  public var description: String {
    var shape = ""
    var others = ""
    for (name, value) in zip(names, values) {
      if let whole = Int(exactly: value), whole >= 0 {
        shape += "\(name)\(whole)"
      } else {
        others += " \(name)=\(Float(value))"
      }
    }
    return shape + others
  }
}

/// The names of an operation's parameters and what stands for those that a line leaves out.
struct ProblemSchema: Sendable {
  private enum Default: Sendable {
    case required
    case number(Double)
    case sameAs(String)
  }
  private let names: [String]
  private let defaults: [Default]

  /// - Parameter text: names in order, as in `ih iw=ih sh=1`: required, another one's value, or a number.
  init(_ text: String) {
    let items = text.split(separator: " ").map { $0.split(separator: "=").map(String.init) }
    names = items.map { $0[0] }
    defaults = items.map { item in
      if item.count == 1 { return .required }
      return Double(item[1]).map { .number($0) } ?? .sameAs(item[1])
    }
  }

  /// - Throws: ``ProblemLineError`` where a name is unknown or a required one is missing.
  func parameters(_ given: [String: Double]) throws -> ProblemParameters {
    for name in given.keys where !names.contains(name) {
      throw ProblemLineError("no parameter is named '\(name)'; there are \(names.joined(separator: ", "))")
    }
    var result = ProblemParameters(names: names, values: [Double](repeating: 0, count: names.count))
    for (index, name) in names.enumerated() {
      if let value = given[name] {
        result.values[index] = value
      } else {
        switch defaults[index] {
        case .required: throw ProblemLineError("the parameter '\(name)' is missing")
        case .number(let value): result.values[index] = value
        case .sameAs(let other): result.values[index] = result.real(other)
        }
      }
    }
    return result
  }

  /// For generators, which give the names that there are.
  func callAsFunction(_ given: [String: Int], reals: [String: Double] = [:]) -> ProblemParameters {
    var all = reals
    for (name, value) in given { all[name] = Double(value) }
    do { return try parameters(all) } catch { preconditionFailure("\(error)") }
  }
}

/// What is wrong with a line that should describe a problem.
public struct ProblemLineError: Error, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
