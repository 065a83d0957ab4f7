// The C library for the kernels: `import KernelsISA` gives Swift the declarations of these headers, under the same name
// on every system. Foundation has the same functions, but adds 60 MB of libraries to each program.
#pragma once
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
