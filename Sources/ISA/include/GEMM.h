// C = activation(alpha · op(A) · op(B) + beta · C + bias). Strides and distances are in elements.
#pragma once
#include "Levels.h"

// Cache lines to prefetch into the second-level cache: `repeats` times `lines` lines.
typedef struct {
  const float *_Nonnull first;
  ptrdiff_t lineStride;    // from one line to the next
  ptrdiff_t lines;
  ptrdiff_t repeatStride;  // from the first line of one repetition to that of the next
  ptrdiff_t repeats;       // 0: nothing is prefetched
} GEMMPrefetch;

// Packs rows of op(A), times alpha, or columns of op(B) into panels: for each k the values of `panelWidth` rows or columns side by side. The last panel may have fewer.
typedef struct {
  const float *_Nonnull source;
  float *_Nonnull panels;
  ptrdiff_t width;           // rows of op(A) or columns of op(B)
  ptrdiff_t depth;
  ptrdiff_t widthStride;     // from one row or column to the next; this or depthStride is 1
  ptrdiff_t depthStride;     // from one k to the next
  ptrdiff_t panelWidth;
  ptrdiff_t panelDepth;      // the depth of the panels, of which `depth` is packed, from firstDepth on
  ptrdiff_t firstDepth;
  ptrdiff_t lastPanelStride; // from one k to the next in a last panel of fewer rows or columns; 0: their number
  ptrdiff_t remainingDepth;  // from the first k to the end of the matrix, to prefetch what is packed next
  float alpha;
  GEMMPrefetch prefetch;     // prefetched before anything is packed
} GEMMPackArguments;
ISA_KERNEL(gemm_pack, GEMMPackArguments)

// The macro-kernel: packed panels of A times a block of B, by register tiles one or two vectors wide.
typedef struct {
  const float *_Nonnull a;
  const float *_Nonnull b;           // panels, `depth` rows as wide as a tile, or B in place
  float *_Nonnull c;
  float *_Nullable bPanels;          // where the tiles of A's first panel pack B; NULL: B stays as it is
  float *_Nonnull scratch;           // one tile and a row of it
  ptrdiff_t rows;
  ptrdiff_t columns;                 // where tiles pack B: a multiple of the tile's
  ptrdiff_t depth;
  ptrdiff_t panelRows;               // rows of a panel of A, at most the tile's
  ptrdiff_t aPanelDepth;             // the depth of A's panels
  ptrdiff_t aFirstDepth;             // the first k that is used of them
  ptrdiff_t bStride;                 // from one row of B, or of a panel, to the next
  ptrdiff_t bPanelStride;            // from one column of tiles to the next
  ptrdiff_t bPrefetchDistance;       // from the row of B that is loaded to the line that is prefetched
  ptrdiff_t bPrefetchRows;           // how many rows ahead the packing tiles prefetch B; 0: `prefetch` instead
  const float *_Nonnull bNext;       // the next block of B
  ptrdiff_t cRowStride;
  float beta;                        // 0: C is not read
  const float *_Nullable rowBias;    // NULL but for the first block of k
  const float *_Nullable columnBias;
  int32_t relu;
  float ceiling;                     // ReLU's upper limit; infinity for none
  int32_t prefetchesPanels;          // whether the next panel of A is prefetched
  GEMMPrefetch prefetch;             // one line at each k
  GEMMPrefetch secondPrefetch;       // after `prefetch`
} GEMMMacroArguments;
ISA_KERNEL(gemm_macro_2, GEMMMacroArguments)
ISA_KERNEL(gemm_macro_1, GEMMMacroArguments)

// One packed panel of A times stored Bᵀ, which is transposed in registers.
typedef struct {
  const float *_Nonnull a;
  const float *_Nonnull b;   // columns, bColumnStride apart
  float *_Nonnull c;
  float *_Nonnull scratch;   // as many rows of a tile as a vector has lanes
  ptrdiff_t rows;            // at most 6
  ptrdiff_t columns;         // at least a tile's: the last tile begins early enough to be whole
  ptrdiff_t depth;           // at least 4
  ptrdiff_t bColumnStride;
  ptrdiff_t cRowStride;
  const float *_Nullable columnBias;
  int32_t relu;
  float ceiling;             // ReLU's upper limit; infinity for none
} GEMMTransposingArguments;
ISA_KERNEL(gemm_transposing, GEMMTransposingArguments)

// op(A) · B with A and B in place, C row by row.
typedef struct {
  const float *_Nonnull a;
  const float *_Nonnull b;
  float *_Nonnull c;
  float *_Nonnull scratch;   // 16 values a row
  float *_Nonnull sums;      // C, or as many elements, columns rounded up to 16
  ptrdiff_t sumsRowStride;
  ptrdiff_t sumsStep;        // from 16 columns of the sums to the next 16
  ptrdiff_t rows;
  ptrdiff_t columns;
  ptrdiff_t depth;
  ptrdiff_t aRowStride;
  ptrdiff_t aDepthStride;    // from one k to the next
  ptrdiff_t bRowStride;
  ptrdiff_t cRowStride;
  float alpha;
  float beta;
  const float *_Nullable rowBias;
  const float *_Nullable columnBias;
  int32_t relu;
  float ceiling;             // ReLU's upper limit; infinity for none
} GEMMRowsArguments;
// Few rows of C, which stay in a cache while B is read once.
ISA_KERNEL(gemm_few_rows, GEMMRowsArguments)
// Few k: C is written once, in order. It uses neither `scratch` nor `sums`.
ISA_KERNEL(gemm_outer_product, GEMMRowsArguments)

// Many rows and few columns: the lanes of a vector are rows of A, which is transposed in registers.
typedef struct {
  const float *_Nonnull a;
  const float *_Nonnull b;   // packed: for each k the values of all columns
  ptrdiff_t bStride;         // from one k to the next: columns rounded up to 4, 8, 12 or 16
  float *_Nonnull c;
  float *_Nonnull scratch;   // as many vectors as one has lanes, and one for each column
  ptrdiff_t rows;            // at least a vector's lanes: the last tile begins early enough to be whole
  ptrdiff_t columns;         // at most 12, or 16 with 32 registers
  ptrdiff_t depth;           // at least 4
  ptrdiff_t aRowStride;
  ptrdiff_t cRowStride;
  const float *_Nullable columnBias;
  int32_t relu;
  float ceiling;             // ReLU's upper limit; infinity for none
} GEMMNarrowArguments;
ISA_KERNEL(gemm_narrow, GEMMNarrowArguments)

// A and B in place, by register tiles.
typedef struct {
  const float *_Nonnull a;
  const float *_Nonnull b;
  float *_Nonnull c;
  float *_Nonnull scratch;   // a tile and a row of C, and a vector for each k
  ptrdiff_t rows;
  ptrdiff_t columns;
  ptrdiff_t depth;
  ptrdiff_t aRowStride;
  ptrdiff_t aDepthStride;    // from one k to the next
  ptrdiff_t bRowStride;
  ptrdiff_t cRowStride;
  const float *_Nullable columnBias;
  int32_t relu;
  float ceiling;             // ReLU's upper limit; infinity for none
} GEMMUnpackedArguments;
ISA_KERNEL(gemm_unpacked, GEMMUnpackedArguments)
