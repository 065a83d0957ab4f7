// What the kernels need from C: functions that are compiled for a level, the C library, and threads.
#pragma once
#include "Functions.h"
#include "Levels.h"
#include "Libc.h"
#include "Threads.h"
