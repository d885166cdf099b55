//! A local cloud in memory, without the command line around it: prints its URL, and serves until it is interrupted.
//!
//! `cargo run -p stack-local --example serve -- [PORT]`

use std::io::Write as _;

use stack_local::{LocalCloud, Settings};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = Settings::default();
    if let Some(port) = std::env::args().nth(1) {
        settings.address.set_port(port.parse()?);
    }
    let cloud = LocalCloud::start(settings).await?;
    writeln!(std::io::stdout(), "ready {}", cloud.url())?;
    tokio::signal::ctrl_c().await?;
    cloud.stop().await;
    Ok(())
}
