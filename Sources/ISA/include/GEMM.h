// C = alpha · op(A) · op(B) + beta · C + bias, with ReLU in the store.
#pragma once
#include "Levels.h"

// Cache lines that are needed next, and fetched into the second-level cache in the meantime: `repeats` times `count` lines that begin `step` elements apart.
typedef struct {
  const float *_Nonnull first;
  ptrdiff_t step;
  ptrdiff_t count;
  ptrdiff_t repeatStep;  // elements from the first line to the first of the next time
  ptrdiff_t repeats;     // 0: nothing is fetched
} GEMMFetch;

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
  ptrdiff_t panelDepth;   // the depth of the panels, of which `depth` is packed, from firstDepth on
  ptrdiff_t firstDepth;
  ptrdiff_t lastStride;   // elements from one k to the next in a panel of fewer lanes; 0: as many as it has lanes
  ptrdiff_t rest;         // elements from a lane's first to its end: what is read next, and fetched in the meantime
  float alpha;
  GEMMFetch fetch;        // what is asked for before
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
  ptrdiff_t bRowsAhead;     // rows that are fetched ahead while B is packed; 0: `fetch` is instead
  const float *_Nonnull bNext;       // what is packed after this block
  ptrdiff_t cRowStride;
  float beta;                        // what the sums begin with is beta · C + bias; 0: C is not read
  const float *_Nullable rowBias;    // NULL but for the first block of k
  const float *_Nullable columnBias;
  int32_t relu;
  float ceiling;            // of what ReLU lets through; infinity for none
  int32_t fetchesPanels;             // whether the next panel of A is fetched, too
  GEMMFetch fetch;                   // what is fetched first, a line at each k
  GEMMFetch fetchThen;
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
  float *_Nonnull scratch;  // as many rows of a tile as a vector has lanes
  int32_t relu;
  float ceiling;            // of what ReLU lets through; infinity for none
} GEMMTransposingArguments;
ISA_KERNEL(gemm_transposing, GEMMTransposingArguments)

// The product of few rows of A with B as it lies.
typedef struct {
  const float *_Nonnull a;
  const float *_Nonnull b;
  float *_Nonnull c;
  float *_Nonnull scratch;  // 16 values a row
  float *_Nonnull sums;     // C, or as many elements, columns rounded up to 16
  ptrdiff_t sumsRowStride;
  ptrdiff_t sumsStep;       // elements from 16 columns of the sums to the next 16
  ptrdiff_t rows;
  ptrdiff_t columns;
  ptrdiff_t depth;
  ptrdiff_t aRowStride;     // elements from one row to the next
  ptrdiff_t aStride;        // elements from one k to the next
  ptrdiff_t bStride;        // elements from one row to the next
  ptrdiff_t cRowStride;
  float alpha;
  float beta;
  const float *_Nullable rowBias;
  const float *_Nullable columnBias;
  int32_t relu;
  float ceiling;            // of what ReLU lets through; infinity for none
} GEMMRowsArguments;
ISA_KERNEL(gemm_rows, GEMMRowsArguments)

// The same for many rows and few k: C row by row, each once.
ISA_KERNEL(gemm_outer, GEMMRowsArguments)

// C = A · Bᵀ + bias of many rows and few columns, A row by row. A's rows are the lanes: they are transposed in passing.
typedef struct {
  const float *_Nonnull a;
  const float *_Nonnull b;  // for each k the values of all columns, side by side
  ptrdiff_t bStride;        // from one k's to the next's: columns rounded up to 4, 8, 12 or 16
  float *_Nonnull c;
  float *_Nonnull scratch;  // as many rows of a vector as it has lanes, or C has columns, and once more
  ptrdiff_t rows;           // at least a vector's lanes: the last tile begins early enough to be whole
  ptrdiff_t columns;        // at most 12, or 16 with 32 registers
  ptrdiff_t depth;          // a multiple of 4
  ptrdiff_t aRowStride;
  ptrdiff_t cRowStride;
  const float *_Nullable columnBias;
  int32_t relu;
  float ceiling;            // of what ReLU lets through; infinity for none
} GEMMNarrowArguments;
ISA_KERNEL(gemm_narrow, GEMMNarrowArguments)

// C = op(A) · B + bias of few elements, where packing would take as long as multiplying: A is used as it lies.
typedef struct {
  const float *_Nonnull a;
  const float *_Nonnull b;
  float *_Nonnull c;
  float *_Nonnull scratch;  // a tile and a row of C, and a vector for each k
  ptrdiff_t rows;
  ptrdiff_t columns;
  ptrdiff_t depth;
  ptrdiff_t aRowStride;     // elements from one row to the next
  ptrdiff_t aDepthStride;   // elements from one k to the next
  ptrdiff_t bRowStride;
  ptrdiff_t cRowStride;
  const float *_Nullable columnBias;
  int32_t relu;
  float ceiling;            // of what ReLU lets through; infinity for none
} GEMMSmallArguments;
ISA_KERNEL(gemm_small, GEMMSmallArguments)
