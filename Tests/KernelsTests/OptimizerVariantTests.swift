import Foundation
import Kernels
import TestSupport
import Testing

/// The optimisers beside SGD and Adam, and their options: at every level the reference's bits, on any number of threads,
/// and numbers that follow the formulas.
@Suite struct OptimizerVariantTests {
  static let adamVariants: [AdamStep.Problem] = [
    .init(count: 0, amsgrad: true), .init(count: 0, beta1: 0.8, weightDecay: 0.1, decoupled: true),
    .init(count: 0, epsilon: 0, weightDecay: 0.1, decoupled: true, amsgrad: true, maximize: true),
  ]
  static let nadamVariants: [NAdamStep.Problem] = [
    .init(count: 0), .init(count: 0, beta1: 0.8, weightDecay: 0.1, momentumDecay: 0.3, decoupled: true),
    .init(count: 0, epsilon: 0, weightDecay: 0.1, maximize: true),
  ]
  static let radamVariants: [RAdamStep.Problem] = [
    .init(count: 0), .init(count: 0, beta1: 0.8, weightDecay: 0.1, decoupled: true),
    .init(count: 0, epsilon: 0, weightDecay: 0.1, maximize: true),
  ]
  static let rmspropVariants: [RMSpropStep.Problem] = [
    .init(count: 0), .init(count: 0, alpha: 0.9, epsilon: 0, weightDecay: 0.1), .init(count: 0, momentum: 0.9),
    .init(count: 0, centered: true), .init(count: 0, momentum: 0.5, centered: true, maximize: true),
  ]
  static let adagradVariants: [AdagradStep.Problem] = [
    .init(count: 0), .init(count: 0, epsilon: 0, weightDecay: 0.1), .init(count: 0, maximize: true),
  ]

  /// Parameters, gradients and three arrays of state, with special values among random ones. A state that an optimiser
  /// keeps as squares is not negative.
  final class Memory {
    let parameters: GuardedBuffer<Float>
    let gradients: GuardedBuffer<Float>
    let states: [GuardedBuffer<Float>]

    init(_ count: Int) {
      parameters = GuardedBuffer(mixedValues(count, seed: 1))
      gradients = GuardedBuffer(mixedValues(count, seed: 2))
      states = [
        GuardedBuffer(mixedValues(count, seed: 3).map(abs)), GuardedBuffer(mixedValues(count, seed: 4).map(abs)),
        GuardedBuffer(mixedValues(count, seed: 5).map(abs)),
      ]
    }

    var values: [Float] { parameters.values + states.flatMap(\.values) }
  }

  /// Runs a row on fresh memory and returns all that it may have changed.
  private func state<Op: KernelOperation>(
    _ row: Kernel<Op>, _ problem: Op.Problem, count: Int, threads: Int = 1, _ operands: (Memory) -> Op.Operands
  ) throws -> [Float] {
    let memory = Memory(count)
    run(try plan(row, problem, threads: threads), operands(memory), keeping: memory)
    return memory.values
  }

  /// Compares all rows with the reference for all counts, and with themselves on several threads.
  private func compare<Op: KernelOperation>(
    _ operation: Op.Type, _ problem: (_ count: Int) -> Op.Problem, _ operands: (Memory) -> Op.Operands
  ) throws {
    let reference = Op.kernels[Op.kernels.count - 1]
    for row in runnableRows(operation) {
      for count in elementCounts {
        let difference = firstApart(
          try state(row, problem(count), count: count, operands),
          try state(reference, problem(count), count: count, operands), ulps: 0)
        #expect(difference == nil, "\(row.name) \(problem(count)): \(difference ?? "")")
      }
      let one = try state(row, problem(4099), count: 4099, operands)
      for threads in [2, 3] {
        let several = try state(row, problem(4099), count: 4099, threads: threads, operands)
        #expect(sameBits(one, several), "\(row.name) \(problem(4099)) on \(threads) threads")
      }
    }
  }

  @Test(arguments: adamVariants) func adamGivesTheReferencesBits(_ variant: AdamStep.Problem) throws {
    func problem(_ count: Int) -> AdamStep.Problem {
      var problem = variant
      problem.count = count
      return problem
    }
    try compare(AdamStep.self, problem) { memory in
      .init(
        parameters: memory.parameters.pointer, gradients: memory.gradients.pointer,
        firstMoments: memory.states[0].pointer, secondMoments: memory.states[1].pointer,
        largestMoments: memory.states[2].pointer, learningRate: 0.01, step: 2, beta1: 0.7)
    }
  }

  @Test(arguments: nadamVariants) func nadamGivesTheReferencesBits(_ variant: NAdamStep.Problem) throws {
    func problem(_ count: Int) -> NAdamStep.Problem {
      var problem = variant
      problem.count = count
      return problem
    }
    try compare(NAdamStep.self, problem) { memory in
      .init(
        parameters: memory.parameters.pointer, gradients: memory.gradients.pointer,
        firstMoments: memory.states[0].pointer, secondMoments: memory.states[1].pointer, learningRate: 0.01, step: 2,
        momentumProduct: 0.3, beta1: 0.7)
    }
  }

  /// The fifth step does without the second moment, the hundredth does not.
  @Test(arguments: radamVariants, [5, 100])
  func radamGivesTheReferencesBits(_ variant: RAdamStep.Problem, step: Int) throws {
    func problem(_ count: Int) -> RAdamStep.Problem {
      var problem = variant
      problem.count = count
      return problem
    }
    try compare(RAdamStep.self, problem) { memory in
      .init(
        parameters: memory.parameters.pointer, gradients: memory.gradients.pointer,
        firstMoments: memory.states[0].pointer, secondMoments: memory.states[1].pointer, learningRate: 0.01, step: step,
        beta1: 0.7)
    }
  }

  @Test func optionsOfAdamsKinAreValidated() {
    for problem in [
      NAdamStep.Problem(count: -1), .init(count: 1, beta1: 1), .init(count: 1, beta2: -0.1),
      .init(count: 1, epsilon: -1), .init(count: 1, weightDecay: .nan), .init(count: 1, momentumDecay: -1),
      .init(count: 1, momentumDecay: .infinity),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<NAdamStep>(problem) }
    }
    for problem in [
      RAdamStep.Problem(count: -1), .init(count: 1, beta1: .nan), .init(count: 1, beta2: 1),
      .init(count: 1, epsilon: .infinity), .init(count: 1, weightDecay: -1),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<RAdamStep>(problem) }
    }
  }

  @Test(arguments: rmspropVariants) func rmspropGivesTheReferencesBits(_ variant: RMSpropStep.Problem) throws {
    func problem(_ count: Int) -> RMSpropStep.Problem {
      var problem = variant
      problem.count = count
      return problem
    }
    try compare(RMSpropStep.self, problem) { memory in
      .init(
        parameters: memory.parameters.pointer, gradients: memory.gradients.pointer, squares: memory.states[0].pointer,
        velocity: memory.states[1].pointer, means: memory.states[2].pointer, learningRate: 0.01)
    }
  }

  @Test(arguments: adagradVariants) func adagradGivesTheReferencesBits(_ variant: AdagradStep.Problem) throws {
    func problem(_ count: Int) -> AdagradStep.Problem {
      var problem = variant
      problem.count = count
      return problem
    }
    try compare(AdagradStep.self, problem) { memory in
      .init(
        parameters: memory.parameters.pointer, gradients: memory.gradients.pointer, sums: memory.states[0].pointer,
        learningRate: 0.01)
    }
  }

  @Test func momentumOfOneStepStandsForTheProblems() throws {
    func problem(_ count: Int) -> SGDStep.Problem { .init(count: count, momentum: 0.9, maximize: true) }
    try compare(SGDStep.self, problem) { memory in
      .init(
        parameters: memory.parameters.pointer, gradients: memory.gradients.pointer,
        velocity: memory.states[0].pointer, learningRate: 0.1, isFirst: false, momentum: 0.25)
    }
    // A momentum of 0 leaves the velocity alone.
    for row in runnableRows(SGDStep.self) {
      let count = 37
      let changed = try state(row, SGDStep.Problem(count: count, momentum: 0.9), count: count) { memory in
        .init(
          parameters: memory.parameters.pointer, gradients: memory.gradients.pointer,
          velocity: memory.states[0].pointer, learningRate: 0.1, isFirst: false, momentum: 0)
      }
      #expect(sameBits(Array(changed[count...]), Memory(count).states.flatMap(\.values)), "\(row.name)")
    }
  }

  @Test(arguments: [(0.5, .infinity), (1, 3), (-2, 0), (.nan, 1)] as [(Float, Float)])
  func clip(scale: Float, limit: Float) throws {
    try compare(GradientClip.self, ElementwiseProblem.init(count:)) { memory in
      .init(values: memory.parameters.pointer, scale: scale, limit: limit)
    }
  }

  @Test func accumulationIntoEitherMemory() throws {
    try compare(GradientAccumulation.self, ElementwiseProblem.init(count:)) { memory in
      .init(
        accumulated: memory.states[0].pointer, gradients: memory.gradients.pointer, sum: memory.states[0].pointer,
        scale: 0.3)
    }
    try compare(GradientAccumulation.self, ElementwiseProblem.init(count:)) { memory in
      .init(
        accumulated: memory.gradients.pointer, gradients: memory.states[0].pointer, sum: memory.states[0].pointer,
        scale: -3)
    }
    try compare(GradientAccumulation.self, ElementwiseProblem.init(count:)) { memory in
      .init(accumulated: nil, gradients: memory.gradients.pointer, sum: memory.states[0].pointer, scale: 0.7)
    }
  }

  @Test(arguments: [0, 0.1, 0.5, 0.8, 1], [false, true])
  func averages(fraction: Double, valuesFollow: Bool) throws {
    func problem(_ count: Int) -> WeightAverageStep.Problem { .init(count: count, valuesFollow: valuesFollow) }
    try compare(WeightAverageStep.self, problem) { memory in
      .init(averages: memory.states[0].pointer, values: memory.parameters.pointer, fraction: fraction)
    }
  }

  @Test func aFractionOfOneGivesTheValues() throws {
    for row in runnableRows(WeightAverageStep.self) {
      let values = GuardedBuffer<Float>([1e-30, 3, -1e30, 0.1, 7])
      let averages = GuardedBuffer<Float>([1e30, 1e-30, 5, 1e10, -7])
      run(
        try plan(row, .init(count: 5)),
        .init(averages: averages.pointer, values: values.pointer, fraction: 1), keeping: values, averages)
      #expect(averages.values == values.values, "\(row.name)")
    }
  }

  @Test func normsAreTheSameBitsAtEveryLevelAndCloseToTheReference() throws {
    for count in elementCounts + [8191, 8192, 8193, 16384, sharedCount] {
      var random = TestRandom(seed: UInt64(count))
      let values = random.reals(count, in: -3...3)
      let exact = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      var bits: Set<UInt32> = []
      for row in runnableRows(GradientNorm.self) {
        for threads in [1, 2, 3] {
          let memory = GuardedBuffer(values)
          let norm = GuardedBuffer<Float>.poisoned(count: 1)
          run(
            try plan(row, .init(count: count), threads: threads),
            .init(values: memory.pointer, norm: norm.pointer), keeping: memory)
          #expect(abs(Double(norm.values[0]) - exact) <= 1e-7 * exact, "\(row.name), \(count)")
          if !row.isReference { bits.insert(norm.values[0].bitPattern) }
        }
      }
      #expect(bits.count == 1, "\(count)")
    }
  }

  static let norms: [(values: [Float], norm: Float)] = [
    ([.nan, 1], .nan), ([1, -.infinity], .infinity), ([3e38, 3e38], .infinity), ([3e37, -4e37], 5e37),
    ([3e-30, -4e-30], 5e-30), ([.leastNonzeroMagnitude], .leastNonzeroMagnitude), ([], 0),
  ]

  @Test(arguments: norms)
  func normsOverflowOnlyWhereTheyAreTooLarge(values: [Float], expected: Float) throws {
    for row in runnableRows(GradientNorm.self) {
      for padding in [0, 13, 40] {
        let memory = GuardedBuffer(values + [Float](repeating: 0, count: padding))
        let norm = GuardedBuffer<Float>.poisoned(count: 1)
        run(
          try plan(row, .init(count: memory.count)), .init(values: memory.pointer, norm: norm.pointer),
          keeping: memory)
        let given = norm.values[0]
        #expect(
          expected.isNaN ? given.isNaN : given == expected || abs(given / expected - 1) < 1e-6,
          "\(row.name), \(values): \(given), not \(expected)")
      }
    }
  }

  @Test func zerosStayZerosWithoutEpsilon() throws {
    for row in runnableRows(AdamStep.self) {
      let memory = (0..<5).map { _ in GuardedBuffer<Float>(repeating: 0, count: 37) }
      for step in 1...3 {
        run(
          try plan(row, .init(count: 37, epsilon: 0, weightDecay: 0.1, amsgrad: true)),
          .init(
            parameters: memory[0].pointer, gradients: memory[1].pointer, firstMoments: memory[2].pointer,
            secondMoments: memory[3].pointer, largestMoments: memory[4].pointer, learningRate: 0.1, step: step))
      }
      #expect(memory.allSatisfy { $0.values.allSatisfy { $0 == 0 } }, "\(row.name)")
    }
    for row in runnableRows(NAdamStep.self) {
      let memory = (0..<4).map { _ in GuardedBuffer<Float>(repeating: 0, count: 37) }
      run(
        try plan(row, .init(count: 37, epsilon: 0, weightDecay: 0.1)),
        .init(
          parameters: memory[0].pointer, gradients: memory[1].pointer, firstMoments: memory[2].pointer,
          secondMoments: memory[3].pointer, learningRate: 0.1, step: 1, momentumProduct: 0.5))
      #expect(memory.allSatisfy { $0.values.allSatisfy { $0 == 0 } }, "\(row.name)")
    }
    for row in runnableRows(RAdamStep.self) {
      let memory = (0..<4).map { _ in GuardedBuffer<Float>(repeating: 0, count: 37) }
      for step in [1, 100] {
        run(
          try plan(row, .init(count: 37, epsilon: 0, weightDecay: 0.1)),
          .init(
            parameters: memory[0].pointer, gradients: memory[1].pointer, firstMoments: memory[2].pointer,
            secondMoments: memory[3].pointer, learningRate: 0.1, step: step))
      }
      #expect(memory.allSatisfy { $0.values.allSatisfy { $0 == 0 } }, "\(row.name)")
    }
    for row in runnableRows(RMSpropStep.self) {
      let memory = (0..<5).map { _ in GuardedBuffer<Float>(repeating: 0, count: 37) }
      run(
        try plan(row, .init(count: 37, epsilon: 0, momentum: 0.9, centered: true)),
        .init(
          parameters: memory[0].pointer, gradients: memory[1].pointer, squares: memory[2].pointer,
          velocity: memory[3].pointer, means: memory[4].pointer, learningRate: 0.1))
      #expect(memory.allSatisfy { $0.values.allSatisfy { $0 == 0 } }, "\(row.name)")
    }
    for row in runnableRows(AdagradStep.self) {
      let memory = (0..<3).map { _ in GuardedBuffer<Float>(repeating: 0, count: 37) }
      run(
        try plan(row, .init(count: 37, epsilon: 0)),
        .init(
          parameters: memory[0].pointer, gradients: memory[1].pointer, sums: memory[2].pointer, learningRate: 0.1))
      #expect(memory.allSatisfy { $0.values.allSatisfy { $0 == 0 } }, "\(row.name)")
    }
  }

  @Test func aConstantGradientDoesNotMakeACentredVarianceNegative() throws {
    for row in runnableRows(RMSpropStep.self) {
      let parameters = GuardedBuffer<Float>(repeating: 1, count: 33)
      let gradients = GuardedBuffer<Float>((0..<33).map { 0.1 + Float($0) })
      let states = (0..<2).map { _ in GuardedBuffer<Float>(repeating: 0, count: 33) }
      let plan = try plan(row, .init(count: 33, alpha: 0.5, centered: true))
      for _ in 0..<100 {
        run(
          plan,
          .init(
            parameters: parameters.pointer, gradients: gradients.pointer, squares: states[0].pointer,
            means: states[1].pointer, learningRate: 1e-9))
      }
      #expect(parameters.values.allSatisfy { $0.isFinite }, "\(row.name)")
    }
  }

  @Test func hyperparametersAreValidated() {
    for problem in [
      RMSpropStep.Problem(count: -1), .init(count: 1, alpha: .nan), .init(count: 1, epsilon: -1),
      .init(count: 1, weightDecay: .infinity), .init(count: 1, momentum: -0.1),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<RMSpropStep>(problem) }
    }
    for problem in [AdagradStep.Problem(count: .max), .init(count: 1, epsilon: .nan), .init(count: 1, weightDecay: -1)]
    {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<AdagradStep>(problem) }
    }
    #expect(throws: KernelError.self) { try Plan<WeightAverageStep>(.init(count: -1)) }
    #expect(throws: KernelError.self) { try Plan<GradientNorm>(.init(count: -1)) }
  }
}
