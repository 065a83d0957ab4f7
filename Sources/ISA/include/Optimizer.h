// One optimiser step over all parameters of an array, in one pass over memory.
#pragma once
#include "Levels.h"

typedef struct {
  float *_Nonnull parameters;
  const float *_Nonnull gradients;
  float *_Nullable velocity;  // null where there is no momentum
  ptrdiff_t count;
  // Momentum and gradientShare are apart: side by side, LLVM makes pairs of them and of the lanes they multiply.
  float momentum;
  float weightDecay;
  float learningRate;
  float gradientShare;        // 1 - dampening; of the gradient in the new velocity
  int32_t isFirst;            // the velocity is written, not read
  int32_t nesterov;
} SGDArguments;
ISA_KERNEL(sgd_step, SGDArguments)

typedef struct {
  float *_Nonnull parameters;
  const float *_Nonnull gradients;
  float *_Nonnull firstMoments;
  float *_Nonnull secondMoments;
  ptrdiff_t count;
  float firstShare;           // 1 - beta1; of the gradient in the new first moment
  float secondDecay;          // beta2
  float secondShare;          // 1 - beta2
  float stepSize;             // learningRate / (1 - beta1^step)
  float rootScale;            // 1 / sqrt(1 - beta2^step)
  float epsilon;
  float weightDecay;
} AdamArguments;
ISA_KERNEL(adam_step, AdamArguments)
