// What the machine can do at most, measured by kernels of each level.
#pragma once
#include "Levels.h"

typedef struct {
  ptrdiff_t iterations;      // of 24 chains × one vector FMA
  float *_Nonnull sink;      // one vector: keeps the work alive
} PeakArguments;
ISA_KERNEL(machine_peak, PeakArguments)

typedef struct {
  const float *_Nonnull source;
  float *_Nonnull destination;
  ptrdiff_t count;
} CopyArguments;
ISA_KERNEL(machine_copy, CopyArguments)
