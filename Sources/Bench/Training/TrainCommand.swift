import Foundation
import Kernels
import Layers

/// `bench train`: trains one network, with all that the library has for it.
enum TrainCommand: Command {
  static let name = "train"
  static let summary = "train one network: schedules, augmentation, checkpoints, early stopping, logs"
  static var options: [CommandOption<TrainOptions>] { TrainOptions.table }
  static var defaults: TrainOptions { TrainOptions() }

  /// Those of the recipe that `--recipe` names, wherever it stands, so that other options change single settings of it.
  static func defaults(for arguments: [String]) -> TrainOptions {
    var name: Substring?
    for (i, argument) in arguments.enumerated() {
      if argument == "--recipe", i + 1 < arguments.count { name = arguments[i + 1][...] }
      if argument.hasPrefix("--recipe=") { name = argument.dropFirst("--recipe=".count) }
    }
    return name.flatMap { NamedRecipe(rawValue: String($0)) }.map { TrainOptions($0) } ?? defaults
  }

  static func run(_ options: TrainOptions, operands: [String]) throws -> ExitStatus {
    try options.comparison.check(without: options.fileOptions)
    let recipe = try options.recipe()
    let request = try options.dataRequest()
    let level = try options.level()
    try options.checkFiles()
    let checkpoint = try options.resume.map { try SafeTensors(contentsOf: URL(fileURLWithPath: $0)) }
    let data = try request.load(directory: options.dataDirectory, seed: options.seed)
    for (name, set) in [("training", data.training), ("validation", data.validation), ("test", data.test)]
    where set.count == 0 {
      throw UsageError("no \(name) images are left of \(request.text); expected at least one")
    }
    let interrupt = Interrupt()
    let description = TrainingDescription(
      model: try options.network(for: data), data: request, recipe: recipe, seed: options.seed)
    if options.comparison.isAsked {
      let trainings = TrainingCases(
        network: description.model, recipes: [recipe], data: data, seed: options.seed, threads: options.threadCount,
        level: level)
      return try compare(trainings.cases(), options)
    }
    let session = try TrainingSession(
      description.model, recipe: recipe, data: data, seed: options.seed, threads: options.threadCount, level: level)
    let run = TrainingRun(
      options: options, description: description, session: session,
      machine: .measure(level: level, threads: options.threadCount), interrupt: interrupt)
    return try run.run(goingOnFrom: checkpoint)
  }

  /// The command that goes on with an interrupted training, as it is typed in a shell.
  static func command(_ arguments: [String] = CommandLine.arguments, resuming file: String) -> String {
    var words: [String] = []
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if word == "--resume" {
        rest = rest.dropFirst()
      } else if !word.hasPrefix("--resume=") {
        words.append(word)
      }
    }
    return (words + ["--resume", file]).map(quoted).joined(separator: " ")
  }

  private static func quoted(_ word: String) -> String {
    let plain = word.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        || "-_./=:,+@%".unicodeScalars.contains(scalar)
    }
    return plain && !word.isEmpty
      ? word
      : "'"
        + word.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
  }

  static var discussion: String {
    func list(_ forms: [(name: String, counts: ClosedRange<Int>, help: String)]) -> String {
      forms.map { "  \($0.help)" }.joined(separator: "\n")
    }
    return """
      Trains the network that --model names and prints a line an epoch; in the end the classification report of the test
      images, the confusion matrices of training and test images, and a summary of the network. Autoencoders learn to
      make their input again.

      The state of the training is saved in the file that --checkpoint names, and --resume goes on from it with the same
      options: the weights, and the file of --metrics but for its seconds, are in the end those of a training that was
      never interrupted. An interrupt (Ctrl-C, status 130) or SIGTERM (status 143) saves the state after the current step
      and prints the command that goes on. Files of an earlier training are not overwritten.

      Transforms of --augmentation, --augmented-copies and --input-augmentation, with commas between them:
      \(list(Augmentation.forms))

      Schedules of --schedule, in epochs:
      \(list(ScheduleRecipe.forms))

      Recipes of --recipe:
        airbench94  Jordan's cifar10-airbench with Muon: CIFAR-10 (--data cifar10) to 94 % in eight epochs

      Networks:
      \(ModelCatalogue.list(ModelCatalogue.entries))

      --against compares a step of this training, and a batch of its evaluation, with those of another program, or of a
      revision, which is built in a work tree of its own. Both stay resident and take slices of 5 to 20 ms in random order,
      never at the same time, and what looks slower is measured again in fresh processes. With --threads 1 both run on one
      core, which is what separates small changes best; with more threads nothing is pinned. Images are transformed between
      the steps, not in the background; --epochs matters to schedules alone, --early-stopping not at all.
      docs/regression.md says more.

      More is in docs/training.md.
      """
  }
}
