use futures::{FutureExt, StreamExt};
use shared::generation::tasks::TaskStatus;

use super::{
    super::queue::{BYTES_MAX, WAITING_MAX},
    *,
};

fn reader(user: u128) -> Reader {
    Reader { user_id: Uuid::from_u128(user), session_id: Uuid::nil(), version: 0 }
}

fn all(registry: &Arc<Registry>, user: u128) -> Subscription {
    registry.open(reader(user), Scope::User(EventTypes::ALL)).unwrap()
}

/// What waits in a stream, and whether it has ended.
fn read(stream: &mut Subscription) -> (Vec<Bytes>, bool) {
    let mut frames = Vec::new();
    loop {
        match stream.next().now_or_never() {
            Some(Some(frame)) => frames.push(frame),
            Some(None) => return (frames, true),
            None => return (frames, false),
        }
    }
}

fn mark(status: TaskStatus, attempts: i16) -> Mark {
    Mark::new(status, attempts, false)
}

#[test]
fn an_event_goes_to_its_users_streams_that_asked_for_its_type() {
    let registry = Arc::new(Registry::default());
    let (mut one, mut other) = (all(&registry, 1), all(&registry, 2));
    let only = Scope::User(EventTypes::of([EventType::Balance]));
    let mut balances = registry.open(reader(1), only).unwrap();

    registry.tell_user(Uuid::from_u128(1), EventType::TaskFailed, &Bytes::from("a"));
    registry.tell_user(Uuid::from_u128(1), EventType::Balance, &Bytes::from("b"));

    assert_eq!(read(&mut one).0, ["a", "b"]);
    assert_eq!(read(&mut balances).0, ["b"]);
    assert!(read(&mut other).0.is_empty());
}

#[test]
fn a_stream_of_a_task_tells_each_change_once_and_ends_with_the_task() {
    let (registry, id) = (Arc::new(Registry::default()), Uuid::now_v7());
    let known = mark(TaskStatus::Pending, 0);
    let mut stream = registry.open(reader(1), Scope::Task { id, known }).unwrap();

    assert!(!registry.is_behind(id, known));
    registry.tell_task(id, known, &Bytes::from("known"));
    let running = mark(TaskStatus::Processing, 1);
    assert!(registry.is_behind(id, running));
    registry.tell_task(id, running, &Bytes::from("runs"));
    registry.tell_task(id, running, &Bytes::from("again"));
    assert_eq!(read(&mut stream), (vec![Bytes::from("runs")], false));
    registry.tell_task(id, mark(TaskStatus::Failed, 1), &Bytes::from("failed"));

    assert_eq!(read(&mut stream), (vec![Bytes::from("failed")], true));
    assert!(registry.is_empty() && registry.tasks().is_empty());
}

#[test]
fn a_user_has_ten_streams_and_the_place_of_one_that_left() {
    let registry = Arc::new(Registry::default());
    let mut held: Vec<_> = (0..STREAMS_PER_USER_MAX).map(|_| all(&registry, 1)).collect();
    let eleventh = registry.open(reader(1), Scope::User(EventTypes::ALL));
    assert_eq!(eleventh.err(), Some(TooManyStreams::OfUser));
    let _other = all(&registry, 2);

    held.pop();

    held.push(all(&registry, 1));
    drop(held);
    assert_eq!(registry.users(), [Uuid::from_u128(2)]);
}

#[test]
fn a_client_that_does_not_read_is_let_go_and_gets_what_was_written_before() {
    let registry = Arc::new(Registry::default());
    let mut stream = all(&registry, 1);

    for _ in 0..=WAITING_MAX {
        registry.tell_user(Uuid::from_u128(1), EventType::Balance, &Bytes::from("b"));
    }

    let (frames, ended) = read(&mut stream);
    assert_eq!((frames.len(), ended), (WAITING_MAX, true));
    assert!(registry.is_empty());
}

#[test]
fn a_revoked_credential_ends_its_streams_and_no_others() {
    let registry = Arc::new(Registry::default());
    let (mut good, mut bad) = (all(&registry, 1), all(&registry, 2));

    registry.judge(|it| it.user_id == Uuid::from_u128(1));

    assert!(!read(&mut good).1);
    assert!(read(&mut bad).1);
}

#[test]
fn a_process_that_stops_ends_all_streams_and_opens_none() {
    let registry = Arc::new(Registry::default());
    let mut stream = all(&registry, 1);

    registry.close();

    assert!(read(&mut stream).1);
    let another = registry.open(reader(1), Scope::User(EventTypes::ALL));
    assert_eq!(another.err(), Some(TooManyStreams::Stopping));
}

#[test]
fn a_silent_stream_has_a_comment_every_15_seconds_and_ends_after_an_hour() {
    let registry = Arc::new(Registry::default());
    let mut stream = all(&registry, 1);
    let opened = Instant::now();
    let mut comments = 0;
    for second in 1..3_599 {
        registry.keep(opened + Duration::from_secs(second));
        let (frames, ended) = read(&mut stream);
        assert!(!ended, "after {second} seconds");
        comments += frames.len();
    }
    assert_eq!(comments, 3_598 / 15);

    registry.keep(opened + LIFETIME);

    assert!(read(&mut stream).1);
}

#[test]
fn long_events_that_wait_are_let_go_by_their_bytes_and_one_alone_may_be_longer() {
    let registry = Arc::new(Registry::default());
    let mut stream = all(&registry, 1);
    let tell = |length: usize| {
        let frame = Bytes::from(vec![b'x'; length]);
        registry.tell_user(Uuid::from_u128(1), EventType::TaskFailed, &frame);
    };
    tell(BYTES_MAX + 1);
    assert_eq!(read(&mut stream).0.len(), 1, "it waited alone");
    for _ in 0..3 {
        tell(BYTES_MAX / 3);
    }
    assert_eq!(registry.len(), 1);

    tell(2);

    let (frames, ended) = read(&mut stream);
    assert_eq!((frames.len(), ended), (3, true));
}

#[test]
fn what_was_read_makes_room_for_what_comes() {
    let registry = Arc::new(Registry::default());
    let mut stream = all(&registry, 1);
    let frame = Bytes::from(vec![b'x'; BYTES_MAX / 2]);

    for _ in 0..20 {
        registry.tell_user(Uuid::from_u128(1), EventType::TaskFailed, &frame);
        assert_eq!(read(&mut stream), (vec![frame.clone()], false));
    }
}

#[test]
fn a_stream_that_was_let_go_keeps_its_place_until_its_client_is_gone() {
    let registry = Arc::new(Registry::default());
    let mut held: Vec<_> = (0..STREAMS_PER_USER_MAX).map(|_| all(&registry, 1)).collect();

    registry.let_go(Uuid::from_u128(1));

    assert!(registry.is_empty() && registry.users().is_empty(), "they are told nothing");
    let another = registry.open(reader(1), Scope::User(EventTypes::ALL));
    assert_eq!(another.err(), Some(TooManyStreams::OfUser));
    held.pop();
    held.push(all(&registry, 1));
    drop(held);
    let open = registry.open.lock();
    assert!(open.held.is_empty() && open.held_by_all == 0 && open.streams.is_empty());
}
