//! Developer commands of the workspace: `cargo xtask test`, `bench`, `peers`, `spec`, `oracle` and `fuzz`.

mod bench;
#[cfg(test)]
mod codes;
mod failure;
mod fuzz;
mod oracle;
mod paths;
mod peers;
mod specification;
mod talk;
mod test;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Developer commands of the workspace")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what the tests need into target/tools, then check, lint and test everything
    Test(test::TestArguments),
    /// Measure this workspace, and peers in the same run, and print one table
    Bench(bench::BenchArguments),
    /// Ask the local cloud and ministack for every capability, and print one table
    Peers(peers::PeersArguments),
    /// Make the resource specification that is embedded from its packages
    Spec(specification::SpecificationArguments),
    /// Compare our check of templates with cfn-lint's, on public templates
    Oracle(oracle::OracleArguments),
    /// Feed mutated project files, expressions and templates to their readers
    Fuzz(fuzz::FuzzArguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.command {
        Command::Test(arguments) => test::run(arguments),
        Command::Bench(arguments) => bench::run(arguments),
        Command::Peers(arguments) => peers::run(arguments),
        Command::Spec(arguments) => specification::run(arguments),
        Command::Oracle(arguments) => oracle::run(arguments),
        Command::Fuzz(arguments) => fuzz::run(arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            talk::say(&format!("error: {failure}"));
            ExitCode::FAILURE
        }
    }
}
