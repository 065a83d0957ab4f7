import Foundation
import Synchronization

/// An HTTP server on 127.0.0.1 that answers each request as a test says, well or badly.
final class LocalServer: Sendable {
  struct Request: Equatable {
    let path: String
    /// The first byte that is asked for; nil where the whole is.
    let rangeStart: Int?
  }

  enum Answer {
    /// The bytes, or the part of them that is asked for.
    case content([UInt8])
    /// All bytes, whatever is asked for.
    case ignoringRange([UInt8])
    /// As many bytes of the answer as given, then the end of the connection; with or without having said how many come.
    case truncated([UInt8], after: Int, announced: Bool)
    /// As many bytes of the answer as given, then nothing until the client goes away.
    case stalled([UInt8], after: Int)
    /// Bytes without end.
    case endless
    case redirect(to: String)
    case failure(status: Int)
    /// The end of the connection, without an answer.
    case closed
  }

  let port: UInt16
  private let answer: @Sendable (Request, _ number: Int) -> Answer
  private let received = Mutex<[Request]>([])
  private let isStopped = Atomic(false)

  /// - Parameter answer: the answer to a request; the first has the number 0.
  init(answer: @escaping @Sendable (Request, _ number: Int) -> Answer) throws {
    self.answer = answer
    let (listener, port) = try LocalServer.bound()
    self.port = port
    guard listen(listener, 16) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    Thread.detachNewThread { [weak self] in
      // The loop does not keep the server: it looks now and then whether there is one.
      while let server = self, !server.isStopped.load(ordering: .relaxed) {
        var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 20) > 0 else { continue }
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { continue }
        // A process that a test starts would keep the connection open.
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        Thread.detachNewThread {
          server.serve(connection)
          close(connection)
        }
      }
      close(listener)
    }
  }

  deinit { isStopped.store(true, ordering: .relaxed) }

  /// The address of the server's root, which ends in a slash.
  var address: String { "http://127.0.0.1:\(port)/" }

  /// The requests that have come.
  var requests: [Request] { received.withLock { $0 } }

  /// An address whose port is taken but not listened at, so that connections are refused, for as long as the value lives.
  final class Refusal {
    let address: String
    private let socket: Int32

    init() throws {
      let (socket, port) = try LocalServer.bound()
      self.socket = socket
      address = "http://127.0.0.1:\(port)/"
    }

    deinit { close(socket) }
  }

  /// A socket with a free port of 127.0.0.1.
  private static func bound() throws -> (socket: Int32, port: UInt16) {
    #if os(Linux)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    guard descriptor >= 0, isBound, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
      throw POSIXError(.init(rawValue: errno) ?? .EIO)
    }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }

  private func serve(_ connection: Int32) {
    guard let request = LocalServer.read(connection) else { return }
    let number = received.withLock { requests in
      requests.append(request)
      return requests.count - 1
    }
    let start = request.rangeStart ?? 0
    switch answer(request, number) {
    case .content(let bytes):
      send(head(of: bytes, from: request.rangeStart), bytes.dropFirst(start), to: connection)
    case .ignoringRange(let bytes):
      send(head(of: bytes, from: nil), bytes[...], to: connection)
    case .truncated(let bytes, let count, let announced):
      send(
        announced ? head(of: bytes, from: request.rangeStart) : head("200 OK", []),
        bytes.dropFirst(start).prefix(count), to: connection)
    case .stalled(let bytes, let count):
      send(head(of: bytes, from: request.rangeStart), bytes.dropFirst(start).prefix(count), to: connection)
      var byte: UInt8 = 0
      while recv(connection, &byte, 1, 0) > 0 {}
    case .endless:
      let piece = [UInt8](repeating: 7, count: 1 << 16)
      var isOpen = send(head("200 OK", []), [], to: connection)
      while isOpen { isOpen = send("", piece[...], to: connection) }
    case .redirect(let target):
      send(head("302 Found", ["Location: \(target)", "Content-Length: 0"]), [], to: connection)
    case .failure(let status): send(head("\(status) No", ["Content-Length: 0"]), [], to: connection)
    case .closed: break
    }
  }

  private func head(_ status: String, _ lines: [String]) -> String {
    "HTTP/1.1 \(status)\r\n" + (lines + ["Connection: close"]).map { $0 + "\r\n" }.joined() + "\r\n"
  }

  private func head(of bytes: [UInt8], from start: Int?) -> String {
    guard let start else { return head("200 OK", ["Content-Length: \(bytes.count)"]) }
    guard start < bytes.count else {
      return head("416 Range Not Satisfiable", ["Content-Range: bytes */\(bytes.count)", "Content-Length: 0"])
    }
    return head(
      "206 Partial Content",
      [
        "Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)", "Content-Length: \(bytes.count - start)",
      ])
  }

  /// - Returns: false where the client is gone.
  @discardableResult
  private func send(_ head: String, _ body: ArraySlice<UInt8>, to connection: Int32) -> Bool {
    let message = Array(head.utf8) + body
    #if os(Linux)
      let flags = Int32(MSG_NOSIGNAL)
    #else
      let flags: Int32 = 0
      var one: Int32 = 1
      setsockopt(connection, SOL_SOCKET, SO_NOSIGPIPE, &one, socklen_t(MemoryLayout<Int32>.size))
    #endif
    return message.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = systemSend(connection, bytes.baseAddress! + done, bytes.count - done, flags)
        if count <= 0 { return false }
        done += count
      }
      return true
    }
  }

  /// The request that a client sends; nil where it sends none.
  private static func read(_ connection: Int32) -> Request? {
    var text: [UInt8] = []
    var byte: UInt8 = 0
    while !text.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) {
      guard recv(connection, &byte, 1, 0) == 1 else { return nil }
      text.append(byte)
    }
    let lines = String(decoding: text, as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3 else { return nil }
    let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }?.dropFirst("range: bytes=".count)
    return Request(path: String(words[1]), rangeStart: range.flatMap { Int($0.prefix { $0 != "-" }) })
  }
}

/// The system's `send`, which has the name of a method above.
private func systemSend(_ socket: Int32, _ bytes: UnsafeRawPointer, _ count: Int, _ flags: Int32) -> Int {
  send(socket, bytes, count, flags)
}
