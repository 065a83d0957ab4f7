// Softmax along the rows of a matrix, and what is computed from it.
#pragma once
#include "Levels.h"

typedef struct {
  const float *_Nonnull input;
  float *_Nonnull output;
  ptrdiff_t rows;
  ptrdiff_t columns;
  float *_Nonnull scratch;               // three vectors
} RowsArguments;
ISA_KERNEL(softmax_forward, RowsArguments)
ISA_KERNEL(log_softmax_forward, RowsArguments)

typedef struct {
  const float *_Nonnull output;          // of the forward pass
  const float *_Nonnull outputGradient;
  float *_Nonnull inputGradient;
  ptrdiff_t rows;
  ptrdiff_t columns;
  float *_Nonnull scratch;               // two vectors
} RowsBackwardArguments;
ISA_KERNEL(softmax_backward, RowsBackwardArguments)
ISA_KERNEL(log_softmax_backward, RowsBackwardArguments)

typedef struct {
  const float *_Nonnull logits;
  const int32_t *_Nonnull labels;        // one a row, 0 ..< columns
  float *_Nonnull losses;                // one a row
  float *_Nullable logitGradients;
  int32_t *_Nullable predictions;        // one a row
  ptrdiff_t rows;
  ptrdiff_t columns;
  float gradientScale;
  float *_Nonnull scratch;               // a vector
} SoftmaxCrossEntropyArguments;
ISA_KERNEL(softmax_cross_entropy, SoftmaxCrossEntropyArguments)

// The same with targets that are not 1 at a label and 0 elsewhere.
typedef struct {
  const float *_Nonnull logits;
  const int32_t *_Nullable labels;       // one a row, 0 ..< columns or ignoredLabel
  const float *_Nullable probabilities;  // [rows, columns]
  const float *_Nullable classWeights;   // one a column
  float *_Nonnull losses;                // one a row
  float *_Nullable logitGradients;
  int32_t *_Nullable predictions;        // one a row
  ptrdiff_t rows;
  ptrdiff_t columns;
  int32_t ignoredLabel;
  float kept;                            // 1 - smoothing
  float spread;                          // smoothing / columns
  float gradientScale;
  float *_Nonnull scratch;               // two vectors
} CrossEntropyTargetsArguments;
ISA_KERNEL(cross_entropy_labels, CrossEntropyTargetsArguments)
ISA_KERNEL(cross_entropy_probabilities, CrossEntropyTargetsArguments)

// Focal loss: the cross entropy of labels, less of it the surer a row is.
typedef struct {
  const float *_Nonnull logits;
  const int32_t *_Nonnull labels;        // one a row, 0 ..< columns or ignoredLabel
  const float *_Nullable classWeights;   // one a column
  float *_Nonnull losses;                // one a row
  float *_Nullable logitGradients;
  int32_t *_Nullable predictions;        // one a row
  ptrdiff_t rows;
  ptrdiff_t columns;
  int32_t ignoredLabel;
  float gamma;
  float gradientScale;
  float *_Nonnull scratch;               // a vector
} SoftmaxFocalLossArguments;
ISA_KERNEL(softmax_focal_loss, SoftmaxFocalLossArguments)

// Softmax along the channels of images.
typedef struct {
  const float *_Nonnull values;           // forward: the input; backward: the forward pass's output
  const float *_Nullable outputGradient;  // null for the forward pass
  float *_Nonnull result;
  ptrdiff_t images;
  ptrdiff_t channels;
  ptrdiff_t plane;
  ptrdiff_t block;                        // pixels that are worked on at once, whole vectors
  int32_t streams;                        // planes are whole vectors, and the result is stored past the caches
  float *_Nonnull workspace;              // 2 · block, and channels · block for each array that is read
  float *_Nonnull scratch;                // two vectors
} ChannelRowsArguments;
ISA_KERNEL(softmax_channels, ChannelRowsArguments)
ISA_KERNEL(log_softmax_channels, ChannelRowsArguments)
