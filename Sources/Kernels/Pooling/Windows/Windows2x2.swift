import KernelsISA

/// A pass of pooling with 2×2 windows and stride 2, for the walk over a run of planes.
protocol Windows2x2Pass {
  /// The input's gradient, whose last row and column are set to 0 where no window covers them; nil in a forward pass.
  var leftover: UnsafeMutablePointer<Float>? { get }
  /// Writes the outputs of `L.count` windows side by side, or the two rows of input under them, the upper row first.
  ///
  /// - Parameters:
  ///   - lanes: the vector to use.
  ///   - input: the offset of the first window's first element.
  ///   - output: the offset of its output.
  func block<L: HalfLanes>(_ lanes: L.Type, _ input: Int, _ output: Int)
  /// The same for one window.
  func single(_ input: Int, _ output: Int)
}

extension Windows2x2Pass {
  /// Walks the outputs with vectors of the level, or of half or a quarter of its lanes where that holds a whole row.
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

  /// Walks the outputs in the order of the planes, a vector at a time.
  ///
  /// A row that is narrower than a vector is one block that runs on into the following rows: what it writes there is
  /// overwritten when their turn comes. The last rows, behind which there is no room for that, go window by window.
  /// A wider row ends with a block that overlaps the one before.
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
        if let leftover, 2 &* width < inputWidth {
          leftover[input &+ inputWidth &- 1] = 0
          leftover[input &+ 2 &* inputWidth &- 1] = 0
        }
        output &+= width
        input &+= 2 &* inputWidth
      }
      plane &+= g.inputHeight &* inputWidth
      if let leftover {
        while input < plane {
          leftover[input] = 0
          input &+= 1
        }
      }
    }
  }
}

/// Asks ahead for what a block of windows reads of two rows: memory then delivers while windows are computed.
@inline(__always)
func prefetchRows<L: HalfLanes>(_ lanes: L.Type, _ input: UnsafePointer<Float>, _ below: Int) {
  let ahead = input + 1024
  prefetch(ahead)
  prefetch(ahead + below)
  if L.count == 16 {
    prefetch(ahead + L.count)
    prefetch(ahead + below + L.count)
  }
}
