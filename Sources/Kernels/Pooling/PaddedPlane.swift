import ISA

/// A plane of input with its side padding in place, so that a window that a border cuts is computed like any other, and
/// a vector may run past the last output of a row.
struct PaddedPlane {
  /// Input row y, column x lies at y · stride + x + lead.
  private(set) var rows: UnsafePointer<Float>
  let stride: Int
  private let copy: UnsafeMutablePointer<Float>?

  /// Room behind the last output of a row: one vector of the widest level.
  static let slack = 16

  /// Floats of scratch memory that a thread needs: an entry for each output column, and the plane.
  static func scratchCount(_ g: PoolGeometry) -> Int {
    g.outputWidth + slack + g.inputHeight * stride(g)
  }

  @inline(__always)
  private static func stride(_ g: PoolGeometry) -> Int {
    let reach = (g.outputWidth &- 1 &+ slack) &* g.strideWidth &+ (g.kernelWidth &- 1) &* g.dilationWidth &+ 1
    let width = g.paddingWidth &+ g.inputWidth
    return reach > width ? reach : width
  }

  /// Prepares scratch memory for planes of one shape.
  ///
  /// - Parameters:
  ///   - lanes: outputs that are computed together.
  ///   - padding: the value of elements outside the input.
  @inline(__always)
  init(_ g: PoolGeometry, lanes: Int, scratch: UnsafeMutablePointer<Float>, padding: Float) {
    // Without cut windows, rows of whole vectors are read where they are.
    if g.insideFirst == 0, g.insideEnd == g.outputWidth, g.outputWidth >= lanes {
      copy = nil
      stride = g.inputWidth
      rows = UnsafePointer(scratch)
    } else {
      let plane = scratch + (g.outputWidth &+ PaddedPlane.slack)
      copy = plane
      stride = PaddedPlane.stride(g)
      rows = UnsafePointer(plane)
      var i = 0
      while i < g.inputHeight &* stride {
        plane[i] = padding
        i &+= 1
      }
    }
  }

  /// Takes the next plane.
  @inline(__always)
  mutating func fill(from source: UnsafePointer<Float>, _ g: PoolGeometry) {
    guard let copy else {
      rows = source
      return
    }
    var y = 0
    while y < g.inputHeight {
      let from = source + y &* g.inputWidth
      let to = copy + (y &* stride &+ g.paddingWidth)
      var x = 0
      while x < g.inputWidth {
        to[x] = from[x]
        x &+= 1
      }
      y &+= 1
    }
  }
}
