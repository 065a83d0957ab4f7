// Cycles of each term of the cost models, in the form that `Benchmarks/costs/fit --write` writes. Those of convolution were
// found one by one on Zen 5, but for "groups" and "depthwiseRows" (Zen 4); those of pooling are fitted to the recorded times
// of Zen 5, but for the general gradient of maxima.
// `Benchmarks/costs/fit` prints how far the costs are from the measured times, and what a fit would give.
extension CostModel {
  static let pixels = CostModel(
    "pixels",
    [
      "steps": 1.031, "tiles": 12.4, "accumulators": 0.77, "copiedRows": 6, "copiedFloats": 0.125, "mixedSteps": 0.031,
      "crowdedSteps": 0.043, "groups": 1100,
    ])
  static let channels = CostModel(
    "channels",
    [
      "steps": 1.042, "tiles": 31.2, "values": 0.34, "copiedRows": 6, "copiedFloats": 0.125, "mixedSteps": 0.031,
      "aliasedSteps": 0.069, "groups": 1100,
    ])
  static let images = CostModel(
    "images",
    [
      "steps": 1, "farLines": 0.5, "records": 10, "accumulators": 0.5, "transposedFloats": 0.25, "packedWeights": 0.5,
      "wideSteps": 0.075,
    ])
  static let depthwise = CostModel("depthwise", ["steps": 1.111])
  // 0.6 of the measured cycles (1.3, 20, 0.42 and 70): the costs of `pixels` for groups of one channel are lower still.
  static let depthwiseRows = CostModel(
    "depthwiseRows", ["steps": 0.8, "tiles": 12, "copiedFloats": 0.25, "bands": 42])
  static let gradientPixels = CostModel("gradientPixels", ["steps": 1.053, "crossingSteps": 0.766])
  static let gradientChannels = CostModel(
    "gradientChannels",
    ["steps": 1.031, "singleSteps": 0.398, "transposedFloats": 0.387, "movedSums": 4.12, "tapRows": 0.258])
  static let gradientImages = CostModel(
    "gradientImages",
    [
      "steps": 1, "farBytes": 0.0046875, "tiles": 15, "movedSums": 1.2, "farSums": 2.4, "transposedFloats": 0.25,
      "laneSums": 6,
    ])
  static let gradientDepthwise = CostModel("gradientDepthwise", ["steps": 1.111])
  static let max2x2 = CostModel("max2x2", ["planes": 0, "inputs": 1.82, "outputs": 3, "steps": 2])
  static let maxGeneral = CostModel("maxGeneral", ["planes": 105, "inputs": 3.54, "outputs": 1.96, "steps": 4.5])
  static let maxSeparable = CostModel("maxSeparable", ["planes": 90.9, "inputs": 5.73, "outputs": 4.06, "steps": 4.19])
  static let max3x3 = CostModel("max3x3", ["planes": 21.8, "inputs": 1.64, "outputs": 2.43, "steps": 1.96])
  static let maxDisjoint = CostModel("maxDisjoint", ["planes": 76.3, "inputs": 5.55, "outputs": 8.94, "steps": 3.36])
  static let maxGradient2x2 = CostModel(
    "maxGradient2x2", ["planes": 0, "inputs": 2.15, "outputs": 2.94, "steps": 1.94])
  static let maxGradientGeneral = CostModel(
    "maxGradientGeneral", ["planes": 49.5, "inputs": 4.68, "outputs": 11.8, "steps": 1.3])
  static let maxGradient3x3 = CostModel(
    "maxGradient3x3", ["planes": 23.2, "inputs": 2.47, "outputs": 2.39, "steps": 1.87])
  static let average2x2 = CostModel("average2x2", ["planes": 0, "inputs": 1.31, "outputs": 2.6, "steps": 1.6])
  static let averageGeneral = CostModel(
    "averageGeneral", ["planes": 131, "inputs": 4.81, "outputs": 1.87, "steps": 1.39])
  static let averageSeparable = CostModel(
    "averageSeparable", ["planes": 94.1, "inputs": 4.73, "outputs": 2.76, "steps": 2.4])
  static let average3x3 = CostModel("average3x3", ["planes": 27.3, "inputs": 1.98, "outputs": 1.93, "steps": 0.85])
  static let averageDisjoint = CostModel(
    "averageDisjoint", ["planes": 36.3, "inputs": 3.36, "outputs": 7.34, "steps": 2.73])
  static let averageGradient2x2 = CostModel(
    "averageGradient2x2", ["planes": 0, "inputs": 1.91, "outputs": 2.55, "steps": 1.55])
  static let averageGradientGeneral = CostModel(
    "averageGradientGeneral", ["planes": 58.8, "inputs": 6.99, "outputs": 7.87, "steps": 1.74])
  static let averageGradientSeparable = CostModel(
    "averageGradientSeparable", ["planes": 73.4, "inputs": 6.36, "outputs": 4.94, "steps": 2.36])
  static let averageGradient3x3 = CostModel(
    "averageGradient3x3", ["planes": 24.2, "inputs": 2.66, "outputs": 2.04, "steps": 1.1])
  static let averageGradientDisjoint = CostModel(
    "averageGradientDisjoint", ["planes": 62.3, "inputs": 3.27, "outputs": 8.67, "steps": 2.93])
}
