//! Configuration, then work; nothing else.

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    worker::run(worker::Config::from_env()?).await
}
