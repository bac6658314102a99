//! Who asks: the address that limits count by and log lines name. Whoever connects says nothing of it
//! but by the connection itself, unless it is a proxy of the store's own: that one is believed. What is
//! found here never reaches a page.

use axum::http::{HeaderMap, HeaderName};
use ipnet::{IpNet, Ipv6Net};
use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};
use tower_governor::{GovernorError, key_extractor::KeyExtractor};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of whoever asks. Every request carries it as an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// What a limit counts by: the address, or of IPv6 the network (/64), for whoever has one address
    /// of it has them all (RFC 6177).
    pub fn limited(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => Ipv6Net::new_assert(address, 64).network().into(),
        }
    }
}

/// Proxies whose word is taken for who asks: those of the store itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    /// Proxies in these networks.
    pub fn new(networks: Vec<Network>) -> Self {
        Self(networks)
    }

    /// Who asks, if a connection from `peer` brought a request with these headers. Each proxy adds to
    /// the right of `X-Forwarded-For` from where it was asked; so what stands to the left of the first
    /// address that is no proxy of ours was written by whoever is there, and is not believed.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let mut client = peer.to_canonical();
        let told = headers.get_all(FORWARDED_FOR).iter();
        // Several lines count as one, in their order (RFC 9110, 5.3).
        let mut told: Vec<&str> = match self.0.is_empty() {
            true => Vec::new(),
            false => told.flat_map(|line| line.to_str().unwrap_or("?").split(',')).collect(),
        };
        while self.trust(client) {
            match told.pop().and_then(address) {
                Some(before) => client = before,
                None => break,
            }
        }
        ClientAddress(client)
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.0.contains(&address))
    }
}

/// An address as proxies write it: some add the port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|at| at.ip()));
    address.ok().map(|address| address.to_canonical())
}

/// A network, or a single address, as `10.0.0.0/8`, `fd00::/8` or `10.0.0.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        let network = network.map_err(|_| {
            format!("`{text}` is no network: write it as 10.0.0.0/8, fd00::/8 or 10.0.0.1")
        })?;
        Ok(Self(network.trunc()))
    }
}

/// Limits requests by who asks.
#[derive(Debug, Clone, Copy)]
pub struct ByClient;

impl KeyExtractor for ByClient {
    type Key = IpAddr;

    fn extract<T>(&self, request: &axum::http::Request<T>) -> Result<IpAddr, GovernorError> {
        let client = request.extensions().get::<ClientAddress>();
        client.map(|client| client.limited()).ok_or(GovernorError::UnableToExtractKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &[&str], peer: &str, told: &[&'static str]) -> String {
        let networks = proxies.iter().map(|text| text.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in told {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let client = TrustedProxies::new(networks).client(peer.parse().unwrap(), &headers);
        client.0.to_string()
    }

    const OURS: [&str; 3] = ["10.0.0.0/8", "fd00::/8", "192.0.2.7"];

    #[test]
    fn nobody_is_believed_who_is_no_proxy_of_ours() {
        assert_eq!(client(&[], "10.0.0.1", &["198.51.100.1"]), "10.0.0.1");
        assert_eq!(client(&OURS, "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client(&OURS, "192.0.2.8", &["198.51.100.1"]), "192.0.2.8");
    }

    #[test]
    fn a_proxy_of_ours_says_who_asks() {
        assert_eq!(client(&OURS, "10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client(&OURS, "192.0.2.7", &["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(client(&OURS, "fd00::1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(client(&OURS, "::ffff:10.0.0.1", &["::ffff:198.51.100.1"]), "198.51.100.1");
        // Through two of them.
        assert_eq!(client(&OURS, "10.0.0.1", &["198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(client(&OURS, "10.0.0.1", &["198.51.100.1", "10.0.0.2"]), "198.51.100.1");
    }

    #[test]
    fn what_a_visitor_writes_to_the_left_of_a_proxys_word_counts_for_nothing() {
        for forged in ["127.0.0.1", "10.0.0.9", "192.0.2.7", "nonsense", "", "10.0.0.9, 10.0.0.8"] {
            let line = format!("{forged}, 198.51.100.1").leak();
            assert_eq!(client(&OURS, "10.0.0.1", &[line]), "198.51.100.1", "{forged}");
            assert_eq!(client(&OURS, "10.0.0.1", &[line, "10.0.0.2"]), "198.51.100.1", "{forged}");
        }
    }

    #[test]
    fn where_nothing_can_be_read_the_last_proxy_counts_as_who_asks() {
        assert_eq!(client(&OURS, "10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client(&OURS, "10.0.0.1", &["unknown"]), "10.0.0.1");
        assert_eq!(client(&OURS, "10.0.0.1", &["198.51.100.1, unknown, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(client(&OURS, "10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn whoever_has_a_network_of_ipv6_is_limited_as_one() {
        let limited = |text: &str| ClientAddress(text.parse().unwrap()).limited().to_string();
        assert_eq!(limited("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(limited("198.51.100.1"), "198.51.100.1");
        assert_ne!(limited("2001:db8:1:2::1"), limited("2001:db8:1:3::1"));
    }

    #[test]
    fn what_is_no_network_is_named() {
        for wrong in ["", "shop.example", "10.0.0.0/33", "10.0.0.1:80"] {
            let error = wrong.parse::<Network>().unwrap_err();
            assert!(error.contains(&format!("`{wrong}`")), "{error}");
        }
    }
}
