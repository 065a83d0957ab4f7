import Layers

/// How long to train.
extension Study {
  static let scratch = Study(
    id: "scratch", title: "The tutorial CNN from scratch", source: "R0, R1",
    question: "What does the tutorial CNN learn with cross entropy and Adam, from all images and from a tenth of them?",
    settings: [
      .cifar("N1, all images", .adam(0.001), batch: 32, epochs: 20), tenth("N12", "n12"), tenth("N1", "n1"),
    ],
    reported: [
      .classes(
        "N12, one tenth", .training, [87.18, 89.41, 60.79, 51.95, 83.04, 90.75, 77.3, 53.16, 83.44, 78.86], "R1"),
      .classes("N12, one tenth", .test, [67.82, 60.0, 40.74, 27.1, 50.53, 62.11, 52.0, 31.37, 60.78, 49.04], "R1"),
    ],
    orderings: [
      Ordering(
        claim: "ten times the images give a higher test accuracy", better: "N1, all images", worse: "N1, one tenth")
    ],
    remarks: """
      On a tenth of the images, N12's test accuracy agrees with R1's: the means over the classes lie about a point \
      apart, though single classes differ by more than 20 points. The training accuracy ends about 7 points below R1's \
      and still rises in the last epochs; why R1's run is ahead is unknown. R1 tells only the size of its network, and \
      N12 is N1 widened to that size. For the training on all images R0 states no figure.
      """)

  private static func tenth(_ name: String, _ model: ModelID) -> Setting {
    var data = DataRequest.cifar10
    data.fraction = 0.1
    return Setting(
      "\(name), one tenth", Stage(model: model, data: data, recipe: .plain(.adam(0.0003), batch: 32, epochs: 20)))
  }

  static let epochs = Study(
    id: "epochs", title: "More epochs", source: "R0",
    question: "Does the tutorial CNN get better when it is trained longer with Adam at 0.001 and batches of 4?",
    settings: [20, 40, 60, 80].map { .cifar("\($0) epochs", .adam(0.001), batch: 4, epochs: $0) },
    reported: [
      .test("20 epochs", 62, "R0"), .test("40 epochs", 64, "R0"), .test("60 epochs", 62, "R0"),
      .test("80 epochs", 60, "R0"),
      .classes("20 epochs", .test, [71, 77, 48, 47, 46, 37, 79, 70, 71, 77], "R0"),
      .classes("40 epochs", .test, [68, 79, 50, 42, 54, 57, 72, 67, 79, 71], "R0"),
      .classes("60 epochs", .test, [62, 72, 38, 53, 51, 53, 75, 74, 69, 78], "R0"),
      .classes("80 epochs", .test, [65, 81, 45, 43, 47, 49, 74, 60, 72, 64], "R0"),
    ],
    orderings: [
      Ordering(claim: "80 epochs end below 20 on the test images", better: "20 epochs", worse: "80 epochs"),
      Ordering(
        claim: "80 epochs end above 20 on the training images", better: "80 epochs", worse: "20 epochs",
        figure: .trainingAccuracy),
    ],
    remarks: """
      That long training raises the training accuracy and lowers the test accuracy in the end is reproduced: from 20 \
      to 80 epochs the one gains about 8 points, the other loses about 2. R0's maximum at 40 epochs is not: ours comes \
      earlier, after about 15 epochs, and the figures at 40 and 60 epochs are about 4 to 6 points below R0's, those at \
      20 and 80 about 2. R0's 20 epochs are the run of its study of learning rates, whose first training loss (0.70; \
      ours 1.56) shows that it went on from an earlier training; its numbers of epochs are therefore probably not \
      counted from untrained weights.
      """)

  static let epochsMany = Study(
    id: "epochs-many", title: "A large number of epochs", source: "R1",
    question: "Is there an epoch after which the validation accuracy falls while the training accuracy goes on rising?",
    settings: ["n12", "n1"].map {
      .cifar($0.uppercased(), ModelID(rawValue: $0), .adam(0.0003), batch: 32, epochs: 100)
    },
    peaks: ["N12", "N1"],
    remarks: """
      R1 states no figures, only that the training accuracy keeps rising while the validation accuracy falls after a \
      while. Both networks show that: with seed 1 the validation accuracy is highest after 13 epochs (N12) and 32 \
      epochs (N1) and ends about 4 points lower, while the training accuracy passes 94 %. How many epochs R1's "large \
      number" was is not told; 100 are assumed.
      """)
}
