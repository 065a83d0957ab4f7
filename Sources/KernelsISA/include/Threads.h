// Handing a Swift closure that does not escape to other threads, without an allocation.
//
// Swift permits to call such a closure and to pass it on, but not to store it, and `withoutActuallyEscaping` copies it to
// the heap. In Swift's calling convention it is two words, a function and its context, which Clang can name.
#pragma once
#include <stdbool.h>
#include <stddef.h>

// A closure (Int) -> Void, valid while the function runs that it was passed to.
typedef struct {
  const void *_Nullable function;
  const void *_Nullable context;
} LentClosure;

// Calls `run` with a closure. Swift declares the first two parameters as one, of the type (Int) -> Void.
__attribute__((swiftcall)) void isa_lend(
    const void *_Nonnull function, const void *_Nullable context,
    void (*_Nonnull run)(const void *_Nonnull pool, LentClosure, ptrdiff_t parts), const void *_Nonnull pool,
    ptrdiff_t parts);

static inline void isa_call(LentClosure closure, ptrdiff_t part) {
  typedef __attribute__((swiftcall)) void (*Function)(ptrdiff_t, __attribute__((swift_context)) const void *);
  ((Function)closure.function)(part, closure.context);
}

// Starts a thread that calls `body` and ends with it. Its name, of at most 15 bytes, is what debuggers show. 0, or the
// system's error.
int isa_start_thread(const char *_Nonnull name, void (*_Nonnull body)(void *_Nonnull context), void *_Nonnull context);

// Whether plans that this thread makes share work however small it is, which tests ask for.
bool isa_shares_any_work(void);
void isa_set_shares_any_work(bool shares);

// Processors that the system lets this thread run on; 0 where it does not say.
ptrdiff_t isa_affinity_count(void);

// Tells the processor that this thread waits for another to write to memory.
__attribute__((always_inline)) static inline void isa_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __builtin_arm_isb(15);
#endif
}
