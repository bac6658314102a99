//! Finds the programs of a running store by the ports they listen on, so that it does not matter who
//! started them or under which user.

use crate::cpu::{self, Program, Stat};
use anyhow::{Context, bail};
use std::{collections::HashSet, fs};

/// The program that listens on the port of a URL. `default` is the port of a URL without one.
///
/// # Errors
/// None of this machine does, or its processes are not to be seen.
pub fn listening(name: &'static str, url: &str, default: u16) -> anyhow::Result<Program> {
    let port = port(url).unwrap_or(default);
    let sockets = sockets(port)?;
    let holders: Vec<u32> = cpu::processes()?
        .into_iter()
        .filter(|pid| descriptors(*pid).iter().any(|target| sockets.contains(target)))
        .collect();
    // Children may have inherited the socket: the first process is the one whose parent has not.
    let first = holders
        .iter()
        .find(|pid| Stat::read(**pid).is_some_and(|stat| !holders.contains(&stat.parent)));
    match first {
        Some(pid) => Ok(Program { name, pid: *pid }),
        None => bail!("{name}: no process of this machine that can be seen listens on port {port}"),
    }
}

/// The store's worker: it listens on nothing, but is the same binary on the same database.
///
/// # Errors
/// It does not run: no checkout would be finished by it.
pub fn worker(store: Program) -> anyhow::Result<Program> {
    let (binary, database) = (binary(store.pid), database(store.pid));
    let pid = cpu::processes()?.into_iter().find(|pid| {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        arguments.split(|byte| *byte == 0).any(|argument| argument == b"work")
            && self::binary(*pid) == binary
            && self::database(*pid) == database
    });
    let pid = pid.context("no worker (`vitrine work`) runs beside the store")?;
    Ok(Program { name: "worker", pid })
}

fn port(url: &str) -> Option<u16> {
    let authority = url.split_once("://")?.1.split(['/', '?']).next()?;
    authority.rsplit_once('@').map_or(authority, |(_, host)| host).rsplit_once(':')?.1.parse().ok()
}

/// The sockets that listen on a port, as links of `/proc/PID/fd` name them.
fn sockets(port: u16) -> anyhow::Result<HashSet<String>> {
    let local = format!(":{port:04X}");
    let mut found = HashSet::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        // A machine without IPv6 has no second table.
        for line in fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if let [_, address, _, "0A", _, _, _, _, _, inode, ..] = fields[..]
                && address.ends_with(&local)
            {
                found.insert(format!("socket:[{inode}]"));
            }
        }
    }
    if found.is_empty() {
        bail!("nothing listens on port {port}");
    }
    Ok(found)
}

/// What the open files of a process are; nothing if they are not ours to see.
fn descriptors(pid: u32) -> Vec<String> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    entries
        .filter_map(|entry| {
            fs::read_link(entry.ok()?.path()).ok()?.into_os_string().into_string().ok()
        })
        .collect()
}

fn binary(pid: u32) -> Option<std::path::PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

fn database(pid: u32) -> Option<Vec<u8>> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    variables.find(|variable| variable.starts_with(b"DATABASE_URL=")).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_url_stands_after_its_host() {
        assert_eq!(port("postgres://user:1234@127.0.0.1:7402/name"), Some(7402));
        assert_eq!(port("http://127.0.0.1:7400"), Some(7400));
        assert_eq!(port("mongodb://localhost/name"), None);
    }

    #[test]
    fn whoever_listens_on_a_port_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        assert_eq!(listening("test", &url, 1).unwrap().pid, std::process::id());
    }
}
