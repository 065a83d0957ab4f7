// Direct convolution: the tiles of its three passes, and what prepares their data.
//
// A "view" is the input of one image and group as a tile reads it: the image itself, or a staged copy of a band of its
// rows with the padding written out. A tile reaches every element by adding two offsets, that of an output's origin in
// the view and that of a tap from there, so no patch matrix is ever made.
#pragma once
#include "Levels.h"

// Copies rows of planes into a view. A staged row is `phases` runs of `phaseWidth` elements: run p, element j is the
// source's column startX + j · columnStep + p, so that the columns of a strided convolution become contiguous. What lies
// outside the source is 0.
typedef struct {
  const float *_Nonnull source;
  float *_Nonnull target;
  ptrdiff_t planes;
  ptrdiff_t sourcePlaneStride;
  ptrdiff_t sourceHeight;
  ptrdiff_t sourceWidth;
  ptrdiff_t startY;  // the source's row of the first staged row
  ptrdiff_t startX;
  ptrdiff_t rowStep;  // the source's rows from one staged row to the next
  ptrdiff_t columnStep;
  ptrdiff_t height;  // staged rows
  ptrdiff_t phases;
  ptrdiff_t phaseWidth;
} ConvStageArguments;
ISA_KERNEL(conv_stage, ConvStageArguments)

// Gathers panels of `width` lanes side by side for each k; lanes behind the last are 0.
typedef struct {
  const float *_Nonnull source;
  float *_Nonnull panels;
  ptrdiff_t lanes;
  ptrdiff_t width;
  ptrdiff_t depth;
  ptrdiff_t laneStride;
  const int32_t *_Nullable depthOffsets;  // of each k; NULL: k itself
} ConvPackArguments;
ISA_KERNEL(conv_pack, ConvPackArguments)

// Turns weights to panels of `width` output or input channels side by side, a row of the panel for each step of a sum.
// The weights of a lane come in segments of `length` neighbours; rows[segment · length + i] is the row of the panel that
// element i goes to, or -1 if no sum needs it. Lanes behind the last are 0.
typedef struct {
  const float *_Nonnull source;
  float *_Nonnull panels;
  ptrdiff_t lanes;
  ptrdiff_t width;
  ptrdiff_t panelStride;
  ptrdiff_t laneStride;
  ptrdiff_t segments;
  ptrdiff_t segmentStride;
  ptrdiff_t length;
  const int32_t *_Nonnull rows;
} ConvPanelArguments;
ISA_KERNEL(conv_panels, ConvPanelArguments)

// Planes that are needed later: while sums are computed, their lines are asked for, a few at a time.
typedef struct {
  const char *_Nullable base;  // the next line
  ptrdiff_t lines;             // left of its plane
  ptrdiff_t planes;
  ptrdiff_t perPlane;
  ptrdiff_t rest;  // bytes from behind a plane's lines to the next plane
  ptrdiff_t atOnce;
} ConvPrefetch;

// "rows": a vector holds neighbouring outputs of a row, a tile's rows are output channels.
// target[c][targets[v]…] = limit(bias[c] + Σ_k weights[k][c] · source[sources[v] + taps[k]…])
typedef struct {
  const float *_Nonnull source;
  const int32_t *_Nonnull taps;
  ptrdiff_t depth;
  const float *_Nonnull weights;  // panels
  ptrdiff_t panels;
  ptrdiff_t widePanels;  // those of the tile's rows; the others are of the smaller tile's
  ptrdiff_t panelStride;
  ptrdiff_t tailStride;  // from one of the smaller panels to the next
  ptrdiff_t panelRow;  // from one tap's weights to the next's
  const float *_Nonnull bias;  // as many values as the panels have lanes
  float *_Nonnull target;
  const int32_t *_Nonnull sources;
  const int32_t *_Nonnull targets;
  const int32_t *_Nullable ranges;  // the first tap of each vector, and behind its last; NULL: all taps
  ptrdiff_t vectors;
  ptrdiff_t lanes;  // of each vector that are stored
  ptrdiff_t channels;
  ptrdiff_t channelStride;
  float floor;              // 0 for ReLU, else -infinity
  float ceiling;            // infinity for none
  float *_Nonnull scratch;  // one tile
  ConvPrefetch prefetch;
  int32_t keepsVectors;    // all panels pass over a tile's vectors before the next vectors come
  ptrdiff_t sourcePlanes;  // if then the source's planes, of which each is one tap, are read in place, their number
  ptrdiff_t sourcePlaneStride;
  float *_Nullable packed;  // where a tile's vectors of all steps are copied before the panels pass over them
  const int32_t *_Nonnull packedTaps;  // of each step there
} ConvRowsArguments;

// "points": a vector holds channels, a tile's rows are runs of outputs that are neighbours in the source.
// target[c][targets[r] + i] = limit(bias[c] + Σ_k panels[k][c] · source[sources[r] + i + taps[k]])
typedef struct {
  const float *_Nonnull source;
  const int32_t *_Nonnull taps;
  ptrdiff_t depth;
  const float *_Nonnull panels;
  ptrdiff_t panelStride;
  const float *_Nonnull bias;  // as many values as the panels have lanes
  float *_Nonnull target;
  const int32_t *_Nonnull sources;
  const int32_t *_Nonnull targets;
  const int32_t *_Nullable ranges;  // the first tap of each run, and behind its last; NULL: all taps
  ptrdiff_t runs;
  ptrdiff_t runPoints;  // of a run that are stored; fewer than it has only if every run is the start of a row
  ptrdiff_t channels;
  ptrdiff_t channelStride;
  float floor;              // 0 for ReLU, else -infinity
  float ceiling;            // infinity for none
  float *_Nonnull scratch;  // one tile
  ConvPrefetch prefetch;
} ConvPointsArguments;

// "dot": a vector holds neighbouring outputs of a row, a tile is output channels × taps, and every lane keeps a sum of
// its own: sums[c][tap] += gradient[c][gradients[v]…] · source[sources[v] + taps[tap]…], lane by lane.
typedef struct {
  const float *_Nonnull source;
  const int32_t *_Nonnull sources;
  const float *_Nonnull gradient;
  const int32_t *_Nonnull gradients;
  ptrdiff_t gradientStride;  // from one channel to the next
  ptrdiff_t wholeVectors;
  ptrdiff_t tailVectors;  // behind the whole ones, of which the lanes tailFirst ..< tailLast count
  int32_t tailFirst;
  int32_t tailLast;
  const int32_t *_Nonnull taps;
  ptrdiff_t depth;
  ptrdiff_t channels;
  float *_Nonnull sums;  // tiles of vectors, added to: [channel tile][tap tile][channel][tap]
} ConvDotArguments;

// target[c][tap] = the sum over the lanes of sums[c][tap].
typedef struct {
  const float *_Nonnull sums;
  float *_Nonnull target;
  ptrdiff_t channels;
  ptrdiff_t depth;
} ConvDotReduceArguments;

// target[i] = Σ parts[p][i], in the order of the parts.
typedef struct {
  const float *_Nonnull parts;
  float *_Nonnull target;
  ptrdiff_t count;
  ptrdiff_t partCount;
  ptrdiff_t partStride;
} ConvSumArguments;
ISA_KERNEL(conv_sum, ConvSumArguments)

// Puts columns of `step` planes side by side: target[y · rowStride][x] = planes[x mod step][y][x / step].
typedef struct {
  const float *_Nonnull source;
  const int32_t *_Nonnull offsets;  // of each of the `step` planes from `source`; -1: zeros
  float *_Nonnull target;
  ptrdiff_t step;
  ptrdiff_t planes;  // of the target
  ptrdiff_t height;
  ptrdiff_t width;  // of the target
  ptrdiff_t targetPlaneStride;
  ptrdiff_t targetRowStride;
} ConvInterleaveArguments;
ISA_KERNEL(conv_interleave, ConvInterleaveArguments)

// Tiles, named rows × vectors (dot: channels × taps); one level has those that fill its registers.
ISA_TILE_AVX512(conv_rows_12x2, ConvRowsArguments)
ISA_TILE_AVX512(conv_rows_8x3, ConvRowsArguments)
ISA_TILE_AVX512(conv_rows_6x4, ConvRowsArguments)
ISA_TILE_AVX512(conv_rows_4x6, ConvRowsArguments)
ISA_TILE_AVX512(conv_rows_3x7, ConvRowsArguments)
ISA_TILE_AVX512(conv_rows_1x8, ConvRowsArguments)
ISA_TILE_AVX2(conv_rows_6x2, ConvRowsArguments)
ISA_TILE_AVX2(conv_rows_1x8, ConvRowsArguments)

ISA_TILE_AVX512(conv_points_7x2x2, ConvPointsArguments)
ISA_TILE_AVX512(conv_points_2x7x2, ConvPointsArguments)
ISA_TILE_AVX512(conv_points_3x4x2, ConvPointsArguments)
ISA_TILE_AVX512(conv_points_2x10x1, ConvPointsArguments)
ISA_TILE_AVX512(conv_points_7x4x1, ConvPointsArguments)
ISA_TILE_AVX2(conv_points_6x1x2, ConvPointsArguments)

ISA_TILE_AVX512(conv_dot_6x3, ConvDotArguments)
ISA_TILE_AVX512(conv_dot_3x5, ConvDotArguments)
ISA_TILE_AVX512(conv_dot_1x9, ConvDotArguments)
ISA_TILE_AVX2(conv_dot_3x3, ConvDotArguments)
ISA_TILE_AVX2(conv_dot_1x9, ConvDotArguments)
ISA_TILE_AVX512(conv_dot_6x3_reduce, ConvDotReduceArguments)
ISA_TILE_AVX512(conv_dot_3x5_reduce, ConvDotReduceArguments)
ISA_TILE_AVX512(conv_dot_1x9_reduce, ConvDotReduceArguments)
ISA_TILE_AVX2(conv_dot_3x3_reduce, ConvDotReduceArguments)
ISA_TILE_AVX2(conv_dot_1x9_reduce, ConvDotReduceArguments)

ISA_TILE_NEON(conv_rows_6x4, ConvRowsArguments)
ISA_TILE_NEON(conv_rows_1x8, ConvRowsArguments)
ISA_TILE_NEON(conv_points_6x1x4, ConvPointsArguments)
ISA_TILE_NEON(conv_points_6x2x2, ConvPointsArguments)
ISA_TILE_NEON(conv_dot_6x4, ConvDotArguments)
ISA_TILE_NEON(conv_dot_1x9, ConvDotArguments)
ISA_TILE_NEON(conv_dot_6x4_reduce, ConvDotReduceArguments)
ISA_TILE_NEON(conv_dot_1x9_reduce, ConvDotReduceArguments)

// "depthwise": each channel is a plane of its own, convolved with a k × k kernel at stride 1 and padding k / 2.
// target[plane] = limit(bias + weights ∗ source[plane / multiplier]), for planes firstPlane ..< endPlane.
typedef struct {
  const float *_Nonnull source;  // all planes
  ptrdiff_t sourceCount;         // elements of all
  float *_Nonnull target;        // all planes
  const float *_Nonnull weights;
  const float *_Nullable bias;
  ptrdiff_t firstPlane;
  ptrdiff_t endPlane;
  ptrdiff_t channels;    // of the target: a plane's channel is its remainder by this
  ptrdiff_t multiplier;  // target planes for each source plane
  ptrdiff_t height;
  ptrdiff_t width;
  int32_t isTurned;  // the weights are turned by 180°
  int32_t streams;   // the target is stored past the caches; its rows are whole, aligned vectors
  float floor;
  float ceiling;
  float *_Nonnull scratch;  // k · k + 4 vectors and a plane
} ConvDepthwiseArguments;
ISA_KERNEL(conv_depthwise_3, ConvDepthwiseArguments)
ISA_KERNEL(conv_depthwise_5, ConvDepthwiseArguments)
ISA_KERNEL(conv_depthwise_7, ConvDepthwiseArguments)

// The weight gradient of the same convolution, of channels firstChannel ..< endChannel, summed over some images.
typedef struct {
  const float *_Nonnull source;    // the first image
  const float *_Nonnull gradient;  // the first image
  ptrdiff_t images;
  ptrdiff_t channels;    // of the gradient
  ptrdiff_t multiplier;  // gradient planes for each source plane
  ptrdiff_t firstChannel;
  ptrdiff_t endChannel;
  ptrdiff_t height;
  ptrdiff_t width;
  float *_Nonnull target;  // of all channels
  float *_Nonnull sums;    // for each channel at most k · (k + 2) vectors, then two planes and six vectors
} ConvDepthwiseWeightsArguments;
ISA_KERNEL(conv_depthwise_weights_3, ConvDepthwiseWeightsArguments)
ISA_KERNEL(conv_depthwise_weights_5, ConvDepthwiseWeightsArguments)
ISA_KERNEL(conv_depthwise_weights_7, ConvDepthwiseWeightsArguments)
