/// A program that times slices of its cases when it is asked to: a process, or a simulation of one.
public protocol Worker: AnyObject {
  /// The names of its cases.
  func caseNames() throws -> [String]
  /// Runs a case a number of times and says how long it took.
  func time(_ name: String, iterations: Int) throws -> SliceTime
  /// Ends it.
  func close()
}

/// What differs from process to process, and with it the time of the same code: drawn anew for each.
public struct ProcessLayout: Equatable, Sendable {
  /// Bytes added to the environment, which moves the stack (Mytkowicz et al., "Producing Wrong Data Without Doing
  /// Anything Obviously Wrong!", ASPLOS 2009).
  public var environmentBytes: Int
  /// Bytes allocated before anything else, which moves the heap.
  public var memoryOffset: Int

  public init(environmentBytes: Int = 0, memoryOffset: Int = 0) {
    self.environmentBytes = environmentBytes
    self.memoryOffset = memoryOffset
  }

  static func random(using generator: inout SeededGenerator) -> ProcessLayout {
    ProcessLayout(
      environmentBytes: generator.index(below: 4096), memoryOffset: 16 * generator.index(below: 4096))
  }
}

/// One of two programs that are compared.
public struct ComparedProgram {
  /// How the report calls it.
  public let name: String
  let start: (ProcessLayout) throws -> any Worker

  public init(name: String, start: @escaping (ProcessLayout) throws -> any Worker) {
    self.name = name
    self.start = start
  }

  /// An executable that serves the protocol of ``WorkerService`` when it is started with `arguments`.
  ///
  /// - Parameter core: the processor core that it is pinned to, nil for none.
  public init(
    executable path: String, arguments: [String] = ["worker"], environment: [String: String] = [:], core: Int?
  ) {
    self.init(name: path) { layout in
      try WorkerProcess(
        executable: path, arguments: arguments, environment: environment, layout: layout, core: core)
    }
  }
}
