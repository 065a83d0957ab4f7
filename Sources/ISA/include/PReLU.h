// A slope for the negative values of each channel of [batch, channels, plane], and the gradients of values and slopes.
#pragma once
#include "Levels.h"

typedef struct {
  const float *_Nonnull input;
  const float *_Nonnull weight;   // a slope for each channel
  float *_Nonnull output;         // may be the input's memory
  ptrdiff_t first;                // of the planes, or of the images where a plane is one value
  ptrdiff_t count;
  ptrdiff_t channels;
  ptrdiff_t plane;
  int32_t streams;                // the output is other memory, its planes whole, aligned vectors: past the caches
} PReLUArguments;
ISA_KERNEL(prelu_forward, PReLUArguments)

typedef struct {
  const float *_Nonnull input;
  const float *_Nonnull outputGradient;
  const float *_Nonnull weight;
  float *_Nullable inputGradient;  // may be the output gradient's memory
  double *_Nullable sums;          // a segment's sum of each channel; else the gradient itself is written
  float *_Nullable weightGradient;
  ptrdiff_t channels;
  ptrdiff_t plane;
  ptrdiff_t firstImage;
  ptrdiff_t endImage;
  ptrdiff_t firstChannel;
  ptrdiff_t endChannel;
  float *_Nonnull scratch;         // a vector
} PReLUBackwardArguments;
ISA_KERNEL(prelu_backward, PReLUBackwardArguments)
