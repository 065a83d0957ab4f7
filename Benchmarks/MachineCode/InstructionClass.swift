/// What an instruction of x86-64 does, as far as it matters for the speed of a loop over vectors.
public enum InstructionClass: String, CaseIterable, Sendable {
  /// Of vectors, as all down to `move`.
  case multiplyAdd = "multiply-adds"
  /// Everything that computes, compares or converts.
  case arithmetic
  case broadcast = "broadcasts"
  /// Moves lanes within and between vectors.
  case shuffle = "shuffles"
  case load = "loads"
  case store = "stores"
  /// A store to the stack: there were more values than registers.
  case spill = "spills"
  /// A load from the stack.
  case reload = "reloads"
  case move = "moves"
  case branch = "branches"
  case scalar

  /// - Parameter text: mnemonic and operands in AT&T syntax, the destination last: `vmovups %zmm0,0x40(%rsp)`.
  public init(_ text: String) {
    let words = text.split(maxSplits: 1, whereSeparator: \.isWhitespace)
    let mnemonic = words.first ?? ""
    // Behind the operands there may be a comment: `# 10 <name+0x10>`.
    let operands = (words.count > 1 ? words[1] : "").prefix { $0 != "#" }
    if mnemonic.hasPrefix("j") || mnemonic.hasPrefix("call") || mnemonic.hasPrefix("ret") {
      self = .branch
    } else if !["%xmm", "%ymm", "%zmm", "%k"].contains(where: operands.contains) {
      self = .scalar
    } else if mnemonic.hasPrefix("vfm") || mnemonic.hasPrefix("vfnm") {
      self = .multiplyAdd
    } else if mnemonic.contains("broadcast") {
      self = .broadcast
    } else if InstructionClass.shuffles.contains(where: mnemonic.contains) {
      self = .shuffle
    } else if mnemonic.hasPrefix("mov") || mnemonic.hasPrefix("vmov") || mnemonic.hasPrefix("kmov") {
      self = InstructionClass.move(operands)
    } else {
      self = .arithmetic
    }
  }

  private static let shuffles = [
    "perm", "shuf", "unpck", "insert", "extract", "blend", "pack", "align", "movhl", "movlh", "movsldup", "movshdup",
    "movddup", "compress", "expand", "pslldq", "psrldq",
  ]

  private static func move(_ operands: Substring) -> InstructionClass {
    guard let close = operands.lastIndex(of: ")") else {
      // An absolute address is written without parentheses; vectors do not lie at such.
      return .move
    }
    // A mask may follow in braces.
    let isStore = !operands[close...].contains(",")
    // The base is the first register in the parentheses.
    let isStack = operands.contains("(%rsp") || operands.contains("(%rbp)")
    return isStore ? (isStack ? .spill : .store) : (isStack ? .reload : .load)
  }
}
