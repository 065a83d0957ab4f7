// Pooling over planes of [batch, channels, height, width]: a level function covers a run of whole planes.
#pragma once
#include "Levels.h"

// The shape of one plane and its windows; `planes` of them lie one after another.
typedef struct {
  ptrdiff_t planes;
  ptrdiff_t inputHeight;
  ptrdiff_t inputWidth;
  ptrdiff_t outputHeight;
  ptrdiff_t outputWidth;
  ptrdiff_t kernelHeight;
  ptrdiff_t kernelWidth;
  ptrdiff_t strideHeight;
  ptrdiff_t strideWidth;
  ptrdiff_t paddingHeight;
  ptrdiff_t paddingWidth;
  ptrdiff_t dilationHeight;
  ptrdiff_t dilationWidth;
  ptrdiff_t insideFirst;    // output columns insideFirst ..< insideEnd have windows that no side border cuts
  ptrdiff_t insideEnd;
  int32_t countIncludePad;  // average pooling divides by what lies in the padding too
  int32_t isPrepared;       // the scratch memory holds what the last call for other planes has prepared
} PoolGeometry;

typedef struct {
  PoolGeometry geometry;
  const float *_Nonnull input;
  float *_Nonnull output;
  int32_t *_Nullable positions;  // of the winners in their windows, ky * kernelWidth + kx
  float *_Nonnull scratch;       // of all kernels but 2x2
} MaxPoolForwardArguments;

typedef struct {
  PoolGeometry geometry;
  const float *_Nonnull outputGradient;
  const int32_t *_Nonnull positions;
  float *_Nonnull inputGradient;
} MaxPoolBackwardArguments;

typedef struct {
  MaxPoolBackwardArguments pass;
  float *_Nonnull scratch;
} MaxPoolGatherArguments;

// Forward: source is the input, destination the output. Backward: from the output's gradient to the input's.
typedef struct {
  PoolGeometry geometry;
  const float *_Nonnull source;
  float *_Nonnull destination;
  float *_Nonnull scratch;
} AveragePoolArguments;

typedef struct {
  const float *_Nonnull input;
  float *_Nonnull output;
  int32_t *_Nullable indices;    // of the winners in their planes, y * inputWidth + x
  ptrdiff_t planes;
  ptrdiff_t inputHeight;
  ptrdiff_t inputWidth;
  ptrdiff_t outputHeight;
  ptrdiff_t outputWidth;
  float *_Nonnull values;        // a row of inputs
  int32_t *_Nonnull rows;        // as many
} AdaptiveMaxPoolArguments;

ISA_KERNEL(max_pool_2x2_forward, MaxPoolForwardArguments)
ISA_KERNEL(max_pool_2x2_backward, MaxPoolBackwardArguments)
ISA_KERNEL(max_pool_3x3_forward, MaxPoolForwardArguments)
ISA_KERNEL(max_pool_tiles_forward, MaxPoolForwardArguments)
ISA_KERNEL(max_pool_windows_forward, MaxPoolForwardArguments)
ISA_KERNEL(max_pool_rows_forward, MaxPoolForwardArguments)
ISA_KERNEL(max_pool_3x3_backward, MaxPoolGatherArguments)
ISA_KERNEL(max_pool_windows_backward, MaxPoolBackwardArguments)

ISA_KERNEL(average_pool_2x2_forward, AveragePoolArguments)
ISA_KERNEL(average_pool_2x2_backward, AveragePoolArguments)
ISA_KERNEL(average_pool_3x3_forward, AveragePoolArguments)
ISA_KERNEL(average_pool_3x3_backward, AveragePoolArguments)
ISA_KERNEL(average_pool_tiles_forward, AveragePoolArguments)
ISA_KERNEL(average_pool_tiles_backward, AveragePoolArguments)
ISA_KERNEL(average_pool_windows_forward, AveragePoolArguments)
ISA_KERNEL(average_pool_windows_backward, AveragePoolArguments)
ISA_KERNEL(average_pool_rows_forward, AveragePoolArguments)
ISA_KERNEL(average_pool_rows_backward, AveragePoolArguments)

ISA_KERNEL(global_average_pool_forward, AveragePoolArguments)
ISA_KERNEL(global_average_pool_backward, AveragePoolArguments)
ISA_KERNEL(adaptive_average_pool_forward, AveragePoolArguments)
ISA_KERNEL(adaptive_average_pool_backward, AveragePoolArguments)
ISA_KERNEL(adaptive_max_pool_forward, AdaptiveMaxPoolArguments)

// Places of 2×2 windows' winners in 32 bits and in 8.
typedef struct {
  const float *_Nonnull values;   // the winners; those that are 0 by ReLU get choice 4
  int32_t *_Nonnull places;
  uint8_t *_Nonnull choices;
  ptrdiff_t count;
  int32_t relu;
} PoolChoicesArguments;
ISA_KERNEL(pool_choices_pack, PoolChoicesArguments)
ISA_KERNEL(pool_choices_unpack, PoolChoicesArguments)
