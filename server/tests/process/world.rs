//! The binary as it runs in production: processes of their own, on databases of their own, each reached
//! over a line that the test watches and may cut.

use domain::Sku;
use inventory::Inventory;
use platform::testing::{self, TestDatabase, TestMongo, Wire};
use reqwest::{Client, RequestBuilder, Response};
use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
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

/// `vitrine` with nothing configured but its secrets.
pub fn vitrine() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vitrine"));
    let ours = |name: &str| {
        name.starts_with("VITRINE_")
            || matches!(name, "DATABASE_URL" | "MONGODB_URL" | "REDIS_URL" | "RUST_LOG")
    };
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command
        .env("LEPTOS_OUTPUT_NAME", "vitrine")
        .env("VITRINE__PAYMENTS__SANDBOX__SECRET", "sk_test_merchant_of_tests")
        .env(
            "VITRINE__PAYMENTS__SANDBOX__WEBHOOK_SECRET",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        );
    command
}

/// A running process that ends with its value.
pub struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Self {
        Self(command.stderr(Stdio::null()).spawn().unwrap())
    }

    /// Asks it to stop, as a service manager would.
    pub fn ask_to_stop(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        assert!(asked.unwrap().success());
    }

    /// How it ended, if it does so in time.
    pub async fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < SOON, "the process does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A store that serves, with a small catalogue.
pub struct Store {
    pub serve: Process,
    pub postgres: Wire,
    pub mongodb: Wire,
    pub redis: Wire,
    pub url: String,
    pub client: Client,
    settings: Vec<(&'static str, String)>,
    folder: PathBuf,
    database: TestDatabase,
    _mongo: TestMongo,
}

impl Store {
    pub async fn open() -> Self {
        let (database, mongo) = tokio::join!(testing::empty_postgres(), testing::mongodb());
        let (redis_url, namespace) = testing::redis();
        let (postgres, database_url) = Wire::through(&database.url).await;
        let (mongodb, mongodb_url) = Wire::through(&mongo.url).await;
        let (redis, redis_url) = Wire::through(&redis_url).await;
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(&namespace);
        std::fs::create_dir_all(&folder).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        let settings = vec![
            ("DATABASE_URL", database_url),
            ("MONGODB_URL", mongodb_url),
            ("REDIS_URL", redis_url),
            ("VITRINE__REDIS__NAMESPACE", namespace),
            ("VITRINE__SERVER__LISTEN", format!("127.0.0.1:{port}")),
            ("VITRINE__SERVER__PUBLIC_URL", url.clone()),
            ("VITRINE__MEDIA__DIR", folder.join("media").to_string_lossy().into_owned()),
        ];
        let catalogue = folder.join("catalogue.jsonl");
        std::fs::write(&catalogue, CATALOGUE).unwrap();
        run(&settings, &["migrate"]).await;
        run(&settings, &["import", "jsonl", &catalogue.to_string_lossy()]).await;
        let serve = Process::start(vitrine().envs(settings.clone()).arg("serve"));
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let store = Self {
            serve,
            postgres,
            mongodb,
            redis,
            url,
            client,
            settings,
            folder,
            database,
            _mongo: mongo,
        };
        store.until("it is ready", async || store.readiness().await.0 == 200).await;
        store
    }

    /// Puts more on its shelves: lines as `vitrine import jsonl` reads them.
    pub async fn import(&self, lines: &[serde_json::Value]) {
        let file = self.folder.join("more.jsonl");
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        std::fs::write(&file, lines.join("\n")).unwrap();
        run(&self.settings, &["import", "jsonl", &file.to_string_lossy()]).await;
    }

    /// A worker beside it.
    pub fn worker(&self) -> Process {
        Process::start(vitrine().envs(self.settings.clone()).arg("work"))
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
        let answer = self.get(path).await;
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
    pub async fn until(&self, what: &str, mut so: impl AsyncFnMut() -> bool) {
        let begun = Instant::now();
        while !so().await {
            assert!(begun.elapsed() < SOON, "it does not come to pass that {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Forgets what was asked of the databases so far.
    pub fn begin_to_count(&self) {
        for wire in [&self.postgres, &self.mongodb, &self.redis] {
            wire.round_trips();
        }
    }
}

async fn run(settings: &[(&str, String)], arguments: &[&str]) {
    let mut command = vitrine();
    command.envs(settings.iter().cloned()).args(arguments);
    // The lines to the databases live on this thread: it may not stand still.
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "vitrine {arguments:?}: {told}");
}
