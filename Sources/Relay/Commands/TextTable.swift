/// Columns of text, each as wide as its widest cell.
struct TextTable {
    private var rows: [[String]]

    init(_ header: [String]) { rows = [header] }

    /// Has no row beside its header.
    var isEmpty: Bool { rows.count == 1 }

    /// A row may end early.
    mutating func add(_ row: [String]) {
        let missing = max(0, (rows.first?.count ?? 0) - row.count)
        rows.append(row + [String](repeating: "", count: missing))
    }

    var text: String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return
            rows.map { row in
                var line = ""
                for (cell, width) in zip(row, widths) {
                    line += cell + String(repeating: " ", count: width - cell.count + 2)
                }
                while line.last == " " { line.removeLast() }
                return line + "\n"
            }
            .joined()
    }
}
