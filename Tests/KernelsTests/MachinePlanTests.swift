import TestSupport
import Testing

@testable import Kernels

/// What a plan chooses, on this processor and on others.
@Suite struct MachinePlanTests {
  static let machines: [Machine] = [.haswell, .zen2, .zen4, .zen5, .iceLake, .sapphireRapids]

  static let shapes: [Conv2DShape] = [
    .init(
      batch: 1, inputChannels: 3, inputHeight: 32, inputWidth: 32, outputChannels: 6, kernel: 5),
    .init(
      batch: 64, inputChannels: 6, inputHeight: 14, inputWidth: 14, outputChannels: 16, kernel: 5),
    .init(
      batch: 20, inputChannels: 24, inputHeight: 9, inputWidth: 9, outputChannels: 40, kernel: 3,
      padding: 1),
    .init(
      batch: 8, inputChannels: 64, inputHeight: 56, inputWidth: 56, outputChannels: 64, kernel: 3,
      padding: 1),
    .init(
      batch: 8, inputChannels: 256, inputHeight: 14, inputWidth: 14, outputChannels: 512, kernel: 1),
    .init(
      batch: 2, inputChannels: 64, inputHeight: 32, inputWidth: 32, outputChannels: 128, kernel: 3,
      stride: 2, padding: 1),
    .init(
      batch: 4, inputChannels: 96, inputHeight: 28, inputWidth: 28, outputChannels: 96, kernel: 3,
      padding: 1, groups: 96),
    .init(
      batch: 1, inputChannels: 3, inputHeight: 224, inputWidth: 224, outputChannels: 64, kernel: 7,
      stride: 2, padding: 3),
    .init(batch: 0, inputChannels: 3, inputHeight: 8, inputWidth: 8, outputChannels: 4, kernel: 3),
  ]

  @Test(
    "plans for other processors have a row that accepts the problem, and as little scratch memory",
    arguments: machines)
  func plans(_ machine: Machine) throws {
    func check<Op: KernelOperation>(_ operation: Op.Type, _ problem: Op.Problem) throws {
      for level in InstructionSet.available {
        for threads in [1, 3] {
          let plan = try Plan<Op>(problem, level: level, threads: threads, machine: machine)
          let cost = try #require(
            plan.kernel.cost(problem, machine), "\(plan.kernel.name) \(problem)")
          #expect(cost.isFinite && cost > 0, "\(plan.kernel.name) \(problem)")
          #expect(
            plan.kernel.level == level && !plan.kernel.isReference, "\(plan.kernel.name) \(problem)"
          )
          #expect(
            plan.workspaceByteCount <= threads * Workspace.mostBytesPerThread,
            "\(plan.kernel.name) \(problem): \(plan.workspaceByteCount)")
          for other in Op.kernels where other.level == level && !other.isReference {
            guard let otherCost = other.cost(problem, machine) else { continue }
            #expect(
              otherCost >= cost, "\(other.name) is cheaper than \(plan.kernel.name): \(problem)")
          }
        }
      }
    }
    for shape in Self.shapes {
      try check(Conv2DForward.self, .init(shape: shape))
      try check(Conv2DBackwardData.self, shape)
      try check(Conv2DBackwardWeights.self, shape)
    }
    for shape in [
      Pool2DShape(
        batch: 4, channels: 6, inputHeight: 28, inputWidth: 28, kernelHeight: 2, kernelWidth: 2, strideHeight: 2,
        strideWidth: 2),
      Pool2DShape(
        batch: 2, channels: 16, inputHeight: 55, inputWidth: 55, kernelHeight: 3, kernelWidth: 3, strideHeight: 2,
        strideWidth: 2),
      Pool2DShape(
        batch: 2, channels: 16, inputHeight: 13, inputWidth: 13, kernelHeight: 5, kernelWidth: 5, strideHeight: 1,
        strideWidth: 1, paddingHeight: 2, paddingWidth: 2),
      Pool2DShape(
        batch: 2, channels: 16, inputHeight: 14, inputWidth: 14, kernelHeight: 7, kernelWidth: 7, strideHeight: 7,
        strideWidth: 7),
    ] {
      try check(MaxPool2DForward.self, shape)
      try check(MaxPool2DBackward.self, shape)
      try check(AveragePool2DForward.self, shape)
      try check(AveragePool2DBackward.self, shape)
    }
  }

  @Test("whether a row accepts a problem does not depend on the processor")
  func acceptance() {
    for shape in Self.shapes {
      for kernel in Conv2DForward.kernels {
        let accepted = Self.machines.map { kernel.cost(.init(shape: shape), $0) != nil }
        #expect(
          accepted.allSatisfy { $0 == kernel.accepts(.init(shape: shape)) },
          "\(kernel.name) \(shape)")
      }
    }
  }

  @Test("sums that differ between rows are of the same row on every processor")
  func rowsOfOneOrder() throws {
    for level in InstructionSet.available {
      for shape in Self.shapes {
        let rows = try Self.machines.map {
          try Plan<Conv2DBackwardWeights>.choice(for: shape, level: level, machine: $0).name
        }
        #expect(Set(rows).count == 1, "\(shape): \(rows)")
      }
      for kernel in 2...7 {
        for stride in 1...kernel {
          let shape = Pool2DShape(
            batch: 2, channels: 8, inputHeight: 29, inputWidth: 30, kernelHeight: kernel, kernelWidth: kernel,
            strideHeight: stride, strideWidth: stride,
            paddingHeight: stride == kernel ? 0 : kernel / 2, paddingWidth: stride == kernel ? 0 : kernel / 2)
          let forward = try Self.machines.map {
            try Plan<AveragePool2DForward>.choice(for: shape, level: level, machine: $0).name
          }
          let backward = try Self.machines.map {
            try Plan<AveragePool2DBackward>.choice(for: shape, level: level, machine: $0).name
          }
          #expect(
            Set(forward).count == 1 && Set(backward).count == 1, "\(shape): \(forward), \(backward)"
          )
        }
      }
    }
  }

  @Test(
    "a forward pass and an input gradient have the same bits whatever processor they are planned for"
  )
  func bits() throws {
    var random = TestRandom(seed: 31)
    for shape in Self.shapes where shape.batch > 0 && shape.inputHeight < 56 {
      let input = GuardedBuffer(random.reals(shape.inputCount))
      let weights = GuardedBuffer(random.reals(shape.weightCount))
      let gradient = GuardedBuffer(random.reals(shape.outputCount))
      for level in InstructionSet.available {
        var results: [[Float]] = []
        for machine in Self.machines {
          let forward = try Plan<Conv2DForward>(.init(shape: shape), level: level, machine: machine)
          let output = GuardedBuffer<Float>.poisoned(count: shape.outputCount)
          forward.run(
            .init(input: input.pointer, weights: weights.pointer, output: output.pointer),
            workspace: poisonedWorkspace(forward.workspaceByteCount))
          let backward = try Plan<Conv2DBackwardData>(shape, level: level, machine: machine)
          let inputGradient = GuardedBuffer<Float>.poisoned(count: shape.inputCount)
          backward.run(
            .init(
              outputGradient: gradient.pointer, weights: weights.pointer,
              inputGradient: inputGradient.pointer),
            workspace: poisonedWorkspace(backward.workspaceByteCount))
          results.append(output.values + inputGradient.values)
        }
        #expect(results.allSatisfy { $0 == results[0] }, "\(shape) \(level)")
      }
    }
  }
}

/// How rows are chosen, by a table of an operation that does nothing.
@Suite struct ChoiceTests {
  #if !arch(arm64)
    @Test(
      "the cheapest row of the highest level that accepts a problem is chosen, the first of equals")
    func cheapestOfHighest() throws {
      for (problem, expected) in [
        (0, "cheap.avx2"), (1, "dear.avx2"), (2, "cheap.baseline"), (3, "reference"),
        (4, "dear.avx2"),
      ] where InstructionSet.available.contains(.avx2) {
        #expect(try Plan<Idle>(problem, level: .avx2).kernel.name == expected)
      }
      #expect(try Plan<Idle>(0, level: .baseline).kernel.name == "cheap.baseline")
      #expect(try Plan<Idle>(0, level: .baseline, kernel: "reference").kernel.isReference)
      #expect(throws: KernelError.self) { try Plan<Idle>(3, kernel: "cheap.baseline") }
      #expect(throws: KernelError.self) {
        try Plan<Idle>(0, level: .baseline, kernel: "cheap.avx2")
      }
    }

    @Test("a plan is made for the processor that it is told")
    func machine() throws {
      #expect(try Plan<Idle>(5, level: .baseline, machine: .zen2).kernel.name == "cheap.baseline")
      #expect(try Plan<Idle>(5, level: .baseline, machine: .zen5).kernel.name == "dear.baseline")
    }
  #endif
}

#if !arch(arm64)
  /// Problem 0: all rows; 1: not the cheap one of avx2; 2: none of avx2; 3: none; 4: both of avx2 at the same cost; 5: the
  /// baseline's, by machine.
  private enum Idle: KernelOperation {
    static let name = "idle"
    typealias Problem = Int
    typealias Operands = Void
    static let kernels: [Kernel<Idle>] = [
      row("cheap", .baseline) { problem, machine in
        problem == 3 ? nil : problem == 5 && machine.multiplyAddLanesPerCycle == 32 ? 30 : 10
      },
      row("dear", .baseline) { problem, _ in
        problem == 5 ? 20 : problem == 3 || problem == 2 ? nil : 10
      },
      row("dear", .avx2) { problem, _ in problem < 2 ? 200 : problem == 4 ? 100 : nil },
      row("cheap", .avx2) { problem, _ in problem == 0 || problem == 4 ? 100 : nil },
      .reference { _, _ in },
    ]
    static func validate(_ problem: Int) throws(KernelError) {}
    private static func row(
      _ name: String, _ level: InstructionSet, cost: @escaping @Sendable (Int, Machine) -> Double?
    ) -> Kernel<Idle> {
      Kernel(algorithm: name, level: level, cost: cost) { (_: Int, _: Int) in
        PreparedKernel { _, _ in }
      }
    }
  }
#endif
