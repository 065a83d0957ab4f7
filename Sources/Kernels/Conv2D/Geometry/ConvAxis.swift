/// One axis of a convolution as a tile sees it: output i is the sum over the taps of the source elements at `start + i
/// · stride + shift`, where `shift` is the tap's.
///
/// A tap is an element of the kernel together with the source elements that it is multiplied with. The forward pass and
/// the weight gradient read the input through such an axis. The input gradient reads the output gradient through one
/// axis for each phase, that is for each remainder of the input's coordinate by the stride.
struct ConvAxis: Sendable {
  /// Elements of the source along the axis.
  var sourceCount: Int
  /// The source coordinate that output 0 and shift 0 read; negative or beyond the source where that is padding.
  var start: Int
  var stride: Int
  /// Outputs along the axis.
  var count: Int
  /// The kernel element and the shift of each tap; shifts are at least 0.
  var taps: [(kernel: Int, shift: Int)]
  /// Output i is at coordinate `targetStart + i · targetStride` of the target.
  var targetStart = 0
  var targetStride = 1

  /// Source elements from an output's origin (shift 0) to the end of its last tap.
  var extent: Int { taps.reduce(0) { max($0, $1.shift) } + 1 }
  /// The taps of an output that read inside the source; the taps before and after them read padding.
  func insideTaps(_ output: Int) -> Range<Int> {
    let origin = start + output * stride
    var inside = 0..<0
    for (index, tap) in taps.enumerated() where 0 <= origin + tap.shift && origin + tap.shift < sourceCount {
      inside = (inside.isEmpty ? index : inside.lowerBound)..<index + 1
    }
    return inside
  }

  /// The outputs o in 0 ..< outputs for which start + o · stride is inside a source of `source` elements.
  static func insideOutputs(start: Int, stride: Int, source: Int, outputs: Int) -> Range<Int> {
    let first = min(max((stride - 1 - start) / stride, 0), outputs)
    let end = source > start ? min((source - 1 - start) / stride + 1, outputs) : 0
    return first..<max(first, end)
  }

  /// Source elements from the first output's origin to the end of the last tap of output number `outputs`.
  func reach(_ outputs: Int) -> Int { (outputs - 1) * stride + extent }

  /// Whether every tap of every output reads inside the source.
  var staysInside: Bool { start >= 0 && start + reach(count) <= sourceCount }

  /// Whether sums run over the kernel's rows first and over channels second: true where some output has a tap in
  /// vertical padding, so that a tile can skip the kernel rows that are padding for all of its outputs.
  ///
  /// All kernels that may compute the same image take the order of summation from this function. Otherwise the choice
  /// among them, which depends on the batch, would change an image's bits. The answer depends only on what the taps
  /// read, not on the alignment of phases.
  static func ordersByRows(_ axes: [ConvAxis]) -> Bool {
    axes.contains { axis in
      guard axis.count > 0, axis.taps.count > 1 else { return false }
      let shifts = axis.taps.map(\.shift)
      let first = axis.start + (shifts.min() ?? 0)
      let last = axis.start + (axis.count - 1) * axis.stride + (shifts.max() ?? 0)
      return first < 0 || last >= axis.sourceCount
    }
  }

  /// The axis of the forward pass and of the weight gradient.
  static func forward(
    input: Int, output: Int, kernel: Int, stride: Int, padding: Int, dilation: Int
  ) -> ConvAxis {
    ConvAxis(
      sourceCount: input, start: -padding, stride: stride, count: output,
      taps: (0..<kernel).map { ($0, $0 * dilation) })
  }

  /// The axis of one phase of the input gradient: of the inputs whose coordinate i has (i + padding) mod stride =
  /// phase.
  ///
  /// Output o met input i at kernel element k where i + padding = o · stride + k · dilation. With i + padding = q ·
  /// stride + phase that is o = q + (phase - k · dilation) / stride, for the k that divide. Taps are in the order of
  /// the source, that is from the kernel's last element to its first.
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

  /// The axes of all phases of the input gradient, aligned to one `start`, so that one view (of `union(of:)`) serves
  /// all.
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

  /// The axis of a view that contains everything that the given axes read.
  static func union(of axes: [ConvAxis]) -> ConvAxis {
    var union = axes[0]
    union.count = axes.map(\.count).max() ?? 0
    union.taps = axes.flatMap(\.taps)
    return union
  }
}

private func floorDivide(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((b - 1 - a) / b) }
