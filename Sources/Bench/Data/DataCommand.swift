import Foundation
import Layers

/// What `bench data` is asked to do; nil for what is not given, so that what an action has no use for is refused.
struct DataOptions {
  var dataDirectory: String?
  var from: [String] = []
  var part: PartChoice?
  var augmentation: String?
  var count: Int?
  var seed: UInt64?
  var out: String?
  var json: String?

  /// The part of a set that a sheet shows.
  enum PartChoice: String, CaseIterable {
    case train
    case test

    var split: DatasetSplit { self == .train ? .train : .test }
  }

  static let defaultCount = 5

  static var table: [CommandOption<DataOptions>] {
    [
      .optional("--data-dir", path: \.dataDirectory, kind: .path("DIR"), help: DataLocator.optionHelp),
      .repeated(
        "--from", path: \.from, kind: .address,
        help: "download: an address of a folder with the official files, tried before theirs"),
      .optional("--part", path: \.part, kind: .choice(), help: "show: the part to show; train if not given"),
      .optional(
        "--augmentation", path: \.augmentation,
        kind: .word("TEXT", "transforms with commas between them, such as crop:4,flip,rotate:10"),
        help: "show: what is done to each image for the one beside it, such as crop:4,flip,rotate:10"),
      .optional(
        "--count", path: \.count, kind: .integer(1...100),
        help: "show: images of each class; \(defaultCount) if not given"),
      .optional(
        "--seed", path: \.seed, kind: .seed,
        help: "show: determines synthetic images and what augmentation draws; 1 if not given"),
      .optional("--out", path: \.out, kind: .path("FILE.html"), help: "show: the page to write"),
      .optional("--json", path: \.json, kind: .path("FILE"), help: "list, verify: write the figures to a file as well"),
    ]
  }

  /// The options that were given, by their names.
  fileprivate var given: [String] {
    [
      (dataDirectory != nil, "--data-dir"), (!from.isEmpty, "--from"), (part != nil, "--part"),
      (count != nil, "--count"),
      (seed != nil, "--seed"), (out != nil, "--out"), (json != nil, "--json"),
    ].filter(\.0).map(\.1)
  }
}

extension ValueKind where Value == String {
  /// An address of a folder; a slash is added where it does not end in one.
  static var address: ValueKind {
    ValueKind(
      placeholder: "URL", expected: "an address that begins with http:// or https://",
      parse: { text in
        let schemes = ["http://", "https://"]
        guard schemes.contains(where: { text.lowercased().hasPrefix($0) && text.count > $0.count }) else { return nil }
        return text.hasSuffix("/") ? text : text + "/"
      }, format: { $0 })
  }
}

/// `bench data`: where the data sets are, whether they are whole; fetches them, and shows them.
enum DataCommand: Command {
  static let name = "data"
  static let summary = "the data sets: where they are, verify, download, show"
  static let discussion = """
    The data sets: \(DataChoice.allCases.map(\.rawValue).joined(separator: ", ")).

      bench data [list] [NAME …]         where each set is looked for and found, its files with sizes and MD5 sums, its
                                         images by class
      bench data verify [NAME …]         checks the MD5 sums of the files of these sets, of all that are found if none is
                                         named; status 1 where one differs or is missing
      bench data download NAME …|all     fetches what is not there yet, with curl, from the official addresses and their
                                         mirrors; checks sums; goes on where it was interrupted
      bench data show NAME --out FILE    writes a page of sample images by class, plain and augmented

    The transforms that --augmentation takes:
    \(transforms)

    Files are looked for in the folder that --data-dir names; if it is not given, in the one that the environment variable
    KERNELS_DATA names, then in the cache folder, $XDG_CACHE_HOME/swift-conv-kernels or ~/.cache/swift-conv-kernels, on
    macOS ~/Library/Caches/swift-conv-kernels. Each may hold the files or be the folder above, with the set in a folder of
    its official name. A download goes to the first of these places.
    """
  private static let transforms = Augmentation.forms.map { "  \($0.help)" }.joined(separator: "\n")
  static let operands: String? = "[list|verify|download|show] [NAME …]"
  static var options: [CommandOption<DataOptions>] { DataOptions.table }
  static var defaults: DataOptions { DataOptions() }

  private enum Action: String, CaseIterable {
    case list
    case verify
    case download
    case show

    /// The options that mean something to it.
    var options: [String] {
      switch self {
      case .list, .verify: ["--data-dir", "--json"]
      case .download: ["--data-dir", "--from"]
      case .show: ["--data-dir", "--part", "--augmentation", "--count", "--seed", "--out"]
      }
    }
  }

  static func run(_ options: DataOptions, operands: [String]) throws -> ExitStatus {
    let action: Action
    if let word = operands.first {
      guard let known = Action(rawValue: word) else {
        throw UsageError(
          "unknown action '\(word)'; expected one of \(Action.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      action = known
    } else {
      action = .list
    }
    if let option = options.given.first(where: { !action.options.contains($0) }) {
      throw UsageError(
        "\(option) is not for 'bench data \(action.rawValue)', which takes \(action.options.joined(separator: ", "))")
    }
    let names = Array(operands.dropFirst())
    return switch action {
    case .list: try list(sets(names) ?? DataChoice.allCases, options)
    case .verify: try verify(sets(names), options)
    case .download: try download(names, options)
    case .show: try show(names, options)
    }
  }

  /// The sets that are named; nil where none is.
  private static func sets(_ names: [String]) throws(UsageError) -> [DataChoice]? {
    var sets: [DataChoice] = []
    for name in names {
      guard let set = DataChoice(rawValue: name) else {
        throw UsageError(
          "unknown data set '\(name)'; expected one of \(DataChoice.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      if !sets.contains(set) { sets.append(set) }
    }
    return sets.isEmpty ? nil : sets
  }

  /// The sets with files that are named; nil where none is.
  private static func archives(_ names: [String]) throws(UsageError) -> [DataArchive]? {
    guard let sets = try sets(names) else { return nil }
    guard !sets.contains(.synthetic) else {
      throw UsageError(
        "synthetic data has no files; expected \(DataArchive.all.map(\.name).joined(separator: ", "))")
    }
    return sets.compactMap(\.archive)
  }
}

// MARK: list and verify

extension DataCommand {
  private static func list(_ sets: [DataChoice], _ options: DataOptions) throws -> ExitStatus {
    let file = try options.json.map(JSONFile.init(path:))
    let listing = DataListing(options)
    var report = DataReport()
    for (index, set) in sets.enumerated() {
      let (entry, _) = try listing.report(set, countsImages: true)
      report.sets.append(entry)
      try Console.print((index > 0 ? "\n" : "") + entry.text(places: listing.locator.description))
    }
    try sayWhetherSumsWereChecked(listing)
    try file?.write(report)
    return .done
  }

  private static func verify(_ sets: [DataChoice]?, _ options: DataOptions) throws -> ExitStatus {
    if let sets, sets.contains(.synthetic) {
      throw UsageError(
        "synthetic data has no files; expected \(DataArchive.all.map(\.name).joined(separator: ", "))")
    }
    let file = try options.json.map(JSONFile.init(path:))
    let listing = DataListing(options)
    guard listing.md5 != nil else {
      throw UsageError("files are verified by their MD5 sums, but \(MD5Tool.missing); expected one installed")
    }
    var report = DataReport()
    var complaints: [String] = []
    for set in sets ?? DataChoice.allCases {
      guard let archive = set.archive else { continue }
      if sets != nil { _ = try listing.locator.require(archive) }
      guard listing.locator.folder(of: archive) != nil else { continue }
      let (entry, checks) = try listing.report(set, countsImages: false)
      try Console.print((report.sets.isEmpty ? "" : "\n") + entry.text(places: listing.locator.description))
      report.sets.append(entry)
      complaints += checks.compactMap(\.complaint)
    }
    guard !report.sets.isEmpty else {
      throw UsageError("no data set in \(listing.locator.description); 'bench data download all' fetches them")
    }
    try file?.write(report)
    for complaint in complaints { Console.printError("bench data: \(complaint)") }
    return complaints.isEmpty ? .done : .checkFailed
  }

  private static func sayWhetherSumsWereChecked(_ listing: DataListing) throws(UsageError) {
    guard listing.md5 == nil else { return }
    try Console.print("\nMD5 sums were not checked: \(MD5Tool.missing)")
  }
}

extension DataListing {
  fileprivate init(_ options: DataOptions) {
    self.init(
      locator: DataLocator(directory: options.dataDirectory),
      md5: MD5Tool(environment: ProcessInfo.processInfo.environment))
  }
}

// MARK: download

extension DataCommand {
  private static func download(_ names: [String], _ options: DataOptions) throws -> ExitStatus {
    let isAll = names == ["all"]
    guard let archives = isAll ? DataArchive.all : try archives(names) else {
      throw UsageError(
        "nothing to download; expected 'bench data download NAME …', of "
          + "\(DataArchive.all.map(\.name).joined(separator: ", ")), or all")
    }
    let locator = DataLocator(directory: options.dataDirectory)
    let interrupt = Interrupt()
    var failures: [UsageError] = []
    for archive in archives {
      let installation = DataInstallation(
        archive: archive, folder: locator.destination(of: archive), firstAddresses: options.from,
        environment: ProcessInfo.processInfo.environment, isInterrupted: { interrupt.isRequested },
        note: { (line) throws(UsageError) in try Console.print(line) })
      do throws(UsageError) {
        if try installation.run() == .interrupted { return interrupt.status ?? .interrupted }
      } catch {
        // The next set may be had all the same.
        failures.append(error)
      }
    }
    for failure in failures.dropLast() { Console.printError("bench \(name): \(failure)") }
    if let last = failures.last { throw last }
    return .done
  }
}

// MARK: show

extension DataCommand {
  private static func show(_ names: [String], _ options: DataOptions) throws -> ExitStatus {
    guard names.count == 1, let set = try sets(names)?.first else {
      throw UsageError("\(names.count) data sets to show; expected one, 'bench data show NAME --out FILE.html'")
    }
    guard let path = options.out else { throw UsageError("show needs --out FILE.html, the page to write") }
    let page = try OutputFile(path: path, option: "--out")
    let augmentation = try Augmentation(options.augmentation ?? "none")
    let seed = options.seed ?? 1
    let part = options.part ?? .train
    let sets = try set.load(directory: options.dataDirectory, trainImages: nil, testImages: nil, seed: seed)
    let sheet = try SampleSheet(
      part == .train ? sets.train : sets.test, part: part.split, count: options.count ?? DataOptions.defaultCount,
      augmentation: augmentation, seed: seed)
    let html = sheet.html
    try page.write(Data(html.utf8))
    try Console.print("\(path): \(sheet.imageCount) images of \(set.rawValue), \(html.utf8.count) bytes")
    return .done
  }
}
