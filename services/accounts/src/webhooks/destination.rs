//! Where webhooks may go: to the world, and not into the merchant's own network, whatever a name leads to. The
//! addresses of a name are looked at when it is resolved, and the connection goes to those that were looked at: a
//! name that leads elsewhere a moment later leads nobody astray.

use ipnet::IpNet;
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, LazyLock},
};

/// Longer addresses are somebody's mistake.
const LONGEST_URL: usize = 2_000;

/// Whether webhooks may go to addresses that the world cannot reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach {
    /// To public addresses alone, over TLS.
    #[default]
    Public,
    /// To private ones as well, and to this very machine without TLS: for a store that is tried out, and for
    /// warehouses in a network of the merchant's own.
    Private,
}

/// Why nothing is sent to an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// It is no address of the web, or far too long.
    #[error("that is no URL")]
    NotAUrl,
    /// Everybody on the way could read it.
    #[error("the URL has to begin with https://")]
    NotSecure,
    /// Names, passwords and fragments are not sent.
    #[error("the URL may hold neither a name and password nor a fragment")]
    TooMuch,
    /// Only the merchant's own machines are there.
    #[error("{}", private(.host, *.address))]
    Private {
        /// The name.
        host: String,
        /// Where it leads.
        address: IpAddr,
    },
    /// The name leads nowhere.
    #[error("{host} leads nowhere: {reason}")]
    Nowhere {
        /// The name.
        host: String,
        /// What the resolver says.
        reason: String,
    },
}

fn private(host: &str, address: IpAddr) -> String {
    match literal(host) {
        Some(_) => format!("{host} is no public address"),
        None => format!("{host} leads to {address}, which is no public address"),
    }
}

/// An address that something may be sent to, as far as can be seen without resolving its name.
pub fn check(text: &str, reach: Reach) -> Result<Url, Unreachable> {
    let url = Url::parse(text).map_err(|_| Unreachable::NotAUrl)?;
    let host = url.host_str().unwrap_or_default();
    if host.is_empty() || text.len() > LONGEST_URL || url.as_str().len() > LONGEST_URL {
        return Err(Unreachable::NotAUrl);
    }
    let address = literal(host);
    match (url.scheme(), reach) {
        ("https", _) => {}
        // Nobody is on the way to oneself.
        ("http", Reach::Private)
            if is_localhost(host) || address.is_some_and(|address| address.is_loopback()) => {}
        ("http", _) => return Err(Unreachable::NotSecure),
        _ => return Err(Unreachable::NotAUrl),
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(Unreachable::TooMuch);
    }
    // A name is looked at when it is resolved; an address never is.
    if let Some(address) = address {
        allow(host, address, reach)?;
    }
    Ok(url)
}

/// The address that a host is, if it is no name. The parser of URLs has read it already, in whichever of the many
/// ways it was written.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}

/// Whether it is the name of this very machine (RFC 6761, section 6.3).
fn is_localhost(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost")
}

fn allow(host: &str, address: IpAddr, reach: Reach) -> Result<(), Unreachable> {
    let fine = match reach {
        Reach::Public => is_public(address),
        // What needs no TLS because it stays on this machine does stay there.
        Reach::Private => !is_localhost(host) || address.to_canonical().is_loopback(),
    };
    if fine { Ok(()) } else { Err(Unreachable::Private { host: host.to_owned(), address }) }
}

/// Networks that are not the world's, of IANA's registries of special-purpose addresses (RFC 6890 and later), with
/// those in which an IPv4 address is wrapped that nobody has looked at.
static SPECIAL: LazyLock<Vec<IpNet>> = LazyLock::new(|| {
    [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    ]
    .iter()
    .filter_map(|network| network.parse().ok())
    .collect()
});

/// All of IPv6 that was ever given to the world.
static GLOBAL_V6: LazyLock<Option<IpNet>> = LazyLock::new(|| "2000::/3".parse().ok());

fn is_public(address: IpAddr) -> bool {
    // ::ffff:127.0.0.1 is 127.0.0.1.
    let address = address.to_canonical();
    let known = address.is_ipv4() || GLOBAL_V6.is_some_and(|global| global.contains(&address));
    known && !SPECIAL.iter().any(|network| network.contains(&address))
}

/// Who says where a name leads.
pub(crate) trait Lookup: Send + Sync + 'static {
    fn lookup(&self, host: String) -> impl Future<Output = std::io::Result<Vec<IpAddr>>> + Send;
}

/// The system.
pub(crate) struct System;

impl Lookup for System {
    async fn lookup(&self, host: String) -> std::io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|socket| socket.ip()).collect())
    }
}

/// Resolves names for connections, and refuses one that leads anywhere it may not.
pub(crate) struct Guarded<L> {
    lookup: Arc<L>,
    reach: Reach,
}

impl<L> Guarded<L> {
    pub fn new(lookup: L, reach: Reach) -> Self {
        Self { lookup: Arc::new(lookup), reach }
    }
}

impl<L: Lookup> Resolve for Guarded<L> {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, reach, host) = (self.lookup.clone(), self.reach, name.as_str().to_owned());
        Box::pin(async move {
            let nowhere = |reason: String| Unreachable::Nowhere { host: host.clone(), reason };
            let found = lookup.lookup(host.clone()).await;
            let found = found.map_err(|error| nowhere(error.to_string()))?;
            if found.is_empty() {
                return Err(nowhere("it has no address".to_owned()).into());
            }
            for address in &found {
                allow(&host, *address, reach)?;
            }
            // Port 0 stands for the URL's.
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public_however_they_are_written() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.31.255.255",
            "192.168.0.1",
            "198.19.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in
            ["1.1.1.1", "172.32.0.1", "192.0.1.1", "::ffff:8.8.8.8", "2606:4700::1111", "2a00::1"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        assert_eq!(SPECIAL.len(), 18, "each of them can be read");
        assert!(GLOBAL_V6.is_some());
    }

    #[test]
    fn an_address_is_https_and_public_and_holds_no_password() {
        use Unreachable::{NotAUrl, NotSecure, TooMuch};
        check("https://wms.example/hooks?store=7", Reach::Public).unwrap();
        check("https://93.184.216.34:8443/", Reach::Public).unwrap();
        let long = format!("https://wms.example/{}", "x".repeat(LONGEST_URL));
        for (url, wrong) in [
            ("", NotAUrl),
            ("wms.example", NotAUrl),
            ("ftp://wms.example/", NotAUrl),
            ("file:///etc/passwd", NotAUrl),
            ("https://", NotAUrl),
            (&long, NotAUrl),
            ("http://wms.example/", NotSecure),
            ("http://127.0.0.1/", NotSecure),
            ("https://me:secret@wms.example/", TooMuch),
            ("https://me@wms.example/", TooMuch),
            ("https://wms.example/#top", TooMuch),
        ] {
            assert_eq!(check(url, Reach::Public).unwrap_err(), wrong, "{url}");
        }
        for url in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:169.254.169.254]/",
            "https://169.254.169.254/latest/meta-data",
            "https://192.168.1.1:8443/",
        ] {
            let wrong = check(url, Reach::Public).unwrap_err();
            assert!(matches!(wrong, Unreachable::Private { .. }), "{url}: {wrong}");
            check(url, Reach::Private).unwrap();
        }
    }

    #[test]
    fn without_tls_nothing_leaves_this_machine() {
        for url in [
            "http://localhost:8080/x",
            "http://127.0.0.1/",
            "http://[::1]:1/",
            "http://2130706433/",
        ] {
            check(url, Reach::Private).unwrap();
            assert_eq!(check(url, Reach::Public).unwrap_err(), Unreachable::NotSecure, "{url}");
        }
        for url in ["http://wms.example/", "http://10.0.0.1/", "http://localhost.example/"] {
            assert_eq!(check(url, Reach::Private).unwrap_err(), Unreachable::NotSecure, "{url}");
        }
    }
}
