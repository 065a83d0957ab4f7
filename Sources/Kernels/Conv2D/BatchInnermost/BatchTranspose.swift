import ISA

/// Turns runs of elements of some images so that their images lie side by side.
@inline(always)
private func turnIn<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ConvBatchTurnArguments>) {
  let arguments = p.pointee
  let scratch = arguments.scratch
  let stride = arguments.stagedStride
  for run in 0..<arguments.runs {
    let images = UnsafePointer(arguments.images + run &* arguments.imageRunStride)
    let staged = arguments.staged + run &* arguments.stagedRunStride
    var first = 0
    while first < arguments.length {
      if arguments.length >= L.count {
        // The last square ends with the run: it overlaps the one before.
        first = min(first, arguments.length &- L.count)
        if arguments.count == L.count {
          L.transposeSquare(images + first, arguments.imageStride, staged + first &* stride, stride)
        } else {
          for i in 0..<L.count {
            var row = L.splat(0)
            if i < arguments.count { row = L.load(images + (i &* arguments.imageStride &+ first)) }
            L.store(row, scratch + i &* L.count)
          }
          L.transposeSquare(UnsafePointer(scratch), L.count, staged + first &* stride, stride)
        }
      } else {
        for j in 0..<arguments.length {
          let place = staged + j &* stride
          L.store(L.splat(0), place)
          for i in 0..<arguments.count { place[i] = images[i &* arguments.imageStride &+ j] }
        }
      }
      first &+= L.count
    }
  }
}

/// Turns staged runs back to images.
@inline(always)
private func turnOut<L: Lanes>(_ lanes: L.Type, _ p: UnsafePointer<ConvBatchTurnArguments>) {
  let arguments = p.pointee
  let scratch = arguments.scratch
  let stride = arguments.stagedStride
  for run in 0..<arguments.runs {
    let images = arguments.images + run &* arguments.imageRunStride
    let staged = UnsafePointer(arguments.staged + run &* arguments.stagedRunStride)
    var first = 0
    while first < arguments.length {
      if arguments.length < L.count {
        for j in 0..<arguments.length {
          for i in 0..<arguments.count { images[i &* arguments.imageStride &+ j] = staged[j &* stride &+ i] }
        }
      } else {
        first = min(first, arguments.length &- L.count)
        if arguments.count == L.count {
          L.transposeSquare(staged + first &* stride, stride, images + first, arguments.imageStride)
        } else {
          L.transposeSquare(staged + first &* stride, stride, scratch, L.count)
          var i = 0
          while i < arguments.count {
            L.store(L.load(scratch + i &* L.count), images + (i &* arguments.imageStride &+ first))
            i &+= 1
          }
        }
      }
      first &+= L.count
    }
  }
}

#if arch(arm64)
  @c(conv_batch_turn_in_neon_body) private func inN(_ p: UnsafePointer<ConvBatchTurnArguments>) {
    turnIn(NEONLanes.self, p)
  }
  @c(conv_batch_turn_out_neon_body) private func outN(_ p: UnsafePointer<ConvBatchTurnArguments>) {
    turnOut(NEONLanes.self, p)
  }

  let convBatchTurnIn = LevelFunctions(neon: conv_batch_turn_in_neon)
  let convBatchTurnOut = LevelFunctions(neon: conv_batch_turn_out_neon)
#else
  private typealias B = BaselineLanes
  private typealias A = AVX2Lanes
  private typealias Z = AVX512Lanes
  @c(conv_batch_turn_in_baseline_body) private func inB(_ p: UnsafePointer<ConvBatchTurnArguments>) {
    turnIn(B.self, p)
  }
  @c(conv_batch_turn_in_avx2_body) private func inA(_ p: UnsafePointer<ConvBatchTurnArguments>) { turnIn(A.self, p) }
  @c(conv_batch_turn_in_avx512_body) private func inZ(_ p: UnsafePointer<ConvBatchTurnArguments>) { turnIn(Z.self, p) }
  @c(conv_batch_turn_out_baseline_body) private func outB(_ p: UnsafePointer<ConvBatchTurnArguments>) {
    turnOut(B.self, p)
  }
  @c(conv_batch_turn_out_avx2_body) private func outA(_ p: UnsafePointer<ConvBatchTurnArguments>) { turnOut(A.self, p) }
  @c(conv_batch_turn_out_avx512_body) private func outZ(_ p: UnsafePointer<ConvBatchTurnArguments>) {
    turnOut(Z.self, p)
  }

  let convBatchTurnIn = LevelFunctions(
    baseline: conv_batch_turn_in_baseline, avx2: conv_batch_turn_in_avx2, avx512: conv_batch_turn_in_avx512)
  let convBatchTurnOut = LevelFunctions(
    baseline: conv_batch_turn_out_baseline, avx2: conv_batch_turn_out_avx2, avx512: conv_batch_turn_out_avx512)
#endif
