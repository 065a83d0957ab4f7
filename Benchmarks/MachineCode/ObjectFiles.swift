import Foundation

/// The objects that a build has made of a module.
public enum ObjectFiles {
  /// The objects of a module, without those of sources that are gone; none where the folder is no build's.
  ///
  /// - Parameter folder: of the build's products, such as `.build/release`.
  public static func objects(of module: String, in folder: URL) -> [URL] {
    let build = folder.appendingPathComponent("\(module).build")
    guard let sources = try? String(contentsOf: build.appendingPathComponent("sources"), encoding: .utf8) else {
      return []
    }
    let names = sources.split(separator: "\n").map {
      URL(fileURLWithPath: $0.trimmingCharacters(in: CharacterSet(charactersIn: "'\""))).lastPathComponent + ".o"
    }
    return names.map(build.appendingPathComponent).filter { FileManager.default.fileExists(atPath: $0.path) }
  }

  /// The folder of the program that runs.
  public static var programFolder: URL {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
  }
}
