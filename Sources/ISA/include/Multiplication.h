// The product of rows with a factor for each, element by element where a row is one element; and its gradients.
#pragma once
#include "Levels.h"

typedef struct {
  const float *_Nonnull a;       // rows * columns
  const float *_Nonnull b;       // rows
  float *_Nonnull output;        // may be the memory of a; of b where a row is one element
  ptrdiff_t rows;
  ptrdiff_t columns;
  int32_t streams;               // the output is other memory, its rows whole, aligned vectors: past the caches
} MultiplicationArguments;
ISA_KERNEL(multiply_forward, MultiplicationArguments)

typedef struct {
  const float *_Nonnull a;
  const float *_Nonnull b;
  const float *_Nonnull outputGradient;
  float *_Nullable aGradient;    // may be the output gradient's memory
  float *_Nullable bGradient;
  ptrdiff_t rows;
  ptrdiff_t columns;
  float *_Nonnull scratch;       // a vector
} MultiplicationBackwardArguments;
ISA_KERNEL(multiply_backward, MultiplicationBackwardArguments)
