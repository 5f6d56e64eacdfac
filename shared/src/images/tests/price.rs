//! What durability costs, to be run by hand where the disk is:
//! `cargo test -p shared price_of_keeping -- --ignored --nocapture`.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use object_store::{ObjectStoreExt, PutPayload, local::LocalFileSystem};
use uuid::Uuid;

use super::made;
use crate::images::{ImageStore, TimeLimits};

const WRITERS: usize = 16;
const ROUND: Duration = Duration::from_secs(2);
const ROUNDS: usize = 3;

#[derive(Debug, Clone, Copy)]
enum Way {
    /// As `ImageStore` does it.
    OneObject,
    /// `images/<task>/<attempt>`, then `<attempt>.json`.
    ImageThenRecord,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, to be run by hand"]
async fn price_of_keeping() {
    for length in [4_000, 120_000, 1_500_000] {
        for _ in 0..ROUNDS {
            for way in [Way::OneObject, Way::ImageThenRecord] {
                let directory = tempfile::tempdir_in(".").unwrap();
                let (kept, cpu) = measure(directory.path(), way, length).await;
                let rate = f64::from(kept) / ROUND.as_secs_f64();
                let cpu_each = cpu.as_secs_f64() * 1000.0 / f64::from(kept);
                println!("{length:>8} bytes, {way:?}: {rate:.0}/s, {cpu_each:.2} ms CPU each");
            }
        }
    }
}

async fn measure(directory: &Path, way: Way, length: usize) -> (u32, Duration) {
    let address = format!("file://{}", directory.canonicalize().unwrap().display());
    let store = ImageStore::open(&address, [], TimeLimits::default()).await.unwrap();
    let files = LocalFileSystem::new_with_prefix(directory).unwrap().with_fsync(true);
    let (_, _, described, image) = made(length);

    let (start, cpu) = (Instant::now(), cpu_used());
    let writers = (0..WRITERS).map(|_| async {
        let mut kept: u32 = 0;
        while start.elapsed() < ROUND {
            let (task, attempt) = (Uuid::now_v7(), Uuid::now_v7());
            match way {
                Way::OneObject => {
                    store.keep(task, attempt, &described, image.clone()).await.unwrap();
                }
                Way::ImageThenRecord => {
                    let record = serde_json::to_vec(&described).unwrap();
                    let path = |end: &str| format!("images/{task}/{attempt}{end}").into();
                    files.put(&path(".png"), PutPayload::from(image.clone())).await.unwrap();
                    files.put(&path(".json"), PutPayload::from(record)).await.unwrap();
                }
            }
            kept += 1;
        }
        kept
    });
    let kept = futures::future::join_all(writers).await.into_iter().sum();
    (kept, cpu_used().saturating_sub(cpu))
}

/// User and system time of this process so far (Linux counts in hundredths of a second).
fn cpu_used() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}
