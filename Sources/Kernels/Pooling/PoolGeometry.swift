/// The shape of planes and their windows, as the level functions of pooling read it; all sizes are in elements.
struct PoolGeometry {
  /// Planes, one behind the other in memory.
  var planes: Int
  var inputHeight: Int
  var inputWidth: Int
  var outputHeight: Int
  var outputWidth: Int
  var kernelHeight: Int
  var kernelWidth: Int
  var strideHeight: Int
  var strideWidth: Int
  var paddingHeight: Int
  var paddingWidth: Int
  var dilationHeight: Int
  var dilationWidth: Int
  /// The first output column whose window lies between the side borders of the input.
  var insideFirst: Int
  /// The column behind the last such output column.
  var insideEnd: Int
  /// Whether the divisor of average pooling counts padding elements.
  var countIncludePad: Bool
  /// Whether the scratch memory holds the tables that an earlier call prepared for planes of the same shape.
  var isPrepared: Bool
}
