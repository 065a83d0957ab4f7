// What the machine can do at most, measured by kernels of each level.
#pragma once
#include "Levels.h"

typedef struct {
  ptrdiff_t iterations;      // of 24 chains × one vector FMA
  float *_Nonnull sink;      // one vector: keeps the work alive
} PeakArguments;
ISA_KERNEL(machine_peak, PeakArguments)
