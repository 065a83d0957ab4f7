// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(winograd_input_neon_body) private func winograd_input_neon_body(_ p: UnsafeRawPointer) { winogradInput(NEONLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_weights_neon_body) private func winograd_weights_neon_body(_ p: UnsafeRawPointer) { winogradWeights(NEONLanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd_output_neon_body) private func winograd_output_neon_body(_ p: UnsafeRawPointer) { winogradOutput(NEONLanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd_gradient_input_neon_body) private func winograd_gradient_input_neon_body(_ p: UnsafeRawPointer) { winogradGradientInput(NEONLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_gradient_output_neon_body) private func winograd_gradient_output_neon_body(_ p: UnsafeRawPointer) { winogradGradientOutput(NEONLanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd_gradient_store_neon_body) private func winograd_gradient_store_neon_body(_ p: UnsafeRawPointer) { winogradGradientStore(NEONLanes.self, p.assumingMemoryBound(to: WinogradGradientStoreArguments.self)) }
@c(winograd_products_6x4_neon_body) private func winograd_products_6x4_neon_body(_ p: UnsafeRawPointer) { winogradProducts(RegisterTile<6, 4, NEONLanes>.self, p.assumingMemoryBound(to: WinogradProductsArguments.self)) }
@c(winograd_gradient_products_6x4_neon_body) private func winograd_gradient_products_6x4_neon_body(_ p: UnsafeRawPointer) { winogradGradientProducts(RegisterTile<6, 4, NEONLanes>.self, p.assumingMemoryBound(to: WinogradGradientProductsArguments.self)) }

extension Levels {
  static let winogradInput = LevelFunctions<WinogradInputArguments>(neon: winograd_input_neon)
  static let winogradWeights = LevelFunctions<WinogradWeightsArguments>(neon: winograd_weights_neon)
  static let winogradOutput = LevelFunctions<WinogradOutputArguments>(neon: winograd_output_neon)
  static let winogradGradientInput = LevelFunctions<WinogradInputArguments>(neon: winograd_gradient_input_neon)
  static let winogradGradientOutput = LevelFunctions<WinogradGradientOutputArguments>(neon: winograd_gradient_output_neon)
  static let winogradGradientStore = LevelFunctions<WinogradGradientStoreArguments>(neon: winograd_gradient_store_neon)
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
@c(winograd_input_baseline_body) private func winograd_input_baseline_body(_ p: UnsafeRawPointer) { winogradInput(BaselineLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_input_avx2_body) private func winograd_input_avx2_body(_ p: UnsafeRawPointer) { winogradInput(AVX2Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_input_avx512_body) private func winograd_input_avx512_body(_ p: UnsafeRawPointer) { winogradInput(AVX512Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_weights_baseline_body) private func winograd_weights_baseline_body(_ p: UnsafeRawPointer) { winogradWeights(BaselineLanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd_weights_avx2_body) private func winograd_weights_avx2_body(_ p: UnsafeRawPointer) { winogradWeights(AVX2Lanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd_weights_avx512_body) private func winograd_weights_avx512_body(_ p: UnsafeRawPointer) { winogradWeights(AVX512Lanes.self, p.assumingMemoryBound(to: WinogradWeightsArguments.self)) }
@c(winograd_output_baseline_body) private func winograd_output_baseline_body(_ p: UnsafeRawPointer) { winogradOutput(BaselineLanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd_output_avx2_body) private func winograd_output_avx2_body(_ p: UnsafeRawPointer) { winogradOutput(AVX2Lanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd_output_avx512_body) private func winograd_output_avx512_body(_ p: UnsafeRawPointer) { winogradOutput(AVX512Lanes.self, p.assumingMemoryBound(to: WinogradOutputArguments.self)) }
@c(winograd_gradient_input_baseline_body) private func winograd_gradient_input_baseline_body(_ p: UnsafeRawPointer) { winogradGradientInput(BaselineLanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_gradient_input_avx2_body) private func winograd_gradient_input_avx2_body(_ p: UnsafeRawPointer) { winogradGradientInput(AVX2Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_gradient_input_avx512_body) private func winograd_gradient_input_avx512_body(_ p: UnsafeRawPointer) { winogradGradientInput(AVX512Lanes.self, p.assumingMemoryBound(to: WinogradInputArguments.self)) }
@c(winograd_gradient_output_baseline_body) private func winograd_gradient_output_baseline_body(_ p: UnsafeRawPointer) { winogradGradientOutput(BaselineLanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd_gradient_output_avx2_body) private func winograd_gradient_output_avx2_body(_ p: UnsafeRawPointer) { winogradGradientOutput(AVX2Lanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd_gradient_output_avx512_body) private func winograd_gradient_output_avx512_body(_ p: UnsafeRawPointer) { winogradGradientOutput(AVX512Lanes.self, p.assumingMemoryBound(to: WinogradGradientOutputArguments.self)) }
@c(winograd_gradient_store_baseline_body) private func winograd_gradient_store_baseline_body(_ p: UnsafeRawPointer) { winogradGradientStore(BaselineLanes.self, p.assumingMemoryBound(to: WinogradGradientStoreArguments.self)) }
@c(winograd_gradient_store_avx2_body) private func winograd_gradient_store_avx2_body(_ p: UnsafeRawPointer) { winogradGradientStore(AVX2Lanes.self, p.assumingMemoryBound(to: WinogradGradientStoreArguments.self)) }
@c(winograd_gradient_store_avx512_body) private func winograd_gradient_store_avx512_body(_ p: UnsafeRawPointer) { winogradGradientStore(AVX512Lanes.self, p.assumingMemoryBound(to: WinogradGradientStoreArguments.self)) }
@c(winograd_products_6x4_avx512_body) private func winograd_products_6x4_avx512_body(_ p: UnsafeRawPointer) { winogradProducts(RegisterTile<6, 4, AVX512Lanes>.self, p.assumingMemoryBound(to: WinogradProductsArguments.self)) }
@c(winograd_products_12x2_avx512_body) private func winograd_products_12x2_avx512_body(_ p: UnsafeRawPointer) { winogradProducts(RegisterTile<12, 2, AVX512Lanes>.self, p.assumingMemoryBound(to: WinogradProductsArguments.self)) }
@c(winograd_products_6x2_avx2_body) private func winograd_products_6x2_avx2_body(_ p: UnsafeRawPointer) { winogradProducts(RegisterTile<6, 2, AVX2Lanes>.self, p.assumingMemoryBound(to: WinogradProductsArguments.self)) }
@c(winograd_products_6x2_baseline_body) private func winograd_products_6x2_baseline_body(_ p: UnsafeRawPointer) { winogradProducts(RegisterTile<6, 2, BaselineLanes>.self, p.assumingMemoryBound(to: WinogradProductsArguments.self)) }
@c(winograd_gradient_products_6x4_avx512_body) private func winograd_gradient_products_6x4_avx512_body(_ p: UnsafeRawPointer) { winogradGradientProducts(RegisterTile<6, 4, AVX512Lanes>.self, p.assumingMemoryBound(to: WinogradGradientProductsArguments.self)) }
@c(winograd_gradient_products_12x2_avx512_body) private func winograd_gradient_products_12x2_avx512_body(_ p: UnsafeRawPointer) { winogradGradientProducts(RegisterTile<12, 2, AVX512Lanes>.self, p.assumingMemoryBound(to: WinogradGradientProductsArguments.self)) }
@c(winograd_gradient_products_6x2_avx2_body) private func winograd_gradient_products_6x2_avx2_body(_ p: UnsafeRawPointer) { winogradGradientProducts(RegisterTile<6, 2, AVX2Lanes>.self, p.assumingMemoryBound(to: WinogradGradientProductsArguments.self)) }
@c(winograd_gradient_products_6x2_baseline_body) private func winograd_gradient_products_6x2_baseline_body(_ p: UnsafeRawPointer) { winogradGradientProducts(RegisterTile<6, 2, BaselineLanes>.self, p.assumingMemoryBound(to: WinogradGradientProductsArguments.self)) }

extension Levels {
  static let winogradInput = LevelFunctions<WinogradInputArguments>(baseline: winograd_input_baseline, avx2: winograd_input_avx2, avx512: winograd_input_avx512)
  static let winogradWeights = LevelFunctions<WinogradWeightsArguments>(baseline: winograd_weights_baseline, avx2: winograd_weights_avx2, avx512: winograd_weights_avx512)
  static let winogradOutput = LevelFunctions<WinogradOutputArguments>(baseline: winograd_output_baseline, avx2: winograd_output_avx2, avx512: winograd_output_avx512)
  static let winogradGradientInput = LevelFunctions<WinogradInputArguments>(baseline: winograd_gradient_input_baseline, avx2: winograd_gradient_input_avx2, avx512: winograd_gradient_input_avx512)
  static let winogradGradientOutput = LevelFunctions<WinogradGradientOutputArguments>(baseline: winograd_gradient_output_baseline, avx2: winograd_gradient_output_avx2, avx512: winograd_gradient_output_avx512)
  static let winogradGradientStore = LevelFunctions<WinogradGradientStoreArguments>(baseline: winograd_gradient_store_baseline, avx2: winograd_gradient_store_avx2, avx512: winograd_gradient_store_avx512)
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
