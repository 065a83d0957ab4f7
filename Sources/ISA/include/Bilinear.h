// Bilinear upsampling: each output is a mean of the four inputs around its place, weighted by how near they are.
#pragma once
#include "Levels.h"

// Where the outputs of an axis lie between its inputs.
typedef struct {
  ptrdiff_t inputs;
  ptrdiff_t outputs;
  const int32_t *_Nonnull first;   // of each output: the input before it; the next one is behind it, if there is one
  const float *_Nonnull share;     // of each output: the weight of the input behind it
  const int32_t *_Nonnull start;   // of each input, and of one more: the first output that lies behind it
} LinearAxis;

typedef struct {
  LinearAxis rows;
  LinearAxis columns;
  const float *_Nonnull source;    // the input, or the output's gradient
  float *_Nonnull destination;     // the output, or the input's gradient
  ptrdiff_t begin;                 // of the destination's rows of all planes
  ptrdiff_t end;
  float *_Nonnull scratch;         // two rows of outputs; backward one
} BilinearArguments;
ISA_KERNEL(bilinear_forward, BilinearArguments)
ISA_KERNEL(bilinear_backward, BilinearArguments)
