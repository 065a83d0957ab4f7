// Images of bytes, gathered by index into a batch of normalised floats; and floats scaled channel by channel.
#pragma once
#include "Levels.h"

typedef struct {
  const uint8_t *_Nonnull images;
  const int32_t *_Nonnull indices;  // one an image of the batch
  float *_Nonnull output;
  ptrdiff_t batch;
  ptrdiff_t channels;
  ptrdiff_t plane;
  const float *_Nonnull scales;     // one a channel
  const float *_Nonnull offsets;    // one a channel
} BatchAssemblyArguments;
ISA_KERNEL(batch_assembly, BatchAssemblyArguments)

typedef struct {
  const float *_Nonnull input;
  float *_Nonnull output;
  ptrdiff_t batch;
  ptrdiff_t channels;
  ptrdiff_t plane;
  const float *_Nonnull scales;     // one a channel
  const float *_Nullable offsets;   // one a channel
  ptrdiff_t streams;
} ChannelScalingArguments;
ISA_KERNEL(channel_scaling, ChannelScalingArguments)
