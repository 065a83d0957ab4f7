// Softmax along the rows of a matrix, and what is computed from it.
#pragma once
#include "Levels.h"

typedef struct {
  const float *_Nonnull logits;
  const int32_t *_Nonnull labels;        // one a row, 0 ..< columns
  float *_Nonnull losses;                // one a row
  float *_Nullable logitGradients;
  int32_t *_Nullable predictions;        // one a row
  ptrdiff_t rows;
  ptrdiff_t columns;
  float gradientScale;
} SoftmaxCrossEntropyArguments;
ISA_KERNEL(softmax_cross_entropy, SoftmaxCrossEntropyArguments)
