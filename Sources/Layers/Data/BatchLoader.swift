import Foundation
import Synchronization

/// Prepares the batches of an epoch in advance, on threads of its own, while steps run on the ones before.
///
///     let loader = try BatchLoader(
///       dataset: training, batchSize: 128,
///       transforms: [RandomCrop(32, padding: 4), RandomHorizontalFlip()], seed: 1)
///     loader.start(epoch: 0)
///     while let batch = try loader.next() {
///       print(batch.index, batch.count, batch.images.count, batch.labels[0])
///     }
///
/// Batches and their order follow from the data set, the options, the seed and the epoch alone: neither the prefetch nor
/// the number of threads nor the batches before one change it, so an epoch can be resumed at any batch. The order is that
/// of ``EpochOrder``. What is random about an image follows from its position in the epoch.
///
/// Batches for a ``Trainer`` are left as they are, colours from 0 to 1: the trainer normalises them as it does a data set's
/// images, and refuses those that were normalised otherwise. A loop of your own may ask for normalised batches.
///
/// The memory of batches is used in turns. The threads end with the loader. A loader is used by one thread at a time.
public final class BatchLoader {
  /// The shape of an image after transforms.
  public var imageShape: Shape { core.preparations[0].imageShape }
  /// The shape of an image's target, where batches have targets.
  public var targetShape: Shape? { core.preparations[0].targetShape }
  /// The number of batches of an epoch.
  public var batchCount: Int { core.preparations[0].batchCount }
  /// The number of images of an epoch.
  public var imageCount: Int { core.preparations[0].imageCount }
  /// The most images of a batch.
  public let batchSize: Int
  /// What the order and what is random about the images follow from.
  public let seed: UInt64
  /// The classes' names of the data set.
  public let classNames: [String]
  /// How many batches are prepared in advance; with 0, ``next()`` prepares each itself.
  public let prefetch: Int

  private let core: LoaderCore
  private var hasThreads = false

  /// - Parameters:
  ///   - dataset: the images.
  ///   - batchSize: the images of a batch; the last one of an epoch has those that remain.
  ///   - transforms: what is done to each image, in this order.
  ///   - inputTransforms: what is done to each image behind them, but not to its target where that is the image itself,
  ///     see ``Dataset/reconstructed()``: noise that an autoencoder is to remove.
  ///   - normalization: what is then done to its values; nil to leave them, colours from 0 to 1.
  ///   - mixing: what is then done to each batch; it gives targets of probabilities.
  ///   - imageWeights: a weight for each of the data set's images, which multiplies its loss and gradient in a trainer;
  ///     nil for those of the data set, see ``Dataset/weighted(by:)``.
  ///   - seed: determines the order and what is random about the images.
  ///   - shuffles: whether each epoch has an order of its own; else all go through the set from first to last.
  ///   - dropsLast: whether a last batch that is smaller is left out.
  ///   - prefetch: how many batches are prepared in advance.
  ///   - threads: how many threads prepare them, each a batch of its own; more than `prefetch` have nothing to do.
  /// - Throws: ``DataError`` for options that do not fit the data set.
  public init(
    dataset: any Dataset, batchSize: Int, transforms: [any ImageTransform] = [],
    inputTransforms: [any ImageTransform] = [], normalization: Normalization? = nil, mixing: (any BatchMixing)? = nil,
    imageWeights: [Float]? = nil, seed: UInt64 = 0, shuffles: Bool = true, dropsLast: Bool = false, prefetch: Int = 2,
    threads: Int = 1
  ) throws(DataError) {
    guard 0...1024 ~= prefetch else {
      throw .invalidOption(name: "the prefetch", value: "\(prefetch)", expected: "0 to 1024 batches")
    }
    guard 1...1024 ~= threads else {
      throw .invalidOption(name: "the loader's threads", value: "\(threads)", expected: "1 to 1024")
    }
    self.batchSize = batchSize
    self.prefetch = prefetch
    self.seed = seed
    classNames = dataset.classNames
    var preparations: [BatchPreparation] = []
    for _ in 0..<min(threads, max(prefetch, 1)) {
      preparations.append(
        try BatchPreparation(
          dataset, batchSize: batchSize, transforms: transforms, inputTransforms: inputTransforms,
          normalization: normalization, mixing: mixing, imageWeights: imageWeights, seed: seed, shuffles: shuffles,
          dropsLast: dropsLast))
    }
    core = LoaderCore(preparations, prefetch: prefetch)
  }

  deinit { if hasThreads { core.end() } }

  /// Begins an epoch, at its first batch or any other. What was going on before is dropped.
  public func start(epoch: Int, fromBatch first: Int = 0) {
    if prefetch > 0, !hasThreads {
      hasThreads = true
      for preparation in core.preparations.indices {
        let thread = Thread { [core] in core.work(preparation) }
        thread.name = "BatchLoader"
        thread.start()
      }
    }
    core.start(epoch: epoch, first: max(first, 0))
  }

  /// The next batch of the epoch, valid until the next call; nil behind the last one, and before the first start.
  ///
  /// - Throws: what reading an image threw, again with every call until the next start. The batches before it come first.
  public func next() throws -> PreparedBatch? {
    try core.next(preparesItself: prefetch == 0)
  }

  /// Ends the epoch: nothing more is prepared until the next start.
  public func stop() { core.start(epoch: 0, first: .max) }
}

/// What a loader and its threads share. The threads hold this and not the loader, so that the loader can go.
private final class LoaderCore: @unchecked Sendable {
  /// One for each thread; with no prefetch the caller of `next` uses the first.
  let preparations: [BatchPreparation]
  private let batchCount: Int
  /// Guards all that follows, and tells of every change to it.
  private let condition = NSCondition()
  private var epoch = 0
  /// The batch to prepare next, and the one to hand out next.
  private var toPrepare = Int.max
  private var toHandOut = Int.max
  private var free: [PreparedBatch]
  /// Prepared, in any order.
  private var ready: [PreparedBatch] = []
  private var inUse: PreparedBatch?
  /// The first batch that could not be prepared.
  private var failure: (index: Int, error: any Error)?
  private var isEnding = false
  private var threadsAtWork: Int
  /// Counts the starts. What was prepared for an earlier one is dropped; read without the lock to drop it early.
  private let run = Atomic(0)

  init(_ preparations: [BatchPreparation], prefetch: Int) {
    self.preparations = preparations
    batchCount = preparations[0].batchCount
    threadsAtWork = preparations.count
    // One more than are prepared: the caller's.
    let slots = min(prefetch, max(batchCount, 1)) + 1
    free = (0..<slots).map { _ in preparations[0].makeBatch() }
    ready.reserveCapacity(slots)
  }

  func start(epoch: Int, first: Int) {
    condition.lock()
    run.add(1, ordering: .relaxed)
    self.epoch = epoch
    toPrepare = first
    toHandOut = first
    failure = nil
    free += ready
    ready.removeAll(keepingCapacity: true)
    recycle()
    condition.broadcast()
    condition.unlock()
  }

  private func recycle() {
    if let batch = inUse {
      free.append(batch)
      inUse = nil
    }
  }

  func next(preparesItself: Bool) throws -> PreparedBatch? {
    condition.lock()
    defer { condition.unlock() }
    recycle()
    condition.broadcast()
    guard toHandOut < batchCount else { return nil }
    if preparesItself {
      if let failure { throw failure.error }
      let batch = free.removeLast()
      inUse = batch
      do {
        try preparations[0].prepare(epoch: epoch, index: toHandOut, into: batch)
      } catch {
        failure = (toHandOut, error)
        throw error
      }
    } else {
      inUse = try awaitBatch()
    }
    toHandOut += 1
    return inUse
  }

  private func awaitBatch() throws -> PreparedBatch {
    while true {
      if let place = ready.firstIndex(where: { $0.index == toHandOut }) { return ready.remove(at: place) }
      if let failure, failure.index <= toHandOut { throw failure.error }
      condition.wait()
    }
  }

  /// What a thread does until the loader goes.
  func work(_ thread: Int) {
    condition.lock()
    while !isEnding {
      // Batches get their memory in order, so the one that is waited for always has some.
      guard toPrepare < batchCount, failure == nil, let batch = free.popLast() else {
        condition.wait()
        continue
      }
      let (index, epoch, run) = (toPrepare, self.epoch, self.run.load(ordering: .relaxed))
      toPrepare += 1
      condition.unlock()
      let result = Result {
        try preparations[thread].prepare(epoch: epoch, index: index, into: batch) {
          self.run.load(ordering: .relaxed) != run
        }
      }
      condition.lock()
      if run != self.run.load(ordering: .relaxed) {
        free.append(batch)
        condition.broadcast()
        continue
      }
      switch result {
      case .success:
        ready.append(batch)
      case .failure(let error):
        if index < failure?.index ?? .max { failure = (index, error) }
        free.append(batch)
      }
      condition.broadcast()
    }
    threadsAtWork -= 1
    condition.broadcast()
    condition.unlock()
  }

  /// Ends the threads, and waits for them, so that nobody uses the data set when the loader is gone.
  func end() {
    condition.lock()
    run.add(1, ordering: .relaxed)
    isEnding = true
    condition.broadcast()
    while threadsAtWork > 0 { condition.wait() }
    condition.unlock()
  }
}
