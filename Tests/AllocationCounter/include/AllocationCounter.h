// Counts heap allocations, so that a test can say that a piece of code makes none.
//
// A test executable that links this target on Linux with glibc has its malloc and the functions of its kind counted and
// passed on to glibc's own. Elsewhere nothing is counted, and allocation_counter_is_supported() says so.
#pragma once

/// 1 where allocations are counted, else 0.
int allocation_counter_is_supported(void);

/// How many allocations the calling thread has made since it started.
long allocation_count_of_thread(void);

/// How many allocations all threads have made since the process started.
long allocation_count_of_process(void);
