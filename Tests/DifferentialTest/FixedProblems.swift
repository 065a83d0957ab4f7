/// Problems that were once computed wrong, or that random ones seldom meet. Each runs with whole numbers and with numbers
/// that round.
private let fixedProblems: [String] =
  // Strides of at least the kernel or of more than the padding and one: the weight gradient's left padding.
  [
    "conv2d.backward-weights mb64ic1ih36oc10kh7sh6ph3",
    "conv2d.backward-weights mb32ic3ih32oc16kh4sh4ph1",
    "conv2d.backward-weights mb16ic12ih28oc2kh7sh4ph1",
    "conv2d.backward-weights mb16ic1ih6oc8kh3sh3ph1",
    "conv2d.backward-weights mb32ic1ih12oc4kh3sh3ph1",
    "conv2d.backward-weights mb32ic1ih15oc8kh8sh4ph2",
  ]
  // Kernels of at most the stride and widths that are no multiple of it: the input gradient's shorter phases.
  + [
    "conv2d.backward-data mb1ic1ih42iw64oc32kh2sh3",
    "conv2d.backward-data mb1ic16ih32iw57oc24kh3sh4",
    "conv2d.backward-data mb4ic32ih23iw7oc48kh3sh5",
    "conv2d.backward-data mb4ic32ih9iw16oc7kh1kw3sh1sw3ph1pw0",
    "conv2d.backward-data mb9ic5ih8iw9oc7kh2sh2",
  ]
  // Fewer outputs than a tile has.
  + [
    "conv2d mb32ic64ih8oc1kh1sh4",
    "conv2d mb2ic5ih1oc1kh8ph4",
    "conv2d mb3ic2ih2oc7kh3sh6ph1",
    "conv2d.backward-data mb5ic1ih2oc7kh3ph8dh4",
    "conv2d mb3ic4ih12iw2oc1kh3kw1sh5sw1",
    "conv2d.backward-data mb3ic4ih12iw2oc1kh3kw1sh5sw1",
  ]
  // An image's bits in batches of other sizes.
  + [
    "conv2d.backward-data mb3ic3ih38iw59oc4kh4sh3ph1",
    "conv2d mb8ic1ih5oc6kh3ph1",
    "conv2d mb16ic1ih5oc6kh3ph1",
    "conv2d mb4ic1ih3iw4oc1kh7ph3",
    "conv2d mb4ic4ih6iw3oc4kh7ph3g4",
    "conv2d.backward-data mb8ic1ih6iw2oc1kh5ph2",
  ]
  // Planes so small that a vector reaches over several images.
  + [
    "conv2d.backward-weights mb33ic3ih1oc3kh5ph2g3",
    "conv2d.backward-weights mb23ic1ih3iw1oc1kh5ph2",
    "conv2d.backward-weights mb40ic2ih1iw1oc4kh3ph1g2",
  ]

extension ProblemLine {
  /// The fixed problems with each kind of data that they are run with.
  public static var fixed: [ProblemLine] {
    get throws {
      try fixedProblems.flatMap { text -> [ProblemLine] in
        let line = try ProblemLine(text)
        if text.contains("data=") { return [line] }
        var other = line
        other.data = .reals
        return [line, other]
      }
    }
  }
}
