import Foundation
import Kernels

extension Machine {
  /// The size of the largest cache, or 32 MiB where the system does not tell.
  static let lastCacheBytes: Int = {
    #if os(Linux)
      let folder = "/sys/devices/system/cpu/cpu0/cache"
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      let sizes = names.compactMap { name -> Int? in
        let text = try? String(contentsOfFile: "\(folder)/\(name)/size", encoding: .utf8)
        let size = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        return size.hasSuffix("K") ? Int(size.dropLast()).map { $0 << 10 } : nil
      }
      return sizes.max() ?? 32 << 20
    #else
      return 32 << 20
    #endif
  }()
}
