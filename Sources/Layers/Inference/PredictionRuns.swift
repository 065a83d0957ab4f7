import Foundation
import Kernels

/// A network's inference plans, one for each number of images, and the runs' memory.
///
/// A plan is made at the first run with its number of images, and is shared by all threads. The runs' memory is pooled:
/// there is as much as there were concurrent runs, and a run takes the most recently used block, which is most likely
/// in the cache.
final class PredictionRuns: Sendable {
  private let network: any Layer
  private let weights: PredictorWeights
  private let problem: LayerProblem
  private let state: State

  /// The state shared by threads.
  private final class State: @unchecked Sendable {
    /// Guards the properties below, and signals waiting runs when one ends.
    let condition = NSCondition()
    /// The plans, and whether their runs use all threads, indexed by the number of images.
    var plans: [Planned?]
    var threadChoices: [ThreadChoice]
    var idle: [RunMemory] = []
    var running = 0
    var waiting = 0

    init(mostImages: Int, threads: Int) {
      plans = Array(repeating: nil, count: mostImages + 1)
      threadChoices = Array(repeating: ThreadChoice(threads: threads), count: mostImages + 1)
    }
  }

  /// The network planned for a number of images.
  struct Planned: Sendable {
    /// nil where the network only reshapes its input.
    let network: (any PlannedLayer)?
  }

  /// The memory of one run, besides its input and output.
  final class RunMemory: Sendable {
    let saved = Workspace()
    let workspace = Workspace()
  }

  /// The largest number of images in a run.
  let mostImages: Int
  /// The largest number of concurrent runs; others wait.
  let mostRuns: Int

  init(
    _ network: any Layer, _ weights: PredictorWeights, _ problem: LayerProblem, mostImages: Int, mostRuns: Int?
  ) {
    self.network = network
    self.weights = weights
    self.problem = problem
    self.mostImages = mostImages
    self.mostRuns = mostRuns ?? .max
    state = State(mostImages: mostImages, threads: problem.threads)
  }

  /// Calls `body` with the plan for `count` images and memory for its exclusive use. Waits while ``mostRuns`` runs are
  /// in progress.
  func withPlan(
    _ count: Int, _ body: (any PlannedLayer, RunMemory) -> Void, orCopy: () -> Void
  ) throws(PredictionError) {
    var (planned, isAlone, memory) = begin(count)
    if planned == nil {
      do {
        planned = try plan(count)
      } catch {
        end(memory, count, time: nil, isAlone)
        throw error
      }
    }
    if let network = planned?.network {
      // After the first run of a size, this does nothing.
      memory.saved.grow(toByteCount: network.savedByteCount)
      memory.workspace.grow(toByteCount: network.workspaceByteCount)
      let start = ContinuousClock.now
      withThisThreadAlone(isAlone) { body(network, memory) }
      end(memory, count, time: ContinuousClock.now - start, isAlone)
    } else {
      orCopy()
      end(memory, count, time: nil, isAlone)
    }
  }

  /// Plans runs of `count` images in advance.
  func prepare(_ count: Int) throws(PredictionError) {
    state.condition.lock()
    let isPlanned = state.plans[count] != nil
    state.condition.unlock()
    if !isPlanned { _ = try plan(count) }
  }

  /// Frees the pooled memory that no run is using.
  func releaseIdleMemory() {
    state.condition.lock()
    let idle = state.idle
    state.idle = []
    state.condition.unlock()
    withExtendedLifetime(idle) {}
  }

  private func begin(_ count: Int) -> (Planned?, isAlone: Bool, RunMemory) {
    state.condition.lock()
    defer { state.condition.unlock() }
    while state.running >= mostRuns {
      state.waiting += 1
      state.condition.wait()
      state.waiting -= 1
    }
    state.running += 1
    return (state.plans[count], state.threadChoices[count].runsAlone, state.idle.popLast() ?? RunMemory())
  }

  /// - Parameter time: how long the run took; nil if there was none. Concurrent runs delay each other in both ways alike.
  private func end(_ memory: RunMemory, _ count: Int, time: Duration?, _ isAlone: Bool) {
    state.condition.lock()
    if let time { state.threadChoices[count].record(time, isAlone: isAlone) }
    state.idle.append(memory)
    state.running -= 1
    if state.waiting > 0 { state.condition.signal() }
    state.condition.unlock()
  }

  /// Plans without holding the lock, so that other runs continue: two threads may make the same plan, and the first one
  /// is kept.
  private func plan(_ count: Int) throws(PredictionError) -> Planned {
    var problem = problem
    problem.batchSize = count
    if count != mostImages { problem.profile = nil }
    problem.profile?.steps = []
    problem.sharedPlans = SharedPlans()
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
