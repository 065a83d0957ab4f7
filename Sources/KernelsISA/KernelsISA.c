#define _GNU_SOURCE
#include "KernelsISA.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#if defined(__APPLE__)
#include <pthread/qos.h>
#endif

ptrdiff_t isa_affinity_count(void) {
#if defined(__linux__)
  // Room for 8,192 processors; the system rejects sets that are smaller than the machine's.
  cpu_set_t sets[8192 / CPU_SETSIZE];
  if (sched_getaffinity(0, sizeof sets, sets) == 0) return CPU_COUNT_S(sizeof sets, sets);
#endif
  return 0;
}

static _Thread_local bool shares_any_work = false;

bool isa_shares_any_work(void) { return shares_any_work; }

void isa_set_shares_any_work(bool shares) { shares_any_work = shares; }

static _Thread_local bool runs_alone = false;

bool isa_runs_alone(void) { return runs_alone; }

void isa_set_runs_alone(bool alone) { runs_alone = alone; }

__attribute__((swiftcall)) void isa_borrow_closure(
    const void *_Nonnull function, const void *_Nullable context,
    void (*_Nonnull run)(const void *_Nonnull pool, BorrowedClosure, ptrdiff_t parts), const void *_Nonnull pool,
    ptrdiff_t parts) {
  BorrowedClosure closure = {function, context};
  run(pool, closure, parts);
}

typedef struct {
  const char *name;
  void (*body)(void *);
  void *context;
} Thread;

static void *run_thread(void *argument) {
  Thread thread = *(Thread *)argument;
  free(argument);
  // Only debuggers use the name, so failing to set it is no error.
#if defined(__APPLE__)
  (void)pthread_setname_np(thread.name);
#elif defined(__linux__)
  (void)pthread_setname_np(pthread_self(), thread.name);
#endif
  thread.body(thread.context);
  return NULL;
}

int isa_start_thread(const char *name, void (*body)(void *), void *context) {
  Thread *thread = malloc(sizeof *thread);
  if (thread == NULL) return ENOMEM;
  *thread = (Thread){name, body, context};
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error == 0) {
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    // 8 MB, glibc's default; other C libraries have as little as 128 KB.
    pthread_attr_setstacksize(&attributes, (size_t)8 << 20);
#if defined(__APPLE__)
    pthread_attr_set_qos_class_np(&attributes, QOS_CLASS_USER_INITIATED, 0);
#endif
    pthread_t identifier;
    error = pthread_create(&identifier, &attributes, run_thread, thread);
    pthread_attr_destroy(&attributes);
  }
  if (error != 0) free(thread);
  return error;
}
