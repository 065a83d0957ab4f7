/// The cases of a program with what is set up of them.
final class CaseTable {
  let cases: [BenchmarkCase]
  private var byName: [String: BenchmarkCase] = [:]
  private var bodies: [String: BenchmarkCase.Body] = [:]

  init(_ cases: [BenchmarkCase]) throws {
    self.cases = cases
    for one in cases {
      guard WorkerProtocol.isValid(name: one.name) else {
        throw BenchmarkingError(
          "a case is named '\(one.name)'; a name is a line of text without blanks at its ends")
      }
      guard byName.updateValue(one, forKey: one.name) == nil else {
        throw BenchmarkingError("two cases are named '\(one.name)'")
      }
    }
  }

  /// Times a case; what it needs is made before, at the first time.
  func time(_ name: String, iterations: Int) throws -> SliceTime {
    do {
      let body = try body(name)
      return try WorkerService.measure { try body(iterations) }
    } catch let error as BenchmarkingError {
      throw error
    } catch {
      throw BenchmarkingError("case '\(name)' failed: \(error)")
    }
  }

  private func body(_ name: String) throws -> BenchmarkCase.Body {
    if let body = bodies[name] { return body }
    guard let one = byName[name] else { throw BenchmarkingError("no case '\(name)'") }
    let body = try one.setUp()
    bodies[name] = body
    return body
  }
}
