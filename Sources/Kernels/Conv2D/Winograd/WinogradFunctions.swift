/// The level functions of a filter's transforms.
struct WinogradTransforms {
  let input: LevelFunctions<WinogradInputArguments>
  let weights: LevelFunctions<WinogradWeightsArguments>
  let output: LevelFunctions<WinogradOutputArguments>
  /// The outputs of the input gradient.
  let data: LevelFunctions<WinogradOutputArguments>
  // Of the weight gradient.
  let gradientInput: LevelFunctions<WinogradInputArguments>
  let gradientOutput: LevelFunctions<WinogradGradientOutputArguments>
  let gradientStore: LevelFunctions<WinogradGradientStoreArguments>
}

extension WinogradSize {
  var transforms: WinogradTransforms {
    if stride > 1 {
      return WinogradTransforms(
        input: Levels.winogradStridedInput, weights: Levels.winogradStridedWeights,
        output: Levels.winogradStridedOutput, data: Levels.winogradStridedData,
        gradientInput: Levels.winogradStridedGradientInput, gradientOutput: Levels.winogradStridedGradientOutput,
        gradientStore: Levels.winograd43GradientStore)
    }
    if taps == Winograd43.taps {
      return WinogradTransforms(
        input: Levels.winograd43Input, weights: Levels.winograd43Weights, output: Levels.winograd43Output,
        data: Levels.winograd43Output, gradientInput: Levels.winograd43GradientInput,
        gradientOutput: Levels.winograd43GradientOutput, gradientStore: Levels.winograd43GradientStore)
    }
    return WinogradTransforms(
      input: Levels.winograd25Input, weights: Levels.winograd25Weights, output: Levels.winograd25Output,
      data: Levels.winograd25Output, gradientInput: Levels.winograd25GradientInput,
      gradientOutput: Levels.winograd25GradientOutput, gradientStore: Levels.winograd25GradientStore)
  }
}
