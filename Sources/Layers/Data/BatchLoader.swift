import Foundation
import Synchronization

/// Prepares the batches of an epoch in advance, on background threads, while training steps run on earlier ones.
///
///     let loader = try BatchLoader(
///       dataset: training, batchSize: 128,
///       transforms: [RandomCrop(32, padding: 4), RandomHorizontalFlip()], seed: 1)
///     loader.start(epoch: 0)
///     while let batch = try loader.next() {
///       print(batch.index, batch.count, batch.images.count, batch.labels[0])
///     }
///
/// Batches and their order depend on the data set, the options, the seed and the epoch alone, not on the prefetch, the
/// number of threads or earlier batches, so an epoch can be resumed at any batch. The order is that of ``EpochOrder``.
/// The random numbers of an image's transforms depend on its position in the epoch.
///
/// For a ``Trainer``, leave batches unnormalised, as colours from 0 to 1: the trainer normalises them like the images
/// of a data set, and rejects batches with another normalisation. For your own loop, pass a normalisation here.
///
/// Batches reuse a fixed set of buffers. The threads end with the loader. Use a loader from one thread at a time.
public final class BatchLoader {
  /// The shape of an image after transforms.
  public var imageShape: Shape { core.preparations[0].imageShape }
  /// The shape of an image's target; nil where batches have no targets.
  public var targetShape: Shape? { core.preparations[0].targetShape }
  /// The number of batches in an epoch.
  public var batchCount: Int { core.preparations[0].batchCount }
  /// The number of images in an epoch.
  public var imageCount: Int { core.preparations[0].imageCount }
  /// The largest number of images in a batch.
  public let batchSize: Int
  /// The seed of the order, the transforms and the mixing.
  public let seed: UInt64
  /// The names of the data set's classes.
  public let classNames: [String]
  /// How many batches are prepared in advance; with 0, ``next()`` prepares each batch when it is called.
  public let prefetch: Int

  private let core: LoaderCore
  private var hasThreads = false

  /// - Parameters:
  ///   - dataset: the images.
  ///   - batchSize: the number of images in a batch; the last batch of an epoch may be smaller.
  ///   - transforms: the transforms of each image, in this order.
  ///   - inputTransforms: further transforms, which are not applied to the target where that is the image itself, see
  ///     ``Dataset/reconstructed()``: noise that an autoencoder is to remove.
  ///   - normalization: applied to the transformed image; nil for colours from 0 to 1.
  ///   - mixing: applied to each batch; its targets are then class probabilities.
  ///   - imageWeights: a weight for each of the data set's images, by which a trainer multiplies its loss and gradient;
  ///     nil for the data set's weights, see ``Dataset/weighted(by:)``.
  ///   - seed: determines the order, the transforms and the mixing.
  ///   - shuffles: whether each epoch has a new random order; else images come in the data set's order.
  ///   - dropsLast: whether a smaller last batch is dropped.
  ///   - prefetch: the number of batches prepared in advance.
  ///   - threads: the number of threads that prepare batches, each a whole batch at a time; at most `prefetch` are
  ///     used.
  /// - Throws: ``DataError`` for options that are not valid for the data set.
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

  /// Starts an epoch at a batch, by default its first. An epoch in progress is dropped.
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

  /// The next batch of the epoch, valid until the next call; nil after the last batch, and before the first start.
  ///
  /// - Throws: what reading an image threw, once all earlier batches were returned, at each call until the next start.
  public func next() throws -> PreparedBatch? {
    try core.next(preparesItself: prefetch == 0)
  }

  /// Ends the epoch: nothing is prepared until the next start.
  public func stop() { core.start(epoch: 0, first: .max) }
}

/// The state shared by a loader and its threads. The threads hold this object and not the loader, so that the loader
/// can be released.
private final class LoaderCore: @unchecked Sendable {
  /// One for each thread; without prefetch, `next` uses the first.
  let preparations: [BatchPreparation]
  private let batchCount: Int
  /// Guards all properties below, and is signalled at every change to them.
  private let condition = NSCondition()
  private var epoch = 0
  /// The indices of the next batch to prepare and of the next to hand out.
  private var toPrepare = Int.max
  private var toHandOut = Int.max
  private var free: [PreparedBatch]
  /// The prepared batches, in any order.
  private var ready: [PreparedBatch] = []
  private var inUse: PreparedBatch?
  /// The first batch that could not be prepared.
  private var failure: (index: Int, error: any Error)?
  private var isEnding = false
  private var threadsAtWork: Int
  /// The number of starts. Batches of an earlier start are dropped; it is read without the lock to stop preparing them
  /// early.
  private let run = Atomic(0)

  init(_ preparations: [BatchPreparation], prefetch: Int) {
    self.preparations = preparations
    batchCount = preparations[0].batchCount
    threadsAtWork = preparations.count
    // One more than the prefetch: the batch that the caller uses.
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

  /// The loop of a background thread, until the loader is released.
  func work(_ thread: Int) {
    condition.lock()
    while !isEnding {
      // Buffers are assigned in the order of batches, so the batch that `next` waits for always has one.
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

  /// Ends the threads and waits for them, so that none uses the data set after the loader is released.
  func end() {
    condition.lock()
    run.add(1, ordering: .relaxed)
    isEnding = true
    condition.broadcast()
    while threadsAtWork > 0 { condition.wait() }
    condition.unlock()
  }
}
