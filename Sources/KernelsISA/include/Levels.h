// Instruction-set levels for kernels whose bodies are written in Swift.
//
// Clang has target attributes for functions, Swift has not. `ISA_KERNEL(name)` declares, for each level of the
// architecture, a function `name_<level>(const void *arguments)` that carries the attribute and force-inlines one Swift
// function, `@c(name_<level>_body) private func …`, so that LLVM compiles that body for that level. No module is
// compiled with an -m flag, so nothing outside of these functions can contain an instruction that the processor lacks.
// noinline keeps each level's code under its own symbol, where the disassembly test finds it.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define ISA_LEVEL(name, level, attributes)                                                                      \
  void name##_##level##_body(const void *_Nonnull);                                                             \
  attributes __attribute__((noinline)) static inline void name##_##level(const void *_Nonnull arguments) {      \
    [[clang::always_inline]] name##_##level##_body(arguments);                                                  \
  }

// ISA_TILE_<level>: one level of a register tile, which fits the registers of some levels only.
#if defined(__x86_64__)

#define ISA_TILE_BASELINE(name) ISA_LEVEL(name, baseline, )
#define ISA_TILE_AVX2(name) ISA_LEVEL(name, avx2, __attribute__((target("avx2,fma"), min_vector_width(256))))
#define ISA_TILE_AVX512(name)                                                                                   \
  ISA_LEVEL(name, avx512,                                                                                       \
            __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"), min_vector_width(512))))
#define ISA_TILE_NEON(name)
#define ISA_KERNEL(name) ISA_TILE_BASELINE(name) ISA_TILE_AVX2(name) ISA_TILE_AVX512(name)

static inline int isa_has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}
static inline int isa_has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

#elif defined(__aarch64__)

#define ISA_TILE_BASELINE(name)
#define ISA_TILE_AVX2(name)
#define ISA_TILE_AVX512(name)
#define ISA_TILE_NEON(name) ISA_LEVEL(name, neon, )
#define ISA_KERNEL(name) ISA_TILE_NEON(name)

#endif

// Zeros, for kernels that load the initial values of their accumulators: 1,792 bytes, the size of the largest register
// tile.
__attribute__((always_inline)) static inline const float *_Nonnull isa_zeros(void) {
  static const float zeros[28 * 16] __attribute__((aligned(64)));
  return zeros;
}

// Stores a vector non-temporally, to an address that is a multiple of its size: for output that is larger than the
// caches and not read soon, whose lines an ordinary store would read from memory before it overwrites them.
// Non-temporal stores are not ordered with others before isa_stream_fence.
#define ISA_STREAM(lanes)                                                                                          \
  typedef float isa_vector##lanes __attribute__((vector_size(4 * lanes)));                                         \
  typedef float isa_unaligned##lanes __attribute__((vector_size(4 * lanes), aligned(4)));                          \
  __attribute__((always_inline)) static inline void isa_stream##lanes(float *_Nonnull target,                      \
                                                                      const void *_Nonnull vector) {               \
    isa_vector##lanes value = *(const isa_unaligned##lanes *)vector;                                               \
    __builtin_nontemporal_store(value, (isa_vector##lanes *)target);                                               \
  }
ISA_STREAM(4)
ISA_STREAM(8)
ISA_STREAM(16)
// A pair of vectors of the widest level.
__attribute__((always_inline)) static inline void isa_stream32(float *_Nonnull target, const void *_Nonnull vector) {
  isa_stream16(target, vector);
  isa_stream16(target + 16, (const float *)vector + 16);
}

// The first `count` floats of a vector, which is in memory at `vector`, read from or written to `source` and `target` by
// one masked instruction; the other lanes keep their values, and nothing beyond the first `count` is touched.
#if defined(__x86_64__)
typedef int isa_lanes8 __attribute__((vector_size(32)));

__attribute__((always_inline, target("avx"), min_vector_width(256))) static inline isa_lanes8 isa_first8(ptrdiff_t count) {
  const int lanes = count < 8 ? (int)count : 8;
  return lanes > (isa_lanes8){0, 1, 2, 3, 4, 5, 6, 7};
}
__attribute__((always_inline)) static inline unsigned short isa_first16(ptrdiff_t count) {
  return count <= 0 ? 0 : count < 16 ? (unsigned short)((1u << count) - 1) : 0xffff;
}

__attribute__((always_inline, target("avx"), min_vector_width(256))) static inline void isa_load_first8(
    void *_Nonnull vector, const float *_Nonnull source, ptrdiff_t count) {
  const isa_lanes8 mask = isa_first8(count);
  isa_unaligned8 *const lanes = (isa_unaligned8 *)vector;
  const isa_vector8 loaded = __builtin_ia32_maskloadps256((const isa_vector8 *)source, mask);
  *lanes = (isa_unaligned8)(((isa_lanes8)loaded & mask) | ((isa_lanes8)*lanes & ~mask));
}
__attribute__((always_inline, target("avx"), min_vector_width(256))) static inline void isa_store_first8(
    float *_Nonnull target, const void *_Nonnull vector, ptrdiff_t count) {
  __builtin_ia32_maskstoreps256((isa_vector8 *)target, isa_first8(count), *(const isa_unaligned8 *)vector);
}
__attribute__((always_inline, target("avx512f"), min_vector_width(512))) static inline void isa_load_first16(
    void *_Nonnull vector, const float *_Nonnull source, ptrdiff_t count) {
  isa_unaligned16 *const lanes = (isa_unaligned16 *)vector;
  *lanes = __builtin_ia32_loadups512_mask(source, *lanes, isa_first16(count));
}
__attribute__((always_inline, target("avx512f"), min_vector_width(512))) static inline void isa_store_first16(
    float *_Nonnull target, const void *_Nonnull vector, ptrdiff_t count) {
  __builtin_ia32_storeups512_mask(target, *(const isa_unaligned16 *)vector, isa_first16(count));
}
// Pairs of vectors.
__attribute__((always_inline, target("avx"), min_vector_width(256))) static inline void isa_load_first8x2(
    void *_Nonnull vector, const float *_Nonnull source, ptrdiff_t count) {
  isa_load_first8(vector, source, count);
  isa_load_first8((float *)vector + 8, source + 8, count - 8);
}
__attribute__((always_inline, target("avx"), min_vector_width(256))) static inline void isa_store_first8x2(
    float *_Nonnull target, const void *_Nonnull vector, ptrdiff_t count) {
  isa_store_first8(target, vector, count);
  isa_store_first8(target + 8, (const float *)vector + 8, count - 8);
}
__attribute__((always_inline, target("avx512f"), min_vector_width(512))) static inline void isa_load_first32(
    void *_Nonnull vector, const float *_Nonnull source, ptrdiff_t count) {
  isa_load_first16(vector, source, count);
  isa_load_first16((float *)vector + 16, source + 16, count - 16);
}
__attribute__((always_inline, target("avx512f"), min_vector_width(512))) static inline void isa_store_first32(
    float *_Nonnull target, const void *_Nonnull vector, ptrdiff_t count) {
  isa_store_first16(target, vector, count);
  isa_store_first16(target + 16, (const float *)vector + 16, count - 16);
}
#endif

// Orders non-temporal stores before all later stores.
__attribute__((always_inline)) static inline void isa_stream_fence(void) {
#if defined(__x86_64__)
  __builtin_ia32_sfence();
#endif
}

// Whether all lanes of a mask, each 0 or -1, are set. Marked as likely, so that the code for the other case is moved
// out of the way.
#define ISA_ALL(lanes)                                                                                    \
  typedef int32_t isa_mask##lanes __attribute__((vector_size(4 * lanes), aligned(4)));                    \
  __attribute__((always_inline)) static inline int isa_all##lanes(const void *_Nonnull mask) {            \
    return __builtin_expect(__builtin_reduce_and(*(const isa_mask##lanes *)mask) != 0, 1);                \
  }
ISA_ALL(4)
ISA_ALL(8)
ISA_ALL(16)
ISA_ALL(32)
