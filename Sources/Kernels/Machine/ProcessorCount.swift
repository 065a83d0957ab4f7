import KernelsISA

extension Machine {
  /// How many processors this process may keep busy: those of its affinity mask, or fewer where a control group limits
  /// its processor time, as containers do. A quota of 2.5 processors counts as 3.
  ///
  /// It is read once. More threads than that would wait for each other's time.
  public static let processorCount: Int = {
    let affinity = isa_affinity_count()
    let processors = affinity > 0 ? affinity : max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1)
    guard let quota = ProcessorQuota.processors(root: "/") else { return processors }
    return quota < Double(processors) ? max(Int(quota.rounded(.up)), 1) : processors
  }()
}

/// The limits that Linux's control groups set to a process's time on processors.
///
/// A process is in a group of each hierarchy (`/proc/self/cgroup`), which is seen as a folder below the hierarchy's mount
/// point (`/proc/self/mountinfo`). A limit holds for all groups below its own, so the least one of a group and those
/// above it counts. Version 2 (`cpu.max`) and version 1 (`cpu.cfs_quota_us`, `cpu.cfs_period_us`) may be there together.
enum ProcessorQuota {
  /// Processors' worth of time; nil where there is no limit or no control group.
  ///
  /// - Parameter root: the folder that stands for `/`.
  static func processors(root: String) -> Double? {
    let files = Files(root: root)
    let mounts = files.lines("/proc/self/mountinfo").compactMap(Mount.init)
    var least: Double?
    for line in files.lines("/proc/self/cgroup") {
      // hierarchy:controllers:path; version 2 has hierarchy 0 and no controllers.
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isUnified = fields[0] == "0" && fields[1].isEmpty
      guard isUnified || fields[1].split(separator: ",").contains("cpu") else { continue }
      for mount in mounts where isUnified ? mount.isUnified : mount.hasProcessors {
        for folder in mount.folders(ofGroup: String(fields[2])) {
          guard let limit = isUnified ? files.unifiedLimit(folder) : files.limit(folder) else { continue }
          least = min(least ?? limit, limit)
        }
      }
    }
    return least
  }

  /// A hierarchy's mount point.
  private struct Mount {
    /// The group that is seen at the mount point.
    let group: String
    let path: String
    let isUnified: Bool
    /// Whether it is the hierarchy of version 1 that limits time on processors.
    let hasProcessors: Bool

    /// From a line of mountinfo: number, parent, device, root, mount point, options, optional fields, `-`, type, source,
    /// the file system's options. Spaces in paths are written as `\040`.
    init?(_ line: Substring) {
      let fields = line.split(separator: " ")
      guard let hyphen = fields.firstIndex(of: "-"), hyphen >= 5 else { return nil }
      let rest = Array(fields[(hyphen + 1)...])
      guard rest.count >= 3 else { return nil }
      isUnified = rest[0] == "cgroup2"
      hasProcessors = rest[0] == "cgroup" && rest[2].split(separator: ",").contains("cpu")
      guard isUnified || hasProcessors else { return nil }
      group = Mount.path(fields[3])
      path = Mount.path(fields[4])
    }

    /// A path as mountinfo writes it.
    private static func path(_ text: Substring) -> String {
      var path = ""
      var rest = text
      while let backslash = rest.firstIndex(of: "\\") {
        path += rest[..<backslash]
        rest = rest[backslash...]
        let isSpace = rest.hasPrefix("\\040")
        path += isSpace ? " " : "\\"
        rest = rest.dropFirst(isSpace ? 4 : 1)
      }
      return path + rest
    }

    /// The folders of a group and of those above it, as far as they are seen. A group that is not below the mount's, as
    /// in a container that is told its path outside, is taken to be the mount's.
    func folders(ofGroup name: String) -> [String] {
      var below: Substring = ""
      if group == "/" {
        below = name[...]
      } else if name.hasPrefix(group + "/") {
        below = name.dropFirst(group.count)
      }
      var folders = [path]
      for part in below.split(separator: "/") where part != ".." {
        folders.append(folders[folders.count - 1] + "/" + part)
      }
      return folders
    }
  }

  private struct Files {
    let root: String

    private func text(_ path: String) -> String? {
      systemText(root + path)
    }

    func lines(_ path: String) -> [Substring] { text(path)?.split(separator: "\n") ?? [] }

    /// `cpu.max`: time and period in microseconds, or `max` for no limit.
    func unifiedLimit(_ folder: String) -> Double? {
      guard let fields = text(folder + "/cpu.max")?.split(whereSeparator: \.isWhitespace), fields.count == 2 else {
        return nil
      }
      return ratio(String(fields[0]), String(fields[1]))
    }

    /// `cpu.cfs_quota_us`, −1 for no limit, and `cpu.cfs_period_us`.
    func limit(_ folder: String) -> Double? {
      let (quota, period) = (lines(folder + "/cpu.cfs_quota_us").first, lines(folder + "/cpu.cfs_period_us").first)
      guard let quota, let period else { return nil }
      return ratio(String(quota), String(period))
    }

    private func ratio(_ quota: String, _ period: String) -> Double? {
      guard let quota = Int(quota), let period = Int(period), quota > 0, period > 0 else { return nil }
      return Double(quota) / Double(period)
    }
  }
}
