import Foundation
import Synchronization

/// Prepares the batches of an epoch in advance, on a thread of its own, while steps run on the ones before.
///
///     let loader = try BatchLoader(
///       dataset: training, batchSize: 128,
///       transforms: [RandomCrop(32, padding: 4), RandomHorizontalFlip()], normalization: .signedUnit, seed: 1)
///     loader.start(epoch: 0)
///     while let batch = try loader.next() {
///       print(batch.index, batch.count, batch.images.count, batch.labels[0])
///     }
///
/// Batches and their order follow from the data set, the options, the seed and the epoch alone: neither the prefetch nor
/// the batches before one change it, so an epoch can be resumed at any batch. The order is that of ``EpochOrder``. What
/// is random about an image follows from its position in the epoch.
///
/// The memory of batches is used in turns. The thread ends with the loader. A loader is used by one thread at a time.
public final class BatchLoader {
  /// The shape of an image after transforms.
  public var imageShape: Shape { core.preparation.imageShape }
  /// The shape of an image's target, where batches have targets.
  public var targetShape: Shape? { core.preparation.targetShape }
  /// The number of batches of an epoch.
  public var batchCount: Int { core.preparation.batchCount }
  /// The number of images of an epoch.
  public var imageCount: Int { core.preparation.imageCount }
  /// The most images of a batch.
  public let batchSize: Int
  /// How many batches are prepared in advance; with 0, ``next()`` prepares each itself.
  public let prefetch: Int

  private let core: LoaderCore
  private var hasThread = false

  /// - Parameters:
  ///   - dataset: the images.
  ///   - batchSize: the images of a batch; the last one of an epoch has those that remain.
  ///   - transforms: what is done to each image, in this order.
  ///   - normalization: what is then done to its values; nil to leave them, which are 0 to 1 for bytes.
  ///   - mixing: what is then done to each batch; it gives targets of probabilities.
  ///   - imageWeights: a weight for each of the data set's images, to come with the batches.
  ///   - seed: determines the order and what is random about the images.
  ///   - shuffles: whether each epoch has an order of its own; else all go through the set from first to last.
  ///   - dropsLast: whether a last batch that is smaller is left out.
  ///   - prefetch: how many batches are prepared in advance.
  /// - Throws: ``DataError`` for options that do not fit the data set.
  public init(
    dataset: any Dataset, batchSize: Int, transforms: [any ImageTransform] = [], normalization: Normalization? = nil,
    mixing: (any BatchMixing)? = nil, imageWeights: [Float]? = nil, seed: UInt64 = 0, shuffles: Bool = true,
    dropsLast: Bool = false, prefetch: Int = 2
  ) throws(DataError) {
    guard 0...1024 ~= prefetch else {
      throw .invalidOption(name: "the prefetch", value: "\(prefetch)", expected: "0 to 1024 batches")
    }
    self.batchSize = batchSize
    self.prefetch = prefetch
    core = LoaderCore(
      try BatchPreparation(
        dataset, batchSize: batchSize, transforms: transforms, normalization: normalization, mixing: mixing,
        imageWeights: imageWeights, seed: seed, shuffles: shuffles, dropsLast: dropsLast),
      prefetch: prefetch)
  }

  deinit { if hasThread { core.end() } }

  /// Begins an epoch, at its first batch or any other. What was going on before is dropped.
  public func start(epoch: Int, fromBatch first: Int = 0) {
    if prefetch > 0, !hasThread {
      hasThread = true
      let thread = Thread { [core] in core.work() }
      thread.name = "BatchLoader"
      thread.start()
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

/// What a loader and its thread share. The thread holds this and not the loader, so that the loader can go.
private final class LoaderCore: @unchecked Sendable {
  /// Used by the loader's thread, or with no prefetch by the caller of `next`.
  let preparation: BatchPreparation
  /// Guards all that follows, and tells of every change to it.
  private let condition = NSCondition()
  private var epoch = 0
  /// The batch to prepare next, and the one to hand out next.
  private var toPrepare = Int.max
  private var toHandOut = Int.max
  private var free: [PreparedBatch]
  /// Prepared, in order.
  private var ready: [PreparedBatch] = []
  private var inUse: PreparedBatch?
  private var failure: (any Error)?
  private var endsThread = false
  private var threadHasEnded = false
  /// Counts the starts. What was prepared for an earlier one is dropped; read without the lock to drop it early.
  private let run = Atomic(0)

  init(_ preparation: BatchPreparation, prefetch: Int) {
    self.preparation = preparation
    // One more than are prepared: the caller's.
    let slots = min(prefetch, max(preparation.batchCount, 1)) + 1
    free = (0..<slots).map { _ in preparation.makeBatch() }
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
    guard toHandOut < preparation.batchCount else { return nil }
    if preparesItself {
      if let failure { throw failure }
      let batch = free.removeLast()
      inUse = batch
      do {
        try preparation.prepare(epoch: epoch, index: toHandOut, into: batch)
      } catch {
        failure = error
        throw error
      }
    } else {
      while ready.isEmpty {
        if let failure { throw failure }
        condition.wait()
      }
      inUse = ready.removeFirst()
    }
    toHandOut += 1
    return inUse
  }

  /// What the thread does until the loader goes.
  func work() {
    condition.lock()
    while !endsThread {
      guard toPrepare < preparation.batchCount, failure == nil, let batch = free.popLast() else {
        condition.wait()
        continue
      }
      let (index, epoch, run) = (toPrepare, self.epoch, self.run.load(ordering: .relaxed))
      toPrepare += 1
      condition.unlock()
      let result = Result {
        try preparation.prepare(epoch: epoch, index: index, into: batch) {
          self.run.load(ordering: .relaxed) != run
        }
      }
      condition.lock()
      if run != self.run.load(ordering: .relaxed) {
        free.append(batch)
        continue
      }
      switch result {
      case .success:
        ready.append(batch)
      case .failure(let error):
        failure = error
        free.append(batch)
      }
      condition.broadcast()
    }
    threadHasEnded = true
    condition.broadcast()
    condition.unlock()
  }

  /// Ends the thread, and waits for it, so that nobody uses the data set when the loader is gone.
  func end() {
    condition.lock()
    run.add(1, ordering: .relaxed)
    endsThread = true
    condition.broadcast()
    while !threadHasEnded { condition.wait() }
    condition.unlock()
  }
}
