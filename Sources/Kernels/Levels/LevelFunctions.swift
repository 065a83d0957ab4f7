/// The level functions and the tables of register tiles, which are generated from Generation/functions.txt.
enum Levels {}

/// A kernel's body, compiled for one level.
struct LevelFunction<Arguments>: Sendable {
  private let function: @convention(c) @Sendable (UnsafeRawPointer) -> Void

  init(_ function: @escaping @convention(c) @Sendable (UnsafeRawPointer) -> Void) { self.function = function }

  @inline(__always)
  func callAsFunction(_ arguments: UnsafePointer<Arguments>) { function(arguments) }
}

/// The same body, compiled for each level of the architecture.
///
/// A value has to be made in the file that holds the `@c` functions. Each Swift file becomes an LLVM module, and a
/// level's C function can only inline a function of its own LLVM module; in another the link fails. So `init` and the
/// functions that return tables of tiles are never inlined: a release build would copy the constant tables into the
/// files that use them.
struct LevelFunctions<Arguments>: Sendable {
  #if arch(arm64)
    let neon: LevelFunction<Arguments>

    @inline(never)
    init(neon: @escaping @convention(c) @Sendable (UnsafeRawPointer) -> Void) { self.neon = LevelFunction(neon) }

    subscript(level: InstructionSet) -> LevelFunction<Arguments> { neon }
  #else
    let baseline: LevelFunction<Arguments>
    let avx2: LevelFunction<Arguments>
    let avx512: LevelFunction<Arguments>

    @inline(never)
    init(
      baseline: @escaping @convention(c) @Sendable (UnsafeRawPointer) -> Void,
      avx2: @escaping @convention(c) @Sendable (UnsafeRawPointer) -> Void,
      avx512: @escaping @convention(c) @Sendable (UnsafeRawPointer) -> Void
    ) {
      self.baseline = LevelFunction(baseline)
      self.avx2 = LevelFunction(avx2)
      self.avx512 = LevelFunction(avx512)
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
