// Images of bytes, gathered by index into a batch of scaled floats.
#pragma once
#include "Levels.h"

typedef struct {
  const uint8_t *_Nonnull images;
  const int32_t *_Nonnull indices;  // one an image of the batch
  float *_Nonnull output;
  ptrdiff_t batch;
  ptrdiff_t elements;               // of an image
  float scale;
  float offset;
} BatchAssemblyArguments;
ISA_KERNEL(batch_assembly, BatchAssemblyArguments)
