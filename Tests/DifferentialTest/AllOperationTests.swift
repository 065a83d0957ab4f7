/// Every operation of the package.
let allOperationTests: [any AnyOperationTest] =
  convolutionTests + productTests + poolingTests + normalizationTests + rowTests + elementLossTests + planeTests
  + activationTests + optimizerTests
