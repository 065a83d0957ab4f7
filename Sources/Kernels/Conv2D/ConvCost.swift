extension Conv2DShape {
  /// The cycles of a kernel that makes a share of the multiply-adds that a level can make, those with padding counted.
  func cycles(_ level: InstructionSet, _ machine: Machine, share: Double) -> Double {
    let multiplyAdds = max(Double(groups * groupOutputChannels * outputPlane) * Double(depth) * Double(batch), 1)
    return multiplyAdds / (Double(level.lanes) * machine.multiplyAdds(lanes: level.lanes)) / share
  }
}

extension Machine {
  /// The processor that the rows of a weight gradient are compared on, wherever they run: they differ in the order of
  /// their sums, and bits are not to depend on the machine.
  static let nominal = Machine.zen5
}
