// Losses: element by element, and those of class labels.
#pragma once
#include "Levels.h"

// A range of chunks: pieces of rows, the last of a row being what is left of it.
typedef struct {
  const float *_Nonnull outputs;
  const float *_Nonnull targets;
  const float *_Nullable weights;          // one an element, or one a column of the whole row
  const float *_Nullable positiveWeights;  // one a column of the whole row
  float *_Nullable losses;                 // one an element
  float *_Nullable gradients;
  float *_Nonnull sums;                    // one a chunk
  ptrdiff_t chunks;
  ptrdiff_t chunkSize;                     // a multiple of 16
  ptrdiff_t firstColumn;                   // of the first chunk
  ptrdiff_t columns;
  ptrdiff_t count;                         // elements of all chunks
  int32_t weightsAreOfElements;
  int32_t streams;                         // the gradients are aligned for vectors and stored past the caches
  float gradientScale;
  float threshold;                         // what these mean is the loss's business
  float slope;
  float *_Nonnull scratch;                 // five vectors
} ElementLossArguments;
ISA_KERNEL(squared_error, ElementLossArguments)
ISA_KERNEL(absolute_error, ElementLossArguments)
ISA_KERNEL(huber_error, ElementLossArguments)
ISA_KERNEL(kullback_leibler, ElementLossArguments)
ISA_KERNEL(kullback_leibler_log, ElementLossArguments)
ISA_KERNEL(binary_cross_entropy, ElementLossArguments)
ISA_KERNEL(sigmoid_focal_loss, ElementLossArguments)

typedef struct {
  const int32_t *_Nonnull labels;          // one a row
  const float *_Nullable values;           // [rows, columns], of which the label's are the losses, negated
  const float *_Nullable weights;          // one a column
  float *_Nullable losses;                 // one a row
  float *_Nullable output;                 // [rows, columns]
  ptrdiff_t rows;
  ptrdiff_t columns;
  int32_t ignoredLabel;
  float on;                                // the output at the label
  float off;                               // and elsewhere
  float *_Nonnull scratch;                 // a vector
} LabelRowsArguments;
ISA_KERNEL(label_rows, LabelRowsArguments)

typedef struct {
  const float *_Nonnull input;
  int32_t *_Nonnull output;                // one a row
  ptrdiff_t rows;
  ptrdiff_t columns;
  float *_Nonnull scratch;                 // a vector
} ArgmaxArguments;
ISA_KERNEL(row_argmax, ArgmaxArguments)
