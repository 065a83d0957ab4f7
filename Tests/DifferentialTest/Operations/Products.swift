import Kernels

let productTests: [any AnyOperationTest] = [
  OperationTest<GEMM>(
    name: GEMM.lineName, schema: schema, images: "m",
    partsImages: { p in
      // The rows of A and C lie one after another, and nothing else belongs to them.
      !p.flag("ta") && p["agap"] == 0 && p["cgap"] == 0 && p["bias"] != 1
    },
    terms: { 4 * $0["k"] },
    draw: drawProduct, problem: problem,
    operands: { parameters, memory in
      let problem = problem(parameters)
      let (m, n, k) = (problem.rows, problem.columns, problem.depth)
      // The last row ends with its last element.
      func count(_ rows: Int, _ columns: Int, _ stride: Int) -> Int {
        rows == 0 || columns == 0 ? 0 : (rows - 1) * stride + columns
      }
      let parts = !problem.transposeA && parameters["agap"] == 0 && parameters["cgap"] == 0
      let a = problem.transposeA ? count(k, m, problem.aRowStride) : count(m, k, problem.aRowStride)
      let b = problem.transposeB ? count(n, k, problem.bRowStride) : count(k, n, problem.bRowStride)
      let c = count(m, n, problem.cRowStride)
      let bias: UnsafePointer<Float>? =
        switch problem.bias {
        case .none: nil
        case .perRow: memory.numbers(m)
        case .perColumn: memory.numbers(n)
        }
      return .init(
        a: memory.numbers(a, images: parts ? m : 0), b: memory.numbers(b),
        c: problem.beta == 0 ? memory.output(c, images: parts ? m : 0) : memory.updated(c, images: parts ? m : 0),
        bias: bias)
    })
]

private let schema = ProblemSchema("m n k ta=0 tb=0 agap=0 bgap=0 cgap=0 bias=0 relu=0 alpha=1 beta=0")

@Sendable
private func problem(_ p: ProblemParameters) -> GEMM.Problem {
  let (m, n, k) = (p["m"], p["n"], p["k"])
  return GEMM.Problem(
    rows: m, columns: n, depth: k, transposeA: p.flag("ta"), transposeB: p.flag("tb"), alpha: p.float("alpha"),
    beta: p.float("beta"), aRowStride: (p.flag("ta") ? m : k) + p["agap"],
    bRowStride: (p.flag("tb") ? k : n) + p["bgap"], cRowStride: n + p["cgap"],
    bias: [.none, .perRow, .perColumn][p["bias"] % 3], activation: p.fusedActivation)
}

@Sendable
private func drawProduct(_ draw: inout Draw) -> ProblemParameters {
  func size() -> Int {
    if draw.once(in: 40) { return 0 }
    return draw.once(in: 30) ? draw.int(1...1200) : draw.size(upTo: 300, near: draw.pick([6, 12, 14, 24]))
  }
  var sizes = [size(), size(), draw.once(in: 10) ? draw.int(1...2000) : size()]
  let limit = draw.workLimit()
  while sizes[0] * sizes[1] * sizes[2] > limit {
    let index = draw.below(3)
    sizes[index] = max(sizes[index] * 2 / 3, 1)
  }
  func gap() -> Int { draw.once(in: 4) ? draw.int(1...17) : 0 }
  return schema(
    [
      "m": sizes[0], "n": sizes[1], "k": sizes[2], "ta": draw.flag(), "tb": draw.flag(), "agap": gap(), "bgap": gap(),
      "cgap": gap(), "bias": draw.below(3), "relu": draw.fusedActivation(),
    ],
    reals: [
      "alpha": draw.once(in: 40) ? draw.pick([.infinity, -.infinity, .nan]) : draw.pick([1, 1, 1, -1, 2, 0]),
      "beta": draw.once(in: 40) ? draw.pick([.infinity, -.infinity, .nan]) : draw.pick([0, 0, 1, -2, 0.5]),
    ])
}
