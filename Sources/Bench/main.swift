import Kernels

for level in InstructionSet.available {
  print(level, Machine.peakFLOPS(level: level) / 1e9, Machine.bandwidth(level: level) / 1e9)
}
