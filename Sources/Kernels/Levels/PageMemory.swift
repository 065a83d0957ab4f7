import KernelsISA

/// Memory that the system maps in whole huge pages of 2 MB, where it grants them: for what lives as long as a model or a
/// plan. Mapped memory holds zeros, and no page of it is taken before it is first touched.
///
/// A tile reads a dozen rows of a matrix at once, each on a page of its own, or packed data of hundreds of pages in
/// sequence; small pages would miss the processor's translation cache, which costs a tenth to a quarter of the time of
/// a convolution that packs 64 channels and more. For parameters that gains nothing that can be measured; they are here
/// because planning then touches none of them.
package struct PageMemory: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  /// Bytes of whole pages, where the memory is mapped.
  private let mappedByteCount: Int

  /// Fewer bytes come from the heap, in lines of 64 bytes, and are zeroed here.
  private static let fewestMappedBytes = hugePage / 8

  /// At least `byteCount` zero bytes.
  package init(byteCount: Int) {
    guard byteCount >= PageMemory.fewestMappedBytes else {
      let size = max(byteCount, 64)
      base = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
      base.initializeMemory(as: UInt8.self, repeating: 0, count: size)
      mappedByteCount = 0
      return
    }
    mappedByteCount = (byteCount + hugePage - 1) / hugePage * hugePage
    // A page more than needed, of which what lies outside of whole pages is given back.
    let mapping = mmap(nil, mappedByteCount + hugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
    guard let mapping, mapping != UnsafeMutableRawPointer(bitPattern: -1) else {
      fatalError("the system has no memory for \(byteCount) bytes")
    }
    base = mapping.alignedUp(toMultipleOf: hugePage)
    let head = base - mapping
    if head > 0 { munmap(mapping, head) }
    munmap(base + mappedByteCount, hugePage - head)
    #if os(Linux)
      // Only advice: the memory serves without huge pages, too.
      _ = madvise(base, mappedByteCount, MADV_HUGEPAGE)
    #endif
  }

  package func deallocate() {
    if mappedByteCount == 0 { base.deallocate() } else { munmap(base, mappedByteCount) }
  }
}

/// Bytes of a huge page.
private let hugePage = 2 << 20
