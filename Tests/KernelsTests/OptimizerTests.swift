import Foundation
import Kernels
import TestSupport
import Testing

@Suite struct OptimizerTests {
  private static let sgdVariants: [SGDStep.Problem] = [
    .init(count: 0), .init(count: 0, weightDecay: 0.01), .init(count: 0, momentum: 0.9),
    .init(count: 0, momentum: 0.9, nesterov: true, weightDecay: 0.01),
    .init(count: 0, momentum: 0.5, weightDecay: 0.1, dampening: 0.25),
  ]

  @Test(arguments: sgdVariants) func sgdFollowsPyTorchsFormula(_ variant: SGDStep.Problem) throws {
    for row in runnableRows(SGDStep.self) {
      for count in elementCounts {
        var problem = variant
        problem.count = count
        var random = TestRandom(seed: UInt64(count))
        var parameters = random.reals(count).map(Double.init)
        var velocity = [Double](repeating: 0, count: count)
        let memory = GuardedBuffer(parameters.map { Float($0) })
        let velocityMemory = GuardedBuffer<Float>.poisoned(count: count)
        for step in 0..<3 {
          let gradients = random.reals(count)
          let rate: Float = 0.1
          let gradientMemory = GuardedBuffer(gradients)
          run(
            try plan(row, problem),
            .init(
              parameters: memory.pointer, gradients: gradientMemory.pointer,
              velocity: problem.momentum == 0 ? nil : velocityMemory.pointer, learningRate: rate, isFirst: step == 0),
            keeping: gradientMemory, velocityMemory)
          for i in 0..<count {
            var g = Double(gradients[i]) + Double(problem.weightDecay) * parameters[i]
            if problem.momentum != 0 {
              let momentum = Double(problem.momentum)
              velocity[i] = step == 0 ? g : momentum * velocity[i] + (1 - Double(problem.dampening)) * g
              g = problem.nesterov ? g + momentum * velocity[i] : velocity[i]
            }
            parameters[i] -= Double(rate) * g
          }
        }
        for i in 0..<count {
          #expect(abs(Double(memory.values[i]) - parameters[i]) < 1e-6, "\(row.name) \(problem) at \(i)")
        }
      }
    }
  }

  @Test func adamFollowsPyTorchsFormula() throws {
    for row in runnableRows(AdamStep.self) {
      for count in elementCounts {
        for weightDecay in [Float(0), 0.01] {
          let problem = AdamStep.Problem(count: count, weightDecay: weightDecay)
          var random = TestRandom(seed: UInt64(count))
          var parameters = random.reals(count).map(Double.init)
          var m = [Double](repeating: 0, count: count)
          var v = [Double](repeating: 0, count: count)
          let memory = GuardedBuffer(parameters.map { Float($0) })
          let first = GuardedBuffer<Float>(repeating: 0, count: count)
          let second = GuardedBuffer<Float>(repeating: 0, count: count)
          for step in 1...4 {
            let gradients = random.reals(count)
            let gradientMemory = GuardedBuffer(gradients)
            run(
              try plan(row, problem),
              .init(
                parameters: memory.pointer, gradients: gradientMemory.pointer, firstMoments: first.pointer,
                secondMoments: second.pointer, learningRate: 0.01, step: step),
              keeping: gradientMemory, first, second)
            for i in 0..<count {
              let g = Double(gradients[i]) + Double(weightDecay) * parameters[i]
              m[i] = 0.9 * m[i] + 0.1 * g
              v[i] = 0.999 * v[i] + 0.001 * g * g
              let mean = m[i] / (1 - pow(0.9, Double(step)))
              let meanSquare = v[i] / (1 - pow(0.999, Double(step)))
              parameters[i] -= 0.01 * mean / (meanSquare.squareRoot() + 1e-8)
            }
          }
          for i in 0..<count {
            #expect(abs(Double(memory.values[i]) - parameters[i]) < 1e-6, "\(row.name) \(problem) at \(i)")
          }
        }
      }
    }
  }

  /// The state of an optimiser after a step, as one array.
  private func sgdState(_ row: Kernel<SGDStep>, _ problem: SGDStep.Problem, isFirst: Bool, threads: Int = 1) throws
    -> [Float]
  {
    let count = problem.count
    let parameters = GuardedBuffer(mixedValues(count, seed: 1))
    let gradients = GuardedBuffer(mixedValues(count, seed: 2))
    let velocity =
      isFirst ? GuardedBuffer<Float>.poisoned(count: count) : GuardedBuffer(mixedValues(count, seed: 3))
    run(
      try plan(row, problem, threads: threads),
      .init(
        parameters: parameters.pointer, gradients: gradients.pointer,
        velocity: problem.momentum == 0 ? nil : velocity.pointer, learningRate: 0.125, isFirst: isFirst),
      keeping: gradients, velocity)
    return parameters.values + (problem.momentum == 0 ? [] : velocity.values)
  }

  private func adamState(_ row: Kernel<AdamStep>, _ problem: AdamStep.Problem, threads: Int = 1) throws -> [Float] {
    let count = problem.count
    let parameters = GuardedBuffer(mixedValues(count, seed: 1))
    let gradients = GuardedBuffer(mixedValues(count, seed: 2))
    let first = GuardedBuffer(mixedValues(count, seed: 3))
    let second = GuardedBuffer(mixedValues(count, seed: 4).map(abs))
    run(
      try plan(row, problem, threads: threads),
      .init(
        parameters: parameters.pointer, gradients: gradients.pointer, firstMoments: first.pointer,
        secondMoments: second.pointer, learningRate: 0.01, step: 3),
      keeping: gradients)
    return parameters.values + first.values + second.values
  }

  @Test(arguments: sgdVariants) func sgdGivesTheReferencesBitsAtEveryLevel(_ variant: SGDStep.Problem) throws {
    let reference = SGDStep.kernels[SGDStep.kernels.count - 1]
    for row in runnableRows(SGDStep.self) {
      for count in elementCounts {
        var problem = variant
        problem.count = count
        for isFirst in [true, false] {
          let difference = firstApart(
            try sgdState(row, problem, isFirst: isFirst), try sgdState(reference, problem, isFirst: isFirst), ulps: 0)
          #expect(difference == nil, "\(row.name) \(problem) first \(isFirst): \(difference ?? "")")
        }
      }
    }
  }

  @Test func adamGivesTheReferencesBitsAtEveryLevel() throws {
    let reference = AdamStep.kernels[AdamStep.kernels.count - 1]
    for row in runnableRows(AdamStep.self) {
      for count in elementCounts {
        for weightDecay in [Float(0), 0.01] {
          let problem = AdamStep.Problem(count: count, weightDecay: weightDecay)
          let difference = firstApart(try adamState(row, problem), try adamState(reference, problem), ulps: 0)
          #expect(difference == nil, "\(row.name) \(problem): \(difference ?? "")")
        }
      }
    }
  }

  @Test func threadsDoNotChangeTheBits() throws {
    for row in runnableRows(SGDStep.self) {
      let problem = SGDStep.Problem(count: sharedCount, momentum: 0.9)
      let one = try sgdState(row, problem, isFirst: false)
      for threads in [2, 3] {
        #expect(sameBits(one, try sgdState(row, problem, isFirst: false, threads: threads)), "\(row.name)")
      }
    }
    for row in runnableRows(AdamStep.self) {
      let problem = AdamStep.Problem(count: sharedCount)
      let one = try adamState(row, problem)
      for threads in [2, 3] { #expect(sameBits(one, try adamState(row, problem, threads: threads)), "\(row.name)") }
    }
  }

  @Test("the state of a parameter without gradients decays to zero, not to denormals for ever")
  func decayedStateIsZero() throws {
    for row in runnableRows(SGDStep.self) {
      let memory = (0..<3).map { GuardedBuffer<Float>(repeating: $0 == 2 ? 1 : 0, count: 37) }
      let sgd = try plan(row, .init(count: 37, momentum: 0.9))
      for _ in 0..<1000 {
        run(
          sgd,
          .init(
            parameters: memory[0].pointer, gradients: memory[1].pointer, velocity: memory[2].pointer,
            learningRate: 0.1, isFirst: false))
      }
      #expect(memory[2].values.allSatisfy { $0 == 0 }, "\(row.name)")
      #expect(memory[0].values.allSatisfy { abs($0 + 0.9) < 1e-5 }, "\(row.name)")
    }
    for row in runnableRows(AdamStep.self) {
      let memory = (0..<4).map { GuardedBuffer<Float>(repeating: $0 == 2 || $0 == 3 ? 1 : 0, count: 37) }
      let adam = try plan(row, .init(count: 37, beta2: 0.9))
      for step in 2...1001 {
        run(
          adam,
          .init(
            parameters: memory[0].pointer, gradients: memory[1].pointer, firstMoments: memory[2].pointer,
            secondMoments: memory[3].pointer, learningRate: 0.1, step: step))
      }
      #expect(memory[2].values.allSatisfy { $0 == 0 } && memory[3].values.allSatisfy { $0 == 0 }, "\(row.name)")
    }
  }

  @Test func hyperparametersAreValidated() {
    for problem in [
      SGDStep.Problem(count: -1), .init(count: 1, momentum: -0.5), .init(count: 1, momentum: .nan),
      .init(count: 1, weightDecay: .infinity), .init(count: 1, momentum: 0.9, nesterov: true, dampening: 0.1),
      .init(count: 1, nesterov: true), .init(count: 1, momentum: 0.9, dampening: .nan),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<SGDStep>(problem) }
    }
    for problem in [
      AdamStep.Problem(count: -1), .init(count: 1, beta1: 1), .init(count: 1, beta2: -0.1),
      .init(count: 1, beta2: .nan), .init(count: 1, epsilon: -1), .init(count: 1, weightDecay: .nan),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<AdamStep>(problem) }
    }
  }
}
