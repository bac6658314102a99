//! Who comes in: whoever has a key with the scope that the route asks for, does not ask too fast, and finds
//! the node with a hand free.

use super::{
    input,
    known::KnownKeys,
    pace::{Limit, Local, Pace, Paces},
    problem::{Code, Problem},
    routes::Rules,
};
use crate::{client::ClientAddress, pulses::Pulses};
use accounts::{ApiKey, KeyId, KeyKind, KeyRecord, Scopes};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{net::IpAddr, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many keys that there are not one address may try, a second and at once.
const FAILURES: (u32, u32) = (1, 20);
/// How much a node works on at once, in requests with small bodies.
const HANDS: usize = 512;
/// A request with so many bytes takes one hand; a larger one more.
const BYTES_IN_HAND: usize = 256 * 1024;

/// Who asks: every request that came in carries it.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The key's id.
    pub id: KeyId,
    /// What the key may be used for.
    pub scopes: Scopes,
}

/// The gate of a node. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    keys: KnownKeys,
    limit: Limit,
    paces: Paces,
    failures: Local<IpAddr>,
    hands: Arc<Semaphore>,
    pulses: Pulses,
}

impl Gate {
    /// A gate for these keys, each of which may ask as `paces` says.
    pub fn new(keys: KnownKeys, limit: Limit, paces: Paces, pulses: Pulses) -> Self {
        let (per_second, burst) = FAILURES;
        let failures = Local::new(Limit::new(per_second, burst));
        Self { keys, limit, paces, failures, hands: Arc::new(Semaphore::new(HANDS)), pulses }
    }

    /// The key's owner, if the key lets anybody in.
    async fn owner(
        &self,
        presented: Option<ApiKey>,
        client: Option<IpAddr>,
    ) -> Result<Arc<KeyRecord>, Problem> {
        let found = match &presented {
            Some(key) => self.find(key, client).await?.filter(|record| record.admits(key)),
            None => None,
        };
        found.ok_or_else(|| {
            let words = "This key lets nobody in: it is mistyped, unknown or revoked.";
            let pace = client.map(|client| self.failures.one_more(client));
            pace.map_or(Ok(()), refuse).err().unwrap_or_else(|| unauthenticated(words))
        })
    }

    /// What is known of a key. Who tried many that there are not is not looked up for any more; a key that
    /// is in use is known already, and not kept out by others at its address.
    async fn find(
        &self,
        key: &ApiKey,
        client: Option<IpAddr>,
    ) -> Result<Option<Arc<KeyRecord>>, Problem> {
        if let Some(known) = self.keys.at_hand(key).await {
            return Ok(known);
        }
        if let Some(client) = client {
            refuse(self.failures.look(&client))?;
        }
        self.keys.find(key).await.map_err(|error| Problem::of_error(&*error))
    }

    /// Room for a request whose body may have so many bytes, until its end.
    fn hands(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Problem> {
        let wanted = u32::try_from(bytes.div_ceil(BYTES_IN_HAND)).unwrap_or(u32::MAX);
        self.hands.clone().try_acquire_many_owned(wanted).map_err(|_| {
            let words = "This node has more to do than it can. Please try again.";
            Problem::new(Code::Busy, words).later(1)
        })
    }
}

/// The layer around every route that is not for everybody.
pub async fn admit(
    State((gate, rules)): State<(Gate, Rules)>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = request.extensions().get::<ClientAddress>().map(|client| client.limited());
    let presented = match presented(request.headers()) {
        Ok(presented) => presented,
        Err(problem) => return problem.into_response(),
    };
    let answering = async {
        let owner = match gate.owner(presented, client).await {
            Ok(owner) => owner,
            Err(problem) => return problem.into_response(),
        };
        tracing::Span::current().record("key", owner.id.as_str());
        gate.keys.note_use(&owner.id);
        let pace = gate.paces.one_more(&paced_by(&owner, client)).await;
        let admitted = may(&owner, pace, rules).and_then(|()| gate.hands(rules.body));
        let mut response = match admitted {
            Ok(_hands) => {
                let (id, scopes) = (owner.id.clone(), owner.scopes.clone());
                request.extensions_mut().insert(Caller { id, scopes });
                input::whole(rules.body, request, next).await
            }
            Err(problem) => problem.into_response(),
        };
        gate.limit.tell(pace, response.headers_mut());
        response
    };
    // What was begun and may not stop half-way has a task of its own.
    let answered = gate.pulses.unless_away(rules.with, answering).await;
    answered.unwrap_or_else(|| Problem::unavailable().into_response())
}

/// Whose pace a request counts for. A key that an app carries is that of all who have the app: each address has a
/// pace of its own.
fn paced_by(owner: &KeyRecord, client: Option<IpAddr>) -> String {
    match (owner.kind, client) {
        (KeyKind::Publishable, Some(client)) => format!("{}@{client}", owner.id),
        _ => owner.id.to_string(),
    }
}

fn may(owner: &KeyRecord, pace: Pace, rules: Rules) -> Result<(), Problem> {
    pace.problem(Code::TooManyRequests, "This key asks faster than it may.")?;
    if rules.scopes().any(|scope| owner.scopes.has(scope)) {
        return Ok(());
    }
    let scope = rules.scope;
    let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
    let problem = Problem::new(Code::ScopeMissing, format!("The key needs the scope `{scope}`."));
    Err(match HeaderValue::from_str(&challenge) {
        Ok(challenge) => problem.with("www-authenticate", challenge),
        Err(_) => problem,
    })
}

/// The key that a request presents (RFC 6750, section 2.1); `None` if it is none.
fn presented(headers: &HeaderMap) -> Result<Option<ApiKey>, Problem> {
    let mut told = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(told), None) = (told.next(), told.next()) else {
        let words = "A key is needed, once, as `Authorization: Bearer vtr_sk_…`.";
        return Err(unauthenticated(words));
    };
    let bearer = told.to_str().ok().and_then(|told| told.split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    Ok(bearer.and_then(|(_, key)| key.trim().parse().ok()))
}

fn unauthenticated(words: &str) -> Problem {
    let challenge = HeaderValue::from_static("Bearer realm=\"Vitrine\"");
    Problem::new(Code::Unauthenticated, words).with("www-authenticate", challenge)
}

fn refuse(pace: Pace) -> Result<(), Problem> {
    pace.problem(Code::TooManyFailures, "Too many keys were tried here that there are not.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_one_header_of_its_scheme() {
        let key = ApiKey::random(KeyKind::Secret);
        let with = |lines: &[String]| {
            let lines = lines.iter().map(|line| (header::AUTHORIZATION, line.parse().unwrap()));
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(name, value);
            }
            presented(&headers)
        };
        let text = key.expose();
        for scheme in ["Bearer", "bearer", "BEARER "] {
            assert_eq!(with(&[format!("{scheme} {text}")]).unwrap(), Some(key.clone()));
        }
        for other in
            [format!("Basic {text}"), text.clone(), format!("Bearer {text}x"), "Bearer".into()]
        {
            assert_eq!(with(&[other]).unwrap(), None);
        }
        assert!(with(&[]).is_err());
        assert!(with(&[format!("Bearer {text}"), format!("Bearer {text}")]).is_err());
    }
}
