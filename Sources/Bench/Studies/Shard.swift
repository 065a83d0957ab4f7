/// The part of the runs that one of several machines, or processes, takes.
struct Shard: Equatable {
  /// Counted from 1.
  let index: Int
  let count: Int

  static let whole = Shard(index: 1, count: 1)

  /// Whether the run at a position of the list is this shard's.
  func takes(_ position: Int) -> Bool { position % count == index - 1 }

  /// What its record files have in their names; nothing for the whole.
  var suffix: String { count == 1 ? "" : ".shard-\(index)-of-\(count)" }

  /// The part that a scheduler's environment names: a Slurm job array, or an indexed job of Kubernetes; the whole without
  /// either.
  ///
  /// - Throws: ``UsageError`` for an index without a count, with which every job would do everything.
  static func fromEnvironment(_ environment: [String: String]) throws(UsageError) -> Shard {
    if let task = environment["SLURM_ARRAY_TASK_ID"] {
      let first = environment["SLURM_ARRAY_TASK_MIN"].flatMap { Int($0) } ?? 0
      guard let id = Int(task), let count = environment["SLURM_ARRAY_TASK_COUNT"].flatMap({ Int($0) }), count >= 1,
        (0..<count).contains(id - first)
      else {
        throw UsageError(
          "SLURM_ARRAY_TASK_ID is '\(task)'; expected SLURM_ARRAY_TASK_COUNT, and numbers without gaps, or --shard I/N")
      }
      return Shard(index: id - first + 1, count: count)
    }
    if let completion = environment["JOB_COMPLETION_INDEX"] {
      guard let index = Int(completion), let count = environment["JOB_COMPLETIONS"].flatMap({ Int($0) }),
        (0..<count).contains(index)
      else {
        throw UsageError(
          "JOB_COMPLETION_INDEX is '\(completion)'; expected JOB_COMPLETIONS, the job's number of completions, beside it, "
            + "or --shard I/N")
      }
      return Shard(index: index + 1, count: count)
    }
    return .whole
  }
}

extension ValueKind where Value == Shard {
  static var shard: ValueKind {
    ValueKind(
      placeholder: "I/N", expected: "two numbers such as 2/8, the first from 1 to the second",
      parse: { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1], 1...10_000 ~= count, 1...count ~= index
        else {
          return nil
        }
        return Shard(index: index, count: count)
      }, format: { "\($0.index)/\($0.count)" })
  }
}
