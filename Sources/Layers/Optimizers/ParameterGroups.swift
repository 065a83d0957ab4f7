import Kernels

/// An optimiser whose options can differ between groups of parameters.
public protocol GroupableOptimizer: Optimizer {
  var weightDecay: Float { get set }
  /// Plans one optimiser of groups which have no parameter in common; the first is that of parameters in no other.
  static func plan(
    _ groups: [OptimizerGroup<Self>], of memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(LayerError) -> any PlannedOptimizer
}

/// Options, and the ranges of a model's ``Model/parameterBuffer``, or of what ``ParameterMemory/ranges`` are ranges of, that
/// they are for. A range may hold gaps between parameters.
public struct OptimizerGroup<Options: GroupableOptimizer>: Sendable {
  public var options: Options
  public var ranges: [Range<Int>]

  public init(_ options: Options, ranges: [Range<Int>]) {
    self.options = options
    self.ranges = ranges
  }
}

/// Parameters that are updated with options of their own.
///
///     ParameterGroup.prefix("fc", learningRate: 0.01)
///     ParameterGroup.prefix("features") { $0.learningRate *= 0.1 }
///     ParameterGroup(where: { $0.shape.rank == 1 }) { $0.weightDecay = 0 }
public struct ParameterGroup<Options: GroupableOptimizer>: Sendable {
  let isMember: @Sendable (ParameterDescription) -> Bool
  let change: @Sendable (inout Options) -> Void
  /// What the names of all members begin with; there has to be one.
  let prefix: String?

  /// - Parameters:
  ///   - isMember: whether a parameter belongs to the group, by its name and shape.
  ///   - change: what differs from the options of all.
  public init(
    where isMember: @escaping @Sendable (ParameterDescription) -> Bool,
    _ change: @escaping @Sendable (inout Options) -> Void
  ) {
    self.isMember = isMember
    self.change = change
    prefix = nil
  }

  private init(prefix: String, _ change: @escaping @Sendable (inout Options) -> Void) {
    isMember = { $0.name.isWithin(prefix) }
    self.change = change
    self.prefix = prefix
  }

  /// The parameters of a part of the network, by what their names begin with: `fc` stands for `fc.weight` and `fc.bias`,
  /// not for `fc2.weight`.
  ///
  /// - Parameters:
  ///   - name: the first parts of the parameters' names.
  ///   - change: what differs from the options of all.
  /// - Throws: when it is planned, ``LayerError/unknownParameter(name:known:)`` where no parameter's name begins so.
  public static func prefix(
    _ name: String, _ change: @escaping @Sendable (inout Options) -> Void
  ) -> ParameterGroup {
    ParameterGroup(prefix: name, change)
  }

  /// The same with a learning rate, a weight decay or both; nil for those of all.
  public static func prefix(
    _ name: String, learningRate: Float? = nil, weightDecay: Float? = nil
  ) -> ParameterGroup {
    ParameterGroup(prefix: name) { options in
      if let learningRate { options.learningRate = learningRate }
      if let weightDecay { options.weightDecay = weightDecay }
    }
  }
}

/// An optimiser with options of their own for groups of parameters: PyTorch's parameter groups.
///
///     let optimizer = SGD(learningRate: 0.1, momentum: 0.9, weightDecay: 5e-4).grouped([
///       .prefix("head", learningRate: 0.5),
///       ParameterGroup(where: { $0.shape.rank == 1 }) { $0.weightDecay = 0 },
///     ])
///
/// A parameter belongs to the first group that claims it, and to none of them else. Neighbours in memory that belong
/// together are updated by one run of the kernel.
public struct ParameterGroups<Base: GroupableOptimizer>: Optimizer {
  public var base: Base
  public var groups: [ParameterGroup<Base>]

  public init(_ base: Base, _ groups: [ParameterGroup<Base>]) {
    self.base = base
    self.groups = groups
  }

  public var name: String { base.name }

  /// That of the parameters in no group, and of those in groups that do not set one.
  public var learningRate: Float {
    get { base.learningRate }
    set { base.learningRate = newValue }
  }

  /// The same optimiser with more groups, which get what the others do not claim.
  public func grouped(_ groups: [ParameterGroup<Base>]) -> ParameterGroups {
    ParameterGroups(base, self.groups + groups)
  }

  /// The same optimiser without weight decay for some parameters that the groups do not claim; where nothing else is
  /// said, for those of one dimension.
  public func withoutDecay(
    for isMember: @escaping @Sendable (ParameterDescription) -> Bool = { $0.shape.rank <= 1 }
  ) -> ParameterGroups {
    grouped([ParameterGroup(where: isMember) { $0.weightDecay = 0 }])
  }

  public func plan(
    _ memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(LayerError) -> any PlannedOptimizer {
    var planned = [OptimizerGroup(base, ranges: [])]
    for group in groups {
      if let prefix = group.prefix, !memory.parameters.contains(where: group.isMember) {
        throw .unknownParameter(name: prefix, known: memory.parameters.map(\.name))
      }
      var options = base
      group.change(&options)
      planned.append(OptimizerGroup(options, ranges: []))
    }
    // The run that the parameters before belong to; it goes on to the next parameter of another group.
    var run: (group: Int, first: Int)?
    for (parameter, range) in zip(memory.parameters, memory.places) {
      let group = (groups.firstIndex { $0.isMember(parameter) } ?? -1) + 1
      if let run {
        if run.group == group { continue }
        planned[run.group].ranges.append(run.first..<range.lowerBound)
      }
      run = (group, range.lowerBound)
    }
    if let run { planned[run.group].ranges.append(run.first..<memory.count) }
    return try Base.plan(planned, of: memory, threads: threads, level: level)
  }
}

extension GroupableOptimizer {
  public func plan(
    _ memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(LayerError) -> any PlannedOptimizer {
    let all = OptimizerGroup(self, ranges: [0..<memory.count])
    return try Self.plan([all], of: memory, threads: threads, level: level)
  }

  /// This optimiser with options of their own for groups of parameters.
  public func grouped(_ groups: [ParameterGroup<Self>]) -> ParameterGroups<Self> { ParameterGroups(self, groups) }

  /// This optimiser without weight decay for some parameters; where nothing else is said, for those of one dimension:
  /// biases, and the scales and shifts of normalisations.
  public func withoutDecay(
    for isMember: @escaping @Sendable (ParameterDescription) -> Bool = { $0.shape.rank <= 1 }
  ) -> ParameterGroups<Self> {
    grouped([ParameterGroup(where: isMember) { $0.weightDecay = 0 }])
  }
}
