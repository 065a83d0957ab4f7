import Foundation
import Layers
import Testing

@testable import Bench

@Suite struct StudyCatalogueTests {
  @Test func namesAreUniqueAndSayWhatIsMeant() {
    let ids = StudyCatalogue.studies.map(\.id)
    #expect(Set(ids).count == ids.count)
    for id in ids {
      #expect(id.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" }, "\(id)")
      #expect(!["list", "all", "show", "verify", "merge"].contains(id))
    }
  }

  @Test(arguments: StudyCatalogue.studies.map(\.id))
  func aStudyRefersToItsOwnSettings(_ id: String) throws {
    let study = try StudyCatalogue.study(id)
    let labels = study.settings.map(\.label)
    #expect(!labels.isEmpty && Set(labels).count == labels.count)
    #expect(study.question.hasSuffix("?"))
    for reported in study.reported { #expect(labels.contains(reported.setting), "\(reported.setting)") }
    for ordering in study.orderings {
      #expect(labels.contains(ordering.better) && labels.contains(ordering.worse), "\(ordering.claim)")
      #expect(ordering.better != ordering.worse)
    }
    for peak in study.peaks { #expect(labels.contains(peak)) }
  }

  @Test(arguments: StudyCatalogue.studies.map(\.id))
  func remarksAreOneParagraph(_ id: String) throws {
    let remarks = try StudyCatalogue.study(id).remarks
    #expect(!remarks.isEmpty && remarks.hasSuffix("."))
    #expect(!remarks.contains("\n") && !remarks.contains("  "))
  }

  @Test(arguments: StudyCatalogue.studies.map(\.id))
  func reportedFiguresFitTheirSetting(_ id: String) throws {
    let study = try StudyCatalogue.study(id)
    for reported in study.reported {
      let stage = try #require(study.setting(reported.setting)?.stages.last)
      switch reported.value {
      case .figure(.seconds, let seconds): #expect(seconds > 0)
      case .figure(_, let share): #expect((0...1).contains(share))
      case .classAccuracies(_, let shares):
        #expect(shares.count == stage.data.classes?.count ?? 10)
        #expect(shares.allSatisfy { (0...1).contains($0) })
      case .curve(_, let values): #expect(values.count == stage.recipe.epochs)
      case .report(let rows): #expect(rows.count == stage.data.classes?.count && rows.allSatisfy { $0.count == 3 })
      }
    }
  }

  @Test(arguments: StudyCatalogue.studies.map(\.id))
  func everyStageNamesAModelAndAnOptimizer(_ id: String) throws {
    for setting in try StudyCatalogue.study(id).settings {
      #expect(setting.stages.first?.inheritedPrefix == nil)
      for stage in setting.stages {
        _ = try ModelCatalogue.entry(stage.model)
        _ = try stage.recipe.optimizer.makeOptimizer()
        _ = try stage.recipe.loss.makeLoss(labelSmoothing: stage.recipe.labelSmoothing)
      }
    }
  }

  /// The experiments of the five reports, by the names that they are run under.
  @Test func everyReportedExperimentIsThere() throws {
    let experiments = [
      "scratch", "learning-rate-adam", "learning-rate-sgd", "learning-rate-adam-32", "learning-rate-wide",
      "schedule-linear", "schedule-step", "epochs-many", "epochs", "batch-size-adam", "batch-size-sgd",
      "batch-size-time", "batch-size-extremes", "loss", "augmentation-crop-flip", "augmentation-rotate-blur",
      "augmentation-resized-crop", "augmentation-rotate-noise", "activation", "depth-activation", "training-size",
      "fully-connected", "fashion-cnn-epochs", "fashion-cnn-optimizer", "autoencoder-learning-rate",
      "autoencoder-width", "autoencoder-epochs", "improved-cnn",
    ]
    for experiment in experiments { _ = try StudyCatalogue.study(experiment) }
    #expect(throws: UsageError.self) { try StudyCatalogue.study("learning") }
  }

  @Test func recipesAndDataComeBackFromRecords() throws {
    for setting in StudyCatalogue.studies.flatMap(\.settings) {
      for stage in setting.stages {
        let recipe = try StudyRecord.encoder.encode(stage.recipe)
        #expect(try StudyRecord.decoder.decode(Recipe.self, from: recipe) == stage.recipe)
        let data = try StudyRecord.encoder.encode(stage.data)
        #expect(try StudyRecord.decoder.decode(DataRequest.self, from: data) == stage.data)
      }
    }
  }
}
