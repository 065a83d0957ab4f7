/// The positions of the outputs along an axis between the inputs, as the bilinear kernels read them.
struct LinearAxis {
  var inputs: Int
  var outputs: Int
  /// `[outputs]`: the input before each output.
  var first: UnsafePointer<Int32>
  /// `[outputs]`: the weight of the next input; the weight of the input before is 1 − this.
  var nextWeight: UnsafePointer<Float>
  /// `[inputs + 1]`: the first output at or behind each input, then `outputs`.
  var start: UnsafePointer<Int32>
}
