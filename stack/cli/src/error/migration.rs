//! Why migrations are not written or run.

use miette::Diagnostic;
use thiserror::Error;

/// Why migrations are not written or run.
#[derive(Debug, Error, Diagnostic)]
#[expect(
    clippy::enum_variant_names,
    reason = "a code is the name of its variant, and there is one of each in the program"
)]
pub(crate) enum MigrationError {
    /// No function of the project runs migrations.
    #[error("the project has no function of the package `migrate`, which runs migrations")]
    #[diagnostic(
        code("migration-function-missing"),
        help("declare one beside the database, with the bucket of its files: docs/functions/migrate.md has the lines")
    )]
    MigrationFunctionMissing,
    /// Several functions run migrations, and none is named.
    #[error("several functions run migrations, and none is named")]
    #[diagnostic(code("migration-function-ambiguous"), help("name one with `--function`: {names}"))]
    MigrationFunctionAmbiguous {
        /// Their names.
        names: String,
    },
    /// A function that runs no migrations.
    #[error("the project has no function `{name}` of the package `migrate`")]
    #[diagnostic(code("migration-function-unknown"), help("{help}"))]
    MigrationFunctionUnknown {
        /// Name that was given.
        name: String,
        /// What is near, or all there are.
        help: String,
    },
    /// The files of migrations are not among what the project deploys.
    #[error("the bucket that function `{function}` reads migrations from has no contents of this project")]
    #[diagnostic(
        code("migration-files-elsewhere"),
        help(
            "give it some: `buckets: {{ migrations: {{ contents: ./migrations }} }}`, and the function `MIGRATIONS_BUCKET`"
        )
    )]
    MigrationFilesElsewhere {
        /// The function.
        function: String,
    },
    /// A name that files of migrations cannot have.
    #[error("`{name}` cannot be the name of a migration")]
    #[diagnostic(
        code("migration-name"),
        help("say what it does in some words of letters and digits: `stack migrate new \"add users\"`")
    )]
    MigrationName {
        /// The name.
        name: String,
    },
    /// The function says that it could not do what it was told.
    #[error("function `{function}` did not run the migrations: {message}")]
    #[diagnostic(
        code("migration-failed"),
        help(
            "its error is `{error_type}`; what was done before stays done: `stack migrate status` tells it, `stack logs {function}` the rest"
        )
    )]
    MigrationFailed {
        /// The function.
        function: String,
        /// Type of the error.
        error_type: String,
        /// What it says.
        message: String,
    },
    /// The function answers something else than a report of migrations.
    #[error("the answer of function `{function}` is no report of migrations")]
    #[diagnostic(
        code("migration-answer"),
        help("is the deployed function of the package `migrate`? `stack deploy` brings it up to date")
    )]
    MigrationAnswer {
        /// The function.
        function: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}
