/// A rectangle of C.
struct GEMMRegion: Sendable {
  let rows: Range<Int>
  let columns: Range<Int>
  var isEmpty: Bool { rows.isEmpty || columns.isEmpty }
}

/// The region of C that each thread computes: some of the rows and all columns, or the other way round.
struct GEMMPartition: Sendable {
  let rows: Int
  let columns: Int
  let parts: Int
  /// Whether rows are divided, else columns.
  let splitsRows: Bool
  /// Rows or columns that are not divided.
  let granule: Int

  /// Divides whichever of rows and columns has more tiles.
  init(_ problem: GEMM.Problem, parts: Int, tileRows: Int, tileColumns: Int) {
    rows = problem.rows
    columns = problem.columns
    self.parts = parts
    splitsRows = problem.rows / tileRows >= problem.columns / tileColumns
    // Panels are cut from a thread's rows.
    granule = splitsRows ? evenBlock((problem.rows + parts - 1) / parts, atMost: tileRows) : tileColumns
  }

  /// Divides rows so that each part has at least `granule` of them.
  init(rowsOf problem: GEMM.Problem, parts: Int, granule: Int) {
    rows = problem.rows
    columns = problem.columns
    self.parts = max(min(parts, problem.rows / granule), 1)
    splitsRows = true
    self.granule = granule
  }

  /// Divides columns so that each part has at least `granule` of them.
  init(columnsOf problem: GEMM.Problem, parts: Int, granule: Int) {
    rows = problem.rows
    columns = problem.columns
    self.parts = max(min(parts, problem.columns / granule), 1)
    splitsRows = false
    self.granule = granule
  }

  /// The most rows of a part.
  var rowsOfPart: Int { splitsRows ? (rows + parts - 1) / parts : rows }

  func region(_ part: Int) -> GEMMRegion {
    splitsRows
      ? GEMMRegion(rows: Parallel.range(part, of: parts, items: rows, granule: granule), columns: 0..<columns)
      : GEMMRegion(rows: 0..<rows, columns: Parallel.range(part, of: parts, items: columns, granule: granule))
  }
}

extension GEMM.Problem {
  var work: Work {
    Work(multiplyAdds: rows * columns * depth, bytes: (rows * depth + depth * columns + rows * columns) * 4)
  }

  /// The bias of a region's rows; nil where there is none.
  func rowBias(_ operands: GEMM.Operands, _ row: Int) -> UnsafePointer<Float>? {
    bias == .perRow ? operands.bias.map { $0 + row } : nil
  }

  /// The bias of a region's columns; nil where there is none.
  func columnBias(_ operands: GEMM.Operands, _ column: Int) -> UnsafePointer<Float>? {
    bias == .perColumn ? operands.bias.map { $0 + column } : nil
  }

  /// Whether sums begin with a row of values: biases of columns, or zeros.
  var beginsWithColumnBias: Bool { beta == 0 && bias != .perRow }

  var hasActivation: Bool { activation != nil }
}

extension PreparedKernel<GEMM.Operands> {
  /// A product whose parts run on threads of their own, each with its part of the workspace.
  init(
    _ partition: GEMMPartition, bytesOfPart: Int, path: String = "",
    _ body: @escaping @Sendable (GEMMRegion, GEMM.Operands, UnsafeMutableRawPointer) -> Void
  ) {
    if partition.parts == 1 {
      // The divisions that find a part's region would take as long as the smallest products.
      let region = GEMMRegion(rows: 0..<partition.rows, columns: 0..<partition.columns)
      self.init(workspaceByteCount: bytesOfPart, path: path) { operands, workspace in
        if !region.isEmpty { body(region, operands, workspace) }
      }
      return
    }
    self.init(workspaceByteCount: bytesOfPart * partition.parts, path: path) { operands, workspace in
      Parallel.run(parts: partition.parts) { part in
        let region = partition.region(part)
        if region.isEmpty { return }
        planCheck("rows", offset: region.rows.lowerBound, count: region.rows.count, allocated: partition.rows)
        planCheck(
          "columns", offset: region.columns.lowerBound, count: region.columns.count, allocated: partition.columns)
        body(region, operands, workspace + part * bytesOfPart)
      }
    }
  }
}
