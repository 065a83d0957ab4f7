// Threads, and Swift closures that do not escape passed to them without an allocation.
//
// Swift permits to call such a closure and to pass it on, but not to store it, and `withoutActuallyEscaping` copies it
// to the heap. In Swift's calling convention a closure is two words, a function and its context, which C can store.
#pragma once
#include <stdbool.h>
#include <stddef.h>

// A closure (Int) -> Void, valid until the function that it was passed to returns.
typedef struct {
  const void *_Nullable function;
  const void *_Nullable context;
} BorrowedClosure;

// Calls `run` with the two words of a closure. Swift declares the first two parameters as one, of type (Int) -> Void.
__attribute__((swiftcall)) void isa_borrow_closure(
    const void *_Nonnull function, const void *_Nullable context,
    void (*_Nonnull run)(const void *_Nonnull pool, BorrowedClosure, ptrdiff_t parts), const void *_Nonnull pool,
    ptrdiff_t parts);

// Calls the closure for one part.
static inline void isa_call_closure(BorrowedClosure closure, ptrdiff_t part) {
  typedef __attribute__((swiftcall)) void (*Function)(ptrdiff_t, __attribute__((swift_context)) const void *);
  ((Function)closure.function)(part, closure.context);
}

// Starts a detached thread that runs `body`. Debuggers show its name, which has at most 15 bytes. Returns 0 or the
// system's error.
int isa_start_thread(const char *_Nonnull name, void (*_Nonnull body)(void *_Nonnull context), void *_Nonnull context);

// Whether plans that this thread makes divide any work among their threads, however small; for tests.
bool isa_shares_any_work(void);
void isa_set_shares_any_work(bool shares);

// Whether this thread runs all parts of an operation itself, however many threads its plan is for.
bool isa_runs_alone(void);
void isa_set_runs_alone(bool alone);

// The number of processors in this thread's affinity mask; 0 where the system does not tell.
ptrdiff_t isa_affinity_count(void);

// The processor's hint for spin loops.
__attribute__((always_inline)) static inline void isa_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __builtin_arm_isb(15);
#endif
}
