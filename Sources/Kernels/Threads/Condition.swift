import KernelsISA

/// A mutex and a condition variable of the C library.
///
/// As in C, a wait may end without a signal.
final class Condition: @unchecked Sendable {
  // Behind pointers, because neither may move in memory.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let variable = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    let created = pthread_mutex_init(mutex, nil) == 0 && pthread_cond_init(variable, nil) == 0
    precondition(created, "the system has no memory for a lock")
  }

  deinit {
    pthread_cond_destroy(variable)
    pthread_mutex_destroy(mutex)
    variable.deallocate()
    mutex.deallocate()
  }

  func lock() { pthread_mutex_lock(mutex) }

  func unlock() { pthread_mutex_unlock(mutex) }

  /// Wakes one of the waiting threads, if there is any.
  func signal() { pthread_cond_signal(variable) }

  /// Unlocks the mutex, waits for a signal, and locks the mutex again.
  func wait() { pthread_cond_wait(variable, mutex) }
}
