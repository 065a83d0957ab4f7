/// Forward: source is the input, destination the output. Backward: from the output's gradient to the input's.
struct AveragePoolArguments {
  var geometry: PoolGeometry
  var source: UnsafePointer<Float>
  var destination: UnsafeMutablePointer<Float>
  var scratch: UnsafeMutablePointer<Float>
}
