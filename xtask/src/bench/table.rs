//! The table that a bench prints.

use std::fmt::Display;

use crate::talk::print as print_line;

/// One measured task.
pub(crate) struct Row {
    /// What was done.
    pub(crate) task: String,
    /// Our figure, with its unit.
    pub(crate) ours: String,
    /// The peer's figure, and whether it was measured in this run or recorded earlier.
    pub(crate) peer: String,
    /// The goal, as docs/performance.md states it.
    pub(crate) goal: &'static str,
}

impl Row {
    /// A row whose peer was measured in this run.
    pub(crate) fn measured(task: &str, ours: &dyn Display, peer: String, goal: &'static str) -> Self {
        Self { task: task.to_owned(), ours: ours.to_string(), peer, goal }
    }

    /// A row whose peer was measured earlier, on a quiet machine of the same kind.
    pub(crate) fn recorded(task: &str, ours: &dyn Display, peer: &str, goal: &'static str) -> Self {
        Self::measured(task, ours, format!("{peer}, recorded"), goal)
    }
}

/// Prints rows in aligned columns, as a Markdown table.
pub(crate) fn print(rows: &[Row]) {
    let cells: Vec<[&str; 4]> = std::iter::once(["task", "stack", "peer", "goal"])
        .chain(rows.iter().map(|row| [row.task.as_str(), &row.ours, &row.peer, row.goal]))
        .collect();
    let widths: [usize; 4] =
        std::array::from_fn(|column| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or_default());
    for (index, row) in cells.iter().enumerate() {
        print_line(&line(row, &widths));
        if index == 0 {
            print_line(&format!("|{}|", widths.map(|width| "-".repeat(width + 2)).join("|")));
        }
    }
}

fn line(row: &[&str; 4], widths: &[usize; 4]) -> String {
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
    fn decimals_have_one_place() {
        assert_eq!(decimal(20_460_000, 1_000_000), "20.4");
    }
}
