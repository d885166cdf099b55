//! `stack schema`: the JSON Schema of the project file.

use crate::report::Report;

pub(super) fn run() -> Report {
    Report::Schema { schema: stack_plan::schema::project_schema() }
}
