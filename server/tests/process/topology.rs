//! The topology of `deploy/`: three nodes for pages, two for checkouts, one for programs and a worker behind nginx with the
//! very configuration that lies there, and a shopper without scripts who buys something through it.

use crate::{
    shopper::{Shopper, client},
    world::{Ground, Process, free_port, until},
};
use sqlx::Row;
use std::{collections::BTreeSet, path::Path, process::Command};

const STORE: &str = include_str!("../../../deploy/nginx/store.conf");

/// Nothing listens there: whoever needed it would not start.
const NOWHERE: &str = "postgres://127.0.0.1:9/nowhere";

/// Everything that runs.
struct Town {
    ground: Ground,
    url: String,
    edges: Vec<u16>,
    checkouts: Vec<u16>,
    api: u16,
    _processes: Vec<Process>,
}

impl Town {
    async fn new() -> Self {
        let mut ground = Ground::new().await;
        let proxy = free_port();
        let url = format!("http://127.0.0.1:{proxy}");
        let provider = format!("127.0.0.1:{}", free_port());
        for (name, value) in [
            ("VITRINE__SERVER__PUBLIC_URL", url.clone()),
            ("VITRINE__SERVER__TRUSTED_PROXIES", "127.0.0.1".to_owned()),
            ("VITRINE__PAYMENTS__SANDBOX__URL", format!("http://{provider}")),
        ] {
            ground.settings.push((name, value));
        }
        ground.furnish().await;
        let webhooks = format!("{url}/webhooks/sandbox");
        let state = ground.folder.join("psp.state");
        let mut psp = ground.command(&["sandbox-psp", "--listen", &provider]);
        psp.args(["--webhook-url", &webhooks, "--state"]).arg(state);
        let mut processes = vec![Process::start(&mut psp), ground.start("work", &[])];

        let (edges, checkouts): (Vec<_>, Vec<_>) =
            ((0..3).map(|_| free_port()).collect(), (0..2).map(|_| free_port()).collect());
        for port in &edges {
            processes.push(edge(&ground, *port));
        }
        for port in &checkouts {
            processes.push(node(ground.command(&["serve", "--roles", "checkout,till"]), *port));
        }
        let api = free_port();
        processes.push(node(ground.command(&["serve", "--roles", "api"]), api));
        processes.push(nginx(&ground.folder, proxy, [&edges, &checkouts, &[api]]));
        let town = Self { ground, url, edges, checkouts, api, _processes: processes };
        let client = client();
        for port in town.edges.iter().chain(&town.checkouts).chain([&town.api]) {
            let health = format!("http://127.0.0.1:{port}/health/ready");
            let answer = async || client.get(&health).send().await;
            until("the node is ready", async || answer().await.is_ok_and(|a| a.status() == 200))
                .await;
        }
        let answers = async || client.get(&town.url).send().await.is_ok_and(|a| a.status() == 200);
        until("the store answers through the proxy", answers).await;
        town
    }

    /// What nginx passed on: to which port, and the path.
    fn passed_on(&self) -> BTreeSet<(u16, String)> {
        let log = std::fs::read_to_string(self.ground.folder.join("access.log")).unwrap();
        let line = |line: &str| {
            let (upstream, path) = line.split_once(' ').unwrap();
            // Where one was away, the last one answered.
            let port = upstream.rsplit([':', ' ']).next().unwrap().parse().ok()?;
            Some((port, path.to_owned()))
        };
        log.lines().filter_map(line).collect()
    }
}

/// A node for pages, which is told nothing of payments and orders.
fn edge(ground: &Ground, port: u16) -> Process {
    let mut command = ground.command(&["serve", "--roles", "storefront"]);
    let inventory = &ground.settings.iter().find(|(name, _)| *name == "DATABASE_URL").unwrap().1;
    command
        .env("VITRINE__DATABASE__INVENTORY_URL", inventory)
        .env("VITRINE__DATABASE__PAYMENTS_URL", NOWHERE)
        .env("VITRINE__DATABASE__ORDERS_URL", NOWHERE)
        .env_remove("DATABASE_URL")
        .env_remove("VITRINE__PAYMENTS__SANDBOX__SECRET")
        .env_remove("VITRINE__PAYMENTS__SANDBOX__WEBHOOK_SECRET");
    node(command, port)
}

fn node(mut command: Command, port: u16) -> Process {
    Process::start(command.env("VITRINE__SERVER__LISTEN", format!("127.0.0.1:{port}")))
}

/// nginx as `deploy/` configures it, with ports of this test's own and a log of what it passed on.
fn nginx(folder: &Path, port: u16, [edges, checkouts, api]: [&[u16]; 3]) -> Process {
    assert!(STORE.contains("listen 8080;"));
    let store = STORE.replace("listen 8080;", &format!("listen 127.0.0.1:{port};"));
    std::fs::write(folder.join("store.conf"), store).unwrap();
    let upstream = |name: &str, ports: &[u16]| {
        let servers = ports.iter().map(|port| format!("server 127.0.0.1:{port};"));
        format!("upstream {name} {{ {} keepalive 32; }}\n", servers.collect::<String>())
    };
    let nodes =
        upstream("storefront", edges) + &upstream("checkout", checkouts) + &upstream("api", api);
    std::fs::write(folder.join("nodes.conf"), nodes).unwrap();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {kind};\n"))
        .concat();
    let main = format!(
        "daemon off; master_process off; pid nginx.pid; error_log stderr;\n\
         events {{}}\n\
         http {{\n{temporary}\
         log_format passed '$upstream_addr $uri'; access_log access.log passed;\n\
         include nodes.conf; include store.conf;\n}}\n"
    );
    std::fs::write(folder.join("nginx.conf"), main).unwrap();
    let mut command = Command::new("/usr/sbin/nginx");
    command.args(["-e", "stderr", "-c", "nginx.conf", "-p"]).arg(folder);
    Process::start(&mut command)
}

#[tokio::test]
async fn a_shopper_buys_through_the_proxy_and_nodes_for_pages_never_hear_of_it() {
    let town = Town::new().await;
    let mut shopper = Shopper::at(&town.url);
    for path in [
        "/",
        "/c/rooms",
        "/p/lamp",
        "/p/chair",
        "/robots.txt",
        "/pkg/vitrine.css",
        "/api",
        "/api/openapi.json",
    ] {
        shopper.look(path).await;
    }
    for (path, told) in [
        ("/p/lamp", Some("max-age=10, stale-while-revalidate=10, stale-if-error=86400")),
        ("/cart", None),
        ("/robots.txt", None),
    ] {
        let answer = shopper.client.get(format!("{}{path}", town.url)).send().await.unwrap();
        let to_cdns = answer.headers().get("cdn-cache-control");
        assert_eq!(to_cdns.map(|value| value.to_str().unwrap()), told, "{path}");
    }
    // There is no such line; which node says so is what counts.
    for path in ["/line/nothing", "/line/nothing/place"] {
        let answer = shopper.client.get(format!("{}{path}", town.url)).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
    shopper.add_lamps(2).await;
    shopper.check_out().await;

    let states = sqlx::query("select state from orders.orders");
    let states = states.fetch_all(&town.ground.database.pool).await.unwrap();
    assert_eq!(states.iter().map(|row| row.get(0)).collect::<Vec<String>>(), ["paid"]);

    let told = |(_, path): &(u16, String)| path == "/webhooks/sandbox";
    until("the provider tells it too", async || town.passed_on().iter().any(told)).await;

    let passed_on = town.passed_on();
    let first = |path: &str| path.trim_start_matches('/').split('/').next().unwrap().to_owned();
    let own = ["cart", "checkout", "orders", "webhooks", "api"];
    for (port, path) in &passed_on {
        let nodes = match path.as_str() {
            "/api" | "/api/openapi.json" => &vec![town.api],
            "/line/nothing/place" => &town.checkouts,
            path if own.contains(&&*first(path)) => &town.checkouts,
            _ => &town.edges,
        };
        assert!(nodes.contains(port), "{path} went to {port}");
    }
    let visited: BTreeSet<u16> = passed_on.iter().map(|(port, _)| *port).collect();
    assert_eq!(visited.len(), 6, "every node had something to do: {passed_on:?}");
}
