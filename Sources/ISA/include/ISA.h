// One header an operation: the arguments of its level functions, and their declarations.
#pragma once
#include "Levels.h"
#include "Machine.h"
#include "Threads.h"
#include "GEMM.h"
#include "Transpose.h"
#include "Activation.h"
#include "BatchAssembly.h"
#include "Optimizer.h"
#include "Softmax.h"
#include "Pooling.h"
#include "Bias.h"
#include "Conv2D.h"
