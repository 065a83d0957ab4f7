import KernelsISA

/// exp(x), within 1 ulp, also of denormal results; 0 at -infinity.
public enum ExpForward: KernelOperation {
  public static let name = "exp"
  public typealias Problem = ElementwiseProblem
  public typealias Operands = ElementwiseOperands

  public static let kernels = rows(Levels.expMap, multiplyAdds: 12) { _, x in Float(exp(Double(x))) }
}

struct Exp: VectorMap {
  @inline(always) init(_ options: ActivationOptions) {}

  @inline(always) func apply<L: Lanes>(_ lanes: L.Type, _ x: L.Vector) -> L.Vector {
    L.exponential(x)
  }
}
