import Foundation
import Layers

/// The images that are predicted, in parts of a batch.
enum PredictionInput {
  case data(any Dataset, part: String, count: Int)
  case files([ImageFile])

  /// An image file, or standard input.
  struct ImageFile {
    /// The path as it was given or found; `-` for standard input.
    let path: String
    /// The folder below the one that was given; nil for files that were given themselves.
    let folder: String?
  }

  /// Images as the network takes them, in order.
  struct Part {
    var names: [String] = []
    /// Labels by the network's classes; nil where an image has none.
    var labels: [Int?] = []
    var input: [Tensor] = []
  }

  var count: Int {
    switch self {
    case .data(_, _, let count): count
    case .files(let files): files.count
    }
  }

  /// What the options and the operands behind the checkpoint name.
  init(_ options: PredictOptions, files operands: [String]) throws {
    guard let set = options.data else {
      var files: [ImageFile] = []
      for path in operands { files += try PredictionInput.imageFiles(path) }
      self = .files(Array(files.prefix(options.images ?? files.count)))
      return
    }
    let request = DataRequest(set: set, classes: options.classes.isEmpty ? nil : options.classes)
    let loaded = try request.load(directory: options.dataDirectory, seed: options.seed ?? 1)
    let part = options.part ?? .test
    let images = part == .test ? loaded.test : loaded.plainTraining
    self = .data(images, part: part.rawValue, count: min(options.images ?? images.count, images.count))
  }

  private static func imageFiles(_ path: String) throws -> [ImageFile] {
    var isFolder: ObjCBool = false
    guard path != "-", FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      return [ImageFile(path: path, folder: nil)]
    }
    let root = path.hasSuffix("/") ? String(path.dropLast()) : path
    let prefix = URL(fileURLWithPath: root).path
    let files = try ImageFolder.files(below: URL(fileURLWithPath: root))
    if files.isEmpty { throw UsageError("no images in '\(path)'; expected PNG, JPEG, PPM or PGM files") }
    return files.map { file in
      let inner = file.path.dropFirst(prefix.count).drop { $0 == "/" }
      let parts = inner.split(separator: "/")
      return ImageFile(path: "\(root)/\(inner)", folder: parts.count > 1 ? String(parts[0]) : nil)
    }
  }

  /// - Throws: ``UsageError`` where the network has other classes or takes other images than these are.
  func check(_ predictor: Predictor, checkpoint: String, needsLabels: Bool) throws(UsageError) {
    switch self {
    case .data(let images, _, _):
      guard images.imageShape == predictor.inputShape else {
        throw UsageError(
          "the images of --data are \(images.imageShape); the network of \(checkpoint) takes \(predictor.inputShape)")
      }
      guard needsLabels,
        images.classNames != (predictor.classNames ?? images.classNames)
          || images.classCount != predictor.outputShape[0]
      else { return }
      let names = predictor.classNames.map { "classes " + $0.joined(separator: ", ") }
      throw UsageError(
        "--report needs labels of the network's classes: \(checkpoint) has "
          + "\(names ?? "\(predictor.outputShape[0]) classes"), the data \(images.classNames.joined(separator: ", ")); "
          + "expected the same, --classes chooses")
    case .files(let files):
      guard needsLabels else { return }
      guard let names = predictor.classNames else {
        throw UsageError("--report needs labels, but \(checkpoint) has no names of classes that folders could have")
      }
      if let file = files.first(where: { $0.folder.map { !names.contains($0) } ?? true }) {
        throw UsageError(
          "--report needs labels: '\(file.path)' lies in no folder of a class's name, which are "
            + names.joined(separator: ", "))
      }
    }
  }

  /// The next images from `start` on, at most `count`.
  ///
  /// - Parameter complain: is told of a file that cannot be read, which is then left out.
  func part(
    from start: Int, count: Int, _ predictor: Predictor, shorterSide: Int?, complain: (any Error) -> Void
  ) throws -> Part {
    let range = start..<min(start + count, self.count)
    var part = Part()
    switch self {
    case .data(let images, let name, _):
      part.input = [try predictor.input(images, at: range)]
      part.names = range.map { "\(name)/\($0)" }
      part.labels = range.map { index in
        guard images.classCount != nil else { return nil }
        let label = images.label(at: index)
        guard let names = predictor.classNames, label < images.classNames.count else { return label }
        return names.firstIndex(of: images.classNames[label])
      }
    case .files(let files):
      for file in files[range] {
        do {
          let image = try PredictionInput.read(file)
          part.input.append(try predictor.input([image], shorterSide: shorterSide))
          part.names.append(file.path)
          part.labels.append(file.folder.flatMap { predictor.classNames?.firstIndex(of: $0) })
        } catch let error as DataError {
          complain(error)
        }
      }
    }
    return part
  }

  private static func read(_ file: ImageFile) throws -> Image {
    guard file.path == "-" else { return try Image(contentsOf: URL(fileURLWithPath: file.path)) }
    let limits = ImageLimits()
    let content: Data
    do {
      content = try FileHandle.standardInput.read(upToCount: limits.bytes + 1) ?? Data()
    } catch {
      throw UsageError("standard input cannot be read: \(error.localizedDescription)")
    }
    guard content.count <= limits.bytes else {
      throw UsageError("standard input has more than \(limits.bytes) bytes; expected an image file")
    }
    return try Image(decoding: content, name: "standard input", limits: limits)
  }
}
