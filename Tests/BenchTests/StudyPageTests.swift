import Foundation
import Layers
import TestSupport
import Testing

@testable import Bench

@Suite struct StudyPageTests {
  private func read(_ html: String) throws -> XMLReader {
    #expect(html.hasPrefix("<!DOCTYPE html>"))
    return try XMLReader(html)
  }

  /// Twelve settings, three seeds, a hundred epochs, and everything that a page can show.
  private static func largest() -> (Study, StudyRecord) {
    let augmentation = Augmentation.text("crop:4,flip")
    let settings = (0..<12).map {
      MadeUp.setting("optimiser and rate \($0)", batch: 4 << ($0 % 4), epochs: 100, augmentation: augmentation)
    }
    var record = StudyRecord(study: "made-up")
    for (i, setting) in settings.enumerated() {
      for seed in 1...3 {
        let lines = MadeUp.lines(
          setting, seed: UInt64(seed), accuracy: 0.5 + 0.01 * Double(i) + 0.003 * Double(seed), hasPictures: seed == 1,
          loss: { 2.31 / Double($0) + 0.1 * sin(Double($0 * seed * (i + 1))) + 0.2 })
        for line in lines { record.take(line) }
      }
    }
    let reported: [ReportedFigure] = settings.flatMap { setting in
      [
        .test(setting.label, 60, "R9"),
        .classes(setting.label, .test, [Double](repeating: 60, count: 10), "R9"),
        .curve(setting.label, .trainingLoss, (1...100).map { 2 / Double($0) }, "R9"),
      ]
    }
    return (MadeUp.study(settings, reported: reported), record)
  }

  @Test func theLargestPageIsBelowHalfAMegabyteAndWellFormed() throws {
    let (study, record) = Self.largest()
    let html = try StudyPage(study, record, images: MadeUp.images).html()
    #expect(html.utf8.count <= StudyPage.sizeLimit)
    let reader = try read(html)
    #expect(reader.count("img") >= 20)
    // All sections are there.
    for id in ["reported", "curves", "classes", "time", "confusion", "images", "settings", "data"] {
      #expect(reader.elements.contains { $0.name == "section" && $0.attributes["id"] == id }, "\(id)")
    }
    let ids = reader.elements.compactMap { $0.attributes["id"] }
    #expect(Set(ids).count == ids.count)
  }

  @Test func aPageAsksForNothingElseAndNamesItsPictures() throws {
    let (study, record) = Self.largest()
    let reader = try read(StudyPage(study, record, images: MadeUp.images).html())
    #expect(reader.count("script") == 0 && reader.count("link") == 0)
    for element in reader.elements {
      if let source = element.attributes["src"] { #expect(source.hasPrefix("data:image/png;base64,")) }
      if let address = element.attributes["href"] {
        #expect(address.hasPrefix("#") || address.hasPrefix("data:") || address == "index.html")
      }
      if element.name == "img" { #expect(element.attributes["alt"]?.isEmpty == false) }
      if element.name == "svg" {
        #expect(element.attributes["role"] == "img" && element.attributes["aria-labelledby"] != nil)
      }
    }
    #expect(reader.elements.first { $0.name == "html" }?.attributes["lang"] == "en")
    #expect(reader.count("main") == 1 && reader.count("h1") == 1)
    #expect(reader.elements.count { $0.attributes["download"] != nil } >= 2)
  }

  @Test func namesAreTextAndNeverMarkup() throws {
    let setting = MadeUp.setting("<script>alert('&')</script>")
    let study = MadeUp.study([setting], title: "</title><script>")
    let record = MadeUp.record(MadeUp.lines(setting, accuracy: 0.5, classes: ["<b>", "\"", "&amp;"]))
    let reader = try read(StudyPage(study, record).html())
    #expect(reader.count("script") == 0)
    #expect(reader.count("b") == reader.elements.count { $0.name == "b" && $0.attributes.isEmpty })
    #expect(reader.text.contains("<script>alert('&')</script>"))
    #expect(!StudyDocument.markdown([(study, record)]).contains("<script>"))
    _ = try read(IndexPage(studies: [(study, record)]).html)
  }

  @Test func anEmptyRecordSaysThatNothingHasRun() throws {
    let study = MadeUp.study([MadeUp.setting("a"), MadeUp.setting("b")], reported: [.test("a", 60, "R9")])
    let record = StudyRecord(study: "made-up")
    let reader = try read(StudyPage(study, record, images: MadeUp.images).html())
    #expect(reader.text.contains("Not answered yet: no setting has run."))
    #expect(reader.text.contains("not run"))
    #expect(StudyTable.text(study, record).contains("not run"))
    _ = try read(IndexPage(studies: [(study, record)]).html)
  }

  @Test func oneEpochNoNumbersAndNoClassesHavePages() throws {
    let one = MadeUp.setting("one", epochs: 1)
    let (diverged, encoder) = (MadeUp.setting("diverged"), MadeUp.setting("encoder"))
    let study = MadeUp.study([one, diverged, encoder])
    let record = MadeUp.record(
      MadeUp.lines(one, accuracy: 0.4), MadeUp.lines(diverged, accuracy: 0.1, loss: { $0 > 1 ? .nan : 2 }),
      MadeUp.lines(encoder, accuracy: 0, isReconstruction: true))
    let reader = try read(StudyPage(study, record).html())
    #expect(reader.text.contains("without a value at 2 points"))
    #expect(reader.text.contains("The data set was not found when this page was made"))
    let only = MadeUp.study([encoder])
    let page = try StudyPage(only, MadeUp.record(MadeUp.lines(encoder, accuracy: 0, isReconstruction: true))).html()
    #expect(!page.contains("id=\"confusion\""))
  }

  @Test func quickRunsAreMarkedInTheTitleAndAtEveryFigure() throws {
    let (a, b) = (MadeUp.setting("a", batch: 4), MadeUp.setting("b", batch: 8))
    let study = MadeUp.study([a, b])
    let record = MadeUp.record(
      MadeUp.lines(a, accuracy: 0.4, isQuick: true), MadeUp.lines(b, accuracy: 0.5, isQuick: true))
    let html = try StudyPage(study, record).html()
    #expect(html.contains("<title>Made up (quick runs)</title>"))
    let captions = html.components(separatedBy: "<figcaption>").dropFirst()
    #expect(captions.count > 4)
    for caption in captions {
      #expect(caption.components(separatedBy: "</figcaption>")[0].contains("quick run"), "\(caption.prefix(80))")
    }
    #expect(StudyDocument.markdown([(study, record)]).contains("quick runs"))
    #expect(StudyTable.text(study, record).contains("quick runs"))
  }

  @Test func thePictureOfAStudyWithPeersIsTheirRatio() throws {
    let folder = try TemporaryFolder()
    let (a, b) = (MadeUp.setting("batch 1", batch: 1), MadeUp.setting("batch 8", batch: 8))
    let study = MadeUp.study([a, b])
    var record = MadeUp.record(MadeUp.lines(a, accuracy: 0.4), MadeUp.lines(b, accuracy: 0.5))
    #expect(try #require(StudyPage(study, record).cardPicture).title.contains("validation accuracy"))
    for (peer, ratio) in [("Fast 1.0", 3.26), ("Slow 2.0", 9), ("Alone 1.0", nil)] as [(String, Double?)] {
      record.take(
        .peer(
          PeerFigure(
            setting: "batch 1", peer: peer, figure: .seconds, value: 12, ratio: ratio, cpu: "a processor", threads: 2,
            command: "measure")))
    }
    let picture = try #require(StudyPage(study, record).cardPicture)
    #expect(picture.title == "Training: the time of Fast 1.0 over ours, a processor, 2 threads")
    #expect(picture.description == "Times as fast. batch 1: 3.3 ×.")
    let files = try StudyReport.writePictures(studies: [(study, record)], to: folder.url)
    #expect(files.map(\.lastPathComponent) == ["made-up.svg"])
    _ = try XMLReader(String(contentsOf: files[0], encoding: .utf8))
    #expect(try read(StudyPage(study, record).html()).text.contains("Against the fastest peer"))
    try folder.write([1], to: "file")
    #expect(throws: UsageError.self) {
      try StudyReport.writePictures(studies: [(study, record)], to: folder.url.appendingPathComponent("file/x"))
    }
  }

  @Test func theReportWritesItsFiles() throws {
    let folder = try TemporaryFolder()
    let setting = MadeUp.setting("a, \"b\"")
    let study = MadeUp.study([setting])
    let record = MadeUp.record(MadeUp.lines(setting, accuracy: 0.5))
    let files = try StudyReport.write(
      studies: [(study, record)], to: folder.url.appendingPathComponent("pages"), images: nil)
    #expect(files.map(\.lastPathComponent) == ["made-up.html", "made-up.csv", "index.html"])
    let csv = try String(contentsOf: files[1], encoding: .utf8)
    #expect(csv.contains("made-up,\"a, \"\"b\"\"\",1,false,3,62006,32,0.5,"))
    try folder.write([1], to: "file")
    #expect(throws: UsageError.self) {
      try StudyReport.write(studies: [], to: folder.url.appendingPathComponent("file/pages"), images: nil)
    }
  }

  @Test func downloadsHoldTheRecord() throws {
    let setting = MadeUp.setting("a")
    let study = MadeUp.study([setting])
    let record = MadeUp.record(MadeUp.lines(setting, accuracy: 0.5, loss: { $0 == 2 ? .nan : 1 }))
    let reader = try read(StudyPage(study, record).html())
    for element in reader.elements where element.attributes["download"]?.hasSuffix(".json") == true {
      let address = try #require(element.attributes["href"])
      let start = try #require(address.firstIndex(of: ","))
      let text = try #require(String(address[address.index(after: start)...]).removingPercentEncoding)
      #expect(text == StudyData(study, record).json)
      let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      #expect((object["runs"] as? [Any])?.count == 1)
    }
  }
}

@Suite struct StudyDocumentTests {
  @Test func hasReportedAndOursVerdictsFindingsCommandAndRemarks() {
    let (a, b) = (MadeUp.setting("a|b"), MadeUp.setting("never"))
    var study = MadeUp.study(
      [a, b], reported: [.test("a|b", 64, "R9")],
      orderings: [Ordering(claim: "a beats b", better: "a|b", worse: "never")])
    study.remarks = "A remark."
    let record = MadeUp.record(MadeUp.lines(a, accuracy: 0.65), MadeUp.lines(a, seed: 2, accuracy: 0.66))
    let text = StudyDocument.markdown([(study, record)])
    #expect(text.contains("| a\\|b | test accuracy | 64.0 % (R9) | 65.5 % (65.0 to 66.0 %) | agrees |"))
    #expect(text.contains("| never | not run |"))
    #expect(text.contains("- a beats b: **not run**."))
    #expect(text.contains("A remark."))
    #expect(text.contains("Command: `bench study made-up`. Seeds 1, 2; a processor, avx2, 2 threads; version 1.0."))
  }

  @Test func theCatalogueHasADocumentWithoutRecords() {
    let text = StudyDocument.markdown(StudyCatalogue.studies.map { ($0, StudyRecord(study: $0.id)) })
    for study in StudyCatalogue.studies { #expect(text.contains("`bench study \(study.id)`")) }
  }
}
