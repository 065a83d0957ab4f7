import KernelsISA

/// A pass of pooling with 2×2 windows and stride 2: what it computes for a block of windows. All passes share the loop over
/// the blocks.
protocol Windows2x2Pass {
  /// The input gradient, in which a last row or column that no window covers is set to 0; nil in a forward pass.
  var uncovered: UnsafeMutablePointer<Float>? { get }
  /// Writes the outputs of `L.count` windows side by side, or the two rows of input under them, the upper row first.
  ///
  /// - Parameters:
  ///   - lanes: the level of the vector.
  ///   - input: the offset of the first window's first input element.
  ///   - output: the offset of the first window's output.
  func block<L: HalfLanes>(_ lanes: L.Type, _ input: Int, _ output: Int)
  /// Does the same for one window.
  func single(_ input: Int, _ output: Int)
}

extension Windows2x2Pass {
  /// Computes all windows with vectors of the level, or with vectors of half or a quarter of its lanes where such a vector
  /// holds a whole row of outputs.
  @inline(__always)
  func run<L: HalfLanes>(_ lanes: L.Type, _ g: PoolGeometry) {
    if L.count == L.Half.count || g.outputWidth > L.Half.count {
      walk(lanes, g)
    } else if L.Half.count == L.Half.Half.count || g.outputWidth > L.Half.Half.count {
      walk(L.Half.self, g)
    } else {
      walk(L.Half.Half.self, g)
    }
  }

  /// Computes all windows in memory order, a vector of outputs at a time.
  ///
  /// A row that is narrower than a vector is one block; the excess that it writes to the rows below is overwritten by their
  /// blocks. The last rows, behind which the excess would leave the planes, are computed window by window. A wider row ends
  /// with a block that overlaps the one before.
  @inline(__always)
  private func walk<L: HalfLanes>(_ lanes: L.Type, _ g: PoolGeometry) {
    let width = g.outputWidth
    let inputWidth = g.inputWidth
    let inputEnd = g.planes &* g.inputHeight &* inputWidth
    let outputEnd = g.planes &* g.outputHeight &* width
    var output = 0
    var plane = 0
    while plane < inputEnd {
      var input = plane
      let rowsEnd = plane &+ 2 &* g.outputHeight &* inputWidth
      while input < rowsEnd {
        let hasRoom =
          output &+ L.count <= outputEnd && input &+ inputWidth &+ 2 &* L.count <= inputEnd
        var x = 0
        if width >= L.count || hasRoom {
          while true {
            block(lanes, input &+ 2 &* x, output &+ x)
            let next = x &+ L.count
            if next >= width { break }
            x = next &+ L.count <= width ? next : width &- L.count
          }
        } else {
          while x < width {
            single(input &+ 2 &* x, output &+ x)
            x &+= 1
          }
        }
        if let uncovered, 2 &* width < inputWidth {
          uncovered[input &+ inputWidth &- 1] = 0
          uncovered[input &+ 2 &* inputWidth &- 1] = 0
        }
        output &+= width
        input &+= 2 &* inputWidth
      }
      plane &+= g.inputHeight &* inputWidth
      if let uncovered {
        while input < plane {
          uncovered[input] = 0
          input &+= 1
        }
      }
    }
  }
}

/// Prefetches the two input rows that a block of windows reads 1024 elements later, for forward passes.
@inline(__always)
func prefetchRows<L: HalfLanes>(_ lanes: L.Type, _ input: UnsafePointer<Float>, _ below: Int) {
  let target = input + 1024
  prefetch(target)
  prefetch(target + below)
  if L.count == 16 {
    prefetch(target + L.count)
    prefetch(target + below + L.count)
  }
}
