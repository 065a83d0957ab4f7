import Foundation

/// Images in files, in one folder for each class.
///
///     let images = try ImageFolder(URL(fileURLWithPath: "flowers"), size: 64)
///     let training = try images.split([0.9, 0.1], seed: 1)[0]
///
/// The classes are the folder's subfolders, in the order of their names' Unicode scalars; images may be in deeper
/// folders. It reads PPM and PGM files (`.ppm`, `.pgm`, `.pnm`), and PNG and JPEG files (`.png`, `.jpg`, `.jpeg`) by
/// system libraries, see ``Image/init(contentsOf:limits:)``; it skips other files, and names that begin with a dot.
/// Alpha channels are dropped. Each access to an image reads its file; ``inMemory(name:)`` reads all files once.
public struct ImageFolder: Dataset {
  /// The files, ordered by class and within a class by path.
  public let files: [URL]
  /// The class of each file.
  public let labels: [Int]
  public let classNames: [String]
  public let imageShape: Shape
  /// Whether images of another size, or with other channels, are converted; else they are errors.
  private let resizes, convertsChannels: Bool
  private let limits: ImageLimits

  public var count: Int { files.count }

  /// Lists the files, and reads the first one where the images' shape depends on it.
  ///
  /// - Parameters:
  ///   - folder: the folder of class folders.
  ///   - size: the size to which images are resized, as by ``Resize``; nil where all have the same size.
  ///   - channels: 1 for grey, 3 for colour; nil for those of the first image, which all must then have.
  ///   - limits: the largest file and image that are read.
  /// - Throws: ``DataError`` naming the folder without images, or the file that cannot be read.
  public init(
    _ folder: URL, size: (any Size2DConvertible)? = nil, channels: Int? = nil, limits: ImageLimits = ImageLimits()
  ) throws(DataError) {
    guard channels == nil || channels == 1 || channels == 3 else {
      throw .invalidOption(name: "the channels of ImageFolder", value: "\(channels ?? 0)", expected: "1 or 3")
    }
    let classFolders = try contents(of: folder).filter(\.isFolder)
    if classFolders.isEmpty { throw .nothingFound(directory: folder.path, expected: "a folder for each class") }
    var files: [URL] = []
    var labels: [Int] = []
    for (label, classFolder) in classFolders.enumerated() {
      let images = try imageFiles(below: classFolder.url)
      if images.isEmpty { throw .nothingFound(directory: classFolder.url.path, expected: "images of the class") }
      files += images
      labels += [Int](repeating: label, count: images.count)
    }
    self.files = files
    self.labels = labels
    classNames = classFolders.map(\.url.lastPathComponent)
    self.limits = limits
    resizes = size != nil
    convertsChannels = channels != nil
    if let channels, let size = size?.size2D {
      imageShape = try checkSize("ImageFolder", size, channels: channels)
    } else {
      let first = try DecodedImage(contentsOf: files[0], limits: limits)
      let size = size?.size2D ?? Size2D(first.height, first.width)
      imageShape = try checkSize("ImageFolder", size, channels: channels ?? first.colorChannels)
    }
  }

  /// The image files that an ``ImageFolder`` would read in a folder and its subfolders, ordered by path.
  ///
  /// - Throws: ``DataError`` naming the folder that is missing or cannot be read.
  public static func files(below folder: URL) throws(DataError) -> [URL] { try imageFiles(below: folder) }

  public func label(at index: Int) -> Int { labels[index] }

  public func readImage(at index: Int, into pixels: UnsafeMutableBufferPointer<Float>) throws {
    let file = files[index]
    let image = try DecodedImage(contentsOf: file, limits: limits)
    let (channels, height, width) = (imageShape[0], imageShape[1], imageShape[2])
    guard convertsChannels || image.colorChannels == channels, resizes || (image.height, image.width) == (height, width)
    else {
      throw DataError.wrongImageShape(
        file: file.path, found: [image.colorChannels, image.height, image.width], expected: imageShape.dimensions)
    }
    if (image.height, image.width) == (height, width), let target = pixels.baseAddress {
      image.write(channels: channels, to: target)
      return
    }
    let chain = try TransformChain(
      [Resize(Size2D(height, width))], inputShape: [channels, image.height, image.width])
    if let input = chain.input.baseAddress { image.write(channels: channels, to: input) }
    var unused = SplitMix64(seed: 0)
    pixels.baseAddress?.update(from: chain.run(using: &unused), count: imageShape.count)
  }

  /// All images as bytes in memory, the fastest form for training; colours are rounded to 8 bits.
  ///
  /// - Throws: ``DataError`` naming the file that cannot be read, or for more than 256 classes or 2 GB.
  public func inMemory(name: String = "images") throws -> ImageDataset {
    guard classNames.count <= 256 else {
      throw DataError.invalidDataset(name: name, reason: "\(classNames.count) classes, expected at most 256")
    }
    guard let byteCount = checkedProduct([count, imageShape.count]), byteCount <= DataFiles.largestByteCount else {
      throw DataError.invalidDataset(
        name: name, reason: "\(count) images of \(imageShape), expected at most \(DataFiles.largestByteCount) bytes")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    let image = UnsafeMutableBufferPointer<Float>.allocate(capacity: imageShape.count)
    defer { image.deallocate() }
    for index in files.indices {
      try readImage(at: index, into: image)
      for value in image { bytes.append(UInt8(clamped(value) * 255 + 0.5)) }
    }
    return try ImageDataset(
      pixels: bytes, labels: labels.map { UInt8($0) }, channels: imageShape[0], height: imageShape[1],
      width: imageShape[2], classNames: classNames, name: name)
  }
}

/// The entries of a folder, ordered by name, except names that begin with a dot.
private func contents(of folder: URL) throws(DataError) -> [(url: URL, isFolder: Bool)] {
  var isFolder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue else {
    throw .missingDirectory(path: folder.path)
  }
  let names: [String]
  do {
    names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
  } catch {
    throw .unreadable(file: folder.path, reason: DataFiles.reason(error))
  }
  return names.filter { !$0.hasPrefix(".") }
    .sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
    .map { name in
      let url = folder.appendingPathComponent(name)
      var isFolder: ObjCBool = false
      return (url, FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue)
    }
}

/// The image files in a folder and its subfolders.
private func imageFiles(below folder: URL, depth: Int = 0) throws(DataError) -> [URL] {
  // Bounds the recursion: a symbolic link to a parent folder would never end.
  guard depth < 32 else { throw .unreadable(file: folder.path, reason: "folders within folders, more than 32 deep") }
  var files: [URL] = []
  for entry in try contents(of: folder) {
    if entry.isFolder {
      files += try imageFiles(below: entry.url, depth: depth + 1)
    } else if DecodedImage.fileExtensions.contains(entry.url.pathExtension.lowercased()) {
      files.append(entry.url)
    }
  }
  return files
}
