import Kernels

/// An optimiser whose options can differ between groups of parameters.
public protocol GroupableOptimizer: Optimizer {
  var weightDecay: Float { get set }
  /// Plans one optimiser for disjoint groups of parameters; the first group has the parameters that are in no other.
  static func plan(
    _ groups: [OptimizerGroup<Self>], of memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(OptimizerError) -> any PlannedOptimizer
}

/// The options of a group, and its parameters as ranges of ``Model/parameterBuffer``, or with the layout of
/// ``ParameterMemory/ranges``. A range may include gaps between parameters.
public struct OptimizerGroup<Options: GroupableOptimizer>: Sendable {
  /// The group's options.
  public var options: Options
  /// The ranges of the group's parameters.
  public var ranges: [Range<Int>]

  /// Options for the parameters in the given ranges.
  public init(_ options: Options, ranges: [Range<Int>]) {
    self.options = options
    self.ranges = ranges
  }
}

/// A group of parameters with its own options.
///
///     ParameterGroup.prefix("fc", learningRate: 0.01)
///     ParameterGroup.prefix("features") { $0.learningRate *= 0.1 }
///     ParameterGroup(where: { $0.shape.rank == 1 }) { $0.weightDecay = 0 }
public struct ParameterGroup<Options: GroupableOptimizer>: Sendable {
  let isMember: @Sendable (ParameterDescription) -> Bool
  let change: @Sendable (inout Options) -> Void
  /// The prefix of the members' names, which must have at least one; nil for a group selected by a closure.
  let prefix: String?

  /// - Parameters:
  ///   - isMember: whether a parameter belongs to the group, by its name and shape.
  ///   - change: changes the options for the group.
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

  /// The parameters of a part of the network, by the prefix of their names: `fc` selects `fc.weight` and `fc.bias`, not
  /// `fc2.weight`.
  ///
  /// - Parameters:
  ///   - name: the first components of the parameters' names.
  ///   - change: changes the options for the group.
  /// - Throws: when planned, ``OptimizerError/emptyGroup(prefix:known:)`` if no parameter's name begins with it.
  public static func prefix(
    _ name: String, _ change: @escaping @Sendable (inout Options) -> Void
  ) -> ParameterGroup {
    ParameterGroup(prefix: name, change)
  }

  /// As above, with a learning rate, a weight decay or both; nil to keep the optimiser's.
  public static func prefix(
    _ name: String, learningRate: Float? = nil, weightDecay: Float? = nil
  ) -> ParameterGroup {
    ParameterGroup(prefix: name) { options in
      if let learningRate { options.learningRate = learningRate }
      if let weightDecay { options.weightDecay = weightDecay }
    }
  }
}

/// An optimiser whose options differ between groups of parameters: PyTorch's parameter groups.
///
///     let optimizer = SGD(learningRate: 0.1, momentum: 0.9, weightDecay: 5e-4).grouped([
///       .prefix("head", learningRate: 0.5),
///       ParameterGroup(where: { $0.shape.rank == 1 }) { $0.weightDecay = 0 },
///     ])
///
/// A parameter belongs to the first group that selects it, or if none does, to the optimiser's own options.
/// Neighbouring parameters of one group are updated by a single kernel run.
public struct ParameterGroups<Base: GroupableOptimizer>: Optimizer {
  /// The optimiser with the options of parameters in no group.
  public var base: Base
  /// The groups, of which the first that selects a parameter applies.
  public var groups: [ParameterGroup<Base>]

  /// An optimiser with groups.
  public init(_ base: Base, _ groups: [ParameterGroup<Base>]) {
    self.base = base
    self.groups = groups
  }

  public var name: String { base.name }

  /// The learning rate of the parameters in no group, and in groups that do not set one.
  public var learningRate: Float {
    get { base.learningRate }
    set { base.learningRate = newValue }
  }

  /// This optimiser with additional groups, for parameters that the existing groups do not select.
  public func grouped(_ groups: [ParameterGroup<Base>]) -> ParameterGroups {
    ParameterGroups(base, self.groups + groups)
  }

  /// This optimiser without weight decay for some parameters that the groups do not select; by default for those of one
  /// dimension.
  public func withoutDecay(
    for isMember: @escaping @Sendable (ParameterDescription) -> Bool = { $0.shape.rank <= 1 }
  ) -> ParameterGroups {
    grouped([ParameterGroup(where: isMember) { $0.weightDecay = 0 }])
  }

  public func plan(
    _ memory: ParameterMemory, threads: Int, level: InstructionSet?
  ) throws(OptimizerError) -> any PlannedOptimizer {
    var planned = [OptimizerGroup(base, ranges: [])]
    for group in groups {
      if let prefix = group.prefix, !memory.parameters.contains(where: group.isMember) {
        throw .emptyGroup(prefix: prefix, known: memory.parameters.map(\.name))
      }
      var options = base
      group.change(&options)
      planned.append(OptimizerGroup(options, ranges: []))
    }
    // The group of the preceding parameters, and the start of their range, which ends at the next parameter of another
    // group.
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
  ) throws(OptimizerError) -> any PlannedOptimizer {
    let all = OptimizerGroup(self, ranges: [0..<memory.count])
    return try Self.plan([all], of: memory, threads: threads, level: level)
  }

  /// This optimiser with other options for groups of parameters.
  public func grouped(_ groups: [ParameterGroup<Self>]) -> ParameterGroups<Self> { ParameterGroups(self, groups) }

  /// This optimiser without weight decay for some parameters; by default for those of one dimension: biases, and the
  /// scales and shifts of normalisations.
  public func withoutDecay(
    for isMember: @escaping @Sendable (ParameterDescription) -> Bool = { $0.shape.rank <= 1 }
  ) -> ParameterGroups<Self> {
    grouped([ParameterGroup(where: isMember) { $0.weightDecay = 0 }])
  }
}
