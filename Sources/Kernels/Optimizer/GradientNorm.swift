import KernelsISA

/// The L2 norm of an array, computed in Double and rounded once; 0 for an empty array.
///
/// All levels give the same bits, because the square of a float is exact in Double and the order of the sum is fixed:
/// 16 lanes over each block of 8,192 values, then the lanes by halves, then block after block. Threads share blocks.
public enum GradientNorm: KernelOperation {
  public static let name = "norm"
  public typealias Problem = ElementwiseProblem

  public struct Operands {
    public var values: UnsafePointer<Float>
    /// The result, one number.
    public var norm: UnsafeMutablePointer<Float>

    public init(values: UnsafePointer<Float>, norm: UnsafeMutablePointer<Float>) {
      self.values = values
      self.norm = norm
    }
  }

  /// Values of a block, which one thread sums: 32 KB.
  static let block = 8192

  public static let kernels: [Kernel<GradientNorm>] = {
    let levels = InstructionSet.allCases.map { level in
      let body = Levels.sumOfSquares[level]
      return Kernel<GradientNorm>(algorithm: "blocks", level: level) { problem, threads in
        let blocks = (problem.count + block - 1) / block
        let parts = Work(bytes: problem.count * 4, pieces: max(blocks, 1)).parts(threads: threads)
        // The workspace holds the sums of so many blocks.
        let blocksAtOnce = min(blocks, Workspace.mostKernelBytes / MemoryLayout<Double>.stride)
        return PreparedKernel(workspaceByteCount: blocksAtOnce * MemoryLayout<Double>.stride) { operands, workspace in
          let sums = workspace.assumingMemoryBound(to: Double.self)
          var sum = 0.0
          var done = 0
          while done < blocks {
            let count = min(blocks - done, blocksAtOnce)
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

/// The prefetch distance, in elements.
private let prefetchDistance = 2048

/// Adds the squares of eight floats to a sum in Double.
@inline(always)
private func addSquares(_ sum: inout SIMD8<Double>, _ source: UnsafePointer<Float>) {
  let values = SIMD8<Double>(UnsafeRawPointer(source).loadUnaligned(as: SIMD8<Float>.self))
  sum = sum + values * values
}

/// The arguments of the level functions of ``GradientNorm``, which sum one block.
struct SquaresArguments {
  var values: UnsafePointer<Float>
  var count: Int
  /// The result, one number.
  var sum: UnsafeMutablePointer<Double>
}

/// Every level sums in the same 16 lanes, which take several registers at the narrower levels.
@inline(always)
func squares<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<SquaresArguments>) {
  let (values, count) = (p.pointee.values, p.pointee.count)
  var low = SIMD8<Double>()
  var high = SIMD8<Double>()
  var i = 0
  while i &+ 16 <= count {
    prefetch(values + i + prefetchDistance)
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
