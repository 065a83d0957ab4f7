/// One axis of a convolution as a tile sees it: output i is summed from the source at `start + i · stride + shift`, for
/// the shift of each tap.
///
/// The forward pass and the weight gradient read the input this way. The input gradient reads the output gradient this
/// way, once for each phase (remainder by the stride) of the input's coordinates.
struct ConvAxis: Sendable {
  /// Elements of the source.
  var sourceCount: Int
  /// The source's coordinate of the view's first element; negative or too large where there is padding.
  var start: Int
  var stride: Int
  /// Outputs.
  var count: Int
  /// The kernel's element and the shift of each tap; shifts are at least 0.
  var taps: [(kernel: Int, shift: Int)]
  /// Where the outputs lie in the target: the first, and from one to the next.
  var targetStart = 0
  var targetStride = 1

  /// Elements from an output's origin to behind its last tap.
  var extent: Int { taps.reduce(0) { max($0, $1.shift) } + 1 }
  /// The taps of an output that read inside the source: those before and behind them read padding.
  func insideTaps(_ output: Int) -> Range<Int> {
    let origin = start + output * stride
    var inside = 0..<0
    for (index, tap) in taps.enumerated() where 0 <= origin + tap.shift && origin + tap.shift < sourceCount {
      inside = (inside.isEmpty ? index : inside.lowerBound)..<index + 1
    }
    return inside
  }

  /// Elements from the first of so many outputs' origins to behind the last one's last tap.
  func reach(_ outputs: Int) -> Int { (outputs - 1) * stride + extent }

  /// Whether no output reads outside the source.
  var staysInside: Bool { start >= 0 && start + reach(count) <= sourceCount }

  /// Whether sums are ordered by the kernel's rows before channels, given the vertical axes of all phases: where some
  /// outputs have taps of one column in padding, so that a tile can leave out the rows that are padding for all of its
  /// outputs.
  ///
  /// Every kernel that may compute an image orders its sums by this one answer: which of them does, and so its bits,
  /// would else depend on the batch. It follows from what the taps read alone, not from how phases are aligned.
  static func ordersByRows(_ axes: [ConvAxis]) -> Bool {
    axes.contains { axis in
      guard axis.count > 0, axis.taps.count > 1 else { return false }
      let shifts = axis.taps.map(\.shift)
      let first = axis.start + (shifts.min() ?? 0)
      let last = axis.start + (axis.count - 1) * axis.stride + (shifts.max() ?? 0)
      return first < 0 || last >= axis.sourceCount
    }
  }

  static func forward(
    input: Int, output: Int, kernel: Int, stride: Int, padding: Int, dilation: Int
  ) -> ConvAxis {
    ConvAxis(
      sourceCount: input, start: -padding, stride: stride, count: output,
      taps: (0..<kernel).map { ($0, $0 * dilation) })
  }

  /// The axis of the inputs whose coordinate i has (i + padding) mod stride = phase.
  ///
  /// Output o met input i at kernel element k where i + padding = o · stride + k · dilation. With
  /// i + padding = q · stride + phase that is o = q + (phase - k · dilation) / stride, for the k that divide. Taps are in
  /// the order of the source, that is from the kernel's last element to its first.
  static func backward(
    input: Int, output: Int, kernel: Int, stride: Int, padding: Int, dilation: Int, phase: Int
  ) -> ConvAxis {
    let first = floorDivide(padding - phase + stride - 1, stride)
    let last = floorDivide(input - 1 + padding - phase, stride)
    let taps = (0..<kernel).reversed().filter { (phase - $0 * dilation) % stride == 0 }
      .map { (kernel: $0, shift: (phase - $0 * dilation) / stride) }
    let lowest = taps.map(\.shift).min() ?? 0
    return ConvAxis(
      sourceCount: output, start: first + lowest, stride: 1, count: max(last - first + 1, 0),
      taps: taps.map { ($0.kernel, $0.shift - lowest) },
      targetStart: first * stride + phase - padding, targetStride: stride)
  }

  /// The axes of a backward pass by the remainder of the target's coordinate by the stride, as many as there are, all
  /// with the same start, so that one view serves them: `union(of:)` is its axis.
  static func backwardPhases(
    input: Int, output: Int, kernel: Int, stride: Int, padding: Int, dilation: Int
  ) -> [ConvAxis] {
    let axes = (0..<min(stride, input)).map { remainder in
      backward(
        input: input, output: output, kernel: kernel, stride: stride, padding: padding, dilation: dilation,
        phase: (remainder + padding) % stride)
    }
    let start = axes.filter { !$0.taps.isEmpty }.map(\.start).min() ?? 0
    return axes.map { axis in
      var axis = axis
      axis.taps = axis.taps.map { ($0.kernel, $0.shift + axis.start - start) }
      axis.start = start
      return axis
    }
  }

  /// The axis of a view that holds what each of the axes reads.
  static func union(of axes: [ConvAxis]) -> ConvAxis {
    var union = axes[0]
    union.count = axes.map(\.count).max() ?? 0
    union.taps = axes.flatMap(\.taps)
    return union
  }
}

private func floorDivide(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((b - 1 - a) / b) }
