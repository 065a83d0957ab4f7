extension SplitMix64 {
  /// Puts elements into random order, all orders equally likely: Fisher and Yates's shuffle swaps each element, from
  /// the last to the second, with one of those up to and including it.
  mutating func shuffle<Element>(_ elements: inout MutableSpan<Element>) {
    var last = elements.count - 1
    while last > 0 {
      elements.swapAt(last, next(below: last + 1))
      last -= 1
    }
  }

  /// `count` different numbers of 0 ..< `total` in ascending order, all sets equally likely; all numbers if there are
  /// no more than `count`.
  mutating func sample(_ count: Int, below total: Int) -> [Int] {
    var numbers = Array(0..<total)
    guard total > count else { return numbers }
    for i in 0..<count { numbers.swapAt(i, i + next(below: total - i)) }
    return numbers.prefix(count).sorted()
  }
}
