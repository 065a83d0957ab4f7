// swift-format-ignore-file
// Written by Levels/Generation/generate.swift from functions.txt. See LevelFunctions.swift.
import KernelsISA

#if arch(arm64)
@c(elu_activation_neon_body) private func elu_activation_neon_body(_ p: UnsafeRawPointer) { activate(NEONLanes.self, ELU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(exp_map_neon_body) private func exp_map_neon_body(_ p: UnsafeRawPointer) { map(NEONLanes.self, Exp.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(gelu_activation_neon_body) private func gelu_activation_neon_body(_ p: UnsafeRawPointer) { activate(NEONLanes.self, GELU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(gelu_tanh_activation_neon_body) private func gelu_tanh_activation_neon_body(_ p: UnsafeRawPointer) { activate(NEONLanes.self, GELUTanh.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(hard_sigmoid_activation_neon_body) private func hard_sigmoid_activation_neon_body(_ p: UnsafeRawPointer) { activate(NEONLanes.self, HardSigmoid.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(hard_swish_activation_neon_body) private func hard_swish_activation_neon_body(_ p: UnsafeRawPointer) { activate(NEONLanes.self, HardSwish.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(leaky_relu_activation_neon_body) private func leaky_relu_activation_neon_body(_ p: UnsafeRawPointer) { activate(NEONLanes.self, LeakyReLU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(mish_activation_neon_body) private func mish_activation_neon_body(_ p: UnsafeRawPointer) { activate(NEONLanes.self, Mish.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(relu_activation_neon_body) private func relu_activation_neon_body(_ p: UnsafeRawPointer) { activate(NEONLanes.self, ReLU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(relu6_activation_neon_body) private func relu6_activation_neon_body(_ p: UnsafeRawPointer) { activate(NEONLanes.self, ReLU6.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(silu_activation_neon_body) private func silu_activation_neon_body(_ p: UnsafeRawPointer) { activate(NEONLanes.self, SiLU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(sigmoid_activation_neon_body) private func sigmoid_activation_neon_body(_ p: UnsafeRawPointer) { activate(NEONLanes.self, Sigmoid.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(softplus_activation_neon_body) private func softplus_activation_neon_body(_ p: UnsafeRawPointer) { activate(NEONLanes.self, Softplus.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(tanh_activation_neon_body) private func tanh_activation_neon_body(_ p: UnsafeRawPointer) { activate(NEONLanes.self, Tanh.self, p.assumingMemoryBound(to: ActivationArguments.self)) }

extension Levels {
  static let eluActivation = LevelFunctions<ActivationArguments>(neon: elu_activation_neon)
  static let expMap = LevelFunctions<ActivationArguments>(neon: exp_map_neon)
  static let geluActivation = LevelFunctions<ActivationArguments>(neon: gelu_activation_neon)
  static let geluTanhActivation = LevelFunctions<ActivationArguments>(neon: gelu_tanh_activation_neon)
  static let hardSigmoidActivation = LevelFunctions<ActivationArguments>(neon: hard_sigmoid_activation_neon)
  static let hardSwishActivation = LevelFunctions<ActivationArguments>(neon: hard_swish_activation_neon)
  static let leakyReluActivation = LevelFunctions<ActivationArguments>(neon: leaky_relu_activation_neon)
  static let mishActivation = LevelFunctions<ActivationArguments>(neon: mish_activation_neon)
  static let reluActivation = LevelFunctions<ActivationArguments>(neon: relu_activation_neon)
  static let relu6Activation = LevelFunctions<ActivationArguments>(neon: relu6_activation_neon)
  static let siluActivation = LevelFunctions<ActivationArguments>(neon: silu_activation_neon)
  static let sigmoidActivation = LevelFunctions<ActivationArguments>(neon: sigmoid_activation_neon)
  static let softplusActivation = LevelFunctions<ActivationArguments>(neon: softplus_activation_neon)
  static let tanhActivation = LevelFunctions<ActivationArguments>(neon: tanh_activation_neon)
}
#else
@c(elu_activation_baseline_body) private func elu_activation_baseline_body(_ p: UnsafeRawPointer) { activate(BaselineLanes.self, ELU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(elu_activation_avx2_body) private func elu_activation_avx2_body(_ p: UnsafeRawPointer) { activate(AVX2PairLanes.self, ELU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(elu_activation_avx512_body) private func elu_activation_avx512_body(_ p: UnsafeRawPointer) { activate(AVX512Lanes.self, ELU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(exp_map_baseline_body) private func exp_map_baseline_body(_ p: UnsafeRawPointer) { map(BaselineLanes.self, Exp.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(exp_map_avx2_body) private func exp_map_avx2_body(_ p: UnsafeRawPointer) { map(AVX2PairLanes.self, Exp.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(exp_map_avx512_body) private func exp_map_avx512_body(_ p: UnsafeRawPointer) { map(AVX512Lanes.self, Exp.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(gelu_activation_baseline_body) private func gelu_activation_baseline_body(_ p: UnsafeRawPointer) { activate(BaselineLanes.self, GELU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(gelu_activation_avx2_body) private func gelu_activation_avx2_body(_ p: UnsafeRawPointer) { activate(AVX2PairLanes.self, GELU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(gelu_activation_avx512_body) private func gelu_activation_avx512_body(_ p: UnsafeRawPointer) { activate(AVX512PairLanes.self, GELU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(gelu_tanh_activation_baseline_body) private func gelu_tanh_activation_baseline_body(_ p: UnsafeRawPointer) { activate(BaselineLanes.self, GELUTanh.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(gelu_tanh_activation_avx2_body) private func gelu_tanh_activation_avx2_body(_ p: UnsafeRawPointer) { activate(AVX2PairLanes.self, GELUTanh.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(gelu_tanh_activation_avx512_body) private func gelu_tanh_activation_avx512_body(_ p: UnsafeRawPointer) { activate(AVX512Lanes.self, GELUTanh.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(hard_sigmoid_activation_baseline_body) private func hard_sigmoid_activation_baseline_body(_ p: UnsafeRawPointer) { activate(BaselineLanes.self, HardSigmoid.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(hard_sigmoid_activation_avx2_body) private func hard_sigmoid_activation_avx2_body(_ p: UnsafeRawPointer) { activate(AVX2Lanes.self, HardSigmoid.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(hard_sigmoid_activation_avx512_body) private func hard_sigmoid_activation_avx512_body(_ p: UnsafeRawPointer) { activate(AVX512Lanes.self, HardSigmoid.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(hard_swish_activation_baseline_body) private func hard_swish_activation_baseline_body(_ p: UnsafeRawPointer) { activate(BaselineLanes.self, HardSwish.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(hard_swish_activation_avx2_body) private func hard_swish_activation_avx2_body(_ p: UnsafeRawPointer) { activate(AVX2Lanes.self, HardSwish.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(hard_swish_activation_avx512_body) private func hard_swish_activation_avx512_body(_ p: UnsafeRawPointer) { activate(AVX512Lanes.self, HardSwish.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(leaky_relu_activation_baseline_body) private func leaky_relu_activation_baseline_body(_ p: UnsafeRawPointer) { activate(BaselineLanes.self, LeakyReLU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(leaky_relu_activation_avx2_body) private func leaky_relu_activation_avx2_body(_ p: UnsafeRawPointer) { activate(AVX2Lanes.self, LeakyReLU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(leaky_relu_activation_avx512_body) private func leaky_relu_activation_avx512_body(_ p: UnsafeRawPointer) { activate(AVX512Lanes.self, LeakyReLU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(mish_activation_baseline_body) private func mish_activation_baseline_body(_ p: UnsafeRawPointer) { activate(BaselineLanes.self, Mish.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(mish_activation_avx2_body) private func mish_activation_avx2_body(_ p: UnsafeRawPointer) { activate(AVX2PairLanes.self, Mish.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(mish_activation_avx512_body) private func mish_activation_avx512_body(_ p: UnsafeRawPointer) { activate(AVX512Lanes.self, Mish.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(relu_activation_baseline_body) private func relu_activation_baseline_body(_ p: UnsafeRawPointer) { activate(BaselineLanes.self, ReLU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(relu_activation_avx2_body) private func relu_activation_avx2_body(_ p: UnsafeRawPointer) { activate(AVX2Lanes.self, ReLU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(relu_activation_avx512_body) private func relu_activation_avx512_body(_ p: UnsafeRawPointer) { activate(AVX512Lanes.self, ReLU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(relu6_activation_baseline_body) private func relu6_activation_baseline_body(_ p: UnsafeRawPointer) { activate(BaselineLanes.self, ReLU6.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(relu6_activation_avx2_body) private func relu6_activation_avx2_body(_ p: UnsafeRawPointer) { activate(AVX2Lanes.self, ReLU6.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(relu6_activation_avx512_body) private func relu6_activation_avx512_body(_ p: UnsafeRawPointer) { activate(AVX512Lanes.self, ReLU6.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(silu_activation_baseline_body) private func silu_activation_baseline_body(_ p: UnsafeRawPointer) { activate(BaselineLanes.self, SiLU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(silu_activation_avx2_body) private func silu_activation_avx2_body(_ p: UnsafeRawPointer) { activate(AVX2PairLanes.self, SiLU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(silu_activation_avx512_body) private func silu_activation_avx512_body(_ p: UnsafeRawPointer) { activate(AVX512Lanes.self, SiLU.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(sigmoid_activation_baseline_body) private func sigmoid_activation_baseline_body(_ p: UnsafeRawPointer) { activate(BaselineLanes.self, Sigmoid.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(sigmoid_activation_avx2_body) private func sigmoid_activation_avx2_body(_ p: UnsafeRawPointer) { activate(AVX2PairLanes.self, Sigmoid.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(sigmoid_activation_avx512_body) private func sigmoid_activation_avx512_body(_ p: UnsafeRawPointer) { activate(AVX512Lanes.self, Sigmoid.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(softplus_activation_baseline_body) private func softplus_activation_baseline_body(_ p: UnsafeRawPointer) { activate(BaselineLanes.self, Softplus.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(softplus_activation_avx2_body) private func softplus_activation_avx2_body(_ p: UnsafeRawPointer) { activate(AVX2PairLanes.self, Softplus.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(softplus_activation_avx512_body) private func softplus_activation_avx512_body(_ p: UnsafeRawPointer) { activate(AVX512PairLanes.self, Softplus.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(tanh_activation_baseline_body) private func tanh_activation_baseline_body(_ p: UnsafeRawPointer) { activate(BaselineLanes.self, Tanh.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(tanh_activation_avx2_body) private func tanh_activation_avx2_body(_ p: UnsafeRawPointer) { activate(AVX2PairLanes.self, Tanh.self, p.assumingMemoryBound(to: ActivationArguments.self)) }
@c(tanh_activation_avx512_body) private func tanh_activation_avx512_body(_ p: UnsafeRawPointer) { activate(AVX512Lanes.self, Tanh.self, p.assumingMemoryBound(to: ActivationArguments.self)) }

extension Levels {
  static let eluActivation = LevelFunctions<ActivationArguments>(baseline: elu_activation_baseline, avx2: elu_activation_avx2, avx512: elu_activation_avx512)
  static let expMap = LevelFunctions<ActivationArguments>(baseline: exp_map_baseline, avx2: exp_map_avx2, avx512: exp_map_avx512)
  static let geluActivation = LevelFunctions<ActivationArguments>(baseline: gelu_activation_baseline, avx2: gelu_activation_avx2, avx512: gelu_activation_avx512)
  static let geluTanhActivation = LevelFunctions<ActivationArguments>(baseline: gelu_tanh_activation_baseline, avx2: gelu_tanh_activation_avx2, avx512: gelu_tanh_activation_avx512)
  static let hardSigmoidActivation = LevelFunctions<ActivationArguments>(baseline: hard_sigmoid_activation_baseline, avx2: hard_sigmoid_activation_avx2, avx512: hard_sigmoid_activation_avx512)
  static let hardSwishActivation = LevelFunctions<ActivationArguments>(baseline: hard_swish_activation_baseline, avx2: hard_swish_activation_avx2, avx512: hard_swish_activation_avx512)
  static let leakyReluActivation = LevelFunctions<ActivationArguments>(baseline: leaky_relu_activation_baseline, avx2: leaky_relu_activation_avx2, avx512: leaky_relu_activation_avx512)
  static let mishActivation = LevelFunctions<ActivationArguments>(baseline: mish_activation_baseline, avx2: mish_activation_avx2, avx512: mish_activation_avx512)
  static let reluActivation = LevelFunctions<ActivationArguments>(baseline: relu_activation_baseline, avx2: relu_activation_avx2, avx512: relu_activation_avx512)
  static let relu6Activation = LevelFunctions<ActivationArguments>(baseline: relu6_activation_baseline, avx2: relu6_activation_avx2, avx512: relu6_activation_avx512)
  static let siluActivation = LevelFunctions<ActivationArguments>(baseline: silu_activation_baseline, avx2: silu_activation_avx2, avx512: silu_activation_avx512)
  static let sigmoidActivation = LevelFunctions<ActivationArguments>(baseline: sigmoid_activation_baseline, avx2: sigmoid_activation_avx2, avx512: sigmoid_activation_avx512)
  static let softplusActivation = LevelFunctions<ActivationArguments>(baseline: softplus_activation_baseline, avx2: softplus_activation_avx2, avx512: softplus_activation_avx512)
  static let tanhActivation = LevelFunctions<ActivationArguments>(baseline: tanh_activation_baseline, avx2: tanh_activation_avx2, avx512: tanh_activation_avx512)
}
#endif
