// Handing a Swift closure that does not escape to other threads, without an allocation.
//
// Swift permits to call such a closure and to pass it on, but not to store it, and `withoutActuallyEscaping` copies it to
// the heap. In Swift's calling convention it is two words, a function and its context, which Clang can name.
#pragma once
#include <stddef.h>

// A closure (Int) -> Void.
typedef struct {
  __attribute__((swiftcall)) void (*_Nonnull function)(ptrdiff_t, __attribute__((swift_context)) void *_Nullable);
  void *_Nullable context;
} PartsBody;

static inline void isa_call(const PartsBody *_Nonnull body, ptrdiff_t part) { body->function(part, body->context); }

// Calls `run` with a closure's address, which is valid until `run` returns. Swift declares the first two parameters as one,
// of the type (Int) -> Void.
__attribute__((swiftcall)) void isa_lend(
    __attribute__((swiftcall)) void (*_Nonnull function)(ptrdiff_t, __attribute__((swift_context)) void *_Nullable),
    void *_Nullable context, void (*_Nonnull run)(const void *_Nonnull, const PartsBody *_Nonnull, ptrdiff_t),
    const void *_Nonnull pool, ptrdiff_t parts);

// Tells the processor that this thread waits for another to write to memory.
__attribute__((always_inline)) static inline void isa_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __builtin_arm_isb(15);
#endif
}
