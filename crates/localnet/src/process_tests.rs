use super::*;

const PATIENCE: Duration = Duration::from_secs(60);

fn shell(script: &str, log: &Path) -> Process {
    Process::start("the script", Command::new("sh").args(["-c", script]), log).unwrap()
}

/// Waits until the script has said something.
fn heard(log: &Path) {
    while std::fs::read_to_string(log).unwrap_or_default().is_empty() {
        std::thread::yield_now();
    }
}

#[test]
fn what_ends_unasked_is_shown_with_the_end_of_its_log() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut process = shell("seq 1 100; echo broken >&2; exit 3", &log);
    process.child.wait().unwrap();
    let error = process.must_run().unwrap_err().to_string();
    assert!(error.contains("the script ended (exit status: 3)"), "{error}");
    assert!(error.ends_with("99\n100\nbroken") && !error.contains("\n80\n"), "{error}");
}

#[tokio::test]
async fn what_is_asked_to_end_may_take_its_leave() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut process = shell("trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done", &log);
    heard(&log);
    process.must_run().unwrap();
    assert_eq!(process.stop(PATIENCE).await.unwrap().code(), Some(5));
}

#[tokio::test]
async fn what_does_not_listen_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let process = shell("trap '' TERM; echo ready; while :; do sleep 0.01; done", &log);
    heard(&log);
    assert_eq!(process.stop(Duration::ZERO).await.unwrap().code(), None);
}

#[test]
fn it_ends_with_whoever_started_it() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let process = shell("echo ready; while :; do sleep 0.01; done", &log);
    heard(&log);
    let id = Pid::from_raw(process.id().cast_signed());
    kill(id, None).unwrap();
    drop(process);
    assert!(kill(id, None).is_err());
}

#[test]
fn a_program_or_log_that_cannot_be_had_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let start = |program: &str, log: &Path| Process::start("it", &mut Command::new(program), log);
    let log = directory.path().join("log");
    let error = start("/no/such/program", &log).err().unwrap().to_string();
    assert_eq!(error, "/no/such/program does not start");
    let error = start("true", &directory.path().join("no/log")).err().unwrap().to_string();
    assert!(error.ends_with("no/log cannot be written"), "{error}");
}
