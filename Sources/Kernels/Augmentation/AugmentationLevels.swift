// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(image_blur_neon_body) private func image_blur_neon_body(_ p: UnsafeRawPointer) { blur(NEONLanes.self, p.assumingMemoryBound(to: ImageBlurArguments.self)) }
@c(image_brightness_neon_body) private func image_brightness_neon_body(_ p: UnsafeRawPointer) { brightness(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_contrast_neon_body) private func image_contrast_neon_body(_ p: UnsafeRawPointer) { contrast(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_saturation_neon_body) private func image_saturation_neon_body(_ p: UnsafeRawPointer) { saturation(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_hue_neon_body) private func image_hue_neon_body(_ p: UnsafeRawPointer) { hue(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_mirror_neon_body) private func image_mirror_neon_body(_ p: UnsafeRawPointer) { mirror(NEONLanes.self, p.assumingMemoryBound(to: ImageMirrorArguments.self)) }
@c(image_noise_neon_body) private func image_noise_neon_body(_ p: UnsafeRawPointer) { noise(p.assumingMemoryBound(to: ImageNoiseArguments.self)) }
@c(image_resample_columns_neon_body) private func image_resample_columns_neon_body(_ p: UnsafeRawPointer) { resampleColumns(p.assumingMemoryBound(to: ImageResampleArguments.self)) }
@c(image_resample_rows_neon_body) private func image_resample_rows_neon_body(_ p: UnsafeRawPointer) { resampleRows(p.assumingMemoryBound(to: ImageResampleArguments.self)) }
@c(image_rotate_nearest_neon_body) private func image_rotate_nearest_neon_body(_ p: UnsafeRawPointer) { rotateNearest(NEONLanes.self, p.assumingMemoryBound(to: ImageRotationArguments.self)) }
@c(image_rotate_bilinear_neon_body) private func image_rotate_bilinear_neon_body(_ p: UnsafeRawPointer) { rotateBilinear(NEONLanes.self, p.assumingMemoryBound(to: ImageRotationArguments.self)) }

extension Levels {
  static let imageBlur = LevelFunctions<ImageBlurArguments>(neon: image_blur_neon)
  static let imageBrightness = LevelFunctions<ImageColorArguments>(neon: image_brightness_neon)
  static let imageContrast = LevelFunctions<ImageColorArguments>(neon: image_contrast_neon)
  static let imageSaturation = LevelFunctions<ImageColorArguments>(neon: image_saturation_neon)
  static let imageHue = LevelFunctions<ImageColorArguments>(neon: image_hue_neon)
  static let imageMirror = LevelFunctions<ImageMirrorArguments>(neon: image_mirror_neon)
  static let imageNoise = LevelFunctions<ImageNoiseArguments>(neon: image_noise_neon)
  static let imageResampleColumns = LevelFunctions<ImageResampleArguments>(neon: image_resample_columns_neon)
  static let imageResampleRows = LevelFunctions<ImageResampleArguments>(neon: image_resample_rows_neon)
  static let imageRotateNearest = LevelFunctions<ImageRotationArguments>(neon: image_rotate_nearest_neon)
  static let imageRotateBilinear = LevelFunctions<ImageRotationArguments>(neon: image_rotate_bilinear_neon)
}
#else
@c(image_blur_baseline_body) private func image_blur_baseline_body(_ p: UnsafeRawPointer) { blur(BaselineLanes.self, p.assumingMemoryBound(to: ImageBlurArguments.self)) }
@c(image_blur_avx2_body) private func image_blur_avx2_body(_ p: UnsafeRawPointer) { blur(AVX2Lanes.self, p.assumingMemoryBound(to: ImageBlurArguments.self)) }
@c(image_blur_avx512_body) private func image_blur_avx512_body(_ p: UnsafeRawPointer) { blur(AVX512Lanes.self, p.assumingMemoryBound(to: ImageBlurArguments.self)) }
@c(image_brightness_baseline_body) private func image_brightness_baseline_body(_ p: UnsafeRawPointer) { brightness(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_brightness_avx2_body) private func image_brightness_avx2_body(_ p: UnsafeRawPointer) { brightness(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_brightness_avx512_body) private func image_brightness_avx512_body(_ p: UnsafeRawPointer) { brightness(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_contrast_baseline_body) private func image_contrast_baseline_body(_ p: UnsafeRawPointer) { contrast(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_contrast_avx2_body) private func image_contrast_avx2_body(_ p: UnsafeRawPointer) { contrast(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_contrast_avx512_body) private func image_contrast_avx512_body(_ p: UnsafeRawPointer) { contrast(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_saturation_baseline_body) private func image_saturation_baseline_body(_ p: UnsafeRawPointer) { saturation(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_saturation_avx2_body) private func image_saturation_avx2_body(_ p: UnsafeRawPointer) { saturation(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_saturation_avx512_body) private func image_saturation_avx512_body(_ p: UnsafeRawPointer) { saturation(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_hue_baseline_body) private func image_hue_baseline_body(_ p: UnsafeRawPointer) { hue(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_hue_avx2_body) private func image_hue_avx2_body(_ p: UnsafeRawPointer) { hue(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_hue_avx512_body) private func image_hue_avx512_body(_ p: UnsafeRawPointer) { hue(p.assumingMemoryBound(to: ImageColorArguments.self)) }
@c(image_mirror_baseline_body) private func image_mirror_baseline_body(_ p: UnsafeRawPointer) { mirror(BaselineLanes.self, p.assumingMemoryBound(to: ImageMirrorArguments.self)) }
@c(image_mirror_avx2_body) private func image_mirror_avx2_body(_ p: UnsafeRawPointer) { mirror(AVX2Lanes.self, p.assumingMemoryBound(to: ImageMirrorArguments.self)) }
@c(image_mirror_avx512_body) private func image_mirror_avx512_body(_ p: UnsafeRawPointer) { mirror(AVX512Lanes.self, p.assumingMemoryBound(to: ImageMirrorArguments.self)) }
@c(image_noise_baseline_body) private func image_noise_baseline_body(_ p: UnsafeRawPointer) { noise(p.assumingMemoryBound(to: ImageNoiseArguments.self)) }
@c(image_noise_avx2_body) private func image_noise_avx2_body(_ p: UnsafeRawPointer) { noise(p.assumingMemoryBound(to: ImageNoiseArguments.self)) }
@c(image_noise_avx512_body) private func image_noise_avx512_body(_ p: UnsafeRawPointer) { noise(p.assumingMemoryBound(to: ImageNoiseArguments.self)) }
@c(image_resample_columns_baseline_body) private func image_resample_columns_baseline_body(_ p: UnsafeRawPointer) { resampleColumns(p.assumingMemoryBound(to: ImageResampleArguments.self)) }
@c(image_resample_columns_avx2_body) private func image_resample_columns_avx2_body(_ p: UnsafeRawPointer) { resampleColumns(p.assumingMemoryBound(to: ImageResampleArguments.self)) }
@c(image_resample_columns_avx512_body) private func image_resample_columns_avx512_body(_ p: UnsafeRawPointer) { resampleColumns(p.assumingMemoryBound(to: ImageResampleArguments.self)) }
@c(image_resample_rows_baseline_body) private func image_resample_rows_baseline_body(_ p: UnsafeRawPointer) { resampleRows(p.assumingMemoryBound(to: ImageResampleArguments.self)) }
@c(image_resample_rows_avx2_body) private func image_resample_rows_avx2_body(_ p: UnsafeRawPointer) { resampleRows(p.assumingMemoryBound(to: ImageResampleArguments.self)) }
@c(image_resample_rows_avx512_body) private func image_resample_rows_avx512_body(_ p: UnsafeRawPointer) { resampleRows(p.assumingMemoryBound(to: ImageResampleArguments.self)) }
@c(image_rotate_nearest_baseline_body) private func image_rotate_nearest_baseline_body(_ p: UnsafeRawPointer) { rotateNearest(BaselineLanes.self, p.assumingMemoryBound(to: ImageRotationArguments.self)) }
@c(image_rotate_nearest_avx2_body) private func image_rotate_nearest_avx2_body(_ p: UnsafeRawPointer) { rotateNearest(AVX2Lanes.self, p.assumingMemoryBound(to: ImageRotationArguments.self)) }
@c(image_rotate_nearest_avx512_body) private func image_rotate_nearest_avx512_body(_ p: UnsafeRawPointer) { rotateNearest(AVX512Lanes.self, p.assumingMemoryBound(to: ImageRotationArguments.self)) }
@c(image_rotate_bilinear_baseline_body) private func image_rotate_bilinear_baseline_body(_ p: UnsafeRawPointer) { rotateBilinear(BaselineLanes.self, p.assumingMemoryBound(to: ImageRotationArguments.self)) }
@c(image_rotate_bilinear_avx2_body) private func image_rotate_bilinear_avx2_body(_ p: UnsafeRawPointer) { rotateBilinear(AVX2Lanes.self, p.assumingMemoryBound(to: ImageRotationArguments.self)) }
@c(image_rotate_bilinear_avx512_body) private func image_rotate_bilinear_avx512_body(_ p: UnsafeRawPointer) { rotateBilinear(AVX512Lanes.self, p.assumingMemoryBound(to: ImageRotationArguments.self)) }

extension Levels {
  static let imageBlur = LevelFunctions<ImageBlurArguments>(baseline: image_blur_baseline, avx2: image_blur_avx2, avx512: image_blur_avx512)
  static let imageBrightness = LevelFunctions<ImageColorArguments>(baseline: image_brightness_baseline, avx2: image_brightness_avx2, avx512: image_brightness_avx512)
  static let imageContrast = LevelFunctions<ImageColorArguments>(baseline: image_contrast_baseline, avx2: image_contrast_avx2, avx512: image_contrast_avx512)
  static let imageSaturation = LevelFunctions<ImageColorArguments>(baseline: image_saturation_baseline, avx2: image_saturation_avx2, avx512: image_saturation_avx512)
  static let imageHue = LevelFunctions<ImageColorArguments>(baseline: image_hue_baseline, avx2: image_hue_avx2, avx512: image_hue_avx512)
  static let imageMirror = LevelFunctions<ImageMirrorArguments>(baseline: image_mirror_baseline, avx2: image_mirror_avx2, avx512: image_mirror_avx512)
  static let imageNoise = LevelFunctions<ImageNoiseArguments>(baseline: image_noise_baseline, avx2: image_noise_avx2, avx512: image_noise_avx512)
  static let imageResampleColumns = LevelFunctions<ImageResampleArguments>(baseline: image_resample_columns_baseline, avx2: image_resample_columns_avx2, avx512: image_resample_columns_avx512)
  static let imageResampleRows = LevelFunctions<ImageResampleArguments>(baseline: image_resample_rows_baseline, avx2: image_resample_rows_avx2, avx512: image_resample_rows_avx512)
  static let imageRotateNearest = LevelFunctions<ImageRotationArguments>(baseline: image_rotate_nearest_baseline, avx2: image_rotate_nearest_avx2, avx512: image_rotate_nearest_avx512)
  static let imageRotateBilinear = LevelFunctions<ImageRotationArguments>(baseline: image_rotate_bilinear_baseline, avx2: image_rotate_bilinear_avx2, avx512: image_rotate_bilinear_avx512)
}
#endif
