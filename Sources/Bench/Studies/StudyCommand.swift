import Foundation
import Kernels
import Layers

/// What `bench study` is asked to do.
struct StudyOptions: MachineOptions {
  var isQuick = false
  var seeds = 1
  var firstSeed: UInt64 = 1
  var settings: [String] = []
  var shard: Shard?
  var records = "studies"
  var out = "studies/pages"
  var document: String?
  var pictures: String?
  var dataDirectory: String?
  var threads: Int?
  var isa: InstructionSet?

  static var table: [CommandOption<StudyOptions>] {
    [
      .flag("--quick", path: \.isQuick, help: "scale every setting down to seconds, on whatever data there is"),
      .value(
        "--seeds", path: \.seeds, kind: .integer(1...1000), help: "trainings of each setting, with seeds of their own"),
      .value("--first-seed", path: \.firstSeed, kind: .seed, help: "the first of the seeds"),
      .each(
        "--setting", path: \.settings, kind: .whole("LABEL", "a setting's label"),
        help: "run only this setting; may be given several times"),
      .optional(
        "--shard", path: \.shard, kind: .shard,
        help: "run only this part of all trainings; a Slurm array's or a Kubernetes job's index if not given"),
      .value("--records", path: \.records, kind: .path("DIR"), help: "the folder of the records"),
      .value("--out", path: \.out, kind: .path("DIR"), help: "the folder that pages and tables are written to"),
      .optional(
        "--document", path: \.document, kind: .path("FILE"),
        help: "of show: write all studies to a Markdown file instead of pages"),
      .optional(
        "--pictures", path: \.pictures, kind: .path("DIR"),
        help: "of show: write a picture a study, DIR/NAME.svg, instead of pages"),
      .optional(
        "--data-dir", path: \.dataDirectory, kind: .path("DIR"),
        help: "the folder that holds the data's files, or the one above it"),
    ] + machineTable(threads: "threads that share the work of a step; one a processor if not given")
  }
}

extension ValueKind where Value == String {
  /// Any text, commas too.
  static func whole(_ placeholder: String, _ expected: String) -> ValueKind {
    ValueKind(placeholder: placeholder, expected: expected, parse: { $0.isEmpty ? nil : $0 }, format: { $0 })
  }
}

/// `bench study`: the experiments, their records, and the tables and pages that are made from them.
enum StudyCommand: Command {
  static let name = "study"
  static let summary = "run experiments by name: records, tables, pages with reported figures beside ours"
  static let operands: String? = "list | NAME … | all | show [NAME …] | verify NAME | merge DIR …"
  static let discussion = """
    list          the studies: name, source, trainings, and how many of them have a record
    NAME …, all   run studies: every setting, unless the record has its result; what was interrupted goes on where it
                  stopped, setting by setting and epoch by epoch
    show          make tables, CSV files and pages from the records, without training
    verify        run a setting of a study again and compare the hash of its weights with the record
    merge         put together the records of shards, which lie in the folders named, in --records

    A run appends lines of JSON to DIR/NAME.jsonl. An interrupt (Ctrl-C) ends it with what is done saved, and status 130.
    Without --records, what reads a record takes that of Benchmarks/records where the folder studies has none.
    Job arrays, shards and all the rest: docs/running-studies.md.
    """
  static var options: [CommandOption<StudyOptions>] { StudyOptions.table }
  static var defaults: StudyOptions { StudyOptions() }

  static func run(_ options: StudyOptions, operands: [String]) throws -> ExitStatus {
    let rest = Array(operands.dropFirst())
    switch operands.first {
    case nil, "list": return try list(options, rest)
    case "show": return try show(options, rest)
    case "verify": return try verify(options, rest)
    case "merge": return try merge(options, rest)
    default: return try train(options, operands)
    }
  }

  /// The folder of the records that are part of the repository.
  static let committedRecords = "Benchmarks/records"

  /// The studies that names stand for; `all`, and no name where that is permitted, for every one.
  static func studies(_ names: [String]) throws(UsageError) -> [Study] {
    if names.isEmpty || names == ["all"] { return StudyCatalogue.studies }
    var studies: [Study] = []
    for name in names { studies.append(try StudyCatalogue.study(name)) }
    return studies
  }

  /// The record of a study: in the folder that is named; where none is named and the default one has no such record, in
  /// the repository's.
  static func record(of study: Study, _ options: StudyOptions) throws(UsageError) -> StudyRecord? {
    let isNamed = options.records != StudyOptions().records
    for directory in isNamed ? [options.records] : [options.records, committedRecords] {
      let path = StudyRunner.recordPath(study.id, in: directory, isQuick: options.isQuick)
      if let record = try StudyRecord.read(study: study.id, path: path) { return record }
    }
    return nil
  }

  private static func list(_ options: StudyOptions, _ names: [String]) throws -> ExitStatus {
    let width = StudyCatalogue.studies.map(\.id.count).max() ?? 0
    let table = Table(columns: [
      .text("study", width: width), .text("source", width: 10), .figure("settings"), .figure("finished"),
      .text("question"),
    ])
    try Console.print(table.header)
    for study in try studies(names) {
      let record = try record(of: study, options)
      let finished = study.settings.count { !(record?.runs(of: $0.label).isEmpty ?? true) }
      try Console.print(
        table.line([study.id, study.source, "\(study.settings.count)", "\(finished)", study.question]))
    }
    return .done
  }

  private static func train(_ options: StudyOptions, _ names: [String]) throws -> ExitStatus {
    let studies = try studies(names)
    for label in options.settings where !studies.contains(where: { $0.setting(label) != nil }) {
      let labels = studies.flatMap(\.settings).map(\.label)
      throw UsageError("--setting is '\(label)'; expected one of \(labels.map { "'\($0)'" }.joined(separator: ", "))")
    }
    let shard = try options.shard ?? Shard.fromEnvironment(ProcessInfo.processInfo.environment)
    let interrupt = Interrupt()
    let runner = StudyRunner(
      .init(
        directory: options.records, dataDirectory: options.dataDirectory, isQuick: options.isQuick,
        threads: options.threadCount, level: try options.level(), shard: shard), interrupt: interrupt
    ) { try Console.print($0) }
    if options.isQuick { try Console.print("quick runs: every setting is scaled down; its figures show that it runs") }
    var position = 0
    for study in studies {
      for setting in study.settings where options.settings.isEmpty || options.settings.contains(setting.label) {
        for seed in options.firstSeed..<(options.firstSeed + UInt64(options.seeds)) {
          defer { position += 1 }
          guard shard.takes(position) else { continue }
          guard try runner.run(study, setting, seed: seed) else {
            try Console.print("interrupted: the same command goes on where this one stopped")
            return interrupt.status ?? .interrupted
          }
        }
      }
    }
    return .done
  }

  private static func show(_ options: StudyOptions, _ names: [String]) throws -> ExitStatus {
    var shown: [(Study, StudyRecord)] = []
    for study in try studies(names) {
      if let record = try record(of: study, options) {
        shown.append((study, record))
      } else if !names.isEmpty, names != ["all"] {
        throw UsageError("study \(study.id) has no record in '\(options.records)'; run 'bench study \(study.id)' first")
      }
    }
    guard !shown.isEmpty else {
      throw UsageError("there is no record of any study in '\(options.records)'; run 'bench study NAME' first")
    }
    if let document = options.document {
      let missing = try studies(names).filter { study in !shown.contains { $0.0.id == study.id } }
      let all = (shown + missing.map { ($0, StudyRecord(study: $0.id)) })
      let ordered = try studies(names).compactMap { study in all.first { $0.0.id == study.id } }
      do {
        try AtomicFile.write(Data(StudyDocument.markdown(ordered).utf8), to: document)
      } catch {
        throw UsageError("--document is '\(document)', which cannot be written: \(error.reason)")
      }
      return .done
    }
    if let pictures = options.pictures {
      let files = try StudyReport.writePictures(studies: shown, to: URL(fileURLWithPath: pictures))
      try Console.print("\(files.count) files in \(pictures)")
      return .done
    }
    if !names.isEmpty {
      for (study, record) in shown { try Console.print(StudyTable.text(study, record) + "\n") }
    }
    let files = try StudyReport.write(
      studies: shown, to: URL(fileURLWithPath: options.out), images: .files(in: options.dataDirectory))
    try Console.print("\(files.count) files in \(options.out); begin with \(options.out)/index.html")
    return .done
  }

  private static func verify(_ options: StudyOptions, _ names: [String]) throws -> ExitStatus {
    guard names.count == 1 else {
      throw UsageError("verify takes the name of one study; \(names.count) were given")
    }
    let study = try StudyCatalogue.study(names[0])
    guard let record = try record(of: study, options) else {
      throw UsageError("study \(study.id) has no record in '\(options.records)'; run 'bench study \(study.id)' first")
    }
    let runs = study.settings.filter { options.settings.isEmpty || options.settings.contains($0.label) }
      .flatMap { record.runs(of: $0.label) }
    // The run that took the least time, where none is named.
    guard let run = runs.min(by: { ($0.result?.seconds ?? 0) < ($1.result?.seconds ?? 0) }),
      let setting = study.setting(run.start.setting), let expected = run.result?.weights
    else { throw UsageError("study \(study.id) has no finished run of such a setting in its record") }
    let level = try options.level()
    guard level.rawValue == run.start.isa else {
      throw UsageError(
        "the record of '\(setting.label)' is of \(run.start.isa), version \(run.start.version); expected that level, not "
          + "\(level.rawValue): weights are the same to the bit on the same level only")
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let interrupt = Interrupt()
    let runner = StudyRunner(
      .init(
        directory: folder.path, dataDirectory: options.dataDirectory, isQuick: options.isQuick,
        threads: options.threadCount, level: level), interrupt: interrupt
    ) { try Console.print($0) }
    guard try runner.run(study, setting, seed: run.start.seed) else { return interrupt.status ?? .interrupted }
    let path = StudyRunner.recordPath(study.id, in: folder.path, isQuick: options.isQuick)
    let found = try StudyRecord.read(study: study.id, path: path)?.runs(of: setting.label).first?.result?.weights ?? ""
    let source = "record of \(run.start.date), version \(run.start.version), \(run.start.isa), \(run.start.cpu)"
    guard found == expected else {
      try Console.print("differs: '\(setting.label)', seed \(run.start.seed): \(found), not \(expected); \(source)")
      return .checkFailed
    }
    try Console.print("the same to the bit: '\(setting.label)', seed \(run.start.seed): \(found); \(source)")
    return .done
  }

  /// Appends what the records in folders have and the one in `--records` has not.
  private static func merge(_ options: StudyOptions, _ folders: [String]) throws -> ExitStatus {
    guard !folders.isEmpty else { throw UsageError("merge takes the folders of the records; none was given") }
    for study in StudyCatalogue.studies {
      let path = StudyRunner.recordPath(study.id, in: options.records, isQuick: options.isQuick)
      var merged = try StudyRecord.read(study: study.id, path: path) ?? StudyRecord(study: study.id)
      var target: RecordFile?
      for folder in folders {
        for name in try shardFiles(of: study, in: folder, options) {
          let file = folder + "/" + name
          guard URL(fileURLWithPath: file).standardizedFileURL != URL(fileURLWithPath: path).standardizedFileURL,
            let part = try StudyRecord.read(study: study.id, path: file)
          else { continue }
          for run in part.runs where run.isFinished {
            guard !merged.runs(of: run.start.setting).contains(where: { $0.start.seed == run.start.seed }) else {
              continue
            }
            if target == nil { target = try RecordFile(path: path) }
            for line in run.lines {
              merged.take(line)
              try target?.append(line)
            }
            try Console.print("\(study.id)  \(run.start.setting)  seed \(run.start.seed)  from \(file)")
          }
        }
      }
    }
    return .done
  }

  private static func shardFiles(of study: Study, in folder: String, _ options: StudyOptions) throws(UsageError)
    -> [String]
  {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw UsageError("'\(folder)' cannot be read; expected a folder of records")
    }
    let start = study.id + (options.isQuick ? ".quick" : "")
    return names.filter { name in
      guard name.hasPrefix(start + "."), name.hasSuffix(".jsonl") else { return false }
      let middle = name.dropFirst(start.count).dropLast(".jsonl".count)
      return middle.isEmpty || middle.hasPrefix(".shard-")
    }.sorted()
  }
}

extension StudyRun {
  /// The lines of a record that the run was put together from.
  var lines: [StudyRecordLine] {
    var lines: [StudyRecordLine] = [.start(start)]
    for stage in start.stages.indices {
      lines += (epochs[stage] ?? []).map {
        .epoch(RunEpoch(setting: start.setting, seed: start.seed, stage: stage, epoch: $0))
      }
      if let result = results[stage] { lines.append(.result(result)) }
    }
    return lines
  }
}
