import Dispatch
import Foundation

/// Turns SIGINT and SIGTERM into a question that a run asks now and then, so that it can end with its results saved.
///
/// A second signal ends the process at once.
final class Interrupt: @unchecked Sendable {
  private static let signals = [SIGINT, SIGTERM]
  private let lock = NSLock()
  private var received: Int32?
  private var sources: [any DispatchSourceSignal] = []

  init() {
    for number in Interrupt.signals {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [weak self] in self?.receive(number) }
      source.resume()
      sources.append(source)
    }
  }

  deinit {
    for source in sources { source.cancel() }
    for number in Interrupt.signals { signal(number, SIG_DFL) }
  }

  private func receive(_ number: Int32) {
    lock.withLock { if received == nil { received = number } }
    for number in Interrupt.signals { signal(number, SIG_DFL) }
  }

  /// Whether one of the signals has come.
  var isRequested: Bool { lock.withLock { received != nil } }

  /// How the program ends because of a signal; nil where none has come.
  var status: ExitStatus? {
    switch lock.withLock({ received }) {
    case nil: nil
    case SIGTERM: .terminated
    default: .interrupted
    }
  }
}
