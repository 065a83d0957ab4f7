// Changes of single images, plane by plane, before they are put into a batch.
#pragma once
#include "Levels.h"

typedef struct {
  const float *_Nonnull source;
  float *_Nonnull destination;      // other memory
  ptrdiff_t planes;
  ptrdiff_t height;
  ptrdiff_t width;
  int32_t reversesColumns;
  int32_t reversesRows;
} ImageMirrorArguments;
ISA_KERNEL(image_mirror, ImageMirrorArguments)

typedef struct {
  const float *_Nonnull source;
  float *_Nonnull destination;      // other memory
  const float *_Nonnull fill;       // one a channel
  ptrdiff_t channels;
  ptrdiff_t height;
  ptrdiff_t width;
  // Where the first output lies in the source, and by how much a column and a row further move that; in pixels · 2³².
  int64_t startX, startY;
  int64_t columnX, columnY;
  int64_t rowX, rowY;
  int32_t fractionBits;             // those of a position in 32 bits
  int32_t *_Nonnull scratch;        // nearest: two bands; bilinear: ten blocks
  ptrdiff_t bandCount;              // nearest: the elements of a band, with a vector behind the last
  float *_Nonnull padded;           // bilinear: a plane with a margin of one pixel for each channel
} ImageRotationArguments;
ISA_KERNEL(image_rotate_nearest, ImageRotationArguments)
ISA_KERNEL(image_rotate_bilinear, ImageRotationArguments)

typedef struct {
  float *_Nonnull image;            // in place
  float *_Nonnull scratch;          // a plane
  ptrdiff_t planes;
  ptrdiff_t height;
  ptrdiff_t width;
  const float *_Nonnull columnWeights;  // along a row
  ptrdiff_t columnTaps;             // odd, half of it less than the width
  const float *_Nonnull rowWeights; // along a column
  ptrdiff_t rowTaps;                // odd, half of it less than the height
} ImageBlurArguments;
ISA_KERNEL(image_blur, ImageBlurArguments)

typedef struct {
  float *_Nonnull image;            // in place
  ptrdiff_t channels;               // 1 or 3 where grey is needed, 3 for the hue
  ptrdiff_t plane;
  float factor;                     // of the hue: the share of the circle
} ImageColorArguments;
ISA_KERNEL(image_brightness, ImageColorArguments)
ISA_KERNEL(image_contrast, ImageColorArguments)
ISA_KERNEL(image_saturation, ImageColorArguments)
ISA_KERNEL(image_hue, ImageColorArguments)

typedef struct {
  float *_Nonnull image;            // in place
  ptrdiff_t count;
  float deviation;
  int32_t clamps;                   // to 0 … 1
  uint32_t firstKey;
  uint32_t secondKey;
} ImageNoiseArguments;
ISA_KERNEL(image_noise, ImageNoiseArguments)

typedef struct {
  const float *_Nonnull source;     // the first value of the part that is resized
  float *_Nonnull destination;
  ptrdiff_t planes;
  ptrdiff_t planeStride;            // of the source
  ptrdiff_t rowStride;              // of the source
  ptrdiff_t rows;                   // of a plane of the destination
  ptrdiff_t width;                  // of the destination
  const int32_t *_Nonnull starts;   // the first source pixel of each output along the axis that is resized
  const float *_Nonnull weights;    // [taps, outputs]
  ptrdiff_t taps;
} ImageResampleArguments;
ISA_KERNEL(image_resample_columns, ImageResampleArguments)
ISA_KERNEL(image_resample_rows, ImageResampleArguments)
