// The weight gradient of a convolution: its tiles, and what brings their data into order.
#pragma once
#include "Levels.h"

// Memory that will be read soon: rows of whole cache lines, which a level function asks for a few at a time while it
// computes. It counts on what it finds here.
typedef struct {
  const float *_Nullable row;
  ptrdiff_t rowStride;
  ptrdiff_t lines;  // of a row
  ptrdiff_t line;   // of the row, the next to ask for
  ptrdiff_t left;   // lines of all rows
  ptrdiff_t atOnce;
} ConvAhead;

// target[k · targetStride + lane] = source[lane · sourceStride + k]; lanes behind the last are 0 up to the width.
typedef struct {
  const float *_Nonnull source;
  ptrdiff_t sourceStride;
  float *_Nonnull target;
  ptrdiff_t targetStride;
  ptrdiff_t lanes;
  ptrdiff_t width;
  ptrdiff_t depth;
} ConvTurnArguments;
ISA_KERNEL(conv_turn, ConvTurnArguments)

// Copies rows startY ..< startY + rows of planes, with zeros around what lies inside: a target row has `left` zeros, the
// source's row, and zeros up to its width.
typedef struct {
  const float *_Nonnull source;
  float *_Nonnull target;
  ptrdiff_t planes;
  ptrdiff_t planeStride;
  ptrdiff_t sourceHeight;
  ptrdiff_t sourceWidth;
  ptrdiff_t startY;
  ptrdiff_t rows;
  ptrdiff_t left;
  ptrdiff_t targetWidth;
  ConvAhead *_Nonnull ahead;
} ConvPadArguments;
ISA_KERNEL(conv_pad, ConvPadArguments)

// "channels": a vector holds output channels, a tile's rows are taps, and the sum goes over the pixels of a block, which
// are runs of neighbours.
// sums[tap · sumStride + c] +=
//   Σ_run Σ_i panel[pixels[run] + i][c] · source[sources[run] + i · sourceStep + offsets[tap]]
typedef struct {
  const float *_Nonnull source;
  const int32_t *_Nonnull sources;
  const int32_t *_Nonnull pixels;
  ptrdiff_t runs;
  ptrdiff_t runLength;
  ptrdiff_t sourceStep;
  const int32_t *_Nonnull offsets;
  ptrdiff_t taps;
  const float *_Nonnull panel;  // as wide as the tile
  float *_Nonnull sums;         // rows as wide as the tile
  ptrdiff_t sumStride;
  int32_t isFirst;            // 1: the sums begin at 0
  ConvAhead *_Nonnull ahead;  // two of them
} ConvTapsArguments;
ISA_TILE_AVX512(conv_taps_6x4, ConvTapsArguments)
ISA_TILE_AVX512(conv_taps_8x3, ConvTapsArguments)
ISA_TILE_AVX512(conv_taps_8x2, ConvTapsArguments)
ISA_TILE_AVX2(conv_taps_6x2, ConvTapsArguments)
ISA_TILE_AVX512(conv_taps_8x1, ConvTapsArguments)
ISA_TILE_AVX2(conv_taps_8x1, ConvTapsArguments)
ISA_TILE_NEON(conv_taps_6x4, ConvTapsArguments)
ISA_TILE_NEON(conv_taps_8x3, ConvTapsArguments)
ISA_TILE_NEON(conv_taps_8x2, ConvTapsArguments)
ISA_TILE_NEON(conv_taps_8x1, ConvTapsArguments)
