// The sum of two arrays, as where branches of a network meet.
#pragma once
#include "Levels.h"

typedef struct {
  const float *_Nonnull a;
  const float *_Nonnull b;
  float *_Nonnull output;  // may be the memory of a, or of b
  ptrdiff_t count;
  int32_t relu;     // negative sums become 0
  int32_t relu6;    // and what is above 6 becomes 6
  int32_t streams;  // the output is other memory, aligned for vectors, and is stored past the caches
} AdditionArguments;
ISA_KERNEL(add_forward, AdditionArguments)
