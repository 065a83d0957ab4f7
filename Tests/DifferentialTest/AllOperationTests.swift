/// Every operation of the package.
let allOperationTests: [any AnyOperationTest] = convolutionTests
