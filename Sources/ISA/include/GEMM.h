// C = alpha · op(A) · op(B) + beta · C + bias, with ReLU in the store.
#pragma once
#include "Levels.h"

// Copies lanes, which are rows of op(A) or columns of op(B), times alpha, into panels: for each k the values of
// `panelLanes` lanes side by side. The last panel may have fewer.
typedef struct {
  const float *_Nonnull source;
  float *_Nonnull panels;
  ptrdiff_t lanes;
  ptrdiff_t depth;
  ptrdiff_t laneStride;   // elements from one lane to the next; this or the next is 1
  ptrdiff_t depthStride;  // elements from one k to the next
  ptrdiff_t panelLanes;
  ptrdiff_t lastStride;   // elements from one k to the next in a panel of fewer lanes; 0: as many as it has lanes
  ptrdiff_t rest;         // elements from a lane's first to its end: what is read next, and fetched in the meantime
  float alpha;
} GEMMPackArguments;
ISA_KERNEL(gemm_pack, GEMMPackArguments)

// Multiplies packed panels of A with a block of B by tiles that are one or two vectors wide.
typedef struct {
  const float *_Nonnull a;
  const float *_Nonnull b;  // panels, `depth` rows of as many columns as a tile's, or B as it lies
  float *_Nonnull c;
  float *_Nullable panel;   // where panels are left, for the second panel of A and those after it; NULL: nowhere
  float *_Nonnull scratch;  // one tile and a row of it
  ptrdiff_t rows;
  ptrdiff_t columns;        // packed in passing: a multiple of the tile's
  ptrdiff_t depth;
  ptrdiff_t panelRows;      // rows of a panel of A, at most the tile's
  ptrdiff_t aDepth;         // the depth of A's panels
  ptrdiff_t aFirst;         // the first k that is used of them
  ptrdiff_t bStride;        // elements from one row of B, or of a panel, to the next
  ptrdiff_t bStep;          // elements from one column of tiles to the next
  ptrdiff_t bAhead;         // elements from what is read of B to what is fetched
  ptrdiff_t cRowStride;
  float beta;                        // what the sums begin with is beta · C + biases; 0: C is not read
  const float *_Nullable rowBias;    // NULL but for the first block of k
  const float *_Nullable columnBias;
  int32_t relu;
} GEMMTilesArguments;
ISA_KERNEL(gemm_tiles_2, GEMMTilesArguments)
ISA_KERNEL(gemm_tiles_1, GEMMTilesArguments)

// The same for one panel of few rows of A and stored Bᵀ, which is transposed in passing by tiles two vectors wide.
typedef struct {
  const float *_Nonnull a;
  const float *_Nonnull b;  // columns that lie bColumnStride apart
  float *_Nonnull c;
  ptrdiff_t rows;           // at most 6
  ptrdiff_t columns;        // at least a tile's: the last tile begins early enough to be whole
  ptrdiff_t depth;          // a multiple of 4
  ptrdiff_t bColumnStride;
  ptrdiff_t cRowStride;
  const float *_Nullable columnBias;
  int32_t relu;
} GEMMTransposingArguments;
ISA_KERNEL(gemm_transposing, GEMMTransposingArguments)
