// Values replaced by 0 at random.
#pragma once
#include "Levels.h"

typedef struct {
  const float *_Nonnull input;
  float *_Nonnull output;   // may be the input's memory
  ptrdiff_t count;
  ptrdiff_t sharing;        // neighbours that share a fate: 1, or a divisor of the count
  int32_t first;            // the low bits of the first draw's number; the high bits are in the second key
  int32_t firstKey;
  int32_t secondKey;
  int32_t limit;            // the largest draw, of 31 bits, that keeps its values
  float scale;              // the factor of what is kept
  int32_t streams;          // the output is other memory, aligned for vectors, and is stored past the caches
  float *_Nonnull scratch;  // a vector
} DropoutArguments;
ISA_KERNEL(dropout, DropoutArguments)
