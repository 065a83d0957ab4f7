import Layers

/// A training in which everything takes part that a checkpoint has to hold: running statistics, dropout, an optimiser with
/// two moments and groups, a schedule by updates that moves the momentum too, and an average of the weights.
public struct InterruptedTraining {
  public static let updatesBetweenSaves = 3

  public let model: Model
  public let trainer: Trainer
  public let images: ImageDataset

  public init() throws {
    images = SyntheticImages.make(count: 60, seed: 4, split: .train)
    let network = Sequential(
      Conv2D(4, kernelSize: 5, stride: 2), BatchNorm2D(), ReLU(), MaxPool2D(2), Dropout2D(0.2), Flatten(),
      Linear(16), ReLU(), Dropout(0.5), Linear(10))
    model = try Model(network, inputShape: [3, 32, 32], seed: 3)
    let optimizer = AdamW(learningRate: 1e-3, weightDecay: 0.01).grouped([
      ParameterGroup(where: { $0.shape.rank == 1 }) {
        $0.weightDecay = 0
        $0.learningRate = 2e-3
      }
    ]).clipped(.norm(1))
    trainer = try Trainer(model: model, optimizer: optimizer, batchSize: 4, seed: 5)
    trainer.schedule = OneCycle(maximum: 0.01, duration: 200)
    trainer.scheduleUnit = .update
    trainer.batchesPerUpdate = 2
    trainer.weightAverage = try WeightAverage(model, .exponential(decay: 0.95))
  }
}
