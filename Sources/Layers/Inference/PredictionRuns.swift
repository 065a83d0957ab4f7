import Foundation
import Kernels

/// The plans of a network for inference, one for each number of images, and the memory of runs.
///
/// Plans are made when a number of images is first met, and serve all threads at once. Memory is made for as many runs as
/// have been under way at the same time, and used again: a run takes what was used last, which is in the caches.
final class PredictionRuns: Sendable {
  private let network: any Layer
  private let weights: PredictorWeights
  private let problem: LayerProblem
  private let state: State

  /// What threads share.
  private final class State: @unchecked Sendable {
    /// Guards all that follows, and tells runs that wait of one that ended.
    let condition = NSCondition()
    /// At the index of a number of images.
    var plans: [Planned?]
    var idle: [RunMemory] = []
    var running = 0
    var waiting = 0

    init(mostImages: Int) { plans = Array(repeating: nil, count: mostImages + 1) }
  }

  /// The network planned for a number of images.
  struct Planned: Sendable {
    /// nil where the network computes nothing.
    let network: (any PlannedLayer)?
  }

  /// What one run writes to besides its output.
  final class RunMemory: Sendable {
    let saved = Workspace()
    let workspace = Workspace()
  }

  /// The most images of a run.
  let mostImages: Int
  /// The most runs at once; more wait.
  let mostRuns: Int

  init(
    _ network: any Layer, _ weights: PredictorWeights, _ problem: LayerProblem, mostImages: Int, mostRuns: Int?
  ) {
    self.network = network
    self.weights = weights
    self.problem = problem
    self.mostImages = mostImages
    self.mostRuns = mostRuns ?? .max
    state = State(mostImages: mostImages)
  }

  /// Calls `body` with the plan for `count` images and memory that nobody else has until it returns. It waits where as
  /// many runs as may be are under way.
  func withPlan(
    _ count: Int, _ body: (any PlannedLayer, RunMemory) -> Void, orCopy: () -> Void
  ) throws(PredictionError) {
    var (planned, memory) = begin(count)
    if planned == nil {
      do {
        planned = try plan(count)
      } catch {
        end(memory)
        throw error
      }
    }
    if let network = planned?.network {
      // Growing does nothing from the second run of a size on.
      memory.saved.grow(toByteCount: network.savedByteCount)
      memory.workspace.grow(toByteCount: network.workspaceByteCount)
      body(network, memory)
    } else {
      orCopy()
    }
    end(memory)
  }

  /// Plans runs of `count` images, so that the first of them does not have to.
  func prepare(_ count: Int) throws(PredictionError) {
    state.condition.lock()
    let isPlanned = state.plans[count] != nil
    state.condition.unlock()
    if !isPlanned { _ = try plan(count) }
  }

  /// Frees the memory of runs that are not under way.
  func releaseIdleMemory() {
    state.condition.lock()
    let idle = state.idle
    state.idle = []
    state.condition.unlock()
    withExtendedLifetime(idle) {}
  }

  private func begin(_ count: Int) -> (Planned?, RunMemory) {
    state.condition.lock()
    defer { state.condition.unlock() }
    while state.running >= mostRuns {
      state.waiting += 1
      state.condition.wait()
      state.waiting -= 1
    }
    state.running += 1
    return (state.plans[count], state.idle.popLast() ?? RunMemory())
  }

  private func end(_ memory: RunMemory) {
    state.condition.lock()
    state.idle.append(memory)
    state.running -= 1
    if state.waiting > 0 { state.condition.signal() }
    state.condition.unlock()
  }

  /// Plans without the lock, which other runs need: two threads may plan the same, and the first plan is kept.
  private func plan(_ count: Int) throws(PredictionError) -> Planned {
    var problem = problem
    problem.batchSize = count
    let planned: Planned
    do {
      planned = Planned(network: try network.plan(problem))
    } catch {
      throw .layer(error)
    }
    if let network = planned.network {
      let byteCount = network.workspaceByteCount + network.savedByteCount
      guard FloatStorage.fits(byteCount / MemoryLayout<Float>.stride) else {
        throw .memory(images: count, byteCount: byteCount)
      }
      (network as? any PacksParameters)?.packParameters(weights.pointers, weights.packed)
    }
    state.condition.lock()
    defer { state.condition.unlock() }
    if let first = state.plans[count] { return first }
    state.plans[count] = planned
    return planned
  }
}
