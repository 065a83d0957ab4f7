// One optimiser step over all parameters of an array, in one pass over memory; and what is done with gradients and
// parameters around it.
//
// gradientSign is 1, or -1 where the parameters are to climb. Factors that multiply different lanes are kept apart: side
// by side, LLVM makes pairs of them and of the lanes they multiply.
#pragma once
#include "Levels.h"

typedef struct {
  float *_Nonnull parameters;
  const float *_Nonnull gradients;
  float *_Nullable velocity;  // null where there is no momentum
  ptrdiff_t count;
  float momentum;
  float weightDecay;
  float learningRate;
  float gradientShare;        // 1 - dampening; of the gradient in the new velocity
  int32_t isFirst;            // the velocity is written, not read
  int32_t nesterov;
  float gradientSign;
} SGDArguments;
ISA_KERNEL(sgd_step, SGDArguments)

typedef struct {
  float *_Nonnull parameters;
  const float *_Nonnull gradients;
  float *_Nonnull firstMoments;
  float *_Nonnull secondMoments;
  float *_Nullable largestMoments;  // AMSGrad's; null for Adam
  ptrdiff_t count;
  float firstShare;           // 1 - beta1; of the gradient in the new first moment
  float secondDecay;          // beta2
  float secondShare;          // 1 - beta2
  float stepSize;             // learningRate / (1 - beta1^step)
  float rootScale;            // 1 / sqrt(1 - beta2^step)
  float epsilon;
  float weightDecay;          // of the parameter in the gradient
  float kept;                 // of the parameter before its step: 1 - learningRate * decoupled decay
  float gradientSign;
} AdamArguments;
ISA_KERNEL(adam_step, AdamArguments)

typedef struct {
  float *_Nonnull parameters;
  const float *_Nonnull gradients;
  float *_Nonnull firstMoments;
  float *_Nonnull secondMoments;
  ptrdiff_t count;
  float firstShare;           // 1 - beta1; of the gradient in the new first moment
  float secondDecay;          // beta2
  float secondShare;          // 1 - beta2
  float momentSize;           // learningRate * next momentum / (1 - product of all momenta up to it)
  float rootScale;            // 1 / sqrt(1 - beta2^step)
  float gradientSize;         // learningRate * (1 - momentum) / (1 - product of all momenta)
  float epsilon;
  float weightDecay;          // of the parameter in the gradient
  float kept;                 // of the parameter before its step: 1 - learningRate * decoupled decay
  float gradientSign;
} NAdamArguments;
ISA_KERNEL(nadam_step, NAdamArguments)

typedef struct {
  float *_Nonnull parameters;
  const float *_Nonnull gradients;
  float *_Nonnull firstMoments;
  float *_Nonnull secondMoments;
  ptrdiff_t count;
  float firstShare;           // 1 - beta1; of the gradient in the new first moment
  float secondDecay;          // beta2
  float secondShare;          // 1 - beta2
  float stepSize;             // of the first moment, over the root of the second where that is rectified
  float epsilon;
  float weightDecay;          // of the parameter in the gradient
  float kept;                 // of the parameter before its step: 1 - learningRate * decoupled decay
  float gradientSign;
  int32_t isRectified;
} RAdamArguments;
ISA_KERNEL(radam_step, RAdamArguments)

typedef struct {
  float *_Nonnull parameters;
  const float *_Nonnull gradients;
  float *_Nonnull squares;    // the running mean of the gradients' squares
  float *_Nullable velocity;  // null where there is no momentum
  float *_Nullable means;     // the running mean of the gradients; null where not centred
  ptrdiff_t count;
  float decay;                // alpha
  float share;                // 1 - alpha
  float epsilon;
  float weightDecay;
  float learningRate;
  float momentum;
  float gradientSign;
} RMSpropArguments;
ISA_KERNEL(rmsprop_step, RMSpropArguments)

typedef struct {
  float *_Nonnull parameters;
  const float *_Nonnull gradients;
  float *_Nonnull sums;       // of the gradients' squares
  ptrdiff_t count;
  float weightDecay;
  float epsilon;
  float learningRate;
  float gradientSign;
} AdagradArguments;
ISA_KERNEL(adagrad_step, AdagradArguments)

// values = clamp(values * scale, -limit, limit)
typedef struct {
  float *_Nonnull values;
  ptrdiff_t count;
  float scale;
  float limit;
} ClipArguments;
ISA_KERNEL(gradient_clip, ClipArguments)

// sum = accumulated + gradients * scale; the sum may be in either's memory
typedef struct {
  const float *_Nullable accumulated;  // null for nothing
  const float *_Nonnull gradients;
  float *_Nonnull sum;
  ptrdiff_t count;
  float scale;
} AccumulationArguments;
ISA_KERNEL(gradient_accumulation, AccumulationArguments)

// The sum of squares of a block, in Double.
typedef struct {
  const float *_Nonnull values;
  ptrdiff_t count;
  double *_Nonnull sum;
} SquaresArguments;
ISA_KERNEL(sum_of_squares, SquaresArguments)

// averages = averages + share * (values - averages)
typedef struct {
  float *_Nonnull averages;
  float *_Nonnull values;     // written where they follow
  ptrdiff_t count;
  float share;                // of the values in the new averages
  float rest;                 // 1 - share
  int32_t isNear;             // share is below a half
  int32_t valuesFollow;       // the new averages are stored as the values, too
} AverageArguments;
ISA_KERNEL(weight_average, AverageArguments)
