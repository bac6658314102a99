//! The store on each of the ways in which Redis can be run.

use crate::world::{Ground, Process, Store, free_port, lamp, told, until, vitrine};
use platform::testing;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A folder for servers of this test's own.
fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(testing::redis().1);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A `redis-server` on a port, with more settings.
fn server(folder: &Path, port: u16, settings: &[&str]) -> Process {
    let (port, home) = (port.to_string(), folder.join(port.to_string()));
    std::fs::create_dir_all(&home).unwrap();
    let mut command = Command::new("redis-server");
    command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--dir"]).arg(home);
    Process::start(command.args(settings))
}

/// What a server answers, as `redis-cli` prints it.
fn ask(port: u16, words: &[&str]) -> String {
    let said = Command::new("redis-cli").args(["-p", &port.to_string()]).args(words).output();
    String::from_utf8(said.unwrap().stdout).unwrap()
}

/// How many pages there are that nobody has asked for.
const FRESH: usize = 100;

/// Whether every node has taken in that pages have changed.
async fn purges(store: &Store) -> bool {
    let mut command = vitrine();
    command.envs(store.direct_settings()).args(["cache", "purge", "--tag", "category:rooms"]);
    told(command).await.0 == Some(0)
}

/// The lamp gets another name; all nodes have to show it.
async fn follows(store: &Store, nodes: &[String], name: &str) {
    store.write(&lamp(name)).await;
    store.until("pages are purged", async || purges(store).await).await;
    for node in nodes {
        let says = async || store.page_of(node, "/p/lamp").await.1.contains(name);
        store.until("the node has heard of it", says).await;
    }
}

#[tokio::test]
async fn after_a_failover_pages_are_purged_at_the_new_master() {
    let folder = folder();
    let ports: Vec<u16> = (0..5).map(|_| free_port()).collect();
    let (master, replica, sentinels) = (ports[0], ports[1], &ports[2..]);
    let mut first = server(&folder, master, &[]);
    let of_master = ["--replicaof", "127.0.0.1", &master.to_string()].map(str::to_owned);
    let _second = server(&folder, replica, &of_master.each_ref().map(String::as_str));
    let _sentinels: Vec<Process> =
        sentinels.iter().map(|port| sentinel(&folder, *port, master)).collect();
    for port in sentinels {
        let knows = async || {
            let told = ask(*port, &["sentinel", "master", "shop"]);
            ["num-slaves\n1", "num-other-sentinels\n2"].iter().all(|fact| told.contains(fact))
        };
        until("the sentinels know of everybody", knows).await;
    }

    let hosts: Vec<String> = sentinels.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let url = format!("redis+sentinel://{}/shop/0", hosts.join(","));
    let store = Store::open_on(Ground::on_redis(&url).await).await;
    let nodes = [store.url.clone(), store.another().await];
    follows(&store, &nodes, "Lantern").await;

    let spare = |number| {
        let line = lamp("Spare").replace("\"lamp\"", &format!("\"lamp-{number}\""));
        line.replace("LAMP", &format!("LAMP-{number}"))
    };
    store.write(&(0..FRESH).map(spare).collect::<Vec<_>>().join("\n")).await;
    first.kill().await;
    follows(&store, &nodes, "Torch").await;
    assert!(ask(replica, &["info", "replication"]).contains("role:master"));
    store.until("it is ready", async || store.readiness().await.0 == 200).await;
    // After a failure a node leaves Redis alone for a moment: then another page has to show it.
    let mut fresh = (0..FRESH).map(|number| format!("/p/lamp-{number}"));
    let shared = async || {
        let path = fresh.next().unwrap();
        store.page_of(&nodes[0], &path).await;
        store.page_of(&nodes[1], &path).await.0 == "hit-shared"
    };
    store.until("what one node has rendered the other finds there", shared).await;
}

fn sentinel(folder: &Path, port: u16, master: u16) -> Process {
    let file = folder.join(format!("{port}.conf"));
    let settings = format!(
        "port {port}\nbind 127.0.0.1\nsentinel monitor shop 127.0.0.1 {master} 2\n\
         sentinel down-after-milliseconds shop 500\nsentinel failover-timeout shop 1000\n"
    );
    std::fs::write(&file, settings).unwrap();
    Process::start(Command::new("redis-server").arg(file).arg("--sentinel"))
}

#[tokio::test]
async fn on_a_cluster_nodes_share_their_pages_and_hear_of_changes() {
    let folder = folder();
    let ports: Vec<u16> = (0..3).map(|_| free_port()).collect();
    let _servers: Vec<Process> = ports.iter().map(|port| member(&folder, *port)).collect();
    for port in &ports {
        until("the servers answer", async || ask(*port, &["ping"]) == "PONG\n").await;
    }
    let hosts: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let mut create = Command::new("redis-cli");
    create.args(["--cluster", "create"]).args(&hosts).arg("--cluster-yes");
    let (code, said) = told(create).await;
    assert_eq!(code, Some(0), "{said}");
    let formed = async |port| ask(port, &["cluster", "info"]).contains("cluster_state:ok");
    for port in &ports {
        until("the cluster is formed", async || formed(*port).await).await;
    }

    // It is enough to name one: it names the others.
    let url = format!("redis+cluster://{}", hosts[0]);
    let store = Store::open_on(Ground::on_redis(&url).await).await;
    let nodes = [store.url.clone(), store.another().await];
    let worker = store.worker();
    store.until("it works", async || worker.log().contains("working")).await;
    follows(&store, &nodes, "Lantern").await;
    assert_eq!(store.page_of(&nodes[0], "/p/chair").await.0, "miss");
    assert_eq!(store.page_of(&nodes[1], "/p/chair").await.0, "hit-shared");
    // Of stock the worker hears over the bus, which is on the cluster too.
    store.count("LAMP", 0).await;
    for node in &nodes {
        let is_sold_out = async || store.page_of(node, "/p/lamp").await.1.contains("Sold out");
        store.until("the page is made anew", is_sold_out).await;
    }
}

fn member(folder: &Path, port: u16) -> Process {
    let bus = free_port().to_string();
    server(folder, port, &["--cluster-enabled", "yes", "--cluster-port", &bus])
}
