// C = alpha · op(A) · op(B) + beta · C, with bias and ReLU in the store.
#pragma once
#include "Levels.h"

// Copies part of an operand into panels: `width` lanes side by side for each k, the last panel filled with zeros. A
// lane is a row of op(A) or a column of op(B); the width is the tile's rows or its columns.
typedef struct {
  const float *_Nonnull source;
  float *_Nonnull panels;
  ptrdiff_t lanes;
  ptrdiff_t depth;
  ptrdiff_t laneStride;   // elements from one lane to the next
  ptrdiff_t depthStride;  // elements from one k to the next
} GEMMPackArguments;
ISA_KERNEL(gemm_pack_a, GEMMPackArguments)
ISA_KERNEL(gemm_pack_b, GEMMPackArguments)

// Multiplies packed panels of A with packed panels of B into a block of C.
typedef struct {
  const float *_Nonnull a;
  const float *_Nonnull b;
  float *_Nonnull c;
  float *_Nonnull scratch;  // one tile
  ptrdiff_t rows;
  ptrdiff_t columns;
  ptrdiff_t depth;
  ptrdiff_t cRowStride;
  float alpha;
  float beta;                        // 0: C is written, not read
  const float *_Nullable rowBias;    // added after beta · C; NULL but with the last block of k
  const float *_Nullable columnBias;
  int32_t relu;
} GEMMBlockArguments;
ISA_KERNEL(gemm_block, GEMMBlockArguments)
