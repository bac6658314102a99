//! Where Redis is, as a URL says it: one server, a master that sentinels watch over, or a cluster.

use redis::{
    Client, ConnectionInfo, IntoConnectionInfo, TlsMode, sentinel::SentinelNodeConnectionInfo,
};

/// The port on which sentinels listen unless the URL names another.
const SENTINEL_PORT: u16 = 26379;

/// Where Redis is.
#[derive(Debug, Clone)]
pub(super) enum Address {
    /// One server.
    Single(Client),
    /// Whichever server is the master of a service.
    Sentinel {
        /// Those who know which one is.
        sentinels: Vec<ConnectionInfo>,
        /// The service's name with the sentinels.
        service: String,
        /// How its servers are spoken to.
        node: SentinelNodeConnectionInfo,
    },
    /// Some servers of a cluster, which name the others.
    Cluster(Vec<ConnectionInfo>),
}

/// The schemes that a URL may begin with.
const SCHEMES: &str = "redis://, rediss://, unix://, redis+sentinel://, rediss+sentinel://, \
                       redis+cluster:// or rediss+cluster://";

impl Address {
    /// Reads a URL. What is wrong with it is told without any part of it: it may hold a password.
    pub fn parse(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let servers = |tls| Servers::parse(rest, if tls { "rediss" } else { "redis" });
        match scheme {
            "redis" | "rediss" | "unix" => Client::open(url).map(Self::Single).map_err(of_driver),
            "redis+sentinel" => servers(false)?.sentinel(None),
            "rediss+sentinel" => servers(true)?.sentinel(Some(TlsMode::Secure)),
            "redis+cluster" => servers(false)?.cluster(),
            "rediss+cluster" => servers(true)?.cluster(),
            _ => Err(format!("must begin with {SCHEMES}")),
        }
    }
}

/// The parts of a URL that names several servers:
/// `user:password@host:port,host:port/path?name=value`.
struct Servers<'a> {
    scheme: &'static str,
    /// User and password with their `@`; empty if there are none.
    user: &'a str,
    hosts: Vec<&'a str>,
    path: Vec<&'a str>,
    options: Vec<(&'a str, &'a str)>,
}

impl<'a> Servers<'a> {
    fn parse(rest: &'a str, scheme: &'static str) -> Result<Self, String> {
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let at = authority.rfind('@').map_or(0, |at| at + 1);
        let (user, hosts) = authority.split_at(at);
        let hosts: Vec<_> = hosts.split(',').collect();
        if hosts.iter().any(|host| host.is_empty()) {
            return Err("names no server, or one without a name, before or after a comma".into());
        }
        let options = options.split('&').filter(|option| !option.is_empty());
        Ok(Self {
            scheme,
            user,
            hosts,
            path: path.split('/').filter(|part| !part.is_empty()).collect(),
            options: options.map(|option| option.split_once('=').unwrap_or((option, ""))).collect(),
        })
    }

    /// How one of the servers is reached: as the driver reads a URL of it alone.
    fn server(&self, user: &str, host: &str, path: &str) -> Result<ConnectionInfo, String> {
        let url = format!("{}://{user}{host}/{path}", self.scheme);
        url.into_connection_info().map_err(of_driver)
    }

    fn sentinel(&self, tls: Option<TlsMode>) -> Result<Address, String> {
        const PATH: &str = "needs the service's name, and after it may have the database's number, as \
                            in redis+sentinel://host:26379,host:26379/shop/0";
        let (service, database) = match self.path[..] {
            [service] => (service, "0"),
            [service, database] => (service, database),
            _ => return Err(PATH.to_owned()),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !service.chars().all(plain) {
            return Err(PATH.to_owned());
        }
        let (mut name, mut password) = ("", "");
        for (option, value) in &self.options {
            match *option {
                "sentinel_user" => name = value,
                "sentinel_password" => password = value,
                _ => return Err("may have the options sentinel_user and sentinel_password".into()),
            }
        }
        let user = match (name, password) {
            ("", "") => String::new(),
            (name, password) => format!("{name}:{password}@"),
        };
        let sentinel = |host: &&str| {
            let names_port = host.rsplit(']').next().is_some_and(|end| end.contains(':'));
            let port = if names_port { String::new() } else { format!(":{SENTINEL_PORT}") };
            self.server(&user, &format!("{host}{port}"), "")
        };
        let sentinels = self.hosts.iter().map(sentinel).collect::<Result<_, _>>()?;
        let of_redis = self.server(self.user, self.hosts[0], database)?;
        let mut node = SentinelNodeConnectionInfo::default()
            .set_redis_connection_info(of_redis.redis_settings().clone());
        if let Some(tls) = tls {
            node = node.set_tls_mode(tls);
        }
        Ok(Address::Sentinel { sentinels, service: service.to_owned(), node })
    }

    fn cluster(&self) -> Result<Address, String> {
        if !matches!(self.path[..], [] | ["0"]) || !self.options.is_empty() {
            return Err("can name no database and no option: a cluster has none, as in \
                        redis+cluster://host:6379,host:6379"
                .to_owned());
        }
        let servers = self.hosts.iter().map(|host| self.server(self.user, host, ""));
        Ok(Address::Cluster(servers.collect::<Result<_, _>>()?))
    }
}

/// What the driver says of a URL, which is never a part of it.
fn of_driver(error: redis::RedisError) -> String {
    format!("cannot be read: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_whether_there_is_one_server_a_watched_one_or_a_cluster() {
        for url in ["redis://h:1/2", "rediss://:secret@h", "unix:///run/redis.sock"] {
            assert!(matches!(Address::parse(url), Ok(Address::Single(_))), "{url}");
        }
        let url =
            "redis+sentinel://shop:s%40cret@one,two:7,[::1],[::2]:8/shop/3?sentinel_password=p";
        let Ok(Address::Sentinel { sentinels, service, node }) = Address::parse(url) else {
            panic!("{url}")
        };
        let told: Vec<String> = sentinels.iter().map(|at| at.addr().to_string()).collect();
        assert_eq!(told, ["one:26379", "two:7", "::1:26379", "::2:8"]);
        assert_eq!(sentinels[0].redis_settings().password(), Some("p"));
        assert_eq!(service, "shop");
        let said = format!("{node:?}");
        assert!(said.contains("db: 3") && said.contains("tls_mode: None"), "{said}");

        let tls = Address::parse("rediss+sentinel://one/shop").unwrap();
        assert!(format!("{tls:?}").contains("tls_mode: Some(Secure)"), "{tls:?}");

        let cluster = Address::parse("rediss+cluster://:secret@one,two:7").unwrap();
        let Address::Cluster(servers) = cluster else { panic!("{cluster:?}") };
        let told: Vec<String> = servers.iter().map(|at| at.addr().to_string()).collect();
        assert_eq!(told, ["one:6379", "two:7"]);
        assert_eq!(servers[1].redis_settings().password(), Some("secret"));
    }

    #[test]
    fn what_is_wrong_with_a_url_is_told_without_its_secret() {
        for (url, wrong) in [
            ("mysql://u:secret@h", "must begin with redis://"),
            ("secret", "must begin with redis://"),
            ("redis://u:secret@h:port", "cannot be read"),
            ("redis+sentinel://u:secret@one,two", "needs the service's name"),
            ("redis+sentinel://u:secret@one/shop/0/1", "needs the service's name"),
            ("redis+sentinel://u:secret@one/a%20b", "needs the service's name"),
            ("redis+sentinel://u:secret@one/shop/x", "cannot be read"),
            ("redis+sentinel://u:secret@/shop", "names no server"),
            ("redis+sentinel://u:secret@one,,two/shop", "names no server"),
            ("redis+sentinel://u:secret@one/shop?password=secret", "sentinel_password"),
            ("redis+cluster://u:secret@one/1", "no database"),
            ("redis+cluster://u:secret@one:port", "cannot be read"),
        ] {
            let told = Address::parse(url).unwrap_err();
            assert!(told.contains(wrong), "{url}: {told}");
            assert!(!told.contains("secret"), "{told}");
        }
    }
}
