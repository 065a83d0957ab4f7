import Kernels
import Testing

@Suite struct PageMemoryTests {
  @Test(
    "memory is aligned, holds zeros, and can be written to its last byte",
    arguments: [0, 1, 64, 1000, (256 << 10) - 1, 256 << 10, (2 << 20) - 64, 2 << 20, (2 << 20) + 1, 5_000_000])
  func zeros(byteCount: Int) {
    // Again after it was written and given back.
    for _ in 0..<2 {
      let memory = PageMemory(byteCount: byteCount)
      #expect(UInt(bitPattern: memory.base) % (byteCount >= 256 << 10 ? 2 << 20 : 64) == 0)
      let bytes = UnsafeMutableRawBufferPointer(start: memory.base, count: byteCount)
      #expect(bytes.allSatisfy { $0 == 0 })
      for i in bytes.indices { bytes[i] = 0xff }
      memory.deallocate()
    }
  }
}
