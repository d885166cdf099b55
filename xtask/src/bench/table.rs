//! The table that a bench prints.

use std::fmt::Display;

use crate::talk::print as print_line;

/// One measured task.
pub(crate) struct Row {
    task: String,
    /// Our figure, with its unit.
    ours: String,
    /// The peer's figure, and whether it was measured in this run or recorded earlier.
    peer: String,
    /// The goal, as docs/performance.md states it.
    goal: &'static str,
    /// Whether our figure reaches it; unknown where there is none, or nothing to compare with.
    is_met: Option<bool>,
}

impl Row {
    /// A row whose peer was measured in this run.
    pub(crate) fn measured(task: &str, ours: impl Display, peer: impl Display) -> Self {
        Self { task: task.to_owned(), ours: ours.to_string(), peer: peer.to_string(), goal: "-", is_met: None }
    }

    /// A row whose peer was measured earlier, on a quiet machine of the same kind.
    pub(crate) fn recorded(task: &str, ours: impl Display, peer: &str) -> Self {
        Self::measured(task, ours, format!("{peer}, recorded"))
    }

    /// A row without a peer.
    pub(crate) fn alone(task: &str, ours: impl Display) -> Self {
        Self::measured(task, ours, "-")
    }

    /// The same row with its goal.
    pub(crate) fn goal(mut self, goal: &'static str, is_met: impl Into<Option<bool>>) -> Self {
        self.goal = goal;
        self.is_met = is_met.into();
        self
    }

    /// The cells of the row, for tests.
    #[cfg(test)]
    pub(crate) fn into_cells(self) -> Vec<String> {
        self.cells().map(str::to_owned).to_vec()
    }

    fn cells(&self) -> [&str; 5] {
        let met = self.is_met.map_or("-", |is_met| if is_met { "yes" } else { "NO" });
        [&self.task, &self.ours, &self.peer, self.goal, met]
    }
}

/// Prints rows in aligned columns, as a Markdown table.
pub(crate) fn print(rows: &[Row]) {
    let cells: Vec<[&str; 5]> =
        std::iter::once(["task", "stack", "peer", "goal", "met"]).chain(rows.iter().map(Row::cells)).collect();
    let widths: [usize; 5] =
        std::array::from_fn(|column| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or_default());
    for (index, row) in cells.iter().enumerate() {
        print_line(&line(row, &widths));
        if index == 0 {
            print_line(&format!("|{}|", widths.map(|width| "-".repeat(width + 2)).join("|")));
        }
    }
}

fn line<const COLUMNS: usize>(row: &[&str; COLUMNS], widths: &[usize; COLUMNS]) -> String {
    let padded: Vec<String> = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!(" {cell}{} ", " ".repeat(width - cell.chars().count())))
        .collect();
    format!("|{}|", padded.join("|"))
}

/// `amount / unit` with one decimal, rounded down.
pub(crate) fn decimal(amount: u64, unit: u64) -> String {
    let tenths = amount * 10 / unit;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        assert_eq!(line(&["a", "bc", "", "d"], &[3, 2, 1, 1]), "| a   | bc |   | d |");
    }

    #[test]
    fn a_missed_goal_is_told() {
        let row = Row::alone("start", "60 ms");
        assert_eq!(row.cells()[3..], ["-", "-"]);
        assert_eq!(row.goal("50 ms", false).cells()[3..], ["50 ms", "NO"]);
    }

    #[test]
    fn decimals_have_one_place() {
        assert_eq!(decimal(20_460_000, 1_000_000), "20.4");
    }
}
