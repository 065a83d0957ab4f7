/// Studies of how long it takes to reach an accuracy.
extension Study {
  static let cifar94 = Study(
    id: "cifar10-94", title: "CIFAR-10 to 94 %", source: "airbench",
    question: "How long does a training to 94 % of CIFAR-10 take on this processor, and how sure is the accuracy?",
    settings: [
      Setting("airbench94", Stage(model: "airbench94", data: .cifar10, recipe: .airbench94))
    ],
    reported: [
      .test("airbench94", 94.0, "airbench")
    ],
    remarks: """
      The recipe is Jordan's (cifar10-airbench, the variant with Muon), in float32 and with the library's Winograd \
      kernels. The test accuracy is that of six views of each image, as there; validation after each epoch is by one \
      view. Training time leaves evaluations out. Seeds 1 and 2 ran on both cores, the others on one, beside builds; times \
      are those of the former. The recipe's own mean is near 94.0 %, so the mean over seeds is what tells, and not one of them.
      """)
}
