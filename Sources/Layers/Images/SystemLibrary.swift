#if !canImport(ImageIO)
  import Foundation

  /// A shared library of the system, opened at run time, so that building this package does not need it.
  struct SystemLibrary: @unchecked Sendable {
    /// A library, or one of its functions, is missing.
    struct Failure: Error {
      let reason: String
    }

    private let handle: UnsafeMutableRawPointer
    private let name: String

    /// Opens the library named by an environment variable, or else the first of `names` that exists.
    ///
    /// It is never closed.
    init(_ names: [String], variable: String, environment: [String: String]) throws(Failure) {
      let own = environment[variable].flatMap { $0.isEmpty ? nil : $0 }
      var reasons: [String] = []
      for name in own.map({ [$0] }) ?? names {
        if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) {
          (self.handle, self.name) = (handle, name)
          return
        }
        reasons.append(dlerror().map { String(cString: $0) } ?? name)
      }
      throw Failure(reason: own == nil ? reasons[0] : "\(variable): \(reasons[0])")
    }

    /// A function of the library. Its type is not checked: the caller must give the right one.
    func function<Function>(_ symbol: String, as type: Function.Type) throws(Failure) -> Function {
      guard let address = dlsym(handle, symbol) else { throw Failure(reason: "\(name) has no function \(symbol)") }
      return unsafeBitCast(address, to: type)
    }
  }
#endif
