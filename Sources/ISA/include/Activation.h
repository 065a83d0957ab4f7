// Element-wise activations: one array in, one out, and their backward passes: two arrays in, one out.
#pragma once
#include "Levels.h"

typedef struct {
  const float *_Nonnull input;
  float *_Nonnull output;  // may be the input's memory
  ptrdiff_t count;
  int32_t streams;  // the output is other memory, aligned for vectors, and is stored past the caches
} MapArguments;
ISA_KERNEL(relu_forward, MapArguments)
ISA_KERNEL(exp_forward, MapArguments)
ISA_KERNEL(tanh_forward, MapArguments)
ISA_KERNEL(sigmoid_forward, MapArguments)

typedef struct {
  const float *_Nonnull output;          // of the forward pass
  const float *_Nonnull outputGradient;
  float *_Nonnull inputGradient;         // may be the output gradient's memory
  ptrdiff_t count;
  int32_t streams;  // the output is other memory, aligned for vectors, and is stored past the caches
} MapBackwardArguments;
ISA_KERNEL(relu_backward, MapBackwardArguments)
ISA_KERNEL(tanh_backward, MapBackwardArguments)
ISA_KERNEL(sigmoid_backward, MapBackwardArguments)
