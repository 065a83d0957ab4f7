import Foundation
import Layers

/// Layers in Double, as plain as their definitions: what gradients are differentiated from, and compared with.
///
/// A function takes a batch of images, one after another, and the layer's parameters, and gives the outputs.
typealias DoubleFunction = (_ input: [Double], _ parameters: [[Double]]) -> [Double]

enum DoubleReference {
  static func relu(_ input: [Double], _ parameters: [[Double]]) -> [Double] { input.map { $0 <= 0 ? 0 : $0 } }
  static func tanh(_ input: [Double], _ parameters: [[Double]]) -> [Double] { input.map { Foundation.tanh($0) } }
  static func sigmoid(_ input: [Double], _ parameters: [[Double]]) -> [Double] { input.map { 1 / (1 + exp(-$0)) } }
  static func identity(_ input: [Double], _ parameters: [[Double]]) -> [Double] { input }

  static func linear(_ layer: Linear, features: Int) -> DoubleFunction {
    { input, parameters in
      let batch = input.count / features
      return (0..<batch).flatMap { b in
        (0..<layer.outputFeatures).map { o in
          (0..<features).reduce(layer.bias ? parameters[1][o] : 0) {
            $0 + parameters[0][o * features + $1] * input[b * features + $1]
          }
        }
      }
    }
  }

  static func conv2D(_ layer: Conv2D, _ shape: Shape) -> DoubleFunction {
    { input, parameters in
      let (channels, height, width) = (shape[0], shape[1], shape[2])
      let groupInputs = channels / layer.groups
      let groupOutputs = layer.outputChannels / layer.groups
      var output: [Double] = []
      for image in images(input, shape) {
        for o in 0..<layer.outputChannels {
          for oy
            in 0..<extent(
              height, layer.kernelSize.height, layer.stride.height, layer.padding.height, layer.dilation.height)
          {
            for ox
              in 0..<extent(
                width, layer.kernelSize.width, layer.stride.width, layer.padding.width, layer.dilation.width)
            {
              var sum = layer.bias ? parameters[1][o] : 0
              for i in 0..<groupInputs {
                let channel = o / groupOutputs * groupInputs + i
                for ky in 0..<layer.kernelSize.height {
                  for kx in 0..<layer.kernelSize.width {
                    let y = oy * layer.stride.height + ky * layer.dilation.height - layer.padding.height
                    let x = ox * layer.stride.width + kx * layer.dilation.width - layer.padding.width
                    guard 0..<height ~= y, 0..<width ~= x else { continue }
                    let weight = ((o * groupInputs + i) * layer.kernelSize.height + ky) * layer.kernelSize.width + kx
                    sum += parameters[0][weight] * image[(channel * height + y) * width + x]
                  }
                }
              }
              output.append(sum)
            }
          }
        }
      }
      return output
    }
  }

  /// Any pooling: `reduce` gets the values of a window that lie in the image, and how many positions the window has in
  /// image and padding.
  static func pool(
    _ shape: Shape, kernel: Size2D, stride: Size2D, padding: Size2D = Size2D(0), dilation: Size2D = Size2D(1),
    ceilMode: Bool = false, reduce: @escaping ([Double], Int) -> Double
  ) -> DoubleFunction {
    windows(
      shape, rows: extent(shape[1], kernel.height, stride.height, padding.height, dilation.height, ceilMode),
      columns: extent(shape[2], kernel.width, stride.width, padding.width, dilation.width, ceilMode),
      y: { oy in (0..<kernel.height).map { oy * stride.height + $0 * dilation.height - padding.height } },
      x: { ox in (0..<kernel.width).map { ox * stride.width + $0 * dilation.width - padding.width } }, reduce: reduce)
  }

  static func adaptiveAveragePool(_ shape: Shape, _ output: Size2D) -> DoubleFunction {
    adaptivePool(shape, output) { $0.reduce(0, +) / Double($0.count) }
  }

  static func adaptivePool(
    _ shape: Shape, _ output: Size2D, reduce: @escaping ([Double]) -> Double
  ) -> DoubleFunction {
    func range(_ i: Int, _ size: Int, _ outputs: Int) -> [Int] {
      Array(i * size / outputs..<((i + 1) * size + outputs - 1) / outputs)
    }
    return windows(
      shape, rows: output.height, columns: output.width, y: { range($0, shape[1], output.height) },
      x: { range($0, shape[2], output.width) }, reduce: { values, _ in reduce(values) })
  }

  private static func windows(
    _ shape: Shape, rows: Int, columns: Int, y: @escaping (Int) -> [Int], x: @escaping (Int) -> [Int],
    reduce: @escaping ([Double], Int) -> Double
  ) -> DoubleFunction {
    { input, _ in
      let (height, width) = (shape[1], shape[2])
      var output: [Double] = []
      for image in images(input, shape) {
        for channel in 0..<shape[0] {
          for oy in 0..<rows {
            for ox in 0..<columns {
              var values: [Double] = []
              for row in y(oy) where 0..<height ~= row {
                for column in x(ox) where 0..<width ~= column {
                  values.append(image[(channel * height + row) * width + column])
                }
              }
              output.append(reduce(values, y(oy).count * x(ox).count))
            }
          }
        }
      }
      return output
    }
  }

  /// Mean cross entropy of rows of scores.
  static func crossEntropy(_ scores: [Double], labels: [Int]) -> Double {
    let classes = scores.count / labels.count
    return labels.enumerated().reduce(0) { total, row in
      let scores = scores[row.offset * classes..<(row.offset + 1) * classes]
      let largest = scores.max() ?? 0
      let sum = scores.reduce(0) { $0 + exp($1 - largest) }
      return total + largest + log(sum) - scores[scores.startIndex + row.element]
    } / Double(labels.count)
  }

  private static func images(_ input: [Double], _ shape: Shape) -> [[Double]] {
    stride(from: 0, to: input.count, by: shape.count).map { Array(input[$0..<$0 + shape.count]) }
  }

  /// The number of windows along an axis; with `ceilMode` one more, if it starts in the image or the padding before it.
  private static func extent(
    _ size: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int, _ ceilMode: Bool = false
  ) -> Int {
    let room = size + 2 * padding - dilation * (kernel - 1) - 1
    guard ceilMode else { return room / stride + 1 }
    let count = (room + stride - 1) / stride + 1
    return (count - 1) * stride < size + padding ? count : count - 1
  }
}

/// The derivative of a function by each of its arguments, by central differences.
func differences(of values: [Double], step: Double = 1e-5, _ function: ([Double]) -> Double) -> [Double] {
  values.indices.map { i in
    var moved = values
    moved[i] = values[i] + step
    let above = function(moved)
    moved[i] = values[i] - step
    return (above - function(moved)) / (2 * step)
  }
}

/// The first value that differs by more than `tolerance` of the largest of the expected; nil if there is none.
func firstDeviation(_ values: [Float], _ expected: [Double], tolerance: Double) -> String? {
  guard values.count == expected.count else { return "\(values.count) values instead of \(expected.count)" }
  let scale = max(expected.map { abs($0) }.max() ?? 0, 1e-3)
  for (i, (value, expected)) in zip(values, expected).enumerated()
  where !(abs(Double(value) - expected) <= tolerance * scale) {
    return "at \(i): \(value) instead of \(expected)"
  }
  return nil
}
