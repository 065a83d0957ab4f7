import Kernels
import TestSupport
import Testing

/// Padding copies, so every kernel gives the reference's bits on integers.
struct Pad2DTests {
  static let shapes: [Pad2DShape] = PaddingMode.allCases.flatMap { mode in
    [
      Pad2DShape(planes: 3, inputHeight: 5, inputWidth: 4, top: 1, bottom: 2, left: 3, right: 0, mode: mode),
      Pad2DShape(planes: 70, inputHeight: 16, inputWidth: 33, top: 2, bottom: 2, left: 2, right: 2, mode: mode),
      Pad2DShape(planes: 1, inputHeight: 2, inputWidth: 2, top: 1, bottom: 1, left: 1, right: 1, mode: mode),
      Pad2DShape(planes: 2, inputHeight: 7, inputWidth: 1, top: 6, bottom: 0, left: 0, right: 0, mode: mode),
      Pad2DShape(planes: 0, inputHeight: 3, inputWidth: 3, top: 1, bottom: 1, left: 1, right: 1, mode: mode),
    ]
  }

  @Test(arguments: shapes, [1, 3]) func rowsAreThoseOfTheReference(_ shape: Pad2DShape, threads: Int) throws {
    let inputs = shape.planes * shape.inputHeight * shape.inputWidth
    let outputs = shape.planes * shape.outputHeight * shape.outputWidth
    let input = (0..<inputs).map { Float($0 % 251) - 100 }
    let gradient = (0..<outputs).map { Float($0 % 13) - 6 }
    func forward(_ kernel: String) throws -> [Float] {
      let plan = try sharing { try Plan<Pad2DForward>(shape, threads: threads, kernel: kernel) }
      var output = [Float](repeating: .nan, count: outputs + 1)
      let workspace = Workspace(byteCount: plan.workspaceByteCount)
      input.withUnsafeBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
          guard let from = input.baseAddress, let to = output.baseAddress else { return }
          plan.run(.init(input: from, output: to), workspace: workspace)
        }
      }
      return output.dropLast()
    }
    func backward(_ kernel: String) throws -> [Float] {
      let plan = try sharing { try Plan<Pad2DBackward>(shape, threads: threads, kernel: kernel) }
      var result = [Float](repeating: .nan, count: inputs + 1)
      let workspace = Workspace(byteCount: plan.workspaceByteCount)
      gradient.withUnsafeBufferPointer { gradient in
        result.withUnsafeMutableBufferPointer { result in
          guard let from = gradient.baseAddress, let to = result.baseAddress else { return }
          plan.run(.init(outputGradient: from, inputGradient: to), workspace: workspace)
        }
      }
      return result.dropLast()
    }
    for row in Pad2DForward.kernels { #expect(try forward(row.name) == forward("reference"), "\(row.name) \(shape)") }
    for row in Pad2DBackward.kernels {
      #expect(try backward(row.name) == backward("reference"), "\(row.name) \(shape)")
    }
    // What comes out and what comes back belong together: ⟨pad x, g⟩ = ⟨x, fold g⟩.
    let left = zip(try forward("reference"), gradient).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let right = zip(input, try backward("reference")).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    #expect(left == right)
  }

  @Test func modesAreThoseOfPyTorch() throws {
    let row: [Float] = [1, 2, 3]
    let expected: [PaddingMode: [Float]] = [
      .zeros: [0, 0, 1, 2, 3, 0, 0], .reflect: [3, 2, 1, 2, 3, 2, 1], .replicate: [1, 1, 1, 2, 3, 3, 3],
      .circular: [2, 3, 1, 2, 3, 1, 2],
    ]
    for mode in PaddingMode.allCases {
      let plan = try Plan<Pad2DForward>(
        Pad2DShape(planes: 1, inputHeight: 1, inputWidth: 3, top: 0, bottom: 0, left: 2, right: 2, mode: mode))
      var output = [Float](repeating: .nan, count: 7)
      row.withUnsafeBufferPointer { row in
        output.withUnsafeMutableBufferPointer { output in
          guard let from = row.baseAddress, let to = output.baseAddress else { return }
          plan.run(.init(input: from, output: to), workspace: Workspace(byteCount: 0))
        }
      }
      #expect(output == expected[mode], "\(mode)")
    }
  }

  @Test func tooMuchIsAnError() {
    for (mode, most) in [(PaddingMode.reflect, 2), (.circular, 3)] {
      for padding in [most, most + 1] {
        let shape = Pad2DShape(
          planes: 1, inputHeight: 9, inputWidth: 3, top: 0, bottom: 0, left: padding, right: 0, mode: mode)
        if padding == most {
          #expect(throws: Never.self) { try Plan<Pad2DForward>(shape) }
        } else {
          #expect(throws: KernelError.self) { try Plan<Pad2DForward>(shape) }
        }
      }
    }
    let huge = Pad2DShape(
      planes: 1 << 40, inputHeight: 1 << 20, inputWidth: 1 << 20, top: 0, bottom: 0, left: 0, right: 0)
    #expect(throws: KernelError.tooLarge(operation: "pad2d")) { try Plan<Pad2DBackward>(huge) }
    let negative = Pad2DShape(planes: 1, inputHeight: 3, inputWidth: 3, top: -1, bottom: 0, left: 0, right: 0)
    #expect(throws: KernelError.self) { try Plan<Pad2DForward>(negative) }
  }
}
