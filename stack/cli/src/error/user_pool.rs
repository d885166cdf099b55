//! Why no user can be had a token for.

use miette::Diagnostic;
use thiserror::Error;

/// Why no user can be had a token for.
#[derive(Debug, Error, Diagnostic)]
pub(crate) enum UserPoolError {
    /// The stack makes no user pool.
    #[error("{file} makes no user pool")]
    #[diagnostic(
        code("user-pool-missing"),
        help(
            "declare one: `user_pools: {{ users: {{ clients: {{ web: {{}} }} }} }}`; users of an imported pool are not in the local cloud"
        )
    )]
    UserPoolMissing {
        /// The project file.
        file: String,
    },
    /// The stack makes several user pools, and none is named.
    #[error("{file} makes several user pools, and none is named")]
    #[diagnostic(code("user-pool-ambiguous"), help("name one with `--pool`: {names}"))]
    UserPoolAmbiguous {
        /// The project file.
        file: String,
        /// Their names.
        names: String,
    },
    /// A user pool that the stack does not make.
    #[error("the project makes no user pool `{name}`")]
    #[diagnostic(code("user-pool-unknown"), help("{help}"))]
    UserPoolUnknown {
        /// Name that was given.
        name: String,
        /// What is near, or all there are.
        help: String,
    },
    /// A user pool that nobody can sign in to.
    #[error("user pool `{pool}` has no client, so nobody can sign in to it")]
    #[diagnostic(code("user-pool-without-client"), help("give it one: `user_pools.{pool}.clients: {{ web: {{}} }}`"))]
    UserPoolWithoutClient {
        /// The pool.
        pool: String,
    },
    /// A client that the user pool does not have.
    #[error("user pool `{pool}` has no client `{name}`")]
    #[diagnostic(code("client-unknown"), help("{help}"))]
    ClientUnknown {
        /// Name that was given.
        name: String,
        /// The pool.
        pool: String,
        /// What is near, or all there are.
        help: String,
    },
}
