// Normalisation of [batch, channels, plane] by mean and deviation: over batch and plane (batch normalisation), or over
// the planes of a group of channels of one image (group and layer normalisation).
#pragma once
#include "Levels.h"

typedef struct {
  const float *_Nonnull input;
  const float *_Nullable weight;        // 1 where there is none
  const float *_Nullable bias;          // 0 where there is none
  float *_Nonnull output;
  float *_Nonnull statistics;           // of each channel: mean, what its rounding left, 1 / deviation
  float *_Nullable runningMean;
  float *_Nullable runningVariance;
  double momentum;                      // the share of the batch in the running values
  double epsilon;
  ptrdiff_t batch;
  ptrdiff_t channels;
  ptrdiff_t plane;
  ptrdiff_t firstChannel;               // of those that are computed
  ptrdiff_t endChannel;
  ptrdiff_t channelBlock;               // channels that are computed side by side
  void *_Nonnull scratch;
  int32_t relu;
  int32_t streams;                      // planes of the output are whole, aligned vectors: past the caches
} BatchNormArguments;
ISA_KERNEL(batch_norm_forward, BatchNormArguments)

typedef struct {
  const float *_Nonnull input;
  const float *_Nonnull outputGradient;
  const float *_Nullable weight;
  const float *_Nullable bias;
  const float *_Nonnull statistics;
  float *_Nullable inputGradient;       // may be the output gradient's memory
  float *_Nullable weightGradient;
  float *_Nullable biasGradient;
  ptrdiff_t batch;
  ptrdiff_t channels;
  ptrdiff_t plane;
  ptrdiff_t firstChannel;
  ptrdiff_t endChannel;
  ptrdiff_t channelBlock;
  void *_Nonnull scratch;
  int32_t relu;                         // the forward pass applied it
} BatchNormBackwardArguments;
ISA_KERNEL(batch_norm_backward, BatchNormBackwardArguments)

typedef struct {
  const float *_Nonnull input;
  const float *_Nullable weight;
  const float *_Nullable bias;
  const float *_Nonnull runningMean;
  const float *_Nonnull runningVariance;
  float *_Nonnull output;               // may be the input's memory
  float epsilon;
  ptrdiff_t channels;
  ptrdiff_t plane;
  ptrdiff_t firstPlane;                 // of batch × channels
  ptrdiff_t endPlane;
  float *_Nonnull scratch;
  int32_t relu;
  int32_t streams;
} BatchNormInferenceArguments;
ISA_KERNEL(batch_norm_inference, BatchNormInferenceArguments)

typedef struct {
  const float *_Nonnull input;
  const float *_Nonnull outputGradient;
  const float *_Nullable weight;
  const float *_Nullable bias;
  const float *_Nonnull runningMean;
  const float *_Nonnull runningVariance;
  float *_Nullable inputGradient;       // may be the output gradient's memory
  float *_Nullable weightGradient;
  float *_Nullable biasGradient;
  float epsilon;
  ptrdiff_t batch;
  ptrdiff_t channels;
  ptrdiff_t plane;
  ptrdiff_t firstChannel;
  ptrdiff_t endChannel;
  ptrdiff_t channelBlock;
  void *_Nonnull scratch;
  int32_t relu;                         // the forward pass applied it
} BatchNormInferenceBackwardArguments;
ISA_KERNEL(batch_norm_inference_backward, BatchNormInferenceBackwardArguments)

typedef struct {
  const float *_Nonnull input;
  const float *_Nullable weight;
  const float *_Nullable bias;
  float *_Nonnull output;
  float *_Nonnull statistics;           // of each image's groups: mean, what its rounding left, 1 / deviation
  double epsilon;
  ptrdiff_t rows;                       // images × groups
  ptrdiff_t groups;
  ptrdiff_t channels;                   // of a group
  ptrdiff_t plane;
  ptrdiff_t firstRow;                   // of those that are computed
  ptrdiff_t endRow;
  float *_Nonnull scratch;
  int32_t relu;
  int32_t streams;
} GroupNormArguments;
ISA_KERNEL(group_norm_forward, GroupNormArguments)

typedef struct {
  const float *_Nonnull input;
  const float *_Nonnull outputGradient;
  const float *_Nullable weight;
  const float *_Nullable bias;
  const float *_Nonnull statistics;
  float *_Nonnull inputGradient;        // may be the output gradient's memory
  ptrdiff_t rows;
  ptrdiff_t groups;
  ptrdiff_t channels;
  ptrdiff_t plane;
  ptrdiff_t firstRow;
  ptrdiff_t endRow;
  float *_Nonnull scratch;
  int32_t relu;
} GroupNormBackwardArguments;
ISA_KERNEL(group_norm_backward, GroupNormBackwardArguments)

typedef struct {
  const float *_Nonnull input;
  const float *_Nonnull outputGradient;
  const float *_Nullable weight;
  const float *_Nullable bias;
  const float *_Nonnull statistics;
  float *_Nullable weightGradient;
  float *_Nullable biasGradient;
  ptrdiff_t batch;
  ptrdiff_t groups;
  ptrdiff_t channels;                   // of a group
  ptrdiff_t plane;
  ptrdiff_t firstChannel;               // of all channels, those that are computed
  ptrdiff_t endChannel;
  void *_Nonnull scratch;
  int32_t relu;
} GroupNormWeightsArguments;
ISA_KERNEL(group_norm_weights, GroupNormWeightsArguments)
