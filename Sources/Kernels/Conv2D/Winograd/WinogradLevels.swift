// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(winograd43_input_neon_body) private func winograd43_input_neon_body(_ p: UnsafeRawPointer) { winogradInput(Winograd43.self, NEONLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd25_input_neon_body) private func winograd25_input_neon_body(_ p: UnsafeRawPointer) { winogradInput(Winograd25.self, NEONLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd43_weights_neon_body) private func winograd43_weights_neon_body(_ p: UnsafeRawPointer) { winogradWeights(Winograd43.self, NEONLanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd25_weights_neon_body) private func winograd25_weights_neon_body(_ p: UnsafeRawPointer) { winogradWeights(Winograd25.self, NEONLanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd43_output_neon_body) private func winograd43_output_neon_body(_ p: UnsafeRawPointer) { winogradOutput(Winograd43.self, NEONLanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd25_output_neon_body) private func winograd25_output_neon_body(_ p: UnsafeRawPointer) { winogradOutput(Winograd25.self, NEONLanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd43_gradient_input_neon_body) private func winograd43_gradient_input_neon_body(_ p: UnsafeRawPointer) { winogradGradientInput(Winograd43.self, NEONLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd25_gradient_input_neon_body) private func winograd25_gradient_input_neon_body(_ p: UnsafeRawPointer) { winogradGradientInput(Winograd25.self, NEONLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd43_gradient_output_neon_body) private func winograd43_gradient_output_neon_body(_ p: UnsafeRawPointer) { winogradGradientOutput(Winograd43.self, NEONLanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd25_gradient_output_neon_body) private func winograd25_gradient_output_neon_body(_ p: UnsafeRawPointer) { winogradGradientOutput(Winograd25.self, NEONLanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd_strided_input_neon_body) private func winograd_strided_input_neon_body(_ p: UnsafeRawPointer) { winogradStridedInput(NEONLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_strided_weights_neon_body) private func winograd_strided_weights_neon_body(_ p: UnsafeRawPointer) { winogradStridedWeights(NEONLanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd_strided_output_neon_body) private func winograd_strided_output_neon_body(_ p: UnsafeRawPointer) { winogradStridedOutput(NEONLanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd_strided_data_neon_body) private func winograd_strided_data_neon_body(_ p: UnsafeRawPointer) { winogradStridedData(NEONLanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd_strided_gradient_input_neon_body) private func winograd_strided_gradient_input_neon_body(_ p: UnsafeRawPointer) { winogradStridedGradientInput(NEONLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_strided_gradient_output_neon_body) private func winograd_strided_gradient_output_neon_body(_ p: UnsafeRawPointer) { winogradStridedGradientOutput(NEONLanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd43_gradient_store_neon_body) private func winograd43_gradient_store_neon_body(_ p: UnsafeRawPointer) { winogradGradientStore(Winograd43.self, NEONLanes.self, p.assumingMemoryBound(to: WinogradGradientStoreArguments.self)) }
@c(winograd25_gradient_store_neon_body) private func winograd25_gradient_store_neon_body(_ p: UnsafeRawPointer) { winogradGradientStore(Winograd25.self, NEONLanes.self, p.assumingMemoryBound(to: WinogradGradientStoreArguments.self)) }
@c(winograd_products_6x4_neon_body) private func winograd_products_6x4_neon_body(_ p: UnsafeRawPointer) { winogradProducts(RegisterTile<6, 4, NEONLanes>.self, RegisterTile<3, 4, NEONLanes>.self, p.assumingMemoryBound(to: WinogradProductsArguments.self)) }
@c(winograd_gradient_products_6x4_neon_body) private func winograd_gradient_products_6x4_neon_body(_ p: UnsafeRawPointer) { winogradGradientProducts(RegisterTile<6, 4, NEONLanes>.self, p.assumingMemoryBound(to: WinogradGradientProductsArguments.self)) }

extension Levels {
  static let winograd43Input = LevelFunctions<WinogradInputArguments>(neon: winograd43_input_neon)
  static let winograd25Input = LevelFunctions<WinogradInputArguments>(neon: winograd25_input_neon)
  static let winograd43Weights = LevelFunctions<WinogradWeightsArguments>(neon: winograd43_weights_neon)
  static let winograd25Weights = LevelFunctions<WinogradWeightsArguments>(neon: winograd25_weights_neon)
  static let winograd43Output = LevelFunctions<WinogradOutputArguments>(neon: winograd43_output_neon)
  static let winograd25Output = LevelFunctions<WinogradOutputArguments>(neon: winograd25_output_neon)
  static let winograd43GradientInput = LevelFunctions<WinogradInputArguments>(neon: winograd43_gradient_input_neon)
  static let winograd25GradientInput = LevelFunctions<WinogradInputArguments>(neon: winograd25_gradient_input_neon)
  static let winograd43GradientOutput = LevelFunctions<WinogradGradientOutputArguments>(neon: winograd43_gradient_output_neon)
  static let winograd25GradientOutput = LevelFunctions<WinogradGradientOutputArguments>(neon: winograd25_gradient_output_neon)
  static let winogradStridedInput = LevelFunctions<WinogradInputArguments>(neon: winograd_strided_input_neon)
  static let winogradStridedWeights = LevelFunctions<WinogradWeightsArguments>(neon: winograd_strided_weights_neon)
  static let winogradStridedOutput = LevelFunctions<WinogradOutputArguments>(neon: winograd_strided_output_neon)
  static let winogradStridedData = LevelFunctions<WinogradOutputArguments>(neon: winograd_strided_data_neon)
  static let winogradStridedGradientInput = LevelFunctions<WinogradInputArguments>(neon: winograd_strided_gradient_input_neon)
  static let winogradStridedGradientOutput = LevelFunctions<WinogradGradientOutputArguments>(neon: winograd_strided_gradient_output_neon)
  static let winograd43GradientStore = LevelFunctions<WinogradGradientStoreArguments>(neon: winograd43_gradient_store_neon)
  static let winograd25GradientStore = LevelFunctions<WinogradGradientStoreArguments>(neon: winograd25_gradient_store_neon)
  @inline(never) static func winogradTiles() -> [WinogradTile] {
    [
      .init(level: .neon, rows: 6, vectors: 4, run: .init(winograd_products_6x4_neon)),
    ]
  }
  @inline(never) static func winogradGradientTiles() -> [WinogradGradientTile] {
    [
      .init(level: .neon, rows: 6, vectors: 4, run: .init(winograd_gradient_products_6x4_neon)),
    ]
  }
}
#else
@c(winograd43_input_baseline_body) private func winograd43_input_baseline_body(_ p: UnsafeRawPointer) { winogradInput(Winograd43.self, BaselineLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd43_input_avx2_body) private func winograd43_input_avx2_body(_ p: UnsafeRawPointer) { winogradInput(Winograd43.self, AVX2Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd43_input_avx512_body) private func winograd43_input_avx512_body(_ p: UnsafeRawPointer) { winogradInput(Winograd43.self, AVX512Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd25_input_baseline_body) private func winograd25_input_baseline_body(_ p: UnsafeRawPointer) { winogradInput(Winograd25.self, BaselineLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd25_input_avx2_body) private func winograd25_input_avx2_body(_ p: UnsafeRawPointer) { winogradInput(Winograd25.self, AVX2Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd25_input_avx512_body) private func winograd25_input_avx512_body(_ p: UnsafeRawPointer) { winogradInput(Winograd25.self, AVX512Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd43_weights_baseline_body) private func winograd43_weights_baseline_body(_ p: UnsafeRawPointer) { winogradWeights(Winograd43.self, BaselineLanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd43_weights_avx2_body) private func winograd43_weights_avx2_body(_ p: UnsafeRawPointer) { winogradWeights(Winograd43.self, AVX2Lanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd43_weights_avx512_body) private func winograd43_weights_avx512_body(_ p: UnsafeRawPointer) { winogradWeights(Winograd43.self, AVX512Lanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd25_weights_baseline_body) private func winograd25_weights_baseline_body(_ p: UnsafeRawPointer) { winogradWeights(Winograd25.self, BaselineLanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd25_weights_avx2_body) private func winograd25_weights_avx2_body(_ p: UnsafeRawPointer) { winogradWeights(Winograd25.self, AVX2Lanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd25_weights_avx512_body) private func winograd25_weights_avx512_body(_ p: UnsafeRawPointer) { winogradWeights(Winograd25.self, AVX512Lanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd43_output_baseline_body) private func winograd43_output_baseline_body(_ p: UnsafeRawPointer) { winogradOutput(Winograd43.self, BaselineLanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd43_output_avx2_body) private func winograd43_output_avx2_body(_ p: UnsafeRawPointer) { winogradOutput(Winograd43.self, AVX2Lanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd43_output_avx512_body) private func winograd43_output_avx512_body(_ p: UnsafeRawPointer) { winogradOutput(Winograd43.self, AVX512Lanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd25_output_baseline_body) private func winograd25_output_baseline_body(_ p: UnsafeRawPointer) { winogradOutput(Winograd25.self, BaselineLanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd25_output_avx2_body) private func winograd25_output_avx2_body(_ p: UnsafeRawPointer) { winogradOutput(Winograd25.self, AVX2Lanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd25_output_avx512_body) private func winograd25_output_avx512_body(_ p: UnsafeRawPointer) { winogradOutput(Winograd25.self, AVX512Lanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd43_gradient_input_baseline_body) private func winograd43_gradient_input_baseline_body(_ p: UnsafeRawPointer) { winogradGradientInput(Winograd43.self, BaselineLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd43_gradient_input_avx2_body) private func winograd43_gradient_input_avx2_body(_ p: UnsafeRawPointer) { winogradGradientInput(Winograd43.self, AVX2Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd43_gradient_input_avx512_body) private func winograd43_gradient_input_avx512_body(_ p: UnsafeRawPointer) { winogradGradientInput(Winograd43.self, AVX512Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd25_gradient_input_baseline_body) private func winograd25_gradient_input_baseline_body(_ p: UnsafeRawPointer) { winogradGradientInput(Winograd25.self, BaselineLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd25_gradient_input_avx2_body) private func winograd25_gradient_input_avx2_body(_ p: UnsafeRawPointer) { winogradGradientInput(Winograd25.self, AVX2Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd25_gradient_input_avx512_body) private func winograd25_gradient_input_avx512_body(_ p: UnsafeRawPointer) { winogradGradientInput(Winograd25.self, AVX512Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd43_gradient_output_baseline_body) private func winograd43_gradient_output_baseline_body(_ p: UnsafeRawPointer) { winogradGradientOutput(Winograd43.self, BaselineLanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd43_gradient_output_avx2_body) private func winograd43_gradient_output_avx2_body(_ p: UnsafeRawPointer) { winogradGradientOutput(Winograd43.self, AVX2Lanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd43_gradient_output_avx512_body) private func winograd43_gradient_output_avx512_body(_ p: UnsafeRawPointer) { winogradGradientOutput(Winograd43.self, AVX512Lanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd25_gradient_output_baseline_body) private func winograd25_gradient_output_baseline_body(_ p: UnsafeRawPointer) { winogradGradientOutput(Winograd25.self, BaselineLanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd25_gradient_output_avx2_body) private func winograd25_gradient_output_avx2_body(_ p: UnsafeRawPointer) { winogradGradientOutput(Winograd25.self, AVX2Lanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd25_gradient_output_avx512_body) private func winograd25_gradient_output_avx512_body(_ p: UnsafeRawPointer) { winogradGradientOutput(Winograd25.self, AVX512Lanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd_strided_input_baseline_body) private func winograd_strided_input_baseline_body(_ p: UnsafeRawPointer) { winogradStridedInput(BaselineLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_strided_input_avx2_body) private func winograd_strided_input_avx2_body(_ p: UnsafeRawPointer) { winogradStridedInput(AVX2Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_strided_input_avx512_body) private func winograd_strided_input_avx512_body(_ p: UnsafeRawPointer) { winogradStridedInput(AVX512Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_strided_weights_baseline_body) private func winograd_strided_weights_baseline_body(_ p: UnsafeRawPointer) { winogradStridedWeights(BaselineLanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd_strided_weights_avx2_body) private func winograd_strided_weights_avx2_body(_ p: UnsafeRawPointer) { winogradStridedWeights(AVX2Lanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd_strided_weights_avx512_body) private func winograd_strided_weights_avx512_body(_ p: UnsafeRawPointer) { winogradStridedWeights(AVX512Lanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd_strided_output_baseline_body) private func winograd_strided_output_baseline_body(_ p: UnsafeRawPointer) { winogradStridedOutput(BaselineLanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd_strided_output_avx2_body) private func winograd_strided_output_avx2_body(_ p: UnsafeRawPointer) { winogradStridedOutput(AVX2Lanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd_strided_output_avx512_body) private func winograd_strided_output_avx512_body(_ p: UnsafeRawPointer) { winogradStridedOutput(AVX512Lanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd_strided_data_baseline_body) private func winograd_strided_data_baseline_body(_ p: UnsafeRawPointer) { winogradStridedData(BaselineLanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd_strided_data_avx2_body) private func winograd_strided_data_avx2_body(_ p: UnsafeRawPointer) { winogradStridedData(AVX2Lanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd_strided_data_avx512_body) private func winograd_strided_data_avx512_body(_ p: UnsafeRawPointer) { winogradStridedData(AVX512Lanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd_strided_gradient_input_baseline_body) private func winograd_strided_gradient_input_baseline_body(_ p: UnsafeRawPointer) { winogradStridedGradientInput(BaselineLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_strided_gradient_input_avx2_body) private func winograd_strided_gradient_input_avx2_body(_ p: UnsafeRawPointer) { winogradStridedGradientInput(AVX2Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_strided_gradient_input_avx512_body) private func winograd_strided_gradient_input_avx512_body(_ p: UnsafeRawPointer) { winogradStridedGradientInput(AVX512Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_strided_gradient_output_baseline_body) private func winograd_strided_gradient_output_baseline_body(_ p: UnsafeRawPointer) { winogradStridedGradientOutput(BaselineLanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd_strided_gradient_output_avx2_body) private func winograd_strided_gradient_output_avx2_body(_ p: UnsafeRawPointer) { winogradStridedGradientOutput(AVX2Lanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd_strided_gradient_output_avx512_body) private func winograd_strided_gradient_output_avx512_body(_ p: UnsafeRawPointer) { winogradStridedGradientOutput(AVX512Lanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd43_gradient_store_baseline_body) private func winograd43_gradient_store_baseline_body(_ p: UnsafeRawPointer) { winogradGradientStore(Winograd43.self, BaselineLanes.self, p.assumingMemoryBound(to: WinogradGradientStoreArguments.self)) }
@c(winograd43_gradient_store_avx2_body) private func winograd43_gradient_store_avx2_body(_ p: UnsafeRawPointer) { winogradGradientStore(Winograd43.self, AVX2Lanes.self, p.assumingMemoryBound(to: WinogradGradientStoreArguments.self)) }
@c(winograd43_gradient_store_avx512_body) private func winograd43_gradient_store_avx512_body(_ p: UnsafeRawPointer) { winogradGradientStore(Winograd43.self, AVX512Lanes.self, p.assumingMemoryBound(to: WinogradGradientStoreArguments.self)) }
@c(winograd25_gradient_store_baseline_body) private func winograd25_gradient_store_baseline_body(_ p: UnsafeRawPointer) { winogradGradientStore(Winograd25.self, BaselineLanes.self, p.assumingMemoryBound(to: WinogradGradientStoreArguments.self)) }
@c(winograd25_gradient_store_avx2_body) private func winograd25_gradient_store_avx2_body(_ p: UnsafeRawPointer) { winogradGradientStore(Winograd25.self, AVX2Lanes.self, p.assumingMemoryBound(to: WinogradGradientStoreArguments.self)) }
@c(winograd25_gradient_store_avx512_body) private func winograd25_gradient_store_avx512_body(_ p: UnsafeRawPointer) { winogradGradientStore(Winograd25.self, AVX512Lanes.self, p.assumingMemoryBound(to: WinogradGradientStoreArguments.self)) }
@c(winograd_products_6x4_avx512_body) private func winograd_products_6x4_avx512_body(_ p: UnsafeRawPointer) { winogradProducts(RegisterTile<6, 4, AVX512Lanes>.self, RegisterTile<3, 4, AVX512Lanes>.self, p.assumingMemoryBound(to: WinogradProductsArguments.self)) }
@c(winograd_products_12x2_avx512_body) private func winograd_products_12x2_avx512_body(_ p: UnsafeRawPointer) { winogradProducts(RegisterTile<12, 2, AVX512Lanes>.self, RegisterTile<6, 2, AVX512Lanes>.self, p.assumingMemoryBound(to: WinogradProductsArguments.self)) }
@c(winograd_products_6x2_avx2_body) private func winograd_products_6x2_avx2_body(_ p: UnsafeRawPointer) { winogradProducts(RegisterTile<6, 2, AVX2Lanes>.self, RegisterTile<3, 2, AVX2Lanes>.self, p.assumingMemoryBound(to: WinogradProductsArguments.self)) }
@c(winograd_products_6x2_baseline_body) private func winograd_products_6x2_baseline_body(_ p: UnsafeRawPointer) { winogradProducts(RegisterTile<6, 2, BaselineLanes>.self, RegisterTile<3, 2, BaselineLanes>.self, p.assumingMemoryBound(to: WinogradProductsArguments.self)) }
@c(winograd_gradient_products_6x4_avx512_body) private func winograd_gradient_products_6x4_avx512_body(_ p: UnsafeRawPointer) { winogradGradientProducts(RegisterTile<6, 4, AVX512Lanes>.self, p.assumingMemoryBound(to: WinogradGradientProductsArguments.self)) }
@c(winograd_gradient_products_12x2_avx512_body) private func winograd_gradient_products_12x2_avx512_body(_ p: UnsafeRawPointer) { winogradGradientProducts(RegisterTile<12, 2, AVX512Lanes>.self, p.assumingMemoryBound(to: WinogradGradientProductsArguments.self)) }
@c(winograd_gradient_products_6x2_avx2_body) private func winograd_gradient_products_6x2_avx2_body(_ p: UnsafeRawPointer) { winogradGradientProducts(RegisterTile<6, 2, AVX2Lanes>.self, p.assumingMemoryBound(to: WinogradGradientProductsArguments.self)) }
@c(winograd_gradient_products_6x2_baseline_body) private func winograd_gradient_products_6x2_baseline_body(_ p: UnsafeRawPointer) { winogradGradientProducts(RegisterTile<6, 2, BaselineLanes>.self, p.assumingMemoryBound(to: WinogradGradientProductsArguments.self)) }

extension Levels {
  static let winograd43Input = LevelFunctions<WinogradInputArguments>(baseline: winograd43_input_baseline, avx2: winograd43_input_avx2, avx512: winograd43_input_avx512)
  static let winograd25Input = LevelFunctions<WinogradInputArguments>(baseline: winograd25_input_baseline, avx2: winograd25_input_avx2, avx512: winograd25_input_avx512)
  static let winograd43Weights = LevelFunctions<WinogradWeightsArguments>(baseline: winograd43_weights_baseline, avx2: winograd43_weights_avx2, avx512: winograd43_weights_avx512)
  static let winograd25Weights = LevelFunctions<WinogradWeightsArguments>(baseline: winograd25_weights_baseline, avx2: winograd25_weights_avx2, avx512: winograd25_weights_avx512)
  static let winograd43Output = LevelFunctions<WinogradOutputArguments>(baseline: winograd43_output_baseline, avx2: winograd43_output_avx2, avx512: winograd43_output_avx512)
  static let winograd25Output = LevelFunctions<WinogradOutputArguments>(baseline: winograd25_output_baseline, avx2: winograd25_output_avx2, avx512: winograd25_output_avx512)
  static let winograd43GradientInput = LevelFunctions<WinogradInputArguments>(baseline: winograd43_gradient_input_baseline, avx2: winograd43_gradient_input_avx2, avx512: winograd43_gradient_input_avx512)
  static let winograd25GradientInput = LevelFunctions<WinogradInputArguments>(baseline: winograd25_gradient_input_baseline, avx2: winograd25_gradient_input_avx2, avx512: winograd25_gradient_input_avx512)
  static let winograd43GradientOutput = LevelFunctions<WinogradGradientOutputArguments>(baseline: winograd43_gradient_output_baseline, avx2: winograd43_gradient_output_avx2, avx512: winograd43_gradient_output_avx512)
  static let winograd25GradientOutput = LevelFunctions<WinogradGradientOutputArguments>(baseline: winograd25_gradient_output_baseline, avx2: winograd25_gradient_output_avx2, avx512: winograd25_gradient_output_avx512)
  static let winogradStridedInput = LevelFunctions<WinogradInputArguments>(baseline: winograd_strided_input_baseline, avx2: winograd_strided_input_avx2, avx512: winograd_strided_input_avx512)
  static let winogradStridedWeights = LevelFunctions<WinogradWeightsArguments>(baseline: winograd_strided_weights_baseline, avx2: winograd_strided_weights_avx2, avx512: winograd_strided_weights_avx512)
  static let winogradStridedOutput = LevelFunctions<WinogradOutputArguments>(baseline: winograd_strided_output_baseline, avx2: winograd_strided_output_avx2, avx512: winograd_strided_output_avx512)
  static let winogradStridedData = LevelFunctions<WinogradOutputArguments>(baseline: winograd_strided_data_baseline, avx2: winograd_strided_data_avx2, avx512: winograd_strided_data_avx512)
  static let winogradStridedGradientInput = LevelFunctions<WinogradInputArguments>(baseline: winograd_strided_gradient_input_baseline, avx2: winograd_strided_gradient_input_avx2, avx512: winograd_strided_gradient_input_avx512)
  static let winogradStridedGradientOutput = LevelFunctions<WinogradGradientOutputArguments>(baseline: winograd_strided_gradient_output_baseline, avx2: winograd_strided_gradient_output_avx2, avx512: winograd_strided_gradient_output_avx512)
  static let winograd43GradientStore = LevelFunctions<WinogradGradientStoreArguments>(baseline: winograd43_gradient_store_baseline, avx2: winograd43_gradient_store_avx2, avx512: winograd43_gradient_store_avx512)
  static let winograd25GradientStore = LevelFunctions<WinogradGradientStoreArguments>(baseline: winograd25_gradient_store_baseline, avx2: winograd25_gradient_store_avx2, avx512: winograd25_gradient_store_avx512)
  @inline(never) static func winogradTiles() -> [WinogradTile] {
    [
      .init(level: .avx512, rows: 6, vectors: 4, run: .init(winograd_products_6x4_avx512)),
      .init(level: .avx512, rows: 12, vectors: 2, run: .init(winograd_products_12x2_avx512)),
      .init(level: .avx2, rows: 6, vectors: 2, run: .init(winograd_products_6x2_avx2)),
      .init(level: .baseline, rows: 6, vectors: 2, run: .init(winograd_products_6x2_baseline)),
    ]
  }
  @inline(never) static func winogradGradientTiles() -> [WinogradGradientTile] {
    [
      .init(level: .avx512, rows: 6, vectors: 4, run: .init(winograd_gradient_products_6x4_avx512)),
      .init(level: .avx512, rows: 12, vectors: 2, run: .init(winograd_gradient_products_12x2_avx512)),
      .init(level: .avx2, rows: 6, vectors: 2, run: .init(winograd_gradient_products_6x2_avx2)),
      .init(level: .baseline, rows: 6, vectors: 2, run: .init(winograd_gradient_products_6x2_baseline)),
    ]
  }
}
#endif
