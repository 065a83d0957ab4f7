import Foundation
import Layers

/// Images side by side, each with a caption.
struct ImageGrid {
  struct Item {
    let image: Image
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
        <li><img src="\(ImageGrid.address(of: item.image))" alt="\(item.alternative)" width="\(side)" height="\(height)"/>\(caption)</li>
        """
    }
    return "<ul class=\"images\">\(cells)</ul>"
  }

  private static func address(of image: Image) -> String {
    PNG.dataURI(width: image.width, height: image.height, pixels: image.samples, channels: image.channels)
  }

  /// About the bytes of an image in a page.
  static func bytes(of image: Image) -> Int { image.samples.count * 4 / 3 + 260 }
}
