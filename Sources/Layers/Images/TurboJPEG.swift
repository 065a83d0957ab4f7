#if !canImport(ImageIO)
  import Foundation

  /// libturbojpeg's own interface (turbojpeg.h; libjpeg-turbo 2 and 3), which contains libjpeg's `longjmp`s. libjpeg
  /// itself cannot be called from Swift, because its errors jump across the caller's frames.
  struct TurboJPEG: Sendable {
    private typealias Make = @convention(c) @Sendable () -> UnsafeMutableRawPointer?
    private typealias Destroy = @convention(c) @Sendable (UnsafeMutableRawPointer) -> CInt
    private typealias ReadHeader =
      @convention(c) @Sendable (
        UnsafeMutableRawPointer, UnsafePointer<UInt8>?, CUnsignedLong, UnsafeMutablePointer<CInt>,
        UnsafeMutablePointer<CInt>, UnsafeMutablePointer<CInt>, UnsafeMutablePointer<CInt>
      ) -> CInt
    private typealias Decompress =
      @convention(c) @Sendable (
        UnsafeMutableRawPointer, UnsafePointer<UInt8>?, CUnsignedLong, UnsafeMutablePointer<UInt8>?, CInt, CInt, CInt,
        CInt, CInt
      ) -> CInt
    private typealias ErrorText = @convention(c) @Sendable (UnsafeMutableRawPointer?) -> UnsafePointer<CChar>?
    private typealias ErrorCode = @convention(c) @Sendable (UnsafeMutableRawPointer?) -> CInt

    /// TJPF_RGB, TJPF_GRAY and TJPF_CMYK.
    private static let pixelFormats: [Int: CInt] = [3: 0, 1: 6, 4: 11]
    /// TJFLAG_LIMITSCANS: a progressive file cannot ask for more than 500 passes over the image.
    private static let limitScans: CInt = 32_768
    /// TJERR_WARNING: the image was decoded.
    private static let warning: CInt = 0

    static let shared = Result { () throws(SystemLibrary.Failure) in
      try TurboJPEG(environment: ProcessInfo.processInfo.environment)
    }

    /// The library, opened once; throws for `file` where it is missing.
    static func shared(for file: String) throws(DataError) -> TurboJPEG {
      do {
        return try shared.get()
      } catch {
        throw missing(error, file: file)
      }
    }

    /// The error for a file that needs the missing library.
    static func missing(_ failure: SystemLibrary.Failure, file: String) -> DataError {
      .missingLibrary(
        file: file, library: "libturbojpeg 2 or 3",
        packages: "libturbojpeg0 (Debian), libturbojpeg (Ubuntu), turbojpeg (Fedora) or jpeg-turbo (Homebrew)",
        reason: failure.reason)
    }

    private let make: Make
    private let destroy: Destroy
    private let readHeader: ReadHeader
    private let decompress: Decompress
    private let errorText: ErrorText
    private let errorCode: ErrorCode

    init(environment: [String: String]) throws(SystemLibrary.Failure) {
      let library = try SystemLibrary(
        ["libturbojpeg.so.0", "libturbojpeg.so.1", "libturbojpeg.so"], variable: "LAYERS_TURBOJPEG",
        environment: environment)
      make = try library.function("tjInitDecompress", as: Make.self)
      destroy = try library.function("tjDestroy", as: Destroy.self)
      readHeader = try library.function("tjDecompressHeader3", as: ReadHeader.self)
      decompress = try library.function("tjDecompress2", as: Decompress.self)
      errorText = try library.function("tjGetErrorStr2", as: ErrorText.self)
      errorCode = try library.function("tjGetErrorCode", as: ErrorCode.self)
    }

    func decode(_ content: [UInt8], _ header: JPEGHeader, name: String) throws(DataError) -> Image {
      guard let handle = make() else { throw .malformedImage(file: name, reason: reason(nil)) }
      defer { _ = destroy(handle) }
      let (height, width, channels) = (header.height, header.width, header.components)
      guard let format = TurboJPEG.pixelFormats[channels] else {
        throw .unsupportedImage(file: name, reason: "JPEG of \(channels) components, expected 1, 3 or 4")
      }
      var samples: [UInt8] = []
      try content.withUnsafeBufferPointer { (bytes) throws(DataError) in
        var (foundWidth, foundHeight, subsampling, colors): (CInt, CInt, CInt, CInt) = (0, 0, 0, 0)
        let status = readHeader(
          handle, bytes.baseAddress, CUnsignedLong(bytes.count), &foundWidth, &foundHeight, &subsampling, &colors)
        guard status == 0 || errorCode(handle) == TurboJPEG.warning else {
          throw .malformedImage(file: name, reason: reason(handle))
        }
        guard (Int(foundHeight), Int(foundWidth)) == (height, width) else {
          throw .malformedImage(file: name, reason: "two sizes")
        }
        samples = [UInt8](repeating: 0, count: height * width * channels)
        let result = samples.withUnsafeMutableBufferPointer {
          decompress(
            handle, bytes.baseAddress, CUnsignedLong(bytes.count), $0.baseAddress, CInt(width),
            CInt(width * channels), CInt(height), format, TurboJPEG.limitScans)
        }
        if result != 0 {
          // Warnings, such as extra bytes between segments, leave the image complete, except for data that end early.
          let reason = reason(handle)
          guard errorCode(handle) == TurboJPEG.warning, !reason.lowercased().contains("premature end") else {
            throw .malformedImage(file: name, reason: reason)
          }
        }
      }
      if channels == 4 { samples = colors(ofInks: samples, isInverted: header.isAdobe) }
      return Image(trusted: samples, height: height, width: width, channels: channels == 1 ? 1 : 3)
    }

    private func reason(_ handle: UnsafeMutableRawPointer?) -> String {
      errorText(handle).map { String(cString: $0) } ?? "libturbojpeg gives no reason"
    }
  }

  /// RGB of CMYK: the product of what each ink and black leave of white.
  private func colors(ofInks inks: [UInt8], isInverted: Bool) -> [UInt8] {
    inks.withUnsafeBufferPointer { inks in
      [UInt8](unsafeUninitializedCapacity: inks.count / 4 * 3) { colors, initialized in
        let mask: UInt8 = isInverted ? 0 : 255
        for i in 0..<(inks.count / 4) {
          let black = UInt32(inks[4 * i + 3] ^ mask)
          for channel in 0..<3 {
            let product: UInt32 = UInt32(inks[4 * i + channel] ^ mask) * black
            colors[3 * i + channel] = UInt8((product + 127) / 255)
          }
        }
        initialized = inks.count / 4 * 3
      }
    }
  }
#endif
