import Layers
import Testing

struct TensorTests {
  @Test func holdsValuesInRowMajorOrder() throws {
    var tensor = try Tensor(shape: [2, 3], [1, 2, 3, 4, 5, 6])
    #expect(tensor[1, 0] == 4)
    tensor[0, 2] = 7
    #expect(tensor.scalars == [1, 2, 7, 4, 5, 6])
    #expect(tensor.description == "Tensor [2, 3] (1.0, 2.0, 7.0, 4.0, 5.0, 6.0)")
  }

  @Test func copiesAreIndependent() throws {
    let original = try Tensor(shape: [3], repeating: 1)
    var copy = original
    copy[1] = 5
    var reshaped = try copy.reshaped(to: [3, 1])
    reshaped.withUnsafeMutableBufferPointer { $0[0] = 9 }
    #expect(original.scalars == [1, 1, 1])
    #expect(copy.scalars == [1, 5, 1])
    #expect(reshaped.scalars == [9, 5, 1])
    #expect(copy != original)
  }

  @Test(arguments: [1, 7, 16, 1000]) func startsOnACacheLine(count: Int) throws {
    let tensor = try Tensor(shape: [count])
    tensor.withUnsafeBufferPointer { #expect(UInt(bitPattern: $0.baseAddress) % 64 == 0) }
  }

  @Test func rejectsValuesThatDoNotFit() {
    #expect(throws: ShapeError.count(given: 3, shape: [2, 2])) { try Tensor(shape: [2, 2], [1, 2, 3]) }
    #expect(throws: ShapeError.invalid([2, -1])) { try Tensor(shape: [2, -1]) }
    #expect(throws: ShapeError.invalid([1 << 40, 1 << 40])) { try Tensor(shape: [1 << 40, 1 << 40]) }
    #expect(throws: ShapeError.memory([1 << 50])) { try Tensor(shape: [1 << 50]) }
    #expect(ShapeError.count(given: 3, shape: [2, 2]).description == "3 values for shape [2, 2]; expected 4")
  }

  @Test func anEmptyTensorIsATensor() throws {
    let tensor = try Tensor(shape: [0, 5])
    #expect(tensor.count == 0)
    #expect(tensor.scalars.isEmpty)
  }
}
