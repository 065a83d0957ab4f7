// Element-wise functions: one array in, one out; and their backward passes: two arrays in, one out.
#pragma once
#include "Levels.h"

typedef struct {
  const float *_Nonnull values;           // forward: the input; backward: what the derivative is a function of
  const float *_Nullable outputGradient;  // null for the forward pass
  float *_Nonnull result;                 // may be the memory of the values (forward), of the gradient (backward)
  ptrdiff_t count;
  int32_t streams;                        // the result is other memory, aligned for vectors, and is stored past the caches
  float options[2];                       // the function's own
  float *_Nonnull scratch;                // two vectors
} ActivationArguments;
ISA_KERNEL(exp_map, ActivationArguments)
ISA_KERNEL(relu_activation, ActivationArguments)
ISA_KERNEL(relu6_activation, ActivationArguments)
ISA_KERNEL(leaky_relu_activation, ActivationArguments)
ISA_KERNEL(elu_activation, ActivationArguments)
ISA_KERNEL(tanh_activation, ActivationArguments)
ISA_KERNEL(sigmoid_activation, ActivationArguments)
ISA_KERNEL(silu_activation, ActivationArguments)
ISA_KERNEL(softplus_activation, ActivationArguments)
ISA_KERNEL(hard_swish_activation, ActivationArguments)
ISA_KERNEL(hard_sigmoid_activation, ActivationArguments)
ISA_KERNEL(mish_activation, ActivationArguments)
ISA_KERNEL(gelu_activation, ActivationArguments)
ISA_KERNEL(gelu_tanh_activation, ActivationArguments)

// Whether all lanes of a mask, 0 or -1 each, are set. Expected to be: the branch that it decides is to be out of the way.
#define ISA_ALL(lanes)                                                                                    \
  typedef int32_t isa_mask##lanes __attribute__((vector_size(4 * lanes), aligned(4)));                    \
  __attribute__((always_inline)) static inline int isa_all##lanes(const void *_Nonnull mask) {            \
    return __builtin_expect(__builtin_reduce_and(*(const isa_mask##lanes *)mask) != 0, 1);                \
  }
ISA_ALL(4)
ISA_ALL(8)
ISA_ALL(16)
ISA_ALL(32)
