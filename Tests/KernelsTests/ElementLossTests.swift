import Foundation
import Kernels
import TestSupport
import Testing

/// The losses of elements.
@Suite struct ElementLossTests {
  /// An operation, hidden behind what the tests need of it.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let outputs: ClosedRange<Float>
    let targets: ClosedRange<Float>
    let run: @Sendable (_ row: Int, Data, _ threads: Int) throws -> Results?
    let names: [String]

    var testDescription: String { name }

    init<Op: KernelOperation>(
      _ operation: Op.Type, outputs: ClosedRange<Float> = -4...4, targets: ClosedRange<Float> = -4...4
    ) where Op.Problem == ElementLossProblem, Op.Operands == ElementLossOperands {
      name = Op.name
      self.outputs = outputs
      self.targets = targets
      names = runnableRows(Op.self).map(\.name)
      run = { row, data, threads in
        let rows = runnableRows(Op.self)
        return try Results(rows[row], data, threads: threads)
      }
    }
  }

  static let cases = [
    Case(SquaredError.self), Case(AbsoluteError.self), Case(SmoothL1Error.self), Case(HuberError.self),
    Case(KullbackLeibler.self, outputs: -8...0, targets: 0...1),
    Case(KullbackLeiblerOfLogarithms.self, outputs: -8...0, targets: -8...0),
    Case(BinaryCrossEntropy.self, outputs: -20...20, targets: 0...1),
  ]

  enum WeightKind: CaseIterable { case none, columns, elements }

  struct Data {
    var rows: Int
    var columns: Int
    var outputs: [Float]
    var targets: [Float]
    var kind = WeightKind.none
    var weights: [Float] = []
    var positive: [Float]?
    var threshold: Float = 0.75
    var scale: Float = 0.25
    var wantsAll = true

    init(_ test: Case, rows: Int, columns: Int, _ kind: WeightKind = .none) {
      var random = TestRandom(seed: UInt64(rows * 10_000 + columns))
      self.rows = rows
      self.columns = columns
      outputs = random.reals(rows * columns, in: test.outputs)
      targets = random.reals(rows * columns, in: test.targets)
      self.kind = kind
      switch kind {
      case .none: break
      case .columns: weights = random.reals(columns, in: 0...2)
      case .elements: weights = random.reals(rows * columns, in: 0...2)
      }
      if kind != .none { positive = random.reals(columns, in: 0...3) }
    }
  }

  struct Results {
    var rows: [Float]
    var elements: [Float]
    var gradients: [Float]

    init<Op: KernelOperation>(_ row: Kernel<Op>, _ data: Data, threads: Int) throws
    where Op.Problem == ElementLossProblem, Op.Operands == ElementLossOperands {
      let (outputs, targets) = (GuardedBuffer(data.outputs), GuardedBuffer(data.targets))
      let (weights, positive) = (GuardedBuffer(data.weights), GuardedBuffer(data.positive ?? []))
      let rows = GuardedBuffer<Float>.poisoned(count: data.rows)
      let elements = GuardedBuffer<Float>.poisoned(count: data.outputs.count)
      let gradients = GuardedBuffer<Float>.poisoned(count: data.outputs.count)
      let plan = try plan(
        row, .init(rows: data.rows, columns: data.columns, threshold: data.threshold), threads: threads)
      run(
        plan,
        .init(
          outputs: outputs.pointer, targets: targets.pointer,
          weights: data.kind == .none
            ? nil : data.kind == .columns ? .columns(weights.pointer) : .elements(weights.pointer),
          positiveWeights: data.positive == nil ? nil : UnsafePointer(positive.pointer), rowLosses: rows.pointer,
          elementLosses: data.wantsAll ? elements.pointer : nil, gradients: data.wantsAll ? gradients.pointer : nil,
          gradientScale: data.scale),
        keeping: outputs, targets, weights, positive)
      self.rows = rows.values
      self.elements = elements.values
      self.gradients = gradients.values
    }
  }

  private func expectClose(_ values: [Float], _ expected: [Float], _ comment: String) {
    #expect(values.count == expected.count)
    for (i, (value, right)) in zip(values, expected).enumerated()
    where !(abs(value - right) <= 3e-6 * max(1, abs(right))) {
      Issue.record("\(comment) at \(i): \(value) instead of \(right)")
      return
    }
  }

  @Test(arguments: cases) func everyWidthMatchesTheReference(of test: Case) throws {
    for (row, name) in test.names.enumerated() {
      for columns in Array(1...34) + [47, 64, 100, 1023, 1024, 1025, 1040, 2049, 3100] {
        for rows in columns > 200 ? [1, 3] : [0, 1, 2, 7] {
          for kind in WeightKind.allCases {
            let data = Data(test, rows: rows, columns: columns, kind)
            let result = try #require(try test.run(row, data, 1))
            let expected = try #require(try test.run(test.names.count - 1, data, 1))
            let place = "\(test.name) \(name) \(rows)×\(columns) weights \(kind)"
            expectClose(result.rows, expected.rows, "\(place) rows")
            expectClose(result.elements, expected.elements, "\(place) elements")
            expectClose(result.gradients, expected.gradients, "\(place) gradients")
          }
        }
      }
    }
  }

  @Test(arguments: cases) func threadsAndTheBatchDoNotChangeTheBits(of test: Case) throws {
    for (row, name) in test.names.enumerated() {
      for (rows, columns) in [(37, 11), (5, 3000), (1, 20_000)] {
        for kind in WeightKind.allCases {
          let data = Data(test, rows: rows, columns: columns, kind)
          let one = try #require(try test.run(row, data, 1))
          for threads in [2, 3] {
            let more = try #require(try test.run(row, data, threads))
            #expect(
              sameBits(one.rows, more.rows) && sameBits(one.elements, more.elements)
                && sameBits(one.gradients, more.gradients), "\(name) \(rows)×\(columns) \(threads) threads \(kind)")
          }
          var alone = data
          let last = (rows - 1) * columns
          alone.rows = 1
          alone.outputs = Array(data.outputs[last...])
          alone.targets = Array(data.targets[last...])
          if kind == .elements { alone.weights = Array(data.weights[last...]) }
          let result = try #require(try test.run(row, alone, 1))
          #expect(sameBits(result.rows, [one.rows[rows - 1]]), "\(name) \(rows)×\(columns) \(kind)")
          #expect(sameBits(result.gradients, Array(one.gradients[last...])), "\(name) \(rows)×\(columns) \(kind)")
          var fewer = data
          fewer.wantsAll = false
          #expect(sameBits(try #require(try test.run(row, fewer, 1)).rows, one.rows), "\(name) \(rows)×\(columns)")
        }
      }
    }
  }

  @Test(arguments: cases) func specialValuesPassAsInTheReference(of test: Case) throws {
    let tiny = Float.leastNonzeroMagnitude
    let values: [(Float, Float)] = [
      (.nan, 0), (0, .nan), (.nan, .nan), (.infinity, 0), (-.infinity, 0), (.infinity, 1), (-.infinity, 1), (0, 0),
      (-0.0, 0), (1, 1), (1e4, 0), (-1e4, 1), (1e4, 1), (-1e4, 0), (tiny, 0), (0, tiny), (-5, tiny * 77),
      (-5, .leastNormalMagnitude / 3), (1e18, -1e18), (-100, 0), (100, 1), (-0.75, 0), (0.75, 0), (0, -3),
      (0, .infinity), (0.5, 0.5), (-3, 0.7), (.infinity, .infinity),
    ]
    for (row, name) in test.names.enumerated() {
      for shift in [0, 5, 16] {
        let order = Array(values[shift...] + values[..<shift])
        var data = Data(test, rows: 1, columns: values.count)
        data.outputs = order.map(\.0)
        data.targets = order.map(\.1)
        let result = try #require(try test.run(row, data, 1))
        let expected = try #require(try test.run(test.names.count - 1, data, 1))
        for (i, (x, y)) in order.enumerated() {
          for (value, right) in [
            (result.elements[i], expected.elements[i]), (result.gradients[i], expected.gradients[i]),
          ] {
            let isClose =
              value.isNaN && right.isNaN || value == right
              || abs(value - right) <= 1e-6 * abs(right) + 4 * .leastNonzeroMagnitude
            #expect(isClose, "\(test.name) \(name) output \(x) target \(y): \(value) instead of \(right)")
          }
        }
      }
    }
  }

  @Test func smallProbabilitiesKeepTheirDigits() throws {
    for row in runnableRows(BinaryCrossEntropy.self) {
      var data = Data(Case(BinaryCrossEntropy.self), rows: 1, columns: 64)
      data.outputs = (0..<64).map { Float($0) * 1.5 - 80 }
      data.targets = (0..<64).map { $0 < 54 ? 0 : 1 }
      data.scale = 1
      let result = try Results(row, data, threads: 1)
      for i in 0..<64 {
        let x = Double(data.outputs[i]) * (data.targets[i] == 0 ? 1 : -1)
        let right = max(x, 0) + log1p(exp(-abs(x)))
        #expect(abs(Double(result.elements[i]) - right) <= 5e-7 * right, "\(row.name) at \(data.outputs[i])")
        let slope = 1 / (1 + exp(-x))
        #expect(abs(abs(Double(result.gradients[i])) - slope) <= 5e-7 * slope, "\(row.name) at \(data.outputs[i])")
      }
    }
  }

  @Test func aLongRowsSumKeepsItsDigits() throws {
    let count = 1 << 20
    for row in runnableRows(SquaredError.self) {
      var data = Data(Case(SquaredError.self), rows: 1, columns: count)
      data.outputs = [Float](repeating: 1.1, count: count)
      data.targets = [Float](repeating: 0, count: count)
      let sum = Double(Float(1.1) * Float(1.1)) * Double(count)
      #expect(abs(Double(try Results(row, data, threads: 1).rows[0]) - sum) <= 1e-5 * sum, "\(row.name)")
    }
  }

  @Test func largeGradientsAreStoredPastTheCaches() throws {
    for row in runnableRows(SquaredError.self) {
      let (rows, columns) = (1 << 10, 1 << 12)
      let memory = Workspace(byteCount: rows * columns * 4 + rows * 4)
      let floats = memory.base.assumingMemoryBound(to: Float.self)
      let inputs = GuardedBuffer<Float>(repeating: 3, count: rows * columns)
      let targets = GuardedBuffer<Float>(repeating: 1, count: rows * columns)
      run(
        try plan(row, .init(rows: rows, columns: columns)),
        .init(
          outputs: inputs.pointer, targets: targets.pointer, rowLosses: floats + rows * columns, gradients: floats),
        keeping: inputs, targets, memory)
      #expect((0..<rows * columns).allSatisfy { floats[$0] == 4 }, "\(row.name)")
      #expect((0..<rows).allSatisfy { floats[rows * columns + $0] == 4 * Float(columns) }, "\(row.name)")
    }
  }

  @Test func problemsAreValidated() {
    for problem in [
      ElementLossProblem(rows: -1, columns: 1), .init(rows: 1, columns: 0), .init(rows: .max / 4, columns: 100),
      .init(rows: 1, columns: 1, threshold: 0), .init(rows: 1, columns: 1, threshold: .nan),
      .init(rows: 1, columns: 1, threshold: .infinity),
    ] {
      #expect(throws: KernelError.self, "\(problem)") { try Plan<HuberError>(problem) }
    }
  }
}
