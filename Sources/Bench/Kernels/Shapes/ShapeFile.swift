import Foundation

/// A file of shapes, one a line; blank lines and what follows a `#` say nothing.
struct ShapeFile {
  /// The file's name without `.txt`, such as `square`.
  let name: String
  let shapes: [KernelShape]

  init(name: String, shapes: [KernelShape]) {
    self.name = name
    self.shapes = shapes
  }

  init(path: String) throws(ShapeError) {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw ShapeError(place: path, reason: "cannot be read as text; expected a file with a shape a line")
    }
    try self.init(name: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent, text: text, path: path)
  }

  /// - Parameter path: what messages call the file.
  init(name: String, text: String, path: String) throws(ShapeError) {
    var shapes: [KernelShape] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let content = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces)
      if !content.isEmpty { try shapes.append(KernelShape(content, at: "\(path):\(index + 1)")) }
    }
    guard !shapes.isEmpty else { throw ShapeError(place: path, reason: "holds no shape; expected one a line") }
    self.init(name: name, shapes: shapes)
  }

  /// The file at a path, or all `*.txt` of the folder there, by name.
  static func load(_ path: String) throws(ShapeError) -> [ShapeFile] {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw ShapeError(place: path, reason: "no such file or folder; expected shapes, one a line")
    }
    guard isDirectory.boolValue else { return [try ShapeFile(path: path)] }
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".txt") }
    guard !names.isEmpty else { throw ShapeError(place: path, reason: "holds no *.txt; expected files of shapes") }
    var files: [ShapeFile] = []
    for name in names.sorted() {
      files.append(try ShapeFile(path: URL(fileURLWithPath: path).appendingPathComponent(name).relativePath))
    }
    return files
  }

  /// Where the project's shapes can be: below the current directory, or where this program was built.
  static var standardFolders: [String] {
    let folder = "Benchmarks/shapes"
    let root = (0..<5).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    return [folder, root.appendingPathComponent(folder).path]
  }

  /// The first of the folders that exists.
  static func folder(among folders: [String] = standardFolders) throws(ShapeError) -> String {
    if let folder = folders.first(where: { FileManager.default.fileExists(atPath: $0) }) { return folder }
    throw ShapeError(
      place: folders.joined(separator: " and "),
      reason: "no such folder of shapes; name one, or a file, with --shapes")
  }
}
