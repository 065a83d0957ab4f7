/// A program that the tests start, and stop at any moment, and that Benchmarks/peers/exchange reads weights from.
///
///     TrainingProgram train CHECKPOINT EPOCHS     trains and saves every few updates; goes on from the file if it is there
///     TrainingProgram fit FOLDER                  trains to the end, and saves everything in the folder; goes on from there
///     TrainingProgram export FOLDER NETWORK       writes weights, images and logits as safetensors files
///     TrainingProgram logits FOLDER NETWORK       reads weights and images, writes logits
import Foundation
import Layers
import TestSupport

let arguments = CommandLine.arguments.dropFirst()
switch (arguments.first, arguments.count) {
case ("train", 3):
  guard let epochs = Int(arguments[3]) else { usage() }
  let file = URL(fileURLWithPath: arguments[2])
  let training = try InterruptedTraining()
  if FileManager.default.fileExists(atPath: file.path) { try training.trainer.resume(from: file) }
  training.trainer.checkpoints = CheckpointPolicy(file, everyUpdates: InterruptedTraining.updatesBetweenSaves)
  while training.trainer.epoch < epochs { _ = try training.trainer.trainEpoch(on: training.images) }
case ("fit", 2):
  try InterruptedFit(folder: URL(fileURLWithPath: arguments[2])).run()
case ("export", 3):
  try Exchange(folder: URL(fileURLWithPath: arguments[2]), name: arguments[3]).export()
case ("logits", 3):
  try Exchange(folder: URL(fileURLWithPath: arguments[2]), name: arguments[3]).writeLogits()
default:
  usage()
}

func usage() -> Never {
  let text = "usage: TrainingProgram train FILE EPOCHS | fit FOLDER | export FOLDER NETWORK | logits FOLDER NETWORK\n"
  FileHandle.standardError.write(Data(text.utf8))
  exit(2)
}
