/// What a processor offers to one thread: the sizes that a cost model needs to say how many cycles a kernel takes.
///
/// A plan is made for ``current`` unless it is told otherwise. The values of other processors are there so that what would
/// be chosen on them can be seen, and tested, anywhere.
public struct Machine: Sendable, Hashable {
  /// The processor's name, such as `Zen 5`; of ``current``, ``processorName``.
  public var name: String
  /// Bytes of the first-level data cache.
  public var firstLevelBytes: Int
  /// Lines that a set of the first-level data cache holds.
  public var firstLevelWays: Int
  /// Bytes of the second-level cache of a core.
  public var secondLevelBytes: Int
  /// Bytes of the third-level cache that are a core's share.
  public var thirdLevelBytes: Int
  /// Bytes of a cache line.
  public var lineBytes: Int
  /// Bytes that vector loads bring from the first-level cache each cycle: the widest vectors × their loads.
  public var loadBytesPerCycle: Int
  /// Vector loads a cycle, of vectors that are no wider than ``loadBytesPerCycle`` divided by this.
  public var loadsPerCycle: Int
  /// Bytes that come from the second-level cache each cycle while multiply-adds are made all the time: half of what the
  /// makers state, as measured on Zen 5 (32 of 64).
  public var secondLevelBytesPerCycle: Int
  /// Float lanes that are multiplied and added each cycle: the widest vectors × their instructions.
  public var multiplyAddLanesPerCycle: Int
  /// Instructions a cycle that multiply and add vectors, whatever their width.
  public var multiplyAddsPerCycle: Int

  public init(
    name: String, firstLevelBytes: Int, firstLevelWays: Int, secondLevelBytes: Int, thirdLevelBytes: Int,
    lineBytes: Int = 64, loadBytesPerCycle: Int, loadsPerCycle: Int = 2, secondLevelBytesPerCycle: Int,
    multiplyAddLanesPerCycle: Int, multiplyAddsPerCycle: Int = 2
  ) {
    self.name = name
    self.firstLevelBytes = firstLevelBytes
    self.firstLevelWays = firstLevelWays
    self.secondLevelBytes = secondLevelBytes
    self.thirdLevelBytes = thirdLevelBytes
    self.lineBytes = lineBytes
    self.loadBytesPerCycle = loadBytesPerCycle
    self.loadsPerCycle = loadsPerCycle
    self.secondLevelBytesPerCycle = secondLevelBytesPerCycle
    self.multiplyAddLanesPerCycle = multiplyAddLanesPerCycle
    self.multiplyAddsPerCycle = multiplyAddsPerCycle
  }

  /// The processor that this process runs on, read once (``SystemDescription``).
  public static let current = Machine(SystemDescription.current)

  /// Multiply-adds of vectors of so many lanes each cycle: 1 of 16 lanes on Zen 4, 2 on Zen 5.
  func multiplyAdds(lanes: Int) -> Double {
    min(Double(multiplyAddsPerCycle), Double(multiplyAddLanesPerCycle) / Double(lanes))
  }

  /// Loads of vectors of so many lanes each cycle.
  func loads(lanes: Int) -> Double {
    min(Double(loadsPerCycle), Double(loadBytesPerCycle) / Double(4 * lanes))
  }

  /// Bytes after which lines fall into the same set of the first-level cache again: 4 KB on all processors below.
  var firstLevelSetBytes: Int { firstLevelBytes / firstLevelWays }
}

// Sizes as the named manuals describe the processors. Zen 5's were compared with what the system of such a machine says;
// the others' were not checked on one.
extension Machine {
  /// Intel 64 and IA-32 Architectures Optimization Reference Manual (248966), "The Haswell microarchitecture", tables of
  /// caches and ports; 2.5 MB of the last-level cache for each core (Xeon E5 v3).
  public static let haswell = Machine(
    name: "Haswell", firstLevelBytes: 32 << 10, firstLevelWays: 8, secondLevelBytes: 256 << 10,
    thirdLevelBytes: 2560 << 10, loadBytesPerCycle: 64, secondLevelBytesPerCycle: 32, multiplyAddLanesPerCycle: 16)

  /// Software Optimization Guide for AMD Family 17h Models 30h and Greater (56305), caches, load/store and floating-point
  /// units; 16 MB of the last-level cache for 4 cores.
  public static let zen2 = Machine(
    name: "Zen 2", firstLevelBytes: 32 << 10, firstLevelWays: 8, secondLevelBytes: 512 << 10,
    thirdLevelBytes: 4 << 20, loadBytesPerCycle: 64, secondLevelBytesPerCycle: 16, multiplyAddLanesPerCycle: 16)

  /// Software Optimization Guide for the AMD Zen 4 Microarchitecture (57647): instructions of 512 bits pass through units
  /// of 256 bits in two cycles; 32 MB of the last-level cache for 8 cores.
  public static let zen4 = Machine(
    name: "Zen 4", firstLevelBytes: 32 << 10, firstLevelWays: 8, secondLevelBytes: 1 << 20, thirdLevelBytes: 4 << 20,
    loadBytesPerCycle: 64, secondLevelBytesPerCycle: 16, multiplyAddLanesPerCycle: 16)

  /// Software Optimization Guide for the AMD Zen 5 Microarchitecture (58455): units of 512 bits; 32 MB of the last-level
  /// cache for 8 cores. The mobile processors of the family have units of 256 bits.
  public static let zen5 = Machine(
    name: "Zen 5", firstLevelBytes: 48 << 10, firstLevelWays: 12, secondLevelBytes: 1 << 20, thirdLevelBytes: 4 << 20,
    loadBytesPerCycle: 128, secondLevelBytesPerCycle: 32, multiplyAddLanesPerCycle: 32)

  /// Intel's manual as above, "Ice Lake client" and "server microarchitecture": 1.5 MB of the last-level cache for each
  /// core.
  public static let iceLake = Machine(
    name: "Ice Lake server", firstLevelBytes: 48 << 10, firstLevelWays: 12, secondLevelBytes: 1280 << 10,
    thirdLevelBytes: 1536 << 10, loadBytesPerCycle: 128, secondLevelBytesPerCycle: 32, multiplyAddLanesPerCycle: 32)

  /// Intel's manual as above, "Golden Cove microarchitecture": as Ice Lake with 2 MB of second-level cache, and 1.875 MB
  /// of the last for each core. A third load a cycle is for vectors of at most 256 bits; it is not counted.
  public static let sapphireRapids = Machine(
    name: "Sapphire Rapids", firstLevelBytes: 48 << 10, firstLevelWays: 12, secondLevelBytes: 2 << 20,
    thirdLevelBytes: 1920 << 10, loadBytesPerCycle: 128, secondLevelBytesPerCycle: 32, multiplyAddLanesPerCycle: 32)

  /// A processor of which nothing is known: the least that one of the last ten years has.
  static let unknown = Machine(
    name: "unknown processor", firstLevelBytes: 32 << 10, firstLevelWays: 8, secondLevelBytes: 256 << 10,
    thirdLevelBytes: 1 << 20, loadBytesPerCycle: 32, secondLevelBytesPerCycle: 16, multiplyAddLanesPerCycle: 8)
}
