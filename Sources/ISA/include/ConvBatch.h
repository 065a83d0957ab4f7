// Direct convolution of images that lie side by side: a vector holds the same pixel of as many images as it has lanes.
//
// Images are turned on the way in, from planes to [channel][row][column][image], and back on the way out. A vector then
// has no neighbours: rows have no tails, strides cost nothing, and taps that read padding are left out one by one.
#pragma once
#include "Levels.h"

// Turns runs of elements of some images: staged[run][element][image] = images[image][run][element], or the other way
// round. Lanes behind the last image are staged as 0, and not written back.
typedef struct {
  float *_Nonnull images;  // the first image's first run; only read on the way in
  float *_Nonnull staged;
  ptrdiff_t runs;
  ptrdiff_t length;
  ptrdiff_t imageRunStride;
  ptrdiff_t stagedRunStride;
  ptrdiff_t stagedStride;  // from one element to the next
  ptrdiff_t imageStride;
  ptrdiff_t count;          // images, at most the lanes
  float *_Nonnull scratch;  // a square of lanes × lanes
} ConvBatchTurnArguments;
ISA_KERNEL(conv_batch_turn_in, ConvBatchTurnArguments)
ISA_KERNEL(conv_batch_turn_out, ConvBatchTurnArguments)

// Runs of memory that are needed soon: `runs` of as many images, of `lines` lines each, asked for a few lines at a time
// while sums are computed.
typedef struct {
  const float *_Nullable base;
  ptrdiff_t lines;
  ptrdiff_t runs;
  ptrdiff_t images;
  ptrdiff_t runStride;
  ptrdiff_t imageStride;
  ptrdiff_t line;  // the next
  ptrdiff_t run;
  ptrdiff_t image;
  ptrdiff_t atOnce;
} LinePrefetch;

// A tile is output channels × pixels. For each of the records
//   [pixels, first step, steps, (origin of each pixel), (target of each pixel)]
// target[c · channelStride + target…] =
//   limit(bias[c] + Σ_s weights[weightSteps[s] + c] · source[origin… + sourceSteps[s]]…)
// A record that has fewer pixels than the tile repeats its last one.
typedef struct {
  const float *_Nonnull source;
  const float *_Nonnull weights;
  const float *_Nullable bias;  // NULL: the sums alone, without limits
  const int32_t *_Nonnull records;
  ptrdiff_t recordCount;
  const int32_t *_Nonnull sourceSteps;
  const int32_t *_Nonnull weightSteps;
  float *_Nonnull target;
  ptrdiff_t channelStride;
  float floor;    // 0 for ReLU, else -infinity
  float ceiling;  // infinity for none
  LinePrefetch nextSource;
  LinePrefetch images;  // where the tiles' outputs go
} ConvBatchArguments;

// The weight gradient: a tile is output channels × taps, every lane keeps a sum of its own. For each of the records
//   [first row, row behind the last, first column, column behind the last, (offset of each tap)]
// sums[c][t] += gradient[row][column][c] · source[row · sourceRowStride + column · sourceColumnStride + offset[t]…],
// lane by lane, over the record's rows and columns that are also in firstRow ..< lastRow.
typedef struct {
  const float *_Nonnull source;
  ptrdiff_t sourceRowStride;
  ptrdiff_t sourceColumnStride;
  const float *_Nonnull gradient;  // [row][column][channel of the tile][image]
  ptrdiff_t width;                 // columns of a row of the gradient
  ptrdiff_t firstRow;
  ptrdiff_t lastRow;
  const int32_t *_Nonnull records;
  ptrdiff_t recordCount;
  float *_Nonnull sums;  // a tile of vectors for each record, added to
} ConvBatchWeightsArguments;

// target[places[i]] = the sum over the lanes of sums[i], where the place is at least 0.
typedef struct {
  const float *_Nonnull sums;
  const int32_t *_Nonnull places;
  ptrdiff_t count;  // vectors, a multiple of the lanes
  float *_Nonnull target;
  float *_Nonnull scratch;  // a square of lanes × lanes
} ConvBatchSumArguments;
ISA_KERNEL(conv_batch_sum, ConvBatchSumArguments)

// Tiles, named channels × pixels. A record of few pixels runs in a narrower tile.
ISA_TILE_AVX512(conv_batch_12x2, ConvBatchArguments)
ISA_TILE_AVX512(conv_batch_8x3, ConvBatchArguments)
ISA_TILE_AVX512(conv_batch_6x4, ConvBatchArguments)
ISA_TILE_AVX512(conv_batch_5x4, ConvBatchArguments)
ISA_TILE_AVX512(conv_batch_4x6, ConvBatchArguments)
ISA_TILE_AVX512(conv_batch_3x7, ConvBatchArguments)
ISA_TILE_AVX512(conv_batch_1x8, ConvBatchArguments)
ISA_TILE_AVX2(conv_batch_6x2, ConvBatchArguments)
ISA_TILE_AVX2(conv_batch_3x3, ConvBatchArguments)
ISA_TILE_AVX2(conv_batch_1x8, ConvBatchArguments)
ISA_TILE_NEON(conv_batch_6x4, ConvBatchArguments)
ISA_TILE_NEON(conv_batch_1x8, ConvBatchArguments)

// Tiles of the weight gradient, named channels × taps.
ISA_TILE_AVX512(conv_batch_weights_8x3, ConvBatchWeightsArguments)
ISA_TILE_AVX512(conv_batch_weights_6x4, ConvBatchWeightsArguments)
ISA_TILE_AVX512(conv_batch_weights_5x5, ConvBatchWeightsArguments)
ISA_TILE_AVX512(conv_batch_weights_4x6, ConvBatchWeightsArguments)
ISA_TILE_AVX2(conv_batch_weights_6x2, ConvBatchWeightsArguments)
ISA_TILE_AVX2(conv_batch_weights_3x3, ConvBatchWeightsArguments)
ISA_TILE_NEON(conv_batch_weights_6x4, ConvBatchWeightsArguments)
