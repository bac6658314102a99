//! Documents that are dropped into a folder, taken in by workers that come and go.

use crate::world::{Ground, Process, until};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// A store with thirty lamps in Berlin and twenty in Lyon, and a folder.
pub struct Dropped {
    pub ground: Ground,
    root: PathBuf,
    pub source: PathBuf,
}

impl Dropped {
    pub async fn open() -> Self {
        let ground = Ground::new().await;
        ground.furnish().await;
        let root = ground.folder.join("drop");
        let source = root.join("wms-berlin");
        fs::create_dir_all(&source).unwrap();
        Self { ground, root, source }
    }

    /// A worker that takes documents in as soon as they are there, with more settings.
    pub fn worker(&self, more: &[(&str, &str)]) -> Process {
        let root = self.root.to_string_lossy();
        let settings = [
            ("VITRINE__WORK__ROLES", "drop"),
            ("VITRINE__DROP__FOLDER", &*root),
            ("VITRINE__DROP__QUIET_SECONDS", "0"),
        ];
        self.ground.start("work", &[&settings, more].concat())
    }

    pub fn drop(&self, name: &str, content: &str) {
        let unfinished = self.source.join(format!("{name}.part"));
        fs::write(&unfinished, content).unwrap();
        fs::rename(unfinished, self.source.join(name)).unwrap();
    }

    /// What lies in a folder of the source, by the names without the hashes.
    pub fn shelf(&self, folder: &str) -> BTreeMap<String, String> {
        let Ok(entries) = fs::read_dir(self.source.join(folder)) else { return BTreeMap::new() };
        let entry = |path: PathBuf| {
            let name = path.file_name()?.to_str()?.to_owned();
            let parts: Vec<_> = name.split('.').collect();
            let is_hash =
                |part: &&str| part.len() == 12 && part.bytes().all(|b| b.is_ascii_hexdigit());
            let name: Vec<_> = parts.into_iter().filter(|part| !is_hash(part)).collect();
            Some((name.join("."), fs::read_to_string(path).ok()?))
        };
        entries.filter_map(|found| entry(found.unwrap().path())).collect()
    }

    pub async fn lies_in(&self, folder: &str, name: &str) {
        let there = async || self.shelf(folder).contains_key(name);
        until(&format!("{name} lies in {folder}"), there).await;
    }

    pub async fn lamps(&self) -> i64 {
        let lamps = "select on_hand from inventory.stock_levels where sku = 'LAMP' and warehouse = 'berlin'";
        sqlx::query_scalar(lamps).fetch_one(&self.ground.database.pool).await.unwrap()
    }

    async fn books_are_right(&self) {
        crate::world::run(self.ground.settings.clone(), &["inventory", "verify"]).await;
    }
}

fn received(id: &str, pieces: u32) -> String {
    format!("external_id,warehouse,sku,kind,quantity\n{id},berlin,LAMP,received,{pieces}\n")
}

/// What became of each row, of answers that are a table.
fn outcomes(answers: &str) -> Vec<&str> {
    answers.lines().skip(1).map(|line| line.split(',').nth(2).unwrap()).collect()
}

#[tokio::test]
async fn a_document_is_told_once_however_often_it_is_dropped_and_answered_beside_it() {
    let dropped = Dropped::open().await;
    let mut worker = dropped.worker(&[]);
    dropped.drop("receipts.csv", &received("1", 5));
    dropped.lies_in("done", "receipts.csv").await;
    let answers = dropped.shelf("done")["receipts.answers.csv"].clone();
    assert_eq!(outcomes(&answers), ["applied"]);
    assert_eq!(dropped.lamps().await, 35);

    let again = async || {
        let done = dropped.shelf("done");
        outcomes(&done["receipts.answers.csv"]) == ["already_applied"]
    };
    dropped.drop("receipts.csv", &received("1", 5));
    until("it is told again", again).await;
    assert_eq!(dropped.lamps().await, 35);

    // Another file of that name is another file, and neither is lost.
    dropped.drop("receipts.csv", &received("2", 1));
    let four = async || fs::read_dir(dropped.source.join("done")).unwrap().count() == 4;
    until("both lie there with their answers", four).await;
    assert_eq!(dropped.lamps().await, 36);

    dropped.drop("broken.csv", "external_id,warehouse,sku,kind\n1,berlin,LAMP,received\n");
    dropped.drop("cut.json", "{\"type\": \"EPCISDocument\"");
    dropped.lies_in("refused", "broken.csv").await;
    dropped.lies_in("refused", "cut.json").await;
    let refused = dropped.shelf("refused");
    assert_eq!(
        refused["broken.reasons.txt"],
        "line 1\tmissing_column\tThere is no column `quantity`.\n"
    );
    assert!(refused["cut.reasons.txt"].starts_with("#\tnot_json\t"), "{refused:?}");
    assert_eq!(dropped.shelf("taking"), BTreeMap::new());
    worker.ask_to_stop();
    assert!(worker.ended().await.success());
    dropped.books_are_right().await;
}

#[tokio::test]
async fn where_all_or_nothing_is_wanted_a_document_with_a_wrong_row_is_refused_with_its_answers() {
    let dropped = Dropped::open().await;
    let _worker = dropped.worker(&[("VITRINE__DROP__MODE", "all")]);
    dropped.drop("some.csv", &(received("1", 5) + "2,moon,LAMP,received,5\n"));
    dropped.lies_in("refused", "some.csv").await;
    let answers = dropped.shelf("refused")["some.answers.csv"].clone();
    assert_eq!(outcomes(&answers), ["withheld", "unknown_warehouse"]);
    assert_eq!(dropped.lamps().await, 30);
    dropped.drop("all.csv", &(received("1", 5) + "2,lyon,LAMP,received,5\n"));
    dropped.lies_in("done", "all.csv").await;
    assert_eq!(dropped.lamps().await, 35);
}

#[tokio::test]
async fn what_is_no_document_is_left_lying_and_what_is_too_large_is_refused_unread() {
    let dropped = Dropped::open().await;
    let outside = dropped.ground.folder.join("outside.csv");
    fs::write(&outside, received("1", 5)).unwrap();
    let at = |name: &str| dropped.source.join(name);
    std::os::unix::fs::symlink(&outside, at("link.csv")).unwrap();
    let elsewhere = dropped.ground.folder.join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("outside.csv"), received("2", 5)).unwrap();
    std::os::unix::fs::symlink(&elsewhere, dropped.root.join("other-source")).unwrap();
    assert!(Command::new("mkfifo").arg(at("pipe.csv")).status().unwrap().success());
    fs::write(at("letter.txt"), "Dear store").unwrap();
    fs::write(at(".hidden.csv"), received("3", 5)).unwrap();
    for unfinished in ["half.csv.part", "half.PART", "../half.csv.part"] {
        fs::write(at(unfinished), received("3", 5)).unwrap();
    }
    fs::write(dropped.root.join("stray.csv"), received("4", 5)).unwrap();
    let row = "x,berlin,LAMP,received,5\n";
    fs::write(at("large.csv"), received("5", 5) + &row.repeat(1024 * 1024 / row.len())).unwrap();
    let worker = dropped.worker(&[("VITRINE__DROP__MAX_MEGABYTES", "1")]);
    dropped.drop("right.csv", &received("6", 1));
    dropped.lies_in("done", "right.csv").await;
    dropped.lies_in("refused", "large.csv").await;
    let reason = dropped.shelf("refused")["large.reasons.txt"].clone();
    assert!(reason.contains("\ttoo_large\t"), "{reason}");
    assert_eq!(dropped.lamps().await, 31);
    let silent = [".hidden.csv", "half.csv.part", "half.PART", "../half.csv.part"];
    for name in ["link.csv", "pipe.csv", "letter.txt", "../stray.csv"].iter().chain(&silent) {
        assert!(fs::symlink_metadata(at(name)).is_ok(), "{name} is gone");
    }
    let names = ["link.csv", "pipe.csv", "letter.txt", "stray.csv", "other-source"];
    let log = worker.log();
    for name in names {
        let told =
            |line: &&str| line.contains("is not taken in") && line.contains(&format!("/{name}\""));
        assert_eq!(log.lines().filter(told).count(), 1, "{name} in {log}");
    }
    // What is hidden or unfinished is as it should be.
    assert!(!log.contains("half.") && !log.contains(".hidden"), "{log}");
}

#[tokio::test]
async fn a_file_that_is_still_being_written_is_not_taken() {
    let dropped = Dropped::open().await;
    let _worker = dropped.worker(&[("VITRINE__DROP__QUIET_SECONDS", "3")]);
    let path = dropped.source.join("slow.csv");
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(received("0", 1).as_bytes()).unwrap();
    for nth in 1..=20 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert!(Path::exists(&path), "it was taken after {nth} rows");
        file.write_all(format!("{nth},berlin,LAMP,received,1\n").as_bytes()).unwrap();
    }
    dropped.lies_in("done", "slow.csv").await;
    assert_eq!(outcomes(&dropped.shelf("done")["slow.answers.csv"]), ["applied"; 21]);
    assert_eq!(dropped.lamps().await, 51);
}

#[tokio::test]
async fn what_a_lost_worker_had_begun_the_next_one_finishes_and_nothing_is_told_twice() {
    let dropped = Dropped::open().await;
    let mut doomed = dropped.worker(&[]);
    // Somebody holds the lamp's level: the worker waits in the middle of its work.
    let mut held = dropped.ground.database.pool.begin().await.unwrap();
    let lock = "select 1 from inventory.stock_levels where sku = 'LAMP' for update";
    sqlx::query(lock).fetch_all(&mut *held).await.unwrap();
    dropped.drop("receipts.csv", &received("1", 5));
    let begun = async || dropped.shelf("taking").len() == 1 && is_waited_for(&dropped).await;
    until("it is begun", begun).await;
    doomed.kill().await;
    held.commit().await.unwrap();
    assert_eq!(dropped.shelf("done"), BTreeMap::new());
    // A new file comes under the name meanwhile.
    dropped.drop("receipts.csv", &received("2", 2));
    let _next = dropped.worker(&[]);
    let four = async || {
        let done = fs::read_dir(dropped.source.join("done"));
        done.is_ok_and(|done| done.count() == 4)
    };
    until("both are done", four).await;
    assert_eq!(dropped.lamps().await, 37);
    assert_eq!(dropped.shelf("taking"), BTreeMap::new());
    dropped.books_are_right().await;
}

/// Whether somebody waits for a lock in this database.
async fn is_waited_for(dropped: &Dropped) -> bool {
    let waiting = "select count(*) > 0 from pg_locks join pg_stat_activity using (pid)
         where not granted and datname = current_database()";
    sqlx::query_scalar(waiting).fetch_one(&dropped.ground.database.pool).await.unwrap()
}

#[tokio::test]
async fn several_workers_share_what_is_there() {
    let dropped = Dropped::open().await;
    for nth in 0..40 {
        dropped.drop(&format!("{nth}.csv"), &received(&nth.to_string(), 1));
    }
    let _workers: Vec<_> = (0..3).map(|_| dropped.worker(&[])).collect();
    until("all are done", async || dropped.shelf("done").len() == 80).await;
    assert_eq!(dropped.lamps().await, 70);
    for (name, answers) in dropped.shelf("done") {
        if name.ends_with(".answers.csv") {
            assert_eq!(outcomes(&answers), ["applied"], "{name} was told twice");
        }
    }
    dropped.books_are_right().await;
}

#[tokio::test]
async fn a_database_that_is_away_is_waited_for() {
    let dropped = Dropped::open().await;
    let worker = dropped.worker(&[]);
    until("it works", async || worker.log().contains("working")).await;
    dropped.ground.postgres.cut();
    dropped.drop("receipts.csv", &received("1", 5));
    until("it is missed", async || worker.log().contains("will be tried again")).await;
    dropped.ground.postgres.mend();
    dropped.lies_in("done", "receipts.csv").await;
    assert_eq!(dropped.lamps().await, 35);
}

#[tokio::test]
async fn a_worker_with_nothing_but_a_folder_says_if_there_is_none() {
    let ground = Ground::new().await;
    ground.furnish().await;
    let (code, told) = crate::world::told(ground.command(&["work", "--roles", "drop"])).await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("drop.folder is not set"), "{told}");
}
