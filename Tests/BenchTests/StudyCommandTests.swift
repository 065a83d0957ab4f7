import Foundation
import Kernels
import TestSupport
import Testing

@testable import Bench

@Suite struct StudyCommandTests {
  private func record(_ study: String, in folder: TemporaryFolder, shard: Shard = .whole) throws -> StudyRecord {
    let path = StudyRunner.recordPath(study, in: folder.url.path, isQuick: true, shard: shard)
    return try #require(try StudyRecord.read(study: study, path: path), "no record at \(path)")
  }

  @Test func everyStudyRunsInQuickForm() throws {
    let folder = try TemporaryFolder()
    let process = try BenchProcess(
      "study", "all", "--quick", "--records", folder.url.path,
      environment: ["KERNELS_DATA": "", "XDG_CACHE_HOME": "/nowhere", "HOME": "/nowhere"])
    #expect(process.status == 0, "\(process.errors)")
    #expect(process.output.hasPrefix("quick runs:"))
    for study in StudyCatalogue.studies {
      let record = try record(study.id, in: folder)
      for setting in study.settings {
        let run = try #require(record.runs(of: setting.label).first, "\(study.id), \(setting.label)")
        #expect(run.start.isQuick)
        #expect(run.result?.weights.count == 64)
        for mistake in run.result?.mistakes ?? [] {
          let counts = try #require(run.result?.testConfusion)
          #expect(counts[mistake.label][mistake.classes[0]] > 0, "a mistake that the confusion matrix has, too")
        }
        #expect(run.start.stages.count == setting.stages.count)
        for (stage, description) in run.start.stages.enumerated() {
          #expect(run.epochs[stage]?.count == description.recipe.epochs)
          #expect(description.data.set == .synthetic, "no other data is found")
        }
      }
    }
    let unfinished = try FileManager.default.contentsOfDirectory(atPath: folder.url.path + "/unfinished")
    #expect(unfinished.isEmpty, "checkpoints go away with the end of a run")
  }

  @Test func anInterruptedStudyGoesOnWhereItStopped() throws {
    let (whole, broken) = (try TemporaryFolder(), try TemporaryFolder())
    let arguments = ["study", "autoencoder-width", "fashion-cnn-optimizer", "--quick", "--threads", "1"]
    #expect(try BenchProcess(arguments + ["--records", whole.url.path]).status == 0)
    for text in ["seed 1:", "stage 1:", "stage 2:", "Adam"] {
      let process = try BenchProcess(arguments + ["--records", broken.url.path], interruptAfter: text)
      if process.status == 0 { continue }  // It was done before the signal came.
      #expect(process.status == 130, "\(process.errors)")
      #expect(process.output.contains("goes on where this one stopped"))
    }
    #expect(try BenchProcess(arguments + ["--records", broken.url.path]).status == 0)
    for study in ["autoencoder-width", "fashion-cnn-optimizer"] {
      let (expected, found) = (try record(study, in: whole), try record(study, in: broken))
      for run in expected.runs {
        let other = try #require(found.runs(of: run.start.setting).first)
        #expect(other.result?.weights == run.result?.weights)
        #expect(other.lastEpochs.map(\.training.loss) == run.lastEpochs.map(\.training.loss))
      }
    }
  }

  @Test func shardsTogetherAreTheWhole() throws {
    let (whole, parts, merged) = (try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder())
    let arguments = ["study", "fashion-cnn-optimizer", "--quick", "--seeds", "2"]
    #expect(try BenchProcess(arguments + ["--records", whole.url.path]).status == 0)
    for index in 1...3 {
      #expect(try BenchProcess(arguments + ["--records", parts.url.path, "--shard", "\(index)/3"]).status == 0)
    }
    let merge = try BenchProcess("study", "merge", parts.url.path, "--quick", "--records", merged.url.path)
    #expect(merge.status == 0, "\(merge.errors)")
    let (expected, found) = (
      try record("fashion-cnn-optimizer", in: whole), try record("fashion-cnn-optimizer", in: merged)
    )
    #expect(expected.runs.count == 4)
    for run in expected.runs {
      let other = found.runs(of: run.start.setting).first { $0.start.seed == run.start.seed }
      #expect(other?.result?.weights == run.result?.weights)
    }
    let again = try BenchProcess("study", "merge", parts.url.path, "--quick", "--records", merged.url.path)
    #expect(again.status == 0 && again.output.isEmpty, "what is there is not merged again")
  }

  @Test func aSettingIsChosenByItsLabelWithItsCommas() throws {
    let folder = try TemporaryFolder()
    let process = try BenchProcess(
      "study", "speed", "--quick", "--records", folder.url.path, "--setting", "N1, batch 4", "--setting=N1, batch 8")
    #expect(process.status == 0, "\(process.errors)")
    #expect(try record("speed", in: folder).runs.map(\.start.setting) == ["N1, batch 4", "N1, batch 8"])
  }

  @Test func verifyComparesTheHashOfTheWeights() throws {
    let folder = try TemporaryFolder()
    let options = ["--quick", "--records", folder.url.path]
    #expect(try BenchProcess(["study", "fashion-cnn-optimizer"] + options).status == 0)
    let same = try BenchProcess(["study", "verify", "fashion-cnn-optimizer", "--setting", "Adam"] + options)
    #expect(same.status == 0, "\(same.errors)")
    #expect(same.output.contains("the same to the bit: 'Adam', seed 1"))
    #expect(same.output.contains("version \(Version.number)"))

    let path = StudyRunner.recordPath("fashion-cnn-optimizer", in: folder.url.path, isQuick: true)
    let hash = try #require(try record("fashion-cnn-optimizer", in: folder).runs(of: "Adam").first?.result?.weights)
    var text = try String(contentsOfFile: path, encoding: .utf8)
    text = text.replacingOccurrences(of: hash, with: String(repeating: "0", count: 64))
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    let other = try BenchProcess(["study", "verify", "fashion-cnn-optimizer", "--setting", "Adam"] + options)
    #expect(other.status == 1)
    #expect(other.output.contains("differs: 'Adam', seed 1"))
  }

  @Test func verifySaysWhichLevelARecordIsOf() throws {
    guard InstructionSet.available.count > 1 else { return }
    let folder = try TemporaryFolder()
    let options = ["--quick", "--records", folder.url.path]
    #expect(
      try BenchProcess(["study", "fashion-cnn-optimizer", "--isa", InstructionSet.available[0].rawValue] + options)
        .status == 0)
    let process = try BenchProcess(
      ["study", "verify", "fashion-cnn-optimizer", "--isa", InstructionSet.available[1].rawValue] + options)
    #expect(process.status == 2)
    #expect(process.errors.contains("is of \(InstructionSet.available[0].rawValue), version"))
  }

  @Test func theRepositorysRecordsAreReadWhereNoFolderIsNamed() throws {
    let folder = try TemporaryFolder()
    func bench(_ arguments: String...) throws -> BenchProcess {
      try BenchProcess(["study"] + arguments + ["--quick"], currentDirectory: folder.url)
    }
    #expect(try bench("fashion-cnn-optimizer", "--records", "Benchmarks/records").status == 0)
    let shown = try bench("show", "fashion-cnn-optimizer", "--out", "pages")
    #expect(shown.status == 0, "\(shown.errors)")
    #expect(shown.output.contains("Adam"))
    let verified = try bench("verify", "fashion-cnn-optimizer")
    #expect(verified.status == 0 && verified.output.contains("the same to the bit"), "\(verified.errors)")
    // A folder that is named is taken at its word.
    let named = try bench("show", "fashion-cnn-optimizer", "--records", "other")
    #expect(named.status == 2 && named.errors.contains("has no record in 'other'"))
  }

  @Test func wrongUseIsNamed() throws {
    func message(_ arguments: String...) throws -> String {
      let process = try BenchProcess(arguments)
      #expect(process.status == 2)
      #expect(process.errors.split(separator: "\n").count == 1, "one line: \(process.errors)")
      return process.errors
    }
    #expect(try message("study", "no-such").contains("there is no study 'no-such'"))
    #expect(try message("study", "loss", "--setting", "X").contains("--setting is 'X'"))
    #expect(try message("study", "verify", "loss", "--quick", "--records", "/nowhere").contains("has no record"))
    #expect(try message("study", "merge").contains("merge takes the folders"))
    #expect(try message("study", "merge", "/nowhere").contains("'/nowhere' cannot be read"))
    #expect(try message("study", "loss", "--shard", "3/2").contains("--shard is '3/2'"))
    #expect(try message("study", "loss", "--quick", "--records", "/dev/null/x").contains("cannot be made"))
  }

  @Test func listNamesEveryStudy() throws {
    let process = try BenchProcess("study", "list", "--records", "/nowhere")
    #expect(process.status == 0)
    for study in StudyCatalogue.studies { #expect(process.output.contains(study.id)) }
  }
}
