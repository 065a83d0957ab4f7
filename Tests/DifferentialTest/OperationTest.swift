import Kernels

/// How near a result must be to the reference's.
enum Agreement: Sendable {
  /// The reference's number, always; 0 and −0 are equal, and so are NaN.
  case same
  /// Sums of products: the reference's numbers from whole numbers, else within what rounding allows.
  case sums
  /// Functions that round: within a difference relative to the larger of 1 and the reference's number.
  case close(Float)

  static let close = Agreement.close(2e-6)

  /// Whether whole numbers give the reference's number exactly.
  func isExact(on data: DataKind) -> Bool {
    switch self {
    case .same: true
    case .sums: data == .integers
    case .close: false
    }
  }

  var tolerance: Float {
    switch self {
    case .same: 0
    case .sums: 2e-6
    case .close(let tolerance): tolerance
    }
  }
}

/// All that the runner has to know of an operation.
struct OperationTest<Op: KernelOperation>: AnyOperationTest {
  let name: String
  let schema: ProblemSchema
  var agreement = Agreement.sums
  /// The kinds of data that make sense.
  var kinds: [DataKind] = [.integers, .reals, .special]
  /// The parameter that counts images (or rows), where the result of each does not depend on the others.
  var images: String?
  /// Whether a problem has data for each image, one after another, so that an image can be run alone.
  var partsImages: @Sendable (ProblemParameters) -> Bool = { _ in true }
  /// Whether results are those of the reference on this data; not where rounding decides between two of them.
  var followsReference: @Sendable (ProblemParameters, DataKind) -> Bool = { _, _ in true }
  /// Whether results that are not finite may be NaN or an infinity, as with means of infinities.
  var mixesNonFinite = false
  /// Whether a problem's rows may compute sums in a way that rounds whole numbers too, with errors that are some times
  /// those of a sum in order.
  var isApproximate: @Sendable (ProblemParameters) -> Bool = { _ in false }
  /// Terms of the longest sum, for the tolerance on numbers that round.
  var terms: @Sendable (ProblemParameters) -> Int = { _ in 1 }
  /// A problem that may be invalid.
  let draw: @Sendable (inout Draw) -> ProblemParameters
  let problem: @Sendable (ProblemParameters) -> Op.Problem
  /// What other operations make of the same operands, bit for bit, after a run by the chosen row: nil, or what differs.
  var equals: (@Sendable (Op.Problem, Op.Operands, InstructionSet) throws -> String?)?
  /// Asks for the operands in the order in which they are described.
  let operands: @Sendable (ProblemParameters, OperandMemory) -> Op.Operands

  var type: String { "\(Op.self)" }
  var rows: [(name: String, level: InstructionSet)] { Op.kernels.map { ($0.name, $0.level) } }

  func drawValid(_ draw: inout Draw) -> ProblemParameters? {
    for _ in 0..<100 {
      let parameters = self.draw(&draw)
      if (try? Op.validate(problem(parameters))) != nil { return parameters }
    }
    return nil
  }

  func makeRunner() -> any AnyOperationRunner { OperationRunner(self) }
}

/// An operation as lists of all of them hold it.
protocol AnyOperationTest: Sendable {
  var name: String { get }
  /// The operation's type, such as `Conv2DForward`.
  var type: String { get }
  var schema: ProblemSchema { get }
  var kinds: [DataKind] { get }
  /// The rows of the operation's table, the reference last.
  var rows: [(name: String, level: InstructionSet)] { get }
  /// A valid problem; nil where a hundred tries gave none.
  func drawValid(_ draw: inout Draw) -> ProblemParameters?
  func makeRunner() -> any AnyOperationRunner
}

extension KernelOperation {
  /// The operation's name in problem lines.
  static var lineName: String { pass == "forward" ? name : "\(name).\(pass)" }
}

func operationTest(named name: String) -> (any AnyOperationTest)? {
  allOperationTests.first { $0.name == name }
}
