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
    Page(
      title: "\(title): sample images", summary: "The first images of each class of \(title)",
      content: """
        <h1>\(title): sample images</h1><p>\(introduction)</p>\
        \(Page.table("Images by class", columns, rows))
        """
    ).html
  }

  private var columns: [String] { augmentation == nil ? ["class", "images"] : ["class", "plain", "augmented"] }

  private var partName: String { part == .train ? "training" : "test" }

  private var introduction: Markup {
    let total = classes.reduce(0) { $0 + $1.count }
    let text: Markup = "The first images of each class among the \(total) \(partName) images."
    guard let augmentation else { return text }
    return text + " Augmented: the same images after <code>\(augmentation)</code>, drawn from seed \(String(seed))."
  }

  private var rows: [[Markup]] {
    classes.map { entry in
      let name: Markup = "\(entry.name)<br/><small>\(entry.count) images</small>"
      let plain = images(of: entry, note: "") { $0.plain }
      return augmentation == nil
        ? [name, plain] : [name, plain, images(of: entry, note: ", augmented") { $0.augmented }]
    }
  }

  private func images(of entry: Class, note: String, _ image: (Sample) -> Image?) -> Markup {
    let items = entry.samples.compactMap { sample in
      image(sample).map {
        ImageGrid.Item(image: $0, alternative: "\(entry.name), \(partName) image \(sample.index)\(note)")
      }
    }
    return items.isEmpty ? "none" : ImageGrid(items: items, side: 64).markup
  }
}
