// A bias for each channel of [batch, channels, plane], and its gradient.
#pragma once
#include "Levels.h"

typedef struct {
  const float *_Nonnull input;
  const float *_Nonnull bias;
  float *_Nonnull output;      // may be the input's memory
  ptrdiff_t batch;
  ptrdiff_t channels;
  ptrdiff_t plane;
  int32_t streams;             // the output is other memory, its planes whole, aligned vectors: past the caches
} BiasArguments;
ISA_KERNEL(bias_forward, BiasArguments)

typedef struct {
  const float *_Nonnull outputGradient;
  float *_Nonnull biasGradient;
  ptrdiff_t batch;
  ptrdiff_t channels;
  ptrdiff_t plane;
  ptrdiff_t firstChannel;      // of those that are summed
  ptrdiff_t endChannel;
} BiasBackwardArguments;
ISA_KERNEL(bias_backward, BiasBackwardArguments)
