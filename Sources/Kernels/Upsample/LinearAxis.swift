/// Where the outputs of an axis lie between its inputs.
struct LinearAxis {
  var inputs: Int
  var outputs: Int
  /// Of each output: the input before it; the next one is behind it, if there is one.
  var first: UnsafePointer<Int32>
  /// Of each output: the weight of the input behind it.
  var share: UnsafePointer<Float>
  /// Of each input, and of one more: the first output that lies behind it.
  var start: UnsafePointer<Int32>
}
