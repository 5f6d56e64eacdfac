//! Where an object lies: `images/<time>/<spread>/<task>.<attempt>`.
//!
//! Task ids are `UUIDv7`, so their first seven hex digits are the time in steps of 2^20 ms, 17.5
//! minutes: directories fill together and are emptied together by retention, 82 a day. Their last
//! digit is random and spreads each step over 16 directories, because writers of one directory wait
//! for its lock (16 writers on two cores: a third less CPU per image than in one directory). At 10
//! images a second a directory holds some 650. The key is the same in S3, so that a copy of one is
//! the other. It carries no file extension: who looks for a kept image does not know its type yet.

use object_store::path::Path;
use uuid::Uuid;

use super::Rendition;

/// Hex digits of the task that name the time step.
const TIME_DIGITS: usize = 7;

/// The key of the image an attempt made for a task.
pub(super) fn image(task: Uuid, attempt: Uuid) -> Path {
    beneath("images", task, attempt)
}

/// The folder of what was made of that image.
pub(super) fn renditions(task: Uuid, attempt: Uuid) -> Path {
    beneath("renditions", task, attempt)
}

/// The key of one of them.
pub(super) fn rendition(task: Uuid, attempt: Uuid, rendition: Rendition) -> Path {
    renditions(task, attempt).join(rendition.name())
}

fn beneath(root: &str, task: Uuid, attempt: Uuid) -> Path {
    let digits = format!("{:032x}", task.as_u128());
    let time = &digits[..TIME_DIGITS];
    let spread = &digits[digits.len() - 1..];
    Path::from(format!("{root}/{time}/{spread}/{task}.{attempt}"))
}

/// The key of the object one process probes the store with.
pub(super) fn probe(process: Uuid) -> Path {
    Path::from(format!("probe.{process}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_of_one_time_share_a_directory_by_their_last_digit() {
        let task = |text: &str| text.parse::<Uuid>().unwrap();
        let attempt = task("019aab4b-0000-7000-8000-0000000000aa");

        assert_eq!(
            image(task("019aab4b-32d5-7c45-9a0b-52b4a5b6f1ce"), attempt).as_ref(),
            "images/019aab4/e/019aab4b-32d5-7c45-9a0b-52b4a5b6f1ce.\
             019aab4b-0000-7000-8000-0000000000aa",
        );
        assert_eq!(
            image(task("00000000-32d5-7c45-9a0b-52b4a5b6f1c0"), attempt).as_ref(),
            "images/0000000/0/00000000-32d5-7c45-9a0b-52b4a5b6f1c0.\
             019aab4b-0000-7000-8000-0000000000aa",
        );
    }
}
