import Foundation

/// A page of HTML that is XML too: one file that needs no other, without a script.
struct Page {
  let title: String
  /// A sentence about the page.
  let summary: String
  /// What stands above the main part, such as the way back.
  var navigation: Markup = ""
  let content: Markup

  var html: String {
    let page: Markup = """
      <html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><meta charset="utf-8"/>\
      <meta name="viewport" content="width=device-width, initial-scale=1"/>\
      <meta name="color-scheme" content="light dark"/>\
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"/>\
      <meta name="description" content="\(summary)"/><title>\(title)</title>
      <style>\(Markup(verbatim: Page.style))</style></head>
      <body><a class="skip" href="#main">Skip to the content</a>\(navigation)<main id="main">\(content)</main></body></html>

      """
    return "<!DOCTYPE html>\n" + page.text
  }

  /// A picture with its caption, and its figures as a table.
  static func figure(_ picture: Picture, id: String, caption: Markup, table: Markup = "") -> Markup {
    let details: Markup = table.isEmpty ? "" : "<details><summary>The figures as a table</summary>\(table)</details>"
    return "<figure><figcaption>\(caption)</figcaption>\(picture.svg(id: id))\(details)</figure>"
  }

  /// A table that scrolls where the window is narrower; its first column is the rows' header.
  static func table(
    _ caption: String, _ titles: [String], _ rows: [[Markup]], numbers: Set<Int> = [], isCaptionHidden: Bool = true
  ) -> Markup {
    let head = titles.enumerated().map { i, title -> Markup in
      numbers.contains(i) ? "<th scope=\"col\" class=\"n\">\(title)</th>" : "<th scope=\"col\">\(title)</th>"
    }
    let body = rows.map { row -> Markup in
      let cells = row.enumerated().map { i, cell -> Markup in
        if i == 0 { return "<th scope=\"row\">\(cell)</th>" }
        return numbers.contains(i) ? "<td class=\"n\">\(cell)</td>" : "<td>\(cell)</td>"
      }
      return "<tr>\(cells)</tr>"
    }
    let hidden: Markup = isCaptionHidden ? " class=\"hidden\"" : ""
    return """
      <div class="scroll" role="region" aria-label="\(caption)" tabindex="0"><table><caption\(hidden)>\(caption)</caption>\
      <thead><tr>\(head)</tr></thead><tbody>\(body)</tbody></table></div>
      """
  }

  /// A file in the page, for a link with `download`.
  static func dataAddress(_ text: String, type: String) -> String {
    var address = "data:\(type);charset=utf-8,"
    address.reserveCapacity(text.utf8.count + text.utf8.count / 8)
    let hex = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      let isPlain =
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: ",.-_:;[]{}()/*~!$@=".utf8.contains(byte)
        }
      if isPlain {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      }
    }
    return address + String(decoding: bytes, as: UTF8.self)
  }

  private static let style: String = [ChartStyle.themes(":root"), ChartStyle.rules, frame, HeatMap.rules].joined(
    separator: "\n")

  private static let frame: String = """
    :root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--link:#0b57a4;--good:#0a6b4b;--bad:#a13c00;--warn:#6b5300;--goodbg:#e2f4ec;--badbg:#fbeadf;--warnbg:#fbf3d2}
    @media (prefers-color-scheme:dark){:root{--page:#0e1116;--card:#171b21;--link:#7cc0f5;--good:#4fd1a1;--bad:#ff9d5c;--warn:#f0dc6a;--goodbg:#12312a;--badbg:#38220f;--warnbg:#332c10}}
    *{box-sizing:border-box}html{-webkit-text-size-adjust:100%}
    body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
    main,nav,.wide{max-width:1080px;margin:0 auto;padding:0 16px}
    a{color:var(--link)}a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:3px solid var(--c0);outline-offset:2px;border-radius:4px}
    .skip{position:absolute;left:-9999px}.skip:focus{left:16px;top:8px;background:var(--card);padding:8px 12px;z-index:2}
    nav{padding-top:16px;font-size:14px}nav ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:4px 16px}
    h1{font-size:clamp(1.6rem,1.1rem + 2.4vw,2.4rem);line-height:1.15;margin:20px 0 4px;letter-spacing:-.02em}
    h2{font-size:1.3rem;line-height:1.25;margin:40px 0 12px;letter-spacing:-.01em}h3{font-size:1.02rem;margin:20px 0 8px}
    p{margin:8px 0;max-width:75ch}.soft{color:var(--soft)}small{font-size:13px}
    .question{font-size:1.15rem;color:var(--soft);margin:0 0 16px}
    .answer{background:var(--card);border-left:5px solid var(--c0);border-radius:6px;padding:14px 18px;font-size:1.08rem}
    .answer p{margin:0}.quick{background:var(--warnbg);color:var(--warn);border-radius:6px;padding:10px 14px;font-weight:600}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,190px),1fr));gap:12px;margin:16px 0;padding:0;list-style:none}
    .tiles li,figure,.card{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:14px}
    .tiles b{display:block;font-size:1.7rem;line-height:1.2;letter-spacing:-.02em}.tiles span{color:var(--soft);font-size:14px}
    figure{margin:0;min-width:0}figcaption{font-weight:600;font-size:15px;margin-bottom:8px}figcaption span{font-weight:400;color:var(--soft)}
    figure .ch{margin:0 auto}
    .grid{display:grid;gap:14px;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));margin:12px 0}
    .grid.two{grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr))}
    details{margin-top:8px}summary{cursor:pointer;color:var(--link);font-size:14px;padding:4px 0}
    section>details>summary,.box>summary{font-size:15px;font-weight:600;padding:8px 0}
    .scroll{overflow-x:auto;max-width:100%}
    table{border-collapse:collapse;font-size:14px;width:100%;font-variant-numeric:tabular-nums}
    th,td{padding:6px 10px;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
    thead th{color:var(--soft);font-weight:600;border-bottom:2px solid var(--rule);vertical-align:bottom}tbody th{font-weight:600}
    .n{text-align:right;white-space:nowrap}caption{text-align:left;font-weight:600;padding:4px 0}
    .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
    .v{display:inline-block;border-radius:99px;padding:1px 10px;font-size:13px;font-weight:600;white-space:nowrap;background:var(--rule)}
    .v.good{background:var(--goodbg);color:var(--good)}.v.bad{background:var(--badbg);color:var(--bad)}.v.warn{background:var(--warnbg);color:var(--warn)}
    .findings{list-style:none;padding:0;margin:0;display:grid;gap:8px}.findings li{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:10px 14px;display:flex;flex-wrap:wrap;gap:4px 12px;align-items:baseline;justify-content:space-between}
    .heat{font-size:11px;table-layout:fixed;width:100%;max-width:520px;border-collapse:separate;border-spacing:1px}
    .heat td{padding:6px 0;text-align:center;border:0;border-radius:3px}.heat th{border:0;padding:3px 4px;font-size:11px;color:var(--ink)}
    .heat thead th{vertical-align:bottom;height:74px;padding:3px 0}.heat thead th span{writing-mode:vertical-rl;transform:rotate(180deg);display:block;margin:0 auto}
    .heat th:first-child{width:76px;text-align:right;overflow-wrap:anywhere}.heat thead th:first-child{font-weight:400;color:var(--soft)}
    .images{list-style:none;display:flex;flex-wrap:wrap;gap:10px;margin:8px 0;padding:0}.images li{font-size:12px;line-height:1.35}
    .images img{display:block;image-rendering:pixelated;border-radius:4px;margin-bottom:4px}.images span{display:block}
    pre{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:12px;overflow-x:auto;font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
    code{font:13px ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
    .downloads{display:flex;flex-wrap:wrap;gap:10px;list-style:none;padding:0}.downloads a{display:inline-block;border:1px solid var(--link);border-radius:8px;padding:8px 14px;text-decoration:none}
    .card h2{margin:0 0 4px;font-size:1.1rem}.card p{font-size:14px}.card .ch{margin:8px auto 0}
    footer{color:var(--soft);font-size:14px;margin:48px 0 32px;border-top:1px solid var(--rule);padding-top:12px}
    @media print{body{background:#fff}.grid,figure{break-inside:avoid}}
    """
}
