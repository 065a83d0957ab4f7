import Foundation
import Testing

@testable import Kernels

/// What is read of the processor.
@Suite struct MachineTests {
  @Test("this processor has sizes that a cost can be computed with")
  func current() {
    let machine = Machine.current
    #expect(machine.firstLevelBytes >= 8 << 10 && machine.firstLevelBytes <= 1 << 20)
    #expect(machine.secondLevelBytes >= machine.firstLevelBytes)
    #expect(machine.thirdLevelBytes > 0 && machine.lineBytes >= 16)
    #expect(machine.firstLevelSetBytes > 0)
    #expect(machine.multiplyAdds(lanes: 16) > 0 && machine.loads(lanes: 16) > 0)
    #expect(machine.name == Machine.processorName)
  }

  #if os(Linux)
    /// A folder as Linux describes a processor.
    private func system(
      vendor: String, family: Int, model: Int,
      caches: [(level: Int, type: String, size: String, ways: Int, shared: String)]
    ) throws -> SystemDescription {
      let root = FileManager.default.temporaryDirectory.appendingPathComponent(
        "machine-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: root) }
      func write(_ text: String, _ path: String) throws {
        let file = root.appendingPathComponent(path)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data((text + "\n").utf8).write(to: file)
      }
      try write(
        """
        processor\t: 0
        vendor_id\t: \(vendor)
        cpu family\t: \(family)
        model\t\t: \(model)
        model name\t: A Processor @ 2 GHz \u{20}

        processor\t: 1
        model\t\t: 99
        """, "proc/cpuinfo")
      for (index, cache) in caches.enumerated() {
        let folder = "sys/devices/system/cpu/cpu0/cache/index\(index)"
        try write("\(cache.level)", "\(folder)/level")
        try write(cache.type, "\(folder)/type")
        try write(cache.size, "\(folder)/size")
        try write("\(cache.ways)", "\(folder)/ways_of_associativity")
        try write("64", "\(folder)/coherency_line_size")
        try write(cache.shared, "\(folder)/shared_cpu_list")
      }
      return SystemDescription.read(root: root.path)
    }

    @Test("Linux tells family, model and caches; the last cache is shared out among its processors")
    func linux() throws {
      let description = try system(
        vendor: "AuthenticAMD", family: 25, model: 17,
        caches: [
          (1, "Data", "32K", 8, "0"), (1, "Instruction", "64K", 8, "0"),
          (2, "Unified", "1024K", 8, "0"),
          (3, "Unified", "32M", 16, "0-6,8"),
        ])
      #expect(description.modelName == "A Processor @ 2 GHz")
      #expect(description.family == 25 && description.model == 17)
      let machine = Machine(description)
      #expect(machine.firstLevelBytes == 32 << 10 && machine.firstLevelWays == 8)
      #expect(machine.secondLevelBytes == 1 << 20 && machine.thirdLevelBytes == 4 << 20)
      #expect(machine.multiplyAdds(lanes: 16) == 1 && machine.multiplyAdds(lanes: 8) == 2)
    }

    @Test("what the system does not tell is that of the generation, else the least")
    func silence() throws {
      let known = Machine(try system(vendor: "AuthenticAMD", family: 26, model: 2, caches: []))
      #expect(known.firstLevelBytes == 48 << 10 && known.multiplyAdds(lanes: 16) == 2)
      let unknown = Machine(
        try system(vendor: "Somebody", family: 1, model: 1, caches: [(1, "Data", "no size", 0, "")])
      )
      #expect(unknown.firstLevelBytes == 32 << 10 && unknown.multiplyAddLanesPerCycle == 8)
      let nothing = Machine(SystemDescription.read(root: "/nowhere"))
      #expect(nothing.secondLevelBytes == 256 << 10)
    }

    @Test(
      "processors are known by family and model",
      arguments: [
        ("AuthenticAMD", 23, 1, 8), ("AuthenticAMD", 23, 49, 16), ("AuthenticAMD", 25, 1, 16),
        ("AuthenticAMD", 26, 2, 32),
        ("AuthenticAMD", 26, 0x24, 16), ("GenuineIntel", 6, 0x3F, 16),
        ("GenuineIntel", 6, 0x6A, 32),
        ("GenuineIntel", 6, 0x8F, 32), ("GenuineIntel", 6, 0x8C, 16),
      ])
    func generations(vendor: String, family: Int, model: Int, lanes: Int) throws {
      let machine = Machine(try system(vendor: vendor, family: family, model: model, caches: []))
      #expect(machine.multiplyAddLanesPerCycle == lanes)
    }
  #endif
}
