import Layers

/// How fast weights may follow their gradients.
extension Study {
  static let learningRateAdam = Study(
    id: "learning-rate-adam", title: "Learning rate of Adam", source: "R0",
    question: "Which learning rate does Adam need with batches of 4?",
    settings: [0.01, 0.001, 0.0001].map { .cifar("Adam \($0)", .adam($0), batch: 4, epochs: 20) },
    reported: [
      .test("Adam 0.01", 10, "R0"), .test("Adam 0.001", 62, "R0"), .test("Adam 0.0001", 70, "R0"),
      .classes("Adam 0.01", .test, [0, 0, 0, 100, 0, 0, 0, 0, 0, 0], "R0"),
      .classes("Adam 0.001", .test, [71, 77, 48, 47, 46, 37, 79, 70, 71, 77], "R0"),
      .classes("Adam 0.0001", .test, [75, 76, 57, 56, 60, 63, 75, 84, 82, 73], "R0"),
      .curve(
        "Adam 0.01", .trainingLoss,
        [
          2.306442, 2.306179, 2.306817, 2.30665, 2.306526, 2.306622, 2.306617, 2.306131, 2.30654, 2.306497, 2.306317,
          2.306633, 2.306432, 2.306315, 2.306009, 2.306369, 2.306624, 2.306437, 2.306375, 2.306321,
        ], "R0", ReportedFigure.goesOnFromEarlierTraining),
      .curve(
        "Adam 0.01", .validationLoss,
        [
          13.838878, 13.837508, 13.840584, 13.839934, 13.839286, 13.839946, 13.839609, 13.837278, 13.839384, 13.839128,
          13.838535, 13.839673, 13.83885, 13.838053, 13.83648, 13.838318, 13.83969, 13.838689, 13.838562, 13.838358,
        ], "R0", ReportedFigure.goesOnFromEarlierTraining),
      .curve(
        "Adam 0.001", .trainingLoss,
        [
          0.70218, 0.713072, 0.704005, 0.698903, 0.69521, 0.689682, 0.680894, 0.68701, 0.685623, 0.680107, 0.680563,
          0.671818, 0.670457, 0.663705, 0.663789, 0.67074, 0.658597, 0.652172, 0.665378, 0.673691,
        ], "R0", ReportedFigure.goesOnFromEarlierTraining),
      .curve(
        "Adam 0.001", .validationLoss,
        [
          4.624182, 4.609578, 4.52563, 4.462298, 4.42249, 4.378273, 4.311704, 4.308941, 4.295059, 4.255972, 4.238962,
          4.198524, 4.166, 4.146837, 4.1238, 4.151828, 4.063216, 4.015498, 4.093231, 4.121052,
        ], "R0", ReportedFigure.goesOnFromEarlierTraining),
      .curve(
        "Adam 0.0001", .trainingLoss,
        [
          0.643699, 0.625931, 0.606682, 0.589546, 0.571927, 0.553721, 0.536958, 0.520776, 0.505776, 0.49111, 0.474003,
          0.459418, 0.444308, 0.431548, 0.418843, 0.403777, 0.38948, 0.377306, 0.36408, 0.35156,
        ], "R0", ReportedFigure.goesOnFromEarlierTraining),
      .curve(
        "Adam 0.0001", .validationLoss,
        [
          4.068944, 3.934474, 3.801843, 3.685297, 3.567188, 3.450477, 3.340687, 3.237063, 3.136961, 3.042585, 2.933311,
          2.838917, 2.741614, 2.659473, 2.575181, 2.47805, 2.388368, 2.310081, 2.225591, 2.146854,
        ], "R0", ReportedFigure.goesOnFromEarlierTraining),
    ],
    orderings: [
      Ordering(claim: "Adam learns more at 0.0001 than at 0.001", better: "Adam 0.0001", worse: "Adam 0.001"),
      Ordering(claim: "Adam learns more at 0.0001 than at 0.01", better: "Adam 0.0001", worse: "Adam 0.01"),
    ],
    remarks: """
      The order of the rates is R0's. At 0.01 the network gives every image the same class, as R0's did, and at 0.001 \
      the accuracy agrees; at 0.0001 it ends at about 64 %, where R0 has 70 %. R0's loss curves show that its runs \
      went on from an earlier training: at 0.0001 its first epoch has a training loss of 0.64, where ours has 1.75. So \
      its figures are of more than 20 epochs, which probably explains the difference. Its validation losses are at \
      least six times its training losses at every rate, even where nothing is learned and both would be 2.30; they \
      are normalised otherwise, how is not told.
      """)

  static let learningRateSGD = Study(
    id: "learning-rate-sgd", title: "Learning rate of SGD", source: "R0",
    question: "Which learning rate does SGD without momentum need with batches of 4?",
    settings: [0.01, 0.001, 0.0001].map { .cifar("SGD \($0)", .sgd($0, momentum: 0), batch: 4, epochs: 20) },
    reported: [
      .test("SGD 0.01", 67, "R0"), .test("SGD 0.001", 66, "R0"), .test("SGD 0.0001", 32, "R0"),
      .classes("SGD 0.01", .test, [64, 78, 60, 45, 62, 62, 79, 77, 67, 74], "R0"),
      .classes("SGD 0.001", .test, [62, 73, 60, 51, 53, 52, 77, 71, 85, 72], "R0"),
      .classes("SGD 0.0001", .test, [45, 51, 1, 2, 6, 36, 70, 42, 24, 44], "R0"),
      .curve(
        "SGD 0.01", .trainingLoss,
        [
          0.380946, 0.366373, 0.350341, 0.358095, 0.346669, 0.344867, 0.351132, 0.353871, 0.353492, 0.34352, 0.362966,
          0.355879, 0.348929, 0.365176, 0.358838, 0.348375, 0.360999, 0.360013, 0.365647, 0.364356,
        ], "R0", ReportedFigure.goesOnFromEarlierTraining),
      .curve(
        "SGD 0.01", .validationLoss,
        [
          3.007919, 2.807679, 2.632713, 2.600347, 2.485131, 2.414257, 2.437436, 2.402245, 2.379145, 2.270903, 2.381584,
          2.339582, 2.288085, 2.366334, 2.316589, 2.250264, 2.313024, 2.271827, 2.306529, 2.295522,
        ], "R0", ReportedFigure.goesOnFromEarlierTraining),
      .curve(
        "SGD 0.0001", .trainingLoss,
        [
          1.80233, 1.775013, 1.753403, 1.733889, 1.716338, 1.697574, 1.679936, 1.661277, 1.642611, 1.623835, 1.605754,
          1.589394, 1.574596, 1.56019, 1.54746, 1.536013, 1.523721, 1.51212, 1.50115, 1.489756,
        ], "R0", ReportedFigure.goesOnFromEarlierTraining),
      .curve(
        "SGD 0.0001", .validationLoss,
        [
          10.79907, 10.637779, 10.508806, 10.392716, 10.286702, 10.174595, 10.067753, 9.955321, 9.842579, 9.729873,
          9.62176, 9.52373, 9.434826, 9.3491, 9.272549, 9.202429, 9.128325, 9.05841, 8.991854, 8.924035,
        ], "R0", ReportedFigure.goesOnFromEarlierTraining),
    ],
    orderings: [
      Ordering(claim: "SGD learns more at 0.01 than at 0.0001", better: "SGD 0.01", worse: "SGD 0.0001"),
      Ordering(claim: "SGD learns more at 0.001 than at 0.0001", better: "SGD 0.001", worse: "SGD 0.0001"),
    ],
    remarks: """
      R0 does not tell its momentum. Without any, the accuracy at 0.0001 agrees (33 against 32 %), as do two of four \
      figures of the study batch-size-sgd; with momentum 0.9 the tutorial CNN passes 60 % at this rate \
      (learning-rate-wide), so R0 evidently had none. At 0.001 our accuracy is about 3 points lower than R0's and at \
      0.01 about 6 points; that both learn more than 0.0001 is reproduced. R0's first training losses (0.38 at 0.01, \
      1.80 at 0.0001; ours begin at 1.73 and 2.30) show that these runs went on from an earlier training, which \
      probably accounts for some of it.
      """)

  static let learningRateAdam32 = Study(
    id: "learning-rate-adam-32", title: "Learning rate of Adam with batches of 32", source: "R1",
    question: "Which learning rate does Adam need with batches of 32?",
    settings: ["n12", "n1"].flatMap { model in
      [0.005, 0.001, 1e-6].map { rate in
        .cifar("\(model.uppercased()), Adam \(rate)", ModelID(rawValue: model), .adam(rate), batch: 32, epochs: 10)
      }
    },
    reported: [
      .test("N12, Adam 0.005", 57.0, "R1"), .test("N12, Adam 0.001", 71.2, "R1"), .test("N12, Adam 1e-06", 29.2, "R1"),
      .classes(
        "N12, Adam 0.005", .training, [70.78, 75.98, 32.82, 51.8, 49.5, 35.96, 68.86, 62.5, 84.26, 70.94], "R1"),
      .classes("N12, Adam 0.005", .test, [68.0, 70.5, 28.6, 47.7, 45.8, 34.1, 68.4, 57.4, 81.4, 68.2], "R1"),
      .classes(
        "N12, Adam 0.001", .training, [82.14, 87.92, 71.26, 74.6, 75.06, 69.04, 81.9, 84.82, 94.16, 89.22], "R1"),
      .classes("N12, Adam 0.001", .test, [72.6, 80.7, 55.4, 62.7, 60.4, 60.1, 76.8, 74.5, 86.3, 82.2], "R1"),
      .classes("N12, Adam 1e-06", .training, [43.58, 31.26, 0.64, 8.08, 2.02, 21.94, 56.7, 44.36, 40.56, 41.3], "R1"),
      .classes("N12, Adam 1e-06", .test, [43.1, 31.6, 0.3, 7.3, 2.1, 22.0, 58.3, 43.5, 40.6, 42.9], "R1"),
    ],
    orderings: ["N12", "N1"].flatMap { model in
      [
        Ordering(
          claim: "\(model) learns more at 0.001 than at 0.005", better: "\(model), Adam 0.001",
          worse: "\(model), Adam 0.005"),
        Ordering(
          claim: "\(model) learns more at 0.005 than at 0.000001", better: "\(model), Adam 0.005",
          worse: "\(model), Adam 1e-06"),
      ]
    },
    remarks: """
      The order of the three rates is R1's, for N12 and for N1. At 0.005 all of N12's figures agree. At 0.001 the \
      training accuracy agrees but the test accuracy is about 6 points lower (65 against 71 %), and at 0.000001 both \
      are about 6 points lower (23 against 29 %). R1 tells only the size of its network, and N12 is N1 widened to that \
      size: a different network is the probable reason, which these runs cannot show.
      """)

  static let learningRateWide = Study(
    id: "learning-rate-wide", title: "Learning rates over five powers of ten", source: "R4",
    question: "From which learning rate on does SGD not learn at all?",
    settings: [10, 0.1, 0.01, 0.0001].map { .cifar("SGD \($0)", .sgd($0), batch: 4, epochs: 50) },
    reported: [
      .test("SGD 10.0", 10, "R4"), .test("SGD 0.1", 10, "R4"), .test("SGD 0.0001", 60, "R4"),
    ],
    orderings: [
      Ordering(claim: "0.0001 learns and 0.1 does not", better: "SGD 0.0001", worse: "SGD 0.1"),
      Ordering(claim: "0.0001 learns and 10 does not", better: "SGD 0.0001", worse: "SGD 10.0"),
    ],
    remarks: """
      As R4 reports, 10 and 0.1 do not learn: at 10 the loss is no number from the first epoch on, at 0.1 the accuracy \
      stays at 10 %. At 0.0001 the test accuracy ends about 3 points above the 60 % that R4 states as an approximate \
      figure. For 0.01 R4 states none; ours stays at about a quarter of the images, while without momentum the same \
      rate reaches about 61 % (learning-rate-sgd). R4 does not tell its optimiser or its batch size: SGD with momentum \
      0.9 and batches of 4 are assumed.
      """)

  static let scheduleLinear = Study(
    id: "schedule-linear", title: "A learning rate that grows at first", source: "R0",
    question: "Does a learning rate that grows from 0.4 of its value to the whole in 10 epochs help?",
    settings: [
      .cifar("linear 0.4 to 1 in 10 epochs", .sgd(0.001), batch: 4, epochs: 20) {
        $0.schedule = .text("linear:0.4:1:10")
      },
      .cifar("fixed", .sgd(0.001), batch: 4, epochs: 20),
    ],
    orderings: [
      Ordering(
        claim: "the growing rate ends with a lower training loss", better: "linear 0.4 to 1 in 10 epochs",
        worse: "fixed",
        figure: .trainingLoss),
      Ordering(
        claim: "the growing rate ends with a higher test accuracy", better: "linear 0.4 to 1 in 10 epochs",
        worse: "fixed"),
    ],
    remarks: """
      R0 reports a lower loss and faster convergence than with a fixed rate, without figures; our runs do not show it. \
      In every epoch of seed 1 the training loss of the growing rate is above that of the fixed one, and it ends about \
      0.05 higher; the test accuracies end within about a point of each other. The rate itself is lower than the fixed \
      one during the first ten epochs, which would explain a slower start. R0 does not tell its momentum; 0.9 is \
      assumed here, and its other figures of SGD suggest that it had none. Whether both of its runs began anew is not \
      told either.
      """)

  static let scheduleStep = Study(
    id: "schedule-step", title: "A learning rate that falls in steps", source: "R1",
    question: "Is a rate that falls from 0.005 by 0.7 each epoch better than a fixed one of 0.00001?",
    settings: ["n12", "n1"].flatMap { model in
      [
        .cifar(
          "\(model.uppercased()), steps of 0.7 from 0.005", ModelID(rawValue: model), .adam(0.005), batch: 32,
          epochs: 32
        ) {
          $0.schedule = .text("step:1:0.7")
        },
        .cifar("\(model.uppercased()), fixed 0.00001", ModelID(rawValue: model), .adam(0.00001), batch: 32, epochs: 32),
      ]
    },
    reported: [
      .test("N12, steps of 0.7 from 0.005", 60.5, "R1"), .test("N12, fixed 0.00001", 45.5, "R1"),
      .classes(
        "N12, steps of 0.7 from 0.005", .training,
        [68.44, 84.2, 48.94, 41.44, 51.42, 53.06, 76.28, 66.72, 81.84, 74.98], "R1"),
      .classes(
        "N12, steps of 0.7 from 0.005", .test, [63.5, 79.4, 42.8, 39.4, 43.7, 51.1, 72.7, 65.0, 76.3, 70.7], "R1"),
      .classes(
        "N12, fixed 0.00001", .training, [46.24, 61.2, 38.5, 22.42, 24.98, 47.56, 60.8, 50.08, 57.76, 47.88], "R1"),
      .classes("N12, fixed 0.00001", .test, [46.7, 59.9, 36.0, 20.8, 23.3, 46.9, 62.9, 53.5, 57.5, 47.0], "R1"),
    ],
    orderings: ["N12", "N1"].map { model in
      Ordering(
        claim: "with \(model), falling steps from 0.005 beat a fixed 0.00001",
        better: "\(model), steps of 0.7 from 0.005", worse: "\(model), fixed 0.00001")
    },
    remarks: """
      Falling steps beat the fixed rate by more than 10 points with both networks, as R1 reports. N12's accuracies \
      agree (test about 1 point below R1's with steps and 2 above with the fixed rate) but for the training accuracy \
      with steps, about 4 points above R1's. R1 does not tell after how many epochs its rate falls. One epoch is \
      assumed, as in PyTorch's example; with it, the validation accuracy hardly changes after about epoch 17. The \
      network is known by its size alone, so the reason for the 4 points is unknown.
      """)
}
