// The C library for the kernels: `import KernelsISA` shows Swift what these headers declare, on every system under the same
// name. Foundation has the same functions, but brings 60 MB of libraries to each program.
#pragma once
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
