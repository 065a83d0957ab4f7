// Copies that leave the caches alone.
#pragma once
#include "Levels.h"

typedef struct {
  const float *_Nonnull source;
  float *_Nonnull destination;
  ptrdiff_t count;
  // What is read next, asked for meanwhile: the same number of lines at two addresses, or at one.
  const char *_Nullable ahead;
  const char *_Nullable alsoAhead;
  ptrdiff_t aheadLines;
} CopyArguments;
ISA_KERNEL(stream_copy, CopyArguments)
