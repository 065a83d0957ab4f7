import Foundation
import Kernels
import MachineCode
import Testing

@testable import Bench

struct BaselineTests {
  /// A loop of a tile, as objdump lists it: two accumulators, one load, one broadcast.
  private static func listing(spill: Bool) -> Data {
    let spilled = spill ? "\n   c:\tvmovups %zmm2,0x40(%rsp)\n  10:\tvmovups 0x40(%rsp),%zmm2" : ""
    return Data(
      """
      Tile.swift.o:     file format elf64-x86-64

      SYMBOL TABLE:
      0000000000000000 g     F .text\t0000000000000040 tile_avx512

      Disassembly of section .text:

      0000000000000000 <tile_avx512>:
         0:\tvmovups (%rdi),%zmm0
         6:\tvfmadd231ps (%rsi){1to16},%zmm0,%zmm1\(spilled)
        20:\tvfmadd231ps 0x4(%rsi){1to16},%zmm0,%zmm2
        27:\tadd    $0x40,%rdi
        2b:\tcmp    %rdx,%rdi
        2e:\tjb     0 <tile_avx512>
        30:\tret
      """.utf8)
  }

  private static func code(spill: Bool) -> [String: String] {
    let disassembly = Disassembly(listing: listing(spill: spill), countsClasses: { _ in true })
    return CodeQuantities.values(disassembly, [.avx512])[.avx512] ?? [:]
  }

  @Test("a spill that is added to a tile's loop is a difference")
  func spill() throws {
    let (before, after) = (Self.code(spill: false), Self.code(spill: true))
    #expect(before == ["tile_avx512": "64 bytes, 0 spills, 2 multiply-adds, 1 loads, 2 branches, 2 scalar"])
    let differences = BaselineDifference.differences(.code, from: before, to: after, file: "avx512.json")
    #expect(
      differences.map(\.text) == [
        "tile_avx512: \(before["tile_avx512"]!) -> "
          + "64 bytes, 2 multiply-adds, 1 loads, 1 spills, 1 reloads, 2 branches, 2 scalar"
      ])
  }

  @Test("counted instructions may differ by half a percent, those of plans by five, allocations of planning by one")
  func tolerances() {
    func differs(_ section: BaselineSection, _ old: String, _ new: String, of name: String = "run a") -> Bool {
      !BaselineDifference.differences(section, from: [name: old], to: [name: new], file: "").isEmpty
    }
    #expect(!differs(.instructions, "10000", "10500", of: "plan a"))
    #expect(differs(.instructions, "10000", "10501", of: "plan a"))
    #expect(!differs(.instructions, "10000", "10050"))
    #expect(!differs(.instructions, "10000", "9950"))
    #expect(differs(.instructions, "10000", "10051"))
    #expect(differs(.instructions, "10000", "9949"))
    #expect(!differs(.planning, "1000", "1010"))
    #expect(differs(.planning, "1000", "1011"))
    #expect(differs(.planning, "12", "13"))
    #expect(differs(.allocations, "0", "1"))
    #expect(differs(.plans, "a.avx2, 64 bytes", "a.avx2, 128 bytes"))
    #expect(!differs(.shares, "0.900", "0.630"))
    #expect(differs(.shares, "0.900", "0.629"))
    #expect(!differs(.shares, "0.900", "1.300"))
  }

  @Test("a value that one side lacks is a difference")
  func oneSided() {
    let differences = BaselineDifference.differences(
      .rows, from: ["a": "x", "b": "y"], to: ["b": "y", "c": "z"], file: "")
    #expect(differences.map(\.text) == ["a: x -> nothing", "c: nothing -> z"])
  }

  @Test("a section that a baseline lacks is missing; code of another compiler is, too")
  func missing() {
    var (baseline, now) = (Baseline(level: .lowest, machine: nil), Baseline(level: .lowest, machine: nil))
    now.sections = [.rows: ["a": "x"], .code: ["f": "4 bytes"]]
    now.compiler = "Swift 6.4"
    baseline.sections = [.code: ["f": "4 bytes"]]
    baseline.compiler = "Swift 6.3"
    var report = BaselineCheck.Report(cpu: "")
    BaselineCheck.compare(baseline, now, sections: [.rows, .code, .allocations], &report)
    #expect(report.differences.isEmpty)
    #expect(
      report.missing == [
        "\(baseline.fileName) has no section rows",
        "\(baseline.fileName) has the section code of Swift 6.3, and none of Swift 6.4",
      ])
  }

  @Test("shares are compared with those of the same processor alone")
  func processor() {
    var baseline = Baseline(level: .lowest, machine: .zen5)
    #expect(!BaselineCheck.sharesApply(baseline, processor: "A (family 26, model 2)"))
    baseline.sharesProcessor = "A (family 26, model 2)"
    #expect(BaselineCheck.sharesApply(baseline, processor: "A (family 26, model 2)"))
    #expect(!BaselineCheck.sharesApply(baseline, processor: "A (family 25, model 17)"))
  }

  @Test("a row is slow where every measurement is below its share; the others are not measured again")
  func measurements() throws {
    let problems = Array(try ShareQuantities.problems().prefix(2))
    let (first, second) = (problems[0].name, problems[1].name)
    var rounds: [[String]] = []
    func measure(_ problems: [any KernelCase], _: InstructionSet) -> [String: Double] {
      rounds.append(problems.map(\.name))
      return [first: 0.9, second: rounds.count < 3 ? 0.3 : 0.8].filter { problems.map(\.name).contains($0.key) }
    }
    let baseline = [first: "0.900", second: "0.900"]
    let best = try ShareQuantities.best(
      problems, level: .lowest, baseline: baseline, measurements: 6, measure: measure)
    #expect(best == [first: "0.900", second: "0.800"])
    #expect(rounds == [[first, second], [second], [second]])
    rounds = []
    let slow = try ShareQuantities.best(
      problems, level: .lowest, baseline: baseline, measurements: 4,
      measure: { _, _ in
        rounds.append([])
        return [first: 0.2, second: 0.9]
      })
    #expect(slow == [first: "0.200", second: "0.900"])
    #expect(rounds.count == 4)
  }

  @Test("an update keeps the sections that it did not look at, but for what another compiler made")
  func merged() {
    var (old, new) = (Baseline(level: .lowest, machine: nil), Baseline(level: .lowest, machine: nil))
    old.sections = [.rows: ["a": "x"], .code: ["f": "4 bytes"], .instructions: ["run": "10"]]
    old.compiler = "Swift 6.3"
    new.sections = [.code: ["f": "8 bytes"]]
    new.compiler = "Swift 6.4"
    let merged = BaselineUpdate.merged(old, new)
    #expect(merged.sections == [.rows: ["a": "x"], .code: ["f": "8 bytes"]])
    #expect(merged.compiler == "Swift 6.4")
    new.compiler = "Swift 6.3"
    #expect(BaselineUpdate.merged(old, new).sections[.instructions] == ["run": "10"])
  }

  @Test(
    "instructions are of the class of what they do",
    arguments: [
      ("vfmadd231ps %zmm1,%zmm2,%zmm3", .multiplyAdd), ("vfnmadd213ps (%rax),%ymm2,%ymm3", .multiplyAdd),
      ("vaddps 0x40(%rsp),%zmm2,%zmm3", .arithmetic), ("mulps  %xmm1,%xmm2", .arithmetic),
      ("vbroadcastss 0x4(%rsi),%zmm1", .broadcast), ("vpermt2ps %zmm1,%zmm2,%zmm3", .shuffle),
      ("vinsertf128 $0x1,%xmm1,%ymm2,%ymm3", .shuffle), ("vmovups (%rdi,%rax,4),%zmm0", .load),
      ("vmovups %zmm0,(%rdi,%rax,4)", .store), ("vmovups %zmm0,(%rdi){%k1}", .store),
      ("vmovups (%rdi),%zmm0{%k1}{z}", .load), ("vmovaps %zmm0,%zmm1", .move), ("kmovw  %eax,%k1", .move),
      ("vmovups %zmm0,0x40(%rsp)", .spill), ("movaps %xmm0,-0x20(%rbp)", .spill),
      ("vmovups 0x40(%rsp),%zmm0", .reload), ("vmovntps %zmm0,(%rax)", .store), ("jne    10 <f+0x10>", .branch),
      ("call   0 <memset>", .branch), ("ret", .branch), ("mov    0x20(%rsp),%rax", .scalar),
      ("vmovups 0x10(%rip),%zmm0        # 20 <f+0x20>", .load), ("lea    (%rax,%rcx,4),%rdx", .scalar),
    ] as [(String, InstructionClass)])
  func classes(text: String, expected: InstructionClass) {
    #expect(InstructionClass(text) == expected)
  }
}
