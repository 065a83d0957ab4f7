import Dispatch
import Foundation

/// Turns SIGINT into a question that a run asks now and then, so that it can end with its results saved.
///
/// A second SIGINT ends the process at once.
final class Interrupt: @unchecked Sendable {
  private let lock = NSLock()
  private var wasReceived = false
  private let source: any DispatchSourceSignal

  init() {
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler { [weak self] in
      self?.lock.withLock { self?.wasReceived = true }
      signal(SIGINT, SIG_DFL)
    }
    source.resume()
  }

  deinit {
    source.cancel()
    signal(SIGINT, SIG_DFL)
  }

  /// Whether SIGINT has come.
  var isRequested: Bool { lock.withLock { wasReceived } }
}
