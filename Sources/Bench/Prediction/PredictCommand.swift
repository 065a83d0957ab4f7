import Foundation
import Kernels
import Layers

/// `bench predict`: what a trained network takes images for.
enum PredictCommand: Command {
  static let name = "predict"
  static let summary = "what a checkpoint takes images for: a data set's, files, folders, standard input"
  static let operands: String? = "CHECKPOINT [IMAGE|FOLDER|- …]"
  static var options: [CommandOption<PredictOptions>] { PredictOptions.table }
  static var defaults: PredictOptions { PredictOptions() }

  static let discussion = """
    Runs the network of a checkpoint, such as 'bench train --checkpoint' or '--best' writes, on images, and prints for each
    the most probable classes with their probabilities.

    Images are those of a data set (--data, --part), or files: PNG and JPEG (by the system's libpng and libturbojpeg), PPM
    and PGM; of a folder, all in it and below; '-' is one image on standard input. They are resized so that they cover the
    network's input, cut out in the middle, and normalised as in the training.

    CSV has a header and the columns image, label, class_1, probability_1, …; JSON lines have an object an image:
    {"image":"cat.png","label":"cat","classes":[{"class":"cat","index":3,"probability":0.98},…]}. The label is that of
    the data set, or the folder's name where that is a class of the network. With --report, the figures of all images with
    their labels are printed instead.

    An image that cannot be read is named on standard error, the others are predicted, and the status is 2.
    """

  static func run(_ options: PredictOptions, operands: [String]) throws -> ExitStatus {
    guard let checkpoint = operands.first else {
      throw UsageError("no checkpoint; expected 'bench predict CHECKPOINT …', a file that 'bench train' saved")
    }
    let files = Array(operands.dropFirst())
    try options.check(files: files)
    try InputFile.check(checkpoint, option: "the checkpoint", expected: "a safetensors file")
    let out = try options.out.map { path throws(UsageError) in try OutputFile(path: path, option: "--out") }
    let predictor = try Predictor(
      contentsOf: URL(fileURLWithPath: checkpoint), as: options.network(), threads: options.threadCount,
      mostImages: options.batchSize, level: options.level(), precision: options.precision)
    // Of a network that makes images, no class is the best.
    guard predictor.outputShape.rank == 1 else { throw PredictionError.noClasses(output: predictor.outputShape) }
    let input = try PredictionInput(options, files: files)
    try input.check(predictor, checkpoint: checkpoint, needsLabels: options.isReport)
    return try run(options, predictor, input, out: out)
  }

  private static func run(
    _ options: PredictOptions, _ predictor: Predictor, _ input: PredictionInput, out: OutputFile?
  ) throws -> ExitStatus {
    let interrupt = Interrupt()
    let classCount = predictor.outputShape[0]
    let top = min(options.top, classCount)
    let text = PredictionText(format: options.format, top: top, classNames: predictor.classNames)
    var matrix = ConfusionMatrix(classCount: classCount)
    var lines = ""
    var wasComplete = true
    func write(_ line: String) throws {
      if out != nil {
        lines += line + "\n"
      } else if !options.isReport {
        try Console.print(line)
      }
    }
    if let header = text.header { try write(header) }
    for start in stride(from: 0, to: input.count, by: options.batchSize) {
      if interrupt.isRequested { break }
      let part = try input.part(
        from: start, count: options.batchSize, predictor, shorterSide: options.shorterSide
      ) { error in
        Console.printError("bench \(name): \(error)")
        wasComplete = false
      }
      let predictions = try part.input.flatMap { try predictor.classify(batch: $0, top: top) }
      for (i, classes) in predictions.enumerated() {
        try write(try text.line(image: part.names[i], label: part.labels[i], classes))
        if let label = part.labels[i], let best = classes.first {
          try matrix.add(label: label, prediction: best.classIndex)
        }
      }
    }
    try out?.write(Data(lines.utf8))
    if options.isReport { try printReport(matrix, classNames: predictor.classNames) }
    return interrupt.status ?? (wasComplete ? .done : .wrongUsage)
  }

  private static func printReport(_ matrix: ConfusionMatrix, classNames: [String]?) throws {
    var text = "\(matrix.total) images, accuracy \(Figure.percent(matrix.accuracy))\n\n"
    text += "\(matrix.report(classNames: classNames))"
    if matrix.classCount <= ConfusionTable.largestClassCount {
      text +=
        "\nconfusion matrix (rows are classes, columns are predictions)\n"
        + ConfusionTable(matrix: matrix, classNames: classNames ?? []).text
    }
    try Console.print(text)
  }
}
