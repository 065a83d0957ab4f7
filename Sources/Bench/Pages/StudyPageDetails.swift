import Foundation
import Layers

/// Confusion matrices, images, settings and raw data.
extension StudyPage {
  var confusionSection: Markup {
    let shown = study.shownSetting(record)
    let blocks = ran.compactMap { setting -> Markup? in
      guard let run = record.runs(of: setting.label).first, let result = run.result,
        let test = result.testConfusion
      else { return nil }
      let names = run.lastStage?.classNames ?? []
      var maps: Markup =
        "<figure><figcaption>Test images\(captionMark)</figcaption>\(HeatMap(counts: test, names: names, caption: "Test images of \(setting.label), seed \(Int(run.start.seed))").table)</figure>"
      if let training = result.trainingConfusion {
        maps +=
          "<figure><figcaption>Training images\(captionMark)</figcaption>\(HeatMap(counts: training, names: names, caption: "Training images of \(setting.label), seed \(Int(run.start.seed))").table)</figure>"
      }
      let open: Markup = setting.label == shown?.label ? " open=\"open\"" : ""
      return """
        <details class="box"\(open)><summary>\(setting.label), \(ComparedFigure.testAccuracy.text(result.test.accuracy)) \
        of the test images</summary><div class="grid two">\(maps)</div>\(reportTable(test, names, setting.label))</details>
        """
    }
    guard !blocks.isEmpty else { return "" }
    return """
      <p class="soft">Rows are what an image shows, columns what it was taken for. Blue is right; orange is wrong, drawn \
      stronger because it is rarer.</p>\(blocks)
      """
  }

  private func reportTable(_ counts: [[Int]], _ names: [String], _ label: String) -> Markup {
    guard let report = counts.matrix?.report(classNames: names.isEmpty ? nil : names) else { return "" }
    func row(_ name: String, _ scores: ClassificationReport.Scores) -> [Markup] {
      [
        "\(name)", "\(Figure.fixed(scores.precision, 3))", "\(Figure.fixed(scores.recall, 3))",
        "\(Figure.fixed(scores.f1, 3))", "\(Figure.count(scores.support))",
      ]
    }
    let rows =
      zip(report.classNames, report.classes).map(row)
      + [row("macro average", report.macroAverage), row("weighted average", report.weightedAverage)]
    return Page.table(
      "Precision, recall and F1 on the test images, \(label)", ["class", "precision", "recall", "F1", "support"], rows,
      numbers: [1, 2, 3, 4])
  }

  // MARK: Images

  func imageSection(budget: Int) throws -> Markup {
    guard let shown = study.shownSetting(record), let stage = record.runs(of: shown.label).first?.lastStage else {
      return ""
    }
    var left = min(budget, 270_000)
    var content = try sampleImages(stage, shown, &left)
    content += try mistakeImages(shown, &left)
    content += filterImages(&left)
    return content
  }

  private func sampleImages(_ stage: StageDescription, _ setting: Setting, _ left: inout Int) throws -> Markup {
    let heading: Markup = "<h3>Training images</h3>"
    guard let images, case let samples = try images.samples(of: stage.data, count: 10), let first = samples.first else {
      return heading + "<p>The data set was not found when this page was made, so that there are no sample images.</p>"
    }
    let affordable = left / 3 / (2 * ImageGrid.bytes(of: first.image))
    let kept = Array(samples.prefix(max(affordable, 0)))
    guard !kept.isEmpty else { return "" }
    func name(_ label: Int) -> String { label < stage.classNames.count ? stage.classNames[label] : "class \(label)" }
    func grid(_ pictures: [Image], _ note: String) -> Markup {
      ImageGrid(
        items: zip(pictures, kept).map {
          .init(image: $0, alternative: "\(name($1.label))\(note)", caption: "\(name($1.label))")
        }, side: 72
      ).markup
    }
    var content: Markup = heading + grid(kept.map(\.image), "")
    left -= kept.count * ImageGrid.bytes(of: first.image)
    // The first setting that changes its images, where the best does not.
    let stages = ([setting] + ran).compactMap { record.runs(of: $0.label).first?.lastStage }
    let augmentations =
      stages.flatMap { [$0.recipe.augmentation, $0.data.added] } + ran.flatMap(\.stages).map(\.recipe.inputAugmentation)
    if let augmentation = augmentations.first(where: { !$0.isEmpty }) {
      let changed = try PageImages.augmented(kept.map(\.image), by: augmentation)
      content += "<h3>The same, augmented by <code>\(augmentation.description)</code></h3>"
      content += grid(changed, ", augmented")
      left -= changed.count * ImageGrid.bytes(of: first.image)
    }
    return content
  }

  private func mistakeImages(_ setting: Setting, _ left: inout Int) throws -> Markup {
    guard let run = record.runs(of: setting.label).first(where: { $0.result?.mistakes?.isEmpty == false }),
      let mistakes = run.result?.mistakes, let stage = run.lastStage
    else { return "" }
    func name(_ label: Int) -> String { label < stage.classNames.count ? stage.classNames[label] : "class \(label)" }
    func percent(_ probability: Float) -> String { Figure.fixed(Double(probability) * 100, 1) + " %" }
    let heading: Markup = "<h3>Most confident mistakes of \(setting.label)\(captionMark)</h3>"
    var items: [ImageGrid.Item] = []
    for mistake in mistakes {
      guard let found = try images?.image(stage.data, .test, mistake.index) else { break }
      let size = ImageGrid.bytes(of: found.image) + 200
      if size > left { break }
      left -= size
      let guesses = zip(mistake.classes, mistake.probabilities).map { "\(name($0)) \(percent($1))" }
      let lines = guesses.map { "<br/>\($0)" as Markup }
      items.append(
        .init(
          image: found.image, alternative: "test image \(mistake.index), \(name(mistake.label))",
          caption: "<b>\(name(mistake.label))</b>, taken for\(lines)"))
    }
    if !items.isEmpty { return heading + ImageGrid(items: items, side: 108).markup }
    let rows = mistakes.map { mistake -> [Markup] in
      [
        "\(mistake.index)", "\(name(mistake.label))",
        "\(zip(mistake.classes, mistake.probabilities).map { "\(name($0)) \(percent($1))" }.joined(separator: ", "))",
      ]
    }
    return heading + "<p>The data set was not found when this page was made: the images are named by their numbers.</p>"
      + Page.table("Most confident mistakes", ["test image", "shows", "taken for"], rows)
  }

  private func filterImages(_ left: inout Int) -> Markup {
    var content: Markup = ""
    for setting in ran {
      guard let run = record.runs(of: setting.label).first(where: { $0.result?.filters != nil }),
        let sheet = run.result?.filters
      else { continue }
      var items: [ImageGrid.Item] = []
      for (number, filter) in sheet.filters.enumerated() {
        // Filters of other channels than pictures have are no pictures.
        guard
          let image = try? Image(
            planes: Array(filter), channels: sheet.channels, height: sheet.height, width: sheet.width),
          image.channels != 4
        else { continue }
        let size = ImageGrid.bytes(of: image)
        if size > left { break }
        left -= size
        items.append(.init(image: image, alternative: "filter \(number + 1) of \(setting.label)"))
      }
      if !items.isEmpty {
        content += "<h3>Filters of the first layer, \(setting.label)\(captionMark)</h3>"
        content += ImageGrid(items: items, side: sheet.width > 12 ? 96 : 56).markup
      }
    }
    return content
  }

  // MARK: Settings

  var settingSection: Markup {
    let rows = study.settings.map { setting -> [Markup] in
      let stages = record.runs(of: setting.label).first?.start.stages
      let text = setting.stages.enumerated().map { i, stage -> Markup in
        let parameters = stages.flatMap { i < $0.count ? $0[i].parameters : nil }.map {
          ", \(Figure.count($0)) parameters"
        }
        let line: Markup = """
          \(stage.model.rawValue)\(parameters ?? "") on \(stage.data.text): \(stage.recipe.text)
          """
        return i == 0 ? line : "<br/>then \(line)"
      }.joined()
      let loss = record.spread(of: .testLoss, in: setting.label).map { ComparedFigure.testLoss.text($0) } ?? "–"
      let time = record.spread(of: .seconds, in: setting.label).map { ComparedFigure.seconds.text($0) } ?? "–"
      let rate = record.imagesPerSecond(in: setting.label).map(Figure.rate) ?? "–"
      return ["\(setting.label)", text, "\(record.progress(of: setting.label))", "\(loss)", "\(time)", "\(rate)"]
    }
    var content = Page.table(
      "Settings", ["setting", "what was run", "seeds", "test loss", "time", "images/s"], rows, numbers: [3, 4, 5])
    var seen: Set<String> = []
    for setting in ran {
      for stage in record.runs(of: setting.label).first?.start.stages ?? [] where seen.insert(stage.summary).inserted {
        content +=
          "<details class=\"box\"><summary>The layers of \(stage.model)</summary><pre tabindex=\"0\">\(stage.summary)</pre></details>"
      }
    }
    let finished = record.runs.filter(\.isFinished).map(\.start)
    if !finished.isEmpty {
      let machines = StudyPage.unique(
        finished.map {
          "\($0.cpu), \($0.isa), \($0.threads) thread\($0.threads == 1 ? "" : "s"), version \($0.version)"
        })
      let seeds = Set(finished.map(\.seed)).sorted().map { "\($0)" }.joined(separator: ", ")
      content +=
        "<p>Seeds \(seeds). \(machines.joined(separator: "; ")). Weights are the same to the bit on the same level.</p>"
      let commands = StudyPage.unique(finished.map(\.command)).prefix(60).joined(separator: "\n")
      content +=
        "<details class=\"box\"><summary>The commands that run each training again</summary><pre tabindex=\"0\">\(commands)</pre></details>"
    }
    return content + "<pre tabindex=\"0\">swift run bench study \(study.id)</pre>"
  }

  private static func unique(_ texts: [String]) -> [String] {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }
  }

  // MARK: Raw data

  /// - Parameter budget: the most bytes of the files; what does not fit is left out, the results of each run never.
  func downloadSection(budget: Int) -> Markup {
    guard !record.runs.isEmpty else { return "" }
    var links: Markup = StudyPage.link(
      StudyTable.csv(study, record), "text/csv", "\(study.id).csv", "Results of each run (CSV)")
    var left = budget - links.text.utf8.count
    // The shortest step between listed epochs with which the file fits.
    let steps = [1, 2, 3, 4, 5, 10, 20, 50, 100, 1000]
    var isWhole = true
    for step in steps {
      let epochs = step == 1 ? "epochs" : "one epoch in \(step)"
      let json = StudyPage.link(
        StudyData(study, record, everyEpoch: step).json, "application/json", "\(study.id).json",
        "Runs, \(epochs) and confusion matrices (JSON)")
      isWhole = step == 1
      guard json.text.utf8.count <= left || step == steps.last else { continue }
      left -= json.text.utf8.count
      links += json
      break
    }
    let epochs = StudyTable.epochsCSV(study, record)
    // The epochs of large studies are in the JSON file alone, which is shorter.
    if epochs.utf8.count < min(left, 60_000) {
      let table = StudyPage.link(epochs, "text/csv", "\(study.id)-epochs.csv", "Every epoch (CSV)")
      if table.text.utf8.count <= left { links += table }
    }
    let note: Markup =
      isWhole ? "" : "<p class=\"soft\">Every epoch of every run is in the study's record.</p>"
    return "<ul class=\"downloads\">\(links)</ul>\(note)"
  }

  private static func link(_ text: String, _ type: String, _ name: String, _ title: String) -> Markup {
    "<li><a download=\"\(name)\" href=\"\(Page.dataAddress(text, type: type))\">\(title)</a></li>"
  }
}
