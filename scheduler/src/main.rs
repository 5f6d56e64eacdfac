//! Configuration, then duties; nothing else.

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    scheduler::run(scheduler::Config::from_env()?).await
}
