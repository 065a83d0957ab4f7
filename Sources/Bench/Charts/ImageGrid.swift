import Foundation

/// An image as bytes.
struct ByteImage: Equatable, Sendable {
  /// 1 for grey, 3 for red, green and blue.
  let channels: Int
  let height: Int
  let width: Int
  /// `[channels, height, width]`.
  let bytes: [UInt8]

  /// nil where the bytes are not as many as the sizes say, or the channels neither 1 nor 3.
  init?(channels: Int, height: Int, width: Int, bytes: [UInt8]) {
    guard channels == 1 || channels == 3, height > 0, width > 0, bytes.count == channels * height * width else {
      return nil
    }
    (self.channels, self.height, self.width, self.bytes) = (channels, height, width, bytes)
  }

  /// The bytes pixel by pixel, as image files have them.
  var interleaved: [UInt8] {
    let plane = height * width
    guard channels > 1 else { return bytes }
    return (0..<plane).flatMap { pixel in (0..<channels).map { bytes[$0 * plane + pixel] } }
  }

  var dataURI: String {
    let png = PNG.encode(width: width, height: height, pixels: interleaved, channels: channels)
    return "data:image/png;base64," + png.base64EncodedString()
  }
}

/// Images side by side, each with a caption.
struct ImageGrid {
  struct Item {
    let image: ByteImage
    /// What stands for the image where it cannot be seen.
    let alternative: String
    var caption: Markup = ""
  }

  let items: [Item]
  /// The pixels of a side as they are shown: small images are shown larger, with their pixels to be seen.
  var side = 80

  var markup: Markup {
    let cells = items.map { item -> Markup in
      let height = side * item.image.height / max(item.image.width, 1)
      let caption: Markup = item.caption.isEmpty ? "" : "<span>\(item.caption)</span>"
      return """
        <li><img src="\(item.image.dataURI)" alt="\(item.alternative)" width="\(side)" height="\(height)"/>\(caption)</li>
        """
    }
    return "<ul class=\"images\">\(cells)</ul>"
  }

  /// About the bytes of an image in a page.
  static func bytes(of image: ByteImage) -> Int { image.bytes.count * 4 / 3 + 260 }
}
