/// The colours and lines of charts.
///
/// The colours are Okabe and Ito's ("Color Universal Design", 2008), which people with any kind of colour vision tell
/// apart; each theme has those five that stand out from its ground by 3 to 1. A series has a marker of its own shape, and
/// from the sixth on a dashed line, so that colour is never the only difference.
struct ChartStyle: Equatable {
  /// 0 … 4; 5 is the text's grey, for what others reported.
  let color: Int
  /// 0 is an unbroken line.
  let dash: Int
  let marker: Int

  /// That of the series of a number.
  init(series: Int) {
    color = series % 5
    dash = series / 5 % 3
    marker = series % 5
  }

  init(color: Int, dash: Int, marker: Int) {
    self.color = color
    self.dash = dash
    self.marker = marker
  }

  static let validation = ChartStyle(color: 0, dash: 0, marker: 0)
  static let training = ChartStyle(color: 1, dash: 1, marker: 1)
  static let reportedValidation = ChartStyle(color: 0, dash: 2, marker: 2)
  static let reportedTraining = ChartStyle(color: 1, dash: 2, marker: 3)
  static let reported = ChartStyle(color: 5, dash: 2, marker: 2)

  var lineClass: String { dash == 0 ? "l c\(color)" : "l c\(color) d\(dash)" }

  /// A marker around a point: circle, square, diamond, triangle, cross.
  func markerPath(_ x: Double, _ y: Double, size r: Double = 3.4) -> String {
    func points(_ offsets: [(Double, Double)]) -> String {
      var path = PathData(offsets.map { (x + $0.0, y + $0.1) })
      path.close()
      return path.text
    }
    switch marker {
    case 0:
      let d = Coordinate(2 * r).text
      let a = Coordinate(r).text
      return "M\(Coordinate(x - r).text) \(Coordinate(y).text)a\(a) \(a) 0 1 0 \(d) 0a\(a) \(a) 0 1 0-\(d) 0z"
    case 1: return points([(-r, -r), (r, -r), (r, r), (-r, r)])
    case 2: return points([(0, -r * 1.4), (r * 1.4, 0), (0, r * 1.4), (-r * 1.4, 0)])
    case 3: return points([(0, -r * 1.3), (r * 1.3, r), (-r * 1.3, r)])
    default:
      let t = r * 0.45
      return points([
        (-t, -r), (t, -r), (t, -t), (r, -t), (r, t), (t, t), (t, r), (-t, r), (-t, t), (-r, t), (-r, -t), (-t, -t),
      ])
    }
  }

  /// The variables of both themes; `scope` is what they are set on.
  static func themes(_ scope: String) -> String {
    """
    \(scope){--ground:#fff;--ink:#1b1f24;--soft:#57606a;--rule:#dfe3e8;--axis:#8b949e;\
    --c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#cc79a7;--c4:#1b1f24;--c5:#57606a;--heat:#0072b2;--miss:#d55e00}
    @media (prefers-color-scheme:dark){\(scope){--ground:#171b21;--ink:#e8ebef;--soft:#a3adb8;--rule:#2c333c;--axis:#6e7883;\
    --c0:#56b4e9;--c1:#d55e00;--c2:#009e73;--c3:#cc79a7;--c4:#f0e442;--c5:#a3adb8;--heat:#2b8ac6;--miss:#d55e00}}
    """
  }

  /// The rules of charts, for a page's style or a picture's own.
  static let rules = """
    .ch{display:block;max-width:100%;height:auto;font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
    .ch text{fill:var(--ink)}.ch .t{fill:var(--soft)}.ch .h{font-size:15px;font-weight:600}.ch .q{font-weight:600}
    .ch .g{stroke:var(--rule);fill:none}.ch .a{stroke:var(--axis);fill:none}
    .c0{--c:var(--c0)}.c1{--c:var(--c1)}.c2{--c:var(--c2)}.c3{--c:var(--c3)}.c4{--c:var(--c4)}.c5{--c:var(--c5)}
    .ch .l{stroke:var(--c);fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
    .ch .d1{stroke-dasharray:6 4}.ch .d2{stroke-dasharray:1.5 4}
    .ch .b{fill:var(--c);opacity:.18}.ch .m{fill:var(--c);stroke:var(--ground);stroke-width:1}
    .ch .o{fill:var(--ground);stroke:var(--c);stroke-width:2}.ch .w{stroke:var(--ink);fill:none;stroke-width:1.5}
    .ch .r{fill:var(--c)}.ch .r2{fill:var(--c);fill-opacity:.25;stroke:var(--c);stroke-width:1.5}
    """

  /// About how wide a text is at 12 pixels.
  static func textWidth(_ text: String, size: Double = 12) -> Double {
    text.reduce(0) { width, character in
      width
        + size
        * ("iljtfrI.,:;'|!()[] ".contains(character)
          ? 0.36 : "mwMW@%".contains(character) ? 0.92 : character.isUppercase ? 0.7 : 0.58)
    }
  }

  /// A text cut to a width, with an ellipsis.
  static func cut(_ text: String, to width: Double, size: Double = 12) -> String {
    if textWidth(text, size: size) <= width { return text }
    var cut = text
    while !cut.isEmpty, textWidth(cut + "…", size: size) > width { cut.removeLast() }
    return cut + "…"
  }
}

/// The frame of a picture: its size, and what stands for it where it cannot be seen.
struct Picture {
  let width: Double
  let height: Double
  let title: String
  /// What is to be seen, with the figures.
  let description: String
  let body: Markup

  /// For a page, whose style has the rules of charts.
  /// - Parameter id: unique in the page.
  func svg(id: String) -> Markup {
    """
    <svg class="ch" role="img" aria-labelledby="\(id)t \(id)d" viewBox="0 0 \(width) \(height)" width="\(width)" \
    height="\(height)"><title id="\(id)t">\(title)</title><desc id="\(id)d">\(description)</desc>\(body)</svg>
    """
  }

  /// A file of its own, which reads on a light and on a dark page.
  func standalone() -> String {
    let head = 34.0
    let svg: Markup = """
      <svg xmlns="http://www.w3.org/2000/svg" class="ch" role="img" aria-labelledby="t d" \
      viewBox="0 0 \(width) \(height + head)" width="\(width)" height="\(height + head)"><title id="t">\(title)</title>\
      <desc id="d">\(description)</desc><style>\(Markup(verbatim: ChartStyle.themes(".ch") + "\n" + ChartStyle.rules))</style>\
      <rect width="\(width)" height="\(height + head)" rx="8" fill="var(--ground)"/>\
      <text class="h" x="16" y="25">\(title)</text><g transform="translate(0 \(head))">\(body)</g></svg>
      """
    return svg.text + "\n"
  }
}
