#include "AllocationCounter.h"

#if defined(__linux__)
#include <features.h>
#endif

// The sanitizers have allocators of their own.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

#if defined(__GLIBC__) && !defined(HAS_SANITIZER)

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_long process_count;

// initial-exec: reading it must not allocate, as the general model of thread-local storage may.
static __thread long thread_count __attribute__((tls_model("initial-exec")));

static void count(void) {
  thread_count += 1;
  atomic_fetch_add_explicit(&process_count, 1, memory_order_relaxed);
}

void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}

void *calloc(size_t items, size_t size) {
  count();
  return __libc_calloc(items, size);
}

void *realloc(void *old, size_t size) {
  count();
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
  count();
  int before = errno;
  void *memory = __libc_memalign(alignment, size);
  errno = before;
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}

int allocation_counter_is_supported(void) { return 1; }
long allocation_count_of_thread(void) { return thread_count; }
long allocation_count_of_process(void) { return atomic_load_explicit(&process_count, memory_order_relaxed); }

#else

int allocation_counter_is_supported(void) { return 0; }
long allocation_count_of_thread(void) { return 0; }
long allocation_count_of_process(void) { return 0; }

#endif
