import Kernels

/// The problems that shapes describe: an entry for each operation and pass that a shape fits.
enum KernelCases {
  static func cases(_ shape: KernelShape) -> [any KernelCase] {
    switch shape.family {
    case .product: ProductCases.cases(shape)
    case .convolution: ConvolutionCases.cases(shape) + PooledConvolutionCases.cases(shape)
    case .bottleneck: InvertedBottleneckCases.cases(shape)
    case .pooling: PoolingCases.cases(shape)
    case .adaptivePooling: PoolingCases.adaptiveCases(shape)
    case .planes:
      ElementwiseCases.planeCases(shape) + PoolingCases.globalCases(shape)
        + PaddingCases.cases(shape) + NormalizationCases.planeCases(shape) + RowsCases.channelCases(shape)
    case .rows: RowsCases.cases(shape) + NormalizationCases.rowCases(shape)
    case .elements: ElementwiseCases.cases(shape)
    }
  }

  /// The names of all operations.
  static var operationNames: [String] {
    let examples = [
      "m1n1k1", "mb16ic1ih3oc1kh2", "mb1ic1ih1hc1oc1kh1", "mb1ic1ih1kh1", "mb1ic1ih1oh1", "mb1ic1ih1", "mb1ic1", "n1",
    ]
    let cases = examples.compactMap { try? KernelShape($0, at: "") }.flatMap(cases)
    return cases.reduce(into: []) { names, next in
      if !names.contains(next.kernel) { names.append(next.kernel) }
    }
  }
}
