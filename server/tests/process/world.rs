//! The binary as it runs in production: processes of their own, on databases of their own, each reached
//! over a line that the test watches and may cut.

use domain::Sku;
use inventory::Inventory;
use platform::testing::{self, TestDatabase, TestMongo, Wire};
use reqwest::{Client, RequestBuilder, Response};
use std::{
    fs::File,
    net::TcpListener,
    ops::Deref,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

/// How long anything here may take before it counts as not happening.
pub const SOON: Duration = Duration::from_secs(20);

const CATALOGUE: &str = concat!(
    r#"{"category": {"path": "rooms", "names": {"en": "Rooms"}}}"#,
    "\n",
    r#"{"product": {"featured": true, "translations": {"en": {"name": "Lamp", "slug": "lamp"}}, "categories": ["rooms"], "variants": [{"sku": "LAMP", "tax_class": "standard", "prices": [{"currency": "EUR", "amount": 1999}]}]}, "stock": {"LAMP": 50}}"#,
    "\n",
    r#"{"product": {"translations": {"en": {"name": "Chair", "slug": "chair"}}, "categories": ["rooms"], "options": [{"code": "colour", "name": "Colour", "values": ["red", "blue"]}], "variants": [{"sku": "CHAIR-R", "options": ["red"], "tax_class": "standard", "prices": [{"currency": "EUR", "amount": 9900}]}, {"sku": "CHAIR-B", "options": ["blue"], "tax_class": "standard", "prices": [{"currency": "EUR", "amount": 9900}]}]}, "stock": {"CHAIR-R": 20, "CHAIR-B": 20}}"#,
    "\n",
);

/// The line of the lamp, under another name.
pub fn lamp(name: &str) -> String {
    format!(
        r#"{{"product": {{"featured": true, "translations": {{"en": {{"name": "{name}", "slug": "lamp"}}}}, "categories": ["rooms"], "variants": [{{"sku": "LAMP", "tax_class": "standard", "prices": [{{"currency": "EUR", "amount": 1999}}]}}]}}}}"#
    )
}

/// What a shopper fills in at the checkout.
pub const TO_BERLIN: [(&str, &str); 7] = [
    ("email", "shopper@example.com"),
    ("full_name", "Ada Lovelace"),
    ("address", "Unter den Linden 1"),
    ("postal_code", "10117"),
    ("city", "Berlin"),
    ("country", "DE"),
    ("delivery", "standard"),
];

/// `vitrine` with nothing configured but its secrets.
pub fn vitrine() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vitrine"));
    let ours = |name: &str| {
        name.starts_with("VITRINE_")
            || name.starts_with("LEPTOS_")
            || matches!(name, "DATABASE_URL" | "MONGODB_URL" | "REDIS_URL" | "RUST_LOG")
    };
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command
        .env("LEPTOS_HASH_FILES", "false")
        .env("VITRINE__PAYMENTS__SANDBOX__SECRET", "sk_test_merchant_of_tests")
        .env(
            "VITRINE__PAYMENTS__SANDBOX__WEBHOOK_SECRET",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        );
    command
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until it is so.
pub async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !so().await {
        assert!(begun.elapsed() < SOON, "it does not come to pass that {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A running process that ends with its value.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it; its log goes to a file.
    pub fn start(command: &mut Command) -> Self {
        let log = format!("{}.log", testing::redis().1);
        let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(log);
        let file = File::create(&log).unwrap();
        let child = command.stdout(Stdio::null()).stderr(file).spawn().unwrap();
        Self { child, log }
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Asks it to stop, as a service manager would.
    pub fn ask_to_stop(&self) {
        self.signal("TERM");
    }

    /// It hangs until [`Self::thaw`].
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// It hangs no longer.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Kills it, as a machine that is lost would be.
    pub async fn kill(&mut self) {
        self.child.kill().unwrap();
        self.ended().await;
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it does so in time.
    pub async fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < SOON, "the process does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a store stands on, with nothing in it yet.
pub struct Ground {
    pub postgres: Wire,
    pub mongodb: Wire,
    pub redis: Wire,
    pub folder: PathBuf,
    pub settings: Settings,
    pub database: TestDatabase,
    mongo: TestMongo,
    /// Where Redis is, past the line.
    redis_url: String,
}

type Settings = Vec<(&'static str, String)>;

impl Ground {
    pub async fn new() -> Self {
        let redis_url = testing::redis().0;
        let (redis, through) = Wire::through(&redis_url).await;
        Self::with_redis(redis, through, redis_url).await
    }

    /// A ground whose Redis is at this URL, with no line in between.
    pub async fn on_redis(url: &str) -> Self {
        let (unused, _) = Wire::through(&testing::redis().0).await;
        Self::with_redis(unused, url.to_owned(), url.to_owned()).await
    }

    async fn with_redis(redis: Wire, through: String, redis_url: String) -> Self {
        let (database, mongo) = tokio::join!(testing::empty_postgres(), testing::mongodb());
        Self::of(database, mongo, redis, through, redis_url).await
    }

    /// A ground on servers of its own, with no line in between.
    pub async fn on_servers(postgres: &str, mongodb: &str, redis: &str) -> Self {
        let (database, mongo) = tokio::join!(
            testing::empty_postgres_on(postgres.to_owned()),
            testing::mongodb_on(mongodb)
        );
        let (unused, _) = Wire::through(redis).await;
        let mut ground =
            Self::of(database, mongo, unused, redis.to_owned(), redis.to_owned()).await;
        ground.settings = ground.direct_settings();
        ground
    }

    async fn of(
        database: TestDatabase,
        mongo: TestMongo,
        redis: Wire,
        through: String,
        redis_url: String,
    ) -> Self {
        let namespace = testing::redis().1;
        let (postgres, database_url) = Wire::through(&database.url).await;
        let (mongodb, mongodb_url) = Wire::through(&mongo.url).await;
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(&namespace);
        let (media, site) = (folder.join("media"), folder.join("site"));
        std::fs::create_dir_all(&media).unwrap();
        std::fs::create_dir_all(site.join("pkg")).unwrap();
        for name in ["vitrine.css", "vitrine.js", "vitrine.wasm"] {
            std::fs::write(site.join("pkg").join(name), name).unwrap();
        }
        let settings = vec![
            ("DATABASE_URL", database_url),
            ("MONGODB_URL", mongodb_url),
            ("REDIS_URL", through),
            ("VITRINE__REDIS__NAMESPACE", namespace),
            ("VITRINE__MEDIA__DIR", media.to_string_lossy().into_owned()),
            ("VITRINE__SERVER__SITE_ROOT", site.to_string_lossy().into_owned()),
        ];
        Self { postgres, mongodb, redis, folder, settings, database, mongo, redis_url }
    }

    /// Puts schemas, indexes and the small catalogue there.
    pub async fn furnish(&self) {
        let catalogue = self.folder.join("catalogue.jsonl");
        std::fs::write(&catalogue, CATALOGUE).unwrap();
        run(self.settings.clone(), &["migrate"]).await;
        let catalogue = catalogue.to_string_lossy();
        run(self.settings.clone(), &["import", "jsonl", &catalogue]).await;
    }

    /// `vitrine` on this ground.
    pub fn vitrine(&self) -> Command {
        let mut command = vitrine();
        command.envs(self.settings.clone());
        command
    }

    /// The same, told what to do.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.vitrine();
        command.args(arguments);
        command
    }

    /// The same as a process that goes on, with more settings.
    pub fn start(&self, command: &str, more: &[(&str, &str)]) -> Process {
        Process::start(self.command(&[command]).envs(more.iter().copied()))
    }

    /// What its keys in Redis begin with.
    pub fn namespace(&self) -> &str {
        let is_it = |(name, _): &&(&str, String)| *name == "VITRINE__REDIS__NAMESPACE";
        &self.settings.iter().find(is_it).unwrap().1
    }

    /// The same store, reached past the lines.
    pub fn direct_settings(&self) -> Settings {
        let direct = |(name, value): &(&'static str, String)| match *name {
            "DATABASE_URL" => ("DATABASE_URL", self.database.url.clone()),
            "MONGODB_URL" => ("MONGODB_URL", self.mongo.url.clone()),
            "REDIS_URL" => ("REDIS_URL", self.redis_url.clone()),
            name => (name, value.clone()),
        };
        self.settings.iter().map(direct).collect()
    }
}

/// The exit code of a command, and all that it says.
pub async fn told(mut command: Command) -> (Option<i32>, String) {
    // The lines to the databases live on this thread: it may not stand still.
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

/// A store that serves, with a small catalogue.
pub struct Store {
    pub serve: Process,
    pub url: String,
    pub client: Client,
    others: Mutex<Vec<Process>>,
    ground: Ground,
}

impl Deref for Store {
    type Target = Ground;

    fn deref(&self) -> &Ground {
        &self.ground
    }
}

impl Store {
    pub async fn open() -> Self {
        Self::open_on(Ground::new().await).await
    }

    /// A store on an empty ground.
    pub async fn open_on(ground: Ground) -> Self {
        ground.furnish().await;
        let store = Self::on(ground);
        store.until("it is ready", async || store.readiness().await.0 == 200).await;
        store
    }

    /// A store on a ground as it is.
    pub fn on(mut ground: Ground) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let url = format!("http://{address}");
        ground.settings.push(("VITRINE__SERVER__LISTEN", address));
        ground.settings.push(("VITRINE__SERVER__PUBLIC_URL", url.clone()));
        let serve = ground.start("serve", &[]);
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { serve, url, client, others: Mutex::default(), ground }
    }

    /// Puts more on its shelves: lines as `vitrine import jsonl` reads them.
    pub async fn put_on_sale(&self, lines: &[serde_json::Value]) {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        self.import(&lines.join(
            "
",
        ))
        .await;
    }

    /// A worker beside it.
    pub fn worker(&self) -> Process {
        self.start("work", &[])
    }

    /// Another node on the same databases, over the same lines; its address.
    pub async fn another(&self) -> String {
        self.another_with(&[]).await
    }

    /// The same with more settings; what is empty is as if it were not set.
    pub async fn another_with(&self, more: &[(&str, &str)]) -> String {
        let address = format!("127.0.0.1:{}", free_port());
        let more = [more, &[("VITRINE__SERVER__LISTEN", &*address)]].concat();
        let node = self.start("serve", &more);
        self.others.lock().unwrap().push(node);
        let url = format!("http://{address}");
        let ready = async || {
            let answer = self.client.get(format!("{url}/health/ready")).send().await;
            answer.is_ok_and(|answer| answer.status() == 200)
        };
        self.until("the other node is ready", ready).await;
        url
    }

    fn file(&self, lines: &str) -> PathBuf {
        let file = self.folder.join(format!("{}.jsonl", testing::redis().1));
        std::fs::write(&file, lines).unwrap();
        file
    }

    /// Imports these lines, as a merchant does; returns when no node serves an older page.
    pub async fn import(&self, lines: &str) {
        let file = self.file(lines);
        run(self.direct_settings(), &["import", "jsonl", &file.to_string_lossy()]).await;
    }

    /// Writes these lines into the catalogue; nobody is told.
    pub async fn write(&self, lines: &str) {
        let file = std::fs::File::open(self.file(lines)).unwrap();
        let market = domain::Market::european_union();
        let catalogue = catalogue::Catalogue::new(self.mongo.database.clone(), market);
        let media = catalogue::MediaStore::local(&self.folder.join("media")).unwrap();
        let read = std::io::BufReader::new(file);
        let report =
            catalogue::import::jsonl(read, &self.folder, &catalogue, &media, &mut ()).await;
        assert!(report.unwrap().rejected.is_empty());
    }

    /// Counts what is there of a SKU, in both warehouses together, as the warehouses' software would:
    /// nobody but the worker hears of it.
    pub async fn count(&self, sku: &str, pieces: u32) {
        let sku = Sku::parse(sku).unwrap();
        let schema = inventory::SCHEMA;
        let pool = platform::postgres::connect(&self.database.url, schema, 1).await.unwrap();
        let inventory = Inventory::new(pool);
        for (warehouse, pieces) in [("berlin", pieces), ("lyon", 0)] {
            inventory.set_levels(warehouse, &[(sku.clone(), pieces)], "count").await.unwrap();
        }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap()
    }

    /// A page, and how the edge came by it.
    pub async fn page(&self, path: &str) -> (String, String) {
        self.page_of(&self.url, path).await
    }

    /// The same of the node with this address.
    pub async fn page_of(&self, node: &str, path: &str) -> (String, String) {
        let answer = self.client.get(format!("{node}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let from = answer.headers()["x-cache"].to_str().unwrap().to_owned();
        (from, answer.text().await.unwrap())
    }

    /// A form as a browser of this store sends it.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.url));
        request.header("origin", &self.url).header("sec-fetch-site", "same-origin").form(fields)
    }

    /// The status of the readiness, and what it says of each dependency.
    pub async fn readiness(&self) -> (u16, serde_json::Value) {
        match self.client.get(format!("{}/health/ready", self.url)).send().await {
            Ok(answer) => (answer.status().as_u16(), answer.json().await.unwrap_or_default()),
            Err(_) => (0, serde_json::Value::Null),
        }
    }

    /// Waits until it is so.
    pub async fn until(&self, what: &str, so: impl AsyncFnMut() -> bool) {
        until(what, so).await;
    }

    /// Forgets what was asked of the databases so far.
    pub fn begin_to_count(&self) {
        for wire in [&self.postgres, &self.mongodb, &self.redis] {
            wire.round_trips();
        }
    }
}

/// Runs a command to its end; what it printed.
pub async fn run(settings: Settings, arguments: &[&str]) -> String {
    let mut command = vitrine();
    command.envs(settings).args(arguments);
    let (code, told) = told(command).await;
    assert_eq!(code, Some(0), "vitrine {arguments:?}: {told}");
    told
}
