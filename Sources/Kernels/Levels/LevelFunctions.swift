/// A level's compiled body of a kernel.
typealias LevelFunction<Arguments> = @Sendable (UnsafePointer<Arguments>) -> Void

/// The same body compiled for each level of the architecture.
///
/// It is made in the file that holds the `@c` bodies: a Swift module is compiled file by file into LLVM modules, and a
/// level's C function can only inline a body of its own LLVM module. (Elsewhere, the link fails.) A table that the
/// optimiser would otherwise copy into another file is the result of an `@inline(never)` function.
struct LevelFunctions<Arguments>: Sendable {
  #if arch(arm64)
    let neon: LevelFunction<Arguments>

    /// Never inlined; see the other architecture's.
    @inline(never)
    init(neon: @escaping LevelFunction<Arguments>) { self.neon = neon }

    subscript(level: InstructionSet) -> LevelFunction<Arguments> { neon }
  #else
    let baseline: LevelFunction<Arguments>
    let avx2: LevelFunction<Arguments>
    let avx512: LevelFunction<Arguments>

    /// Never inlined: in a release build the optimiser would copy a constant table into the files that use it, where
    /// the level's functions cannot inline their bodies.
    @inline(never)
    init(
      baseline: @escaping LevelFunction<Arguments>, avx2: @escaping LevelFunction<Arguments>,
      avx512: @escaping LevelFunction<Arguments>
    ) {
      self.baseline = baseline
      self.avx2 = avx2
      self.avx512 = avx512
    }

    subscript(level: InstructionSet) -> LevelFunction<Arguments> {
      switch level {
      case .baseline: baseline
      case .avx2: avx2
      case .avx512: avx512
      }
    }
  #endif
}
