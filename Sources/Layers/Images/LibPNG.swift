#if !canImport(ImageIO)
  import Foundation

  /// libpng's simplified interface (png.h, "The simplified API"; libpng 1.6), which reports errors by return values: it
  /// contains libpng's `longjmp`s.
  struct LibPNG: Sendable {
    private typealias Begin =
      @convention(c) @Sendable (
        UnsafeMutableRawPointer, UnsafeRawPointer?, Int
      ) -> CInt
    private typealias Finish =
      @convention(c) @Sendable (
        UnsafeMutableRawPointer, UnsafeRawPointer?, UnsafeMutableRawPointer?, Int32, UnsafeMutableRawPointer?
      ) -> CInt
    private typealias Free = @convention(c) @Sendable (UnsafeMutableRawPointer) -> Void
    private typealias Write =
      @convention(c) @Sendable (
        UnsafeMutableRawPointer, UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt>, CInt, UnsafeRawPointer?, Int32,
        UnsafeRawPointer?
      ) -> CInt

    static let shared = Result { () throws(SystemLibrary.Failure) in
      try LibPNG(environment: ProcessInfo.processInfo.environment)
    }

    /// The library, opened once; throws for `file` where it is missing.
    static func shared(for file: String) throws(DataError) -> LibPNG {
      do {
        return try shared.get()
      } catch {
        throw missing(error, file: file)
      }
    }

    /// The error for a file that needs the missing library.
    static func missing(_ failure: SystemLibrary.Failure, file: String) -> DataError {
      .missingLibrary(
        file: file, library: "libpng 1.6",
        packages: "libpng16-16 (Debian, Ubuntu), libpng (Fedora) or libpng (Homebrew)", reason: failure.reason)
    }

    private let begin: Begin
    private let finish: Finish
    private let free: Free
    private let write: Write

    init(environment: [String: String]) throws(SystemLibrary.Failure) {
      let library = try SystemLibrary(
        ["libpng16.so.16", "libpng16.so", "libpng.so"], variable: "LAYERS_LIBPNG", environment: environment)
      begin = try library.function("png_image_begin_read_from_memory", as: Begin.self)
      finish = try library.function("png_image_finish_read", as: Finish.self)
      free = try library.function("png_image_free", as: Free.self)
      write = try library.function("png_image_write_to_memory", as: Write.self)
    }

    func decode(_ content: [UInt8], _ header: PNGHeader, name: String) throws(DataError) -> Image {
      let state = PNGState()
      defer { free(state.memory) }
      return try content.withUnsafeBufferPointer { (bytes) throws(DataError) -> Image in
        guard begin(state.memory, bytes.baseAddress, bytes.count) != 0 else {
          throw .malformedImage(file: name, reason: state.message)
        }
        guard (state.height, state.width) == (header.height, header.width) else {
          throw .malformedImage(file: name, reason: "two sizes")
        }
        // 16-bit samples without gamma information are treated as sRGB, like 8-bit samples.
        state.flags |= PNGState.sixteenBitsAreSRGB
        let hasAlpha = state.format & PNGState.alpha != 0
        let isGrey = state.format & PNGState.color == 0 && !hasAlpha
        let channels = hasAlpha ? 4 : isGrey ? 1 : 3
        state.format = hasAlpha ? PNGState.color | PNGState.alpha : isGrey ? 0 : PNGState.color
        var samples = [UInt8](repeating: 0, count: header.height * header.width * channels)
        let isRead = samples.withUnsafeMutableBytes {
          finish(state.memory, nil, $0.baseAddress, Int32(header.width * channels), nil) != 0
        }
        guard isRead else { throw .malformedImage(file: name, reason: state.message) }
        return Image(trusted: samples, height: header.height, width: header.width, channels: channels)
      }
    }

    func encode(_ image: Image) throws(DataError) -> [UInt8] {
      let state = PNGState()
      defer { free(state.memory) }
      state.setSize(height: image.height, width: image.width)
      state.format =
        image.channels == 1 ? 0 : image.channels == 3 ? PNGState.color : PNGState.color | PNGState.alpha
      return try image.samples.withUnsafeBufferPointer { (samples) throws(DataError) -> [UInt8] in
        // The first call returns the size in bytes, the second writes.
        var count: UInt = 0
        guard write(state.memory, nil, &count, 0, samples.baseAddress, 0, nil) != 0 else {
          throw .unsupportedImage(file: "PNG", reason: "libpng cannot encode it: \(state.message)")
        }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        let isWritten = bytes.withUnsafeMutableBytes {
          write(state.memory, $0.baseAddress, &count, 0, samples.baseAddress, 0, nil) != 0
        }
        guard isWritten else {
          throw .unsupportedImage(file: "PNG", reason: "libpng cannot encode it: \(state.message)")
        }
        return Array(bytes.prefix(Int(count)))
      }
    }
  }

  /// The memory of a `png_image`: a pointer, seven 32-bit integers and a message of 64 bytes, initially zero.
  private final class PNGState {
    static let alpha: UInt32 = 0x01
    static let color: UInt32 = 0x02
    static let sixteenBitsAreSRGB: UInt32 = 0x04

    let memory: UnsafeMutableRawPointer
    private let integers: UnsafeMutablePointer<UInt32>

    init() {
      let pointer = MemoryLayout<UnsafeRawPointer>.size
      let byteCount = pointer + 7 * 4 + 64
      memory = .allocate(byteCount: byteCount + pointer, alignment: 16)
      memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount + pointer)
      integers = (memory + pointer).assumingMemoryBound(to: UInt32.self)
      // PNG_IMAGE_VERSION
      integers[0] = 1
    }

    deinit { memory.deallocate() }

    var width: Int { Int(integers[1]) }
    var height: Int { Int(integers[2]) }
    var format: UInt32 {
      get { integers[3] }
      set { integers[3] = newValue }
    }
    var flags: UInt32 {
      get { integers[4] }
      set { integers[4] = newValue }
    }

    func setSize(height: Int, width: Int) {
      integers[1] = UInt32(width)
      integers[2] = UInt32(height)
    }

    /// libpng's message for the last error.
    var message: String {
      let bytes = UnsafeRawBufferPointer(start: integers + 7, count: 64)
      let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      return text.isEmpty ? "libpng gives no reason" : text
    }
  }
#endif
