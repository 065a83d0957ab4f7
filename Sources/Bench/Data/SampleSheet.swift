import Layers

/// A page of sample images of a data set: the first images of each class, plain and, if wanted, augmented.
struct SampleSheet {
  struct Sample {
    /// The image's position in its part of the set.
    let index: Int
    let plain: Image
    /// Nil where the page shows no augmentation.
    let augmented: Image?
  }

  struct Class {
    let name: String
    /// The images of the class in the whole part.
    let count: Int
    let samples: [Sample]
  }

  let title: String
  let part: DatasetSplit
  let classes: [Class]
  /// The augmentation in words; nil for none.
  let augmentation: String?
  let seed: UInt64

  /// - Parameters:
  ///   - count: the images of each class, or fewer where it has fewer.
  ///   - augmentation: what is done to the images; where it is nothing, the page shows the plain ones only.
  ///   - seed: what the augmentation draws follows from it and from the image's position.
  /// - Throws: ``DataError`` where the augmentation does not work on such images, or gives none of 1 or 3 channels.
  init(
    _ set: ImageDataset, part: DatasetSplit, count: Int,
    augmentation: Augmentation = .none, seed: UInt64
  ) throws {
    let transforms = augmentation.transforms(imageShape: set.imageShape)
    let transformed = transforms.isEmpty ? nil : try set.transformed(by: transforms, seed: seed)
    var positions = [[Int]](repeating: [], count: set.classNames.count)
    for (index, label) in set.labels.enumerated() { positions[Int(label)].append(index) }
    classes = try zip(set.classNames, positions).map { name, indices in
      Class(
        name: name, count: indices.count,
        samples: try indices.prefix(count).map { index in
          Sample(
            index: index, plain: try Image(set.image(at: index)),
            augmented: try transformed.map { try Image($0.image(at: index)) })
        })
    }
    title = set.name
    self.part = part
    self.augmentation = augmentation.isEmpty ? nil : augmentation.description
    self.seed = seed
  }

  /// The images on the page.
  var imageCount: Int {
    classes.reduce(0) { $0 + $1.samples.reduce(0) { $0 + ($1.augmented == nil ? 1 : 2) } }
  }
}

// MARK: As a page

extension SampleSheet {
  /// The page: one file that needs no other, and no script.
  var html: String {
    let columns = augmentation == nil ? ["class", "images"] : ["class", "plain", "augmented"]
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(escaped(title)): sample images</title>
      <style>
      \(style)
      </style>
      </head>
      <body>
      <main>
      <h1>\(escaped(title)): sample images</h1>
      <p>\(introduction)</p>
      <table>
      <thead><tr>\(columns.map { "<th scope=\"col\">\($0)</th>" }.joined())</tr></thead>
      <tbody>
      \(classes.map(row).joined(separator: "\n"))
      </tbody>
      </table>
      </main>
      </body>
      </html>

      """
  }

  private var partName: String { part == .train ? "training" : "test" }

  private var introduction: String {
    let total = classes.reduce(0) { $0 + $1.count }
    let text = "The first images of each class among the \(total) \(partName) images."
    guard let augmentation else { return text }
    return text + " Augmented: the same images after <code>\(escaped(augmentation))</code>, drawn from seed \(seed)."
  }

  private func row(_ entry: Class) -> String {
    let cells =
      [entry.samples.map { image($0.plain, of: entry, at: $0.index, note: "") }]
      + (augmentation == nil
        ? []
        : [
          entry.samples.compactMap { sample in
            sample.augmented.map { image($0, of: entry, at: sample.index, note: ", augmented") }
          }
        ])
    let name = "<th scope=\"row\">\(escaped(entry.name))<br><small>\(entry.count) images</small></th>"
    return "<tr>\(name)" + cells.map { "<td>\($0.isEmpty ? "none" : $0.joined())</td>" }.joined() + "</tr>"
  }

  private func image(_ image: Image, of entry: Class, at index: Int, note: String) -> String {
    let address = PNG.dataURI(
      width: image.width, height: image.height, pixels: image.samples, channels: image.channels)
    return "<img src=\"\(address)\" width=\"\(image.width)\" height=\"\(image.height)\" "
      + "alt=\"\(escaped(entry.name)), \(partName) image \(index)\(note)\">"
  }

  /// Colours of at least 7:1 contrast in both themes; images enlarged as squares of their pixels.
  private var style: String {
    """
    :root { --paper: #ffffff; --ink: #1a1a1a; --faint: #505050; --rule: #d0d0d0; }
    @media (prefers-color-scheme: dark) {
      :root { --paper: #141414; --ink: #ececec; --faint: #b8b8b8; --rule: #3c3c3c; }
    }
    body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
    main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
    h1 { font-size: 1.5rem; line-height: 1.2; }
    table { border-collapse: collapse; width: 100%; }
    th, td { padding: 0.5rem 0.5rem 0.5rem 0; border-bottom: 1px solid var(--rule); text-align: left;
      vertical-align: top; }
    th small { color: var(--faint); font-weight: normal; }
    td img { width: 4rem; height: auto; margin: 0 0.25rem 0.25rem 0; image-rendering: pixelated;
      vertical-align: top; }
    @media (max-width: 30rem) { td img { width: 2.75rem; } }
    code { overflow-wrap: anywhere; }
    """
  }

  /// Text where HTML expects text or the value of an attribute.
  private func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
  }
}
