// target[c · targetStride + r] = source[r · sourceStride + c]; the two do not overlap.
#pragma once
#include "Levels.h"

typedef struct {
  const float *_Nonnull source;
  float *_Nonnull target;
  ptrdiff_t rows;
  ptrdiff_t columns;
  ptrdiff_t sourceStride;
  ptrdiff_t targetStride;
} TransposeArguments;
ISA_KERNEL(transpose, TransposeArguments)
