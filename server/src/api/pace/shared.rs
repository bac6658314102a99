//! Paces that all nodes share, in Redis and by Redis's clock. Without Redis each node counts by itself: then
//! somebody who asks several of them may ask as much of each.

use super::{Limit, Local, Pace};
use platform::redis::Redis;
use redis::Script;
use std::{
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// After a failure Redis is left alone for this long, so that nobody waits for it again and again.
const REST: Duration = Duration::from_millis(500);

// KEYS: whose  ARGV: interval, tolerance, in microseconds
// What `Limit::one_more` does; the answer is its pace.
static ONE_MORE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local time = redis.call('time')
         local now = time[1] * 1000000 + time[2]
         local interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
         local due = math.max(tonumber(redis.call('get', KEYS[1]) or 0), now)
         local next = due + interval
         if next - now > tolerance then
           return {next - now - tolerance, due - now}
         end
         local keep = math.ceil((next - now) / 1000)
         redis.call('set', KEYS[1], string.format('%.0f', next), 'px', keep)
         return {0, next - now}",
    )
});

/// The paces of keys. Cheap to clone.
#[derive(Clone)]
pub struct Paces {
    limit: Limit,
    redis: Redis,
    prefix: Arc<str>,
    local: Local<String>,
    rests_until: Arc<Mutex<Option<Instant>>>,
}

impl Paces {
    /// Paces under a store's namespace.
    pub fn new(limit: Limit, redis: Redis, namespace: &str) -> Self {
        let prefix = format!("{namespace}:pace:").into();
        Self { limit, redis, prefix, local: Local::new(limit), rests_until: Arc::default() }
    }

    /// One more request of whoever has this name.
    pub async fn one_more(&self, who: &str) -> Pace {
        if !self.rests() {
            match self.ask(who).await {
                Ok((0, debt)) => return Pace::Fine { debt },
                Ok((wait, debt)) => return Pace::TooFast { wait, debt },
                Err(error) => {
                    tracing::warn!(%error, "paces are counted on this node alone");
                    *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner) =
                        Some(Instant::now() + REST);
                }
            }
        }
        self.local.one_more(who.to_owned())
    }

    fn rests(&self) -> bool {
        let until = *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    async fn ask(&self, who: &str) -> Result<(u64, u64), redis::RedisError> {
        ONE_MORE
            .key(format!("{}{who}", self.prefix))
            .arg(self.limit.interval)
            .arg(self.limit.tolerance())
            .invoke_async(&mut self.redis.clone())
            .await
    }
}
