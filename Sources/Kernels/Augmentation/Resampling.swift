import ISA

/// Each output of a row is a weighted sum of neighbours in the source's row.
@inline(always)
private func resampleColumns(_ p: UnsafePointer<ImageResampleArguments>) {
  let (width, taps) = (p.pointee.width, p.pointee.taps)
  let starts = p.pointee.starts
  var output = p.pointee.destination
  var plane = 0
  while plane < p.pointee.planes {
    var row = 0
    while row < p.pointee.rows {
      let source = p.pointee.source + (plane &* p.pointee.planeStride &+ row &* p.pointee.rowStride)
      var x = 0
      while x < width {
        output[x] = p.pointee.weights[x] * source[Int(starts[x])]
        x &+= 1
      }
      var tap = 1
      while tap < taps {
        let weights = p.pointee.weights + tap &* width
        let shifted = source + tap
        x = 0
        while x < width {
          output[x] += weights[x] * shifted[Int(starts[x])]
          x &+= 1
        }
        tap &+= 1
      }
      output += width
      row &+= 1
    }
    plane &+= 1
  }
}

/// Each row of the output is a weighted sum of neighbouring rows of the source.
@inline(always)
private func resampleRows(_ p: UnsafePointer<ImageResampleArguments>) {
  let (width, taps, rows) = (p.pointee.width, p.pointee.taps, p.pointee.rows)
  var output = p.pointee.destination
  var plane = 0
  while plane < p.pointee.planes {
    let source = p.pointee.source + plane &* p.pointee.planeStride
    var row = 0
    while row < rows {
      var values = source + Int(p.pointee.starts[row]) &* p.pointee.rowStride
      var weight = p.pointee.weights[row]
      var x = 0
      while x < width {
        output[x] = weight * values[x]
        x &+= 1
      }
      var tap = 1
      while tap < taps {
        values += p.pointee.rowStride
        weight = p.pointee.weights[tap &* rows &+ row]
        // Rows that have fewer neighbours than others.
        if weight != 0 {
          x = 0
          while x < width {
            output[x] += weight * values[x]
            x &+= 1
          }
        }
        tap &+= 1
      }
      output += width
      row &+= 1
    }
    plane &+= 1
  }
}

#if arch(arm64)
  @c(image_resample_columns_neon_body) private func resampleColumnsNEON(_ p: UnsafePointer<ImageResampleArguments>) {
    resampleColumns(p)
  }
  @c(image_resample_rows_neon_body) private func resampleRowsNEON(_ p: UnsafePointer<ImageResampleArguments>) {
    resampleRows(p)
  }

  let imageResampleColumns = LevelFunctions(neon: image_resample_columns_neon)
  let imageResampleRows = LevelFunctions(neon: image_resample_rows_neon)
#else
  @c(image_resample_columns_baseline_body) private func resampleColumnsBaseline(
    _ p: UnsafePointer<ImageResampleArguments>
  ) {
    resampleColumns(p)
  }
  @c(image_resample_columns_avx2_body) private func resampleColumnsAVX2(_ p: UnsafePointer<ImageResampleArguments>) {
    resampleColumns(p)
  }
  @c(image_resample_columns_avx512_body) private func resampleColumnsAVX512(_ p: UnsafePointer<ImageResampleArguments>)
  {
    resampleColumns(p)
  }
  @c(image_resample_rows_baseline_body) private func resampleRowsBaseline(_ p: UnsafePointer<ImageResampleArguments>) {
    resampleRows(p)
  }
  @c(image_resample_rows_avx2_body) private func resampleRowsAVX2(_ p: UnsafePointer<ImageResampleArguments>) {
    resampleRows(p)
  }
  @c(image_resample_rows_avx512_body) private func resampleRowsAVX512(_ p: UnsafePointer<ImageResampleArguments>) {
    resampleRows(p)
  }

  let imageResampleColumns = LevelFunctions(
    baseline: image_resample_columns_baseline, avx2: image_resample_columns_avx2, avx512: image_resample_columns_avx512)
  let imageResampleRows = LevelFunctions(
    baseline: image_resample_rows_baseline, avx2: image_resample_rows_avx2, avx512: image_resample_rows_avx512)
#endif
