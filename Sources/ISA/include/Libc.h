// The C library for the kernels: `import ISA` shows Swift what these headers declare, on every system under the same
// name. Foundation has the same functions, but would make each program that uses the kernels 40 MB larger.
#pragma once
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
