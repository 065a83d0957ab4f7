// Upsampling by whole factors: each value becomes a rectangle of equal ones; backward, the rectangle's gradients are
// added up.
#pragma once
#include "Levels.h"

typedef struct {
  const float *_Nonnull source;   // the input, or the output's gradient
  float *_Nonnull destination;    // the output, or the input's gradient
  ptrdiff_t rows;                 // of the small image: those of this run, of any number of planes
  ptrdiff_t width;                // of the small image
  ptrdiff_t scaleHeight;
  ptrdiff_t scaleWidth;
  float *_Nonnull scratch;
  ptrdiff_t chunk;                // rows that the scratch memory holds
  int32_t streams;                // rows of the output are whole, aligned vectors: past the caches
} UpsampleArguments;
ISA_KERNEL(upsample_forward, UpsampleArguments)
ISA_KERNEL(upsample_backward, UpsampleArguments)
