/// A page over all studies: question, answer, and a picture of each.
struct IndexPage {
  let studies: [(Study, StudyRecord)]

  var html: String {
    let isQuick = studies.contains { $0.1.hasQuickRuns }
    let title = isQuick ? "Studies (quick runs)" : "Studies"
    let quick: Markup =
      isQuick
      ? "<p class=\"quick\">Some of these are quick runs, scaled down to seconds: they show that a study runs, and nothing else.</p>"
      : ""
    let cards = studies.map { card($0, $1) }
    let content: Markup = """
      <h1>\(title)</h1><p class="question">Experiments of five reports, run again; what was reported beside ours.</p>\(quick)\
      <div class="grid two">\(cards)</div><h2>All studies at a glance</h2>\(table)
      """
    return Page(title: title, summary: "Experiments of five reports, run again.", content: content).html
  }

  private func card(_ study: Study, _ record: StudyRecord) -> Markup {
    let mark: Markup = record.hasQuickRuns ? " <span class=\"v warn\">quick run</span>" : ""
    let picture = StudyPage(study, record).cardPicture?.svg(id: study.id) ?? ""
    return """
      <article class="card"><h2><a href="\(study.id).html">\(study.title)</a>\(mark)</h2>\
      <p class="soft">\(study.question)</p>\(picture)<p>\(Answer(study, record).text)</p></article>
      """
  }

  private var table: Markup {
    Page.table(
      "All studies", ["study", "from", "settings run", "reported figures that agree", "findings reproduced"],
      studies.map { study, record in
        let counts = StudyCounts(study, record)
        return [
          "<a href=\"\(study.id).html\">\(study.id)</a>", "\(study.source)", "\(counts.settingsText)",
          "\(counts.agreementText)", "\(counts.orderingsText)",
        ]
      })
  }
}
