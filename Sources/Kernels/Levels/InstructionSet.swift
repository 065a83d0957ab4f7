import KernelsISA

/// A level of vector instructions for which the kernels are compiled, lowest first.
///
/// Every kernel is compiled for each level of its architecture, whatever the machine that builds it. A plan chooses the
/// level at run time.
public enum InstructionSet: String, CaseIterable, Sendable, Comparable {
  #if arch(arm64)
    /// The baseline of arm64: 4 lanes, fused multiply-add.
    case neon
  #else
    /// The baseline of x86-64, SSE2: 4 lanes, multiply then add.
    case baseline
    /// AVX2 and FMA: 8 lanes, 16 registers.
    case avx2
    /// AVX-512 F, VL, DQ and BW: 16 lanes, 32 registers.
    case avx512
  #endif

  #if arch(arm64)
    /// The level that every processor of this architecture supports.
    public static let lowest = InstructionSet.neon
  #else
    /// The level that every processor of this architecture supports.
    public static let lowest = InstructionSet.baseline
  #endif

  /// The number of Float lanes in a vector of this level.
  public var lanes: Int {
    switch self {
    #if arch(arm64)
      case .neon: 4
    #else
      case .baseline: 4
      case .avx2: 8
      case .avx512: 16
    #endif
    }
  }

  /// The levels that this processor supports, lowest first, whatever `KERNELS_ISA` says.
  public static let available: [InstructionSet] = {
    #if arch(arm64)
      return [.neon]
    #else
      var levels = [InstructionSet.baseline]
      if isa_has_avx2() != 0 { levels.append(.avx2) }
      if isa_has_avx2() != 0, isa_has_avx512() != 0 { levels.append(.avx512) }
      return levels
    #endif
  }()

  /// The highest level that this processor supports and the environment variable `KERNELS_ISA` permits.
  ///
  /// - Throws: ``KernelError/unknownInstructionSet(_:)`` when the variable names no level.
  public static func best() throws(KernelError) -> InstructionSet {
    try cap.get()
  }

  private static let cap: Result<InstructionSet, KernelError> = {
    let best = available[available.count - 1]
    guard let name = getenv("KERNELS_ISA").map({ String(cString: $0) }), !name.isEmpty else { return .success(best) }
    guard let level = InstructionSet(rawValue: name) else { return .failure(.unknownInstructionSet(name)) }
    return .success(min(level, best))
  }()

  public static func < (a: InstructionSet, b: InstructionSet) -> Bool {
    a.lanes < b.lanes
  }
}
