extension Pool2DShape {
  /// Cycles in proportion to the elements of all windows, for a kernel that reaches a share of the speed of the best.
  func cycles(share: Double) -> Double {
    Double(max(planes * outputHeight * outputWidth * kernelHeight * kernelWidth, 1)) / share
  }
}
