import Foundation
import TestSupport
import Testing

@testable import Kernels

@Suite struct ProcessorCountTests {
  /// A folder that stands for `/`, with the files of control groups.
  private func root(groups: String, mounts: String, _ files: [String: String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(Array(groups.utf8), to: "proc/self/cgroup")
    try folder.write(Array(mounts.utf8), to: "proc/self/mountinfo")
    for (path, text) in files { try folder.write(Array(text.utf8), to: path) }
    return folder
  }

  private static let unified = "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
  private static let cpu =
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    + "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    + "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"

  @Test("version 2: the least limit of a group and those above it counts")
  func unified() throws {
    let folder = try root(
      groups: "0::/a/b\n", mounts: Self.unified,
      [
        "sys/fs/cgroup/a/cpu.max": "150000 100000\n", "sys/fs/cgroup/a/b/cpu.max": "400000 100000\n",
        "sys/fs/cgroup/c/cpu.max": "1000 100000\n",
      ])
    #expect(ProcessorQuota.processors(root: folder.url.path) == 1.5)
  }

  @Test("version 2: the limit of a group itself, and of a container that sees its own group as the root")
  func unifiedSelf() throws {
    let own = try root(groups: "0::/a\n", mounts: Self.unified, ["sys/fs/cgroup/a/cpu.max": "50000 100000\n"])
    #expect(ProcessorQuota.processors(root: own.url.path) == 0.5)
    let container = try root(groups: "0::/\n", mounts: Self.unified, ["sys/fs/cgroup/cpu.max": "200000 100000\n"])
    #expect(ProcessorQuota.processors(root: container.url.path) == 2)
  }

  @Test("version 2: `max` is no limit")
  func unlimited() throws {
    let folder = try root(
      groups: "0::/a\n", mounts: Self.unified,
      ["sys/fs/cgroup/a/cpu.max": "max 100000\n", "sys/fs/cgroup/cpu.max": "max 100000\n"])
    #expect(ProcessorQuota.processors(root: folder.url.path) == nil)
  }

  @Test("version 1: quota over period, −1 is no limit")
  func version1() throws {
    let files = [
      "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us": "250000\n",
      "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    ]
    let groups = "4:cpuset:/\n3:cpu,cpuacct:/x\n1:name=systemd:/\n"
    let folder = try root(groups: groups, mounts: Self.cpu, files)
    #expect(ProcessorQuota.processors(root: folder.url.path) == 2.5)
    let other = try root(groups: "3:cpu,cpuacct:/y\n", mounts: Self.cpu, files)
    #expect(ProcessorQuota.processors(root: other.url.path) == nil)
  }

  @Test("version 1: a container that is told its path outside has the limit of the mount point")
  func containerOfVersion1() throws {
    let mounts = "32 31 0:29 /docker/abc /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
    let files = [
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us": "100000\n",
      "sys/fs/cgroup/cpu/inner/cpu.cfs_period_us": "100000\n",
    ]
    for (group, limit) in [("/docker/abc", 3.0), ("/docker/abc/inner", 1), ("/elsewhere", 3)] {
      let folder = try root(groups: "3:cpu:\(group)\n", mounts: mounts, files)
      #expect(ProcessorQuota.processors(root: folder.url.path) == limit, "\(group)")
    }
  }

  @Test("both versions together, and mount points with spaces")
  func both() throws {
    let mounts = Self.cpu + "40 31 0:31 / /sys/fs/one\\040two rw - cgroup2 cgroup2 rw\n"
    let folder = try root(
      groups: "3:cpu,cpuacct:/x\n0::/a:b\n", mounts: mounts,
      [
        "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us": "250000\n",
        "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us": "100000\n",
        "sys/fs/one two/a:b/cpu.max": "120000 100000\n",
      ])
    #expect(ProcessorQuota.processors(root: folder.url.path) == 1.2)
  }

  @Test(
    "what is not as the system writes it is no limit",
    arguments: [
      "", "100000", "x y", "0 100000", "-5 100000", "100000 0", "100000 -1", "1 2 3", "99999999999999999999 1",
    ])
  func nonsense(text: String) throws {
    let folder = try root(groups: "0::/\n", mounts: Self.unified, ["sys/fs/cgroup/cpu.max": text])
    #expect(ProcessorQuota.processors(root: folder.url.path) == nil)
  }

  @Test("a system without control groups has no limit")
  func without() throws {
    let folder = try TemporaryFolder()
    #expect(ProcessorQuota.processors(root: folder.url.path) == nil)
    let broken = try root(groups: "nonsense\n0::\n", mounts: "1 2 3\n- - -\n", [:])
    #expect(ProcessorQuota.processors(root: broken.url.path) == nil)
  }

  @Test("this process has at least one processor, and no more than the machine")
  func count() {
    #expect(1...ProcessInfo.processInfo.activeProcessorCount ~= Machine.processorCount)
  }

  #if os(Linux)
    @Test("processors that the affinity mask leaves out are not counted")
    func affinity() async {
      await #expect(processExitsWith: .success) {
        // The first processor of the mask alone.
        var set = [UInt](repeating: 0, count: 128)
        guard affinityMask(0, set.count * 8, &set) == 0, let word = set.firstIndex(where: { $0 != 0 }) else { exit(2) }
        let lowest = set[word] & ~(set[word] &- 1)
        set = [UInt](repeating: 0, count: 128)
        set[word] = lowest
        guard setAffinityMask(0, set.count * 8, &set) == 0 else { exit(3) }
        exit(Machine.processorCount == 1 ? 0 : 4)
      }
    }
  #endif
}

#if os(Linux)
  // The C library declares these for GNU's extensions only.
  @_silgen_name("sched_getaffinity")
  private func affinityMask(_ process: Int32, _ byteCount: Int, _ mask: UnsafeMutablePointer<UInt>) -> Int32
  @_silgen_name("sched_setaffinity")
  private func setAffinityMask(_ process: Int32, _ byteCount: Int, _ mask: UnsafePointer<UInt>) -> Int32
#endif
