import KernelsISA

/// The square root of the sum of the squares of values, in Double and then rounded: 0 for none. All levels give the same
/// bits, as a float's square is exact in Double and the order of the sum is fixed: by 16 lanes over blocks of 8,192
/// values, lanes by halves, and blocks one after another.
public enum GradientNorm: KernelOperation {
  public static let name = "norm"
  public typealias Problem = ElementwiseProblem

  public struct Operands {
    public var values: UnsafePointer<Float>
    /// One number.
    public var norm: UnsafeMutablePointer<Float>

    public init(values: UnsafePointer<Float>, norm: UnsafeMutablePointer<Float>) {
      self.values = values
      self.norm = norm
    }
  }

  /// Values of a block, which one thread adds up: 32 KB.
  static let block = 8192

  public static let kernels: [Kernel<GradientNorm>] = {
    let levels = InstructionSet.allCases.map { level in
      let body = Levels.sumOfSquares[level]
      return Kernel<GradientNorm>(algorithm: "blocks", level: level) { problem, threads in
        let blocks = (problem.count + block - 1) / block
        let parts = Work(bytes: problem.count * 4, pieces: max(blocks, 1)).parts(threads: threads)
        // Blocks whose sums are kept at a time.
        let atOnce = min(blocks, Workspace.mostKernelBytes / MemoryLayout<Double>.stride)
        return PreparedKernel(workspaceByteCount: atOnce * MemoryLayout<Double>.stride) { operands, workspace in
          let sums = workspace.assumingMemoryBound(to: Double.self)
          var sum = 0.0
          var done = 0
          while done < blocks {
            let count = min(blocks - done, atOnce)
            Parallel.run(parts: parts) { part in
              for i in Parallel.range(part, of: parts, items: count) {
                let first = (done + i) * block
                var arguments = SquaresArguments(
                  values: operands.values + first, count: min(problem.count - first, block), sum: sums + i)
                body(&arguments)
              }
            }
            for i in 0..<count { sum += sums[i] }
            done += count
          }
          operands.norm.pointee = Float(sum.squareRoot())
        }
      }
    }
    let reference = Kernel<GradientNorm>.reference { problem, operands in
      var sum = 0.0
      for i in 0..<problem.count { sum += Double(operands.values[i]) * Double(operands.values[i]) }
      operands.norm.pointee = Float(sum.squareRoot())
    }
    return levels + [reference]
  }()
}

/// Values from what is added to what is asked for ahead.
private let squaresPrefetch = 2048

/// The squares of eight floats, in Double, added to a sum.
@inline(always)
private func addSquares(_ sum: inout SIMD8<Double>, _ source: UnsafePointer<Float>) {
  let values = SIMD8<Double>(UnsafeRawPointer(source).loadUnaligned(as: SIMD8<Float>.self))
  sum = sum + values * values
}

/// The sum of squares of a block, in Double.
struct SquaresArguments {
  var values: UnsafePointer<Float>
  var count: Int
  var sum: UnsafeMutablePointer<Double>
}

/// The vectors are of the same length at every level; a narrower level takes several registers for them.
@inline(always)
func squares<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<SquaresArguments>) {
  let (values, count) = (p.pointee.values, p.pointee.count)
  var low = SIMD8<Double>()
  var high = SIMD8<Double>()
  var i = 0
  while i &+ 16 <= count {
    prefetch(values + i + squaresPrefetch)
    addSquares(&low, values + i)
    addSquares(&high, values + i + 8)
    i &+= 16
  }
  let sums = low + high
  let four = sums.lowHalf + sums.highHalf
  let two = four.lowHalf + four.highHalf
  var sum = two.x + two.y
  while i < count {
    sum += Double(values[i]) * Double(values[i])
    i &+= 1
  }
  p.pointee.sum.pointee = sum
}
