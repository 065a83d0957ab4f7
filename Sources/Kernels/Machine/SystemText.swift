import KernelsISA

/// The text of a file in which the system describes itself, such as `/proc/cpuinfo`; nil where it cannot be read or is
/// not UTF-8.
///
/// The system gives such files no size, so they are read to their end.
func systemText(_ path: String) -> String? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = fread(&block, 1, block.count, file)
    if count == 0 { break }
    bytes += block[..<count]
  }
  return ferror(file) == 0 ? String(validating: bytes, as: UTF8.self) : nil
}
