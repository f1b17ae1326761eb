//! Which columns find room.

/// Between two columns.
const GAP: usize = 2;

/// One column of a table.
pub(super) struct Column {
    /// What stands above it.
    pub(super) heading: &'static str,
    /// One cell a row.
    pub(super) cells: Vec<String>,
    /// Which goes first where there is too little room: the one with the highest number.
    pub(super) goes: u8,
    /// On which side its cells stand.
    pub(super) side: Side,
}

/// On which side of a column its cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

impl Column {
    fn width(&self) -> usize {
        let widest = self.cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        widest.max(self.heading.len())
    }
}

/// The heading and the rows of a table that is at most `room` characters wide: columns that go first are left out, and
/// the first one is cut if even that is too wide.
pub(super) fn fitted(mut columns: Vec<Column>, room: usize) -> Vec<String> {
    let total = |columns: &[Column]| {
        columns.iter().map(Column::width).sum::<usize>() + GAP * columns.len().saturating_sub(1)
    };
    while columns.len() > 1 && total(&columns) > room {
        let goes = columns.iter().enumerate().skip(1).max_by_key(|(_, column)| column.goes);
        let Some((number, last)) = goes else { break };
        if last.goes == 0 {
            break;
        }
        columns.remove(number);
    }
    let over = total(&columns).saturating_sub(room);
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(n, column)| {
            let width = column.width();
            if n == 0 { width.saturating_sub(over).max(1) } else { width }
        })
        .collect();
    let rows = columns.first().map_or(0, |column| column.cells.len());
    let heading = columns.iter().map(|column| column.heading).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&columns).zip(&widths).map(|((cell, column), width)| {
            let cell = cut(cell, *width);
            match column.side {
                Side::Left => format!("{cell:<width$}"),
                Side::Right => format!("{cell:>width$}"),
            }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let row = |number: usize| columns.iter().map(|column| column.cells[number].as_str()).collect();
    std::iter::once(heading).chain((0..rows).map(row)).map(line).collect()
}

/// The text, or its beginning and a sign that it goes on.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}~")
}

#[cfg(test)]
mod tests {
    //! What is left out first, and what is cut.

    use super::*;

    fn table(room: usize) -> Vec<String> {
        let column =
            |heading, cell: &str, goes, side| Column { heading, cells: vec![cell.to_owned()], goes, side };
        fitted(
            vec![
                column("QUEUE", "a-long-name", 0, Side::Left),
                column("READY", "12,034", 0, Side::Right),
                column("OLDEST", "2m 10s", 2, Side::Right),
                column("DEAD", "3", 1, Side::Right),
            ],
            room,
        )
    }

    #[test]
    fn columns_go_in_their_order_and_the_name_is_cut_at_last() {
        assert_eq!(table(80)[1], "a-long-name  12,034  2m 10s     3");
        assert_eq!(table(30)[1], "a-long-name  12,034     3");
        assert_eq!(table(20)[1], "a-long-name  12,034");
        assert_eq!(table(14), ["QUEUE    READY", "a-lon~  12,034"]);
        assert_eq!(table(3)[1], "~  12,034");
    }
}
