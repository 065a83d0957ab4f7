/// The shape of one plane and its windows; `planes` of them lie one after another.
struct PoolGeometry {
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
  /// Output columns insideFirst ..< insideEnd have windows that no side border cuts.
  var insideFirst: Int
  var insideEnd: Int
  /// Average pooling divides by what lies in the padding too.
  var countIncludePad: Bool
  /// The scratch memory holds what the last call for other planes has prepared.
  var isPrepared: Bool
}
