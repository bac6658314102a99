//! What a program asks for under a name of its own is done once, however often it asks: the first answer is
//! kept for a day and given again.
//!
//! Every schema that uses this has the same table (`migrations/accounts/0002_idempotency.up.sql`). A row
//! belongs to whoever asked, to the route and to the name. While the answer is being found, somebody holds a
//! lease on it and moves it on; a node that is lost lets go of it within [`LEASE`], and the next to ask takes
//! its turn. What the lost one had done by then, the store of answers cannot know: what is asked for must
//! itself be safe to repeat.
//!
//! Time is the database's: the clocks of nodes may differ by more than a lease.

use serde_json::Value;
use sqlx::PgPool;
use std::time::Duration;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// How long somebody who finds an answer may be silent before another takes the turn.
pub const LEASE: Duration = Duration::from_secs(10);
/// How often a lease is moved on: twice it may be missed.
const RENEWED: Duration = Duration::from_secs(3);
/// How long an answer is given again, in seconds.
const KEPT_SECONDS: f64 = 24.0 * 3600.0;
/// How many rows one statement sweeps, so that none is long.
const SWEPT_AT_ONCE: i64 = 1_000;

/// What is asked for, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Who asks.
    pub owner: String,
    /// What they ask: another route has names of its own.
    pub route: String,
    /// The name that they gave it, 1 to 255 characters.
    pub key: String,
    /// The SHA-256 of all else that they said.
    pub body_hash: [u8; 32],
}

/// An answer as it is given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status, 200 to 499: what failed on our side is not kept, for it may go well the next time.
    pub status: u16,
    /// Headers that matter, as an object of names and values.
    pub headers: Value,
    /// The body.
    pub body: Vec<u8>,
}

/// What is known of a wish.
#[derive(Debug)]
pub enum Known {
    /// Nothing: it is the caller's turn to find the answer.
    Nothing(Turn),
    /// Somebody is finding the answer.
    InFlight,
    /// The same name was given to something else.
    Another,
    /// It was answered before.
    Answered(Answer),
}

/// The wishes of one schema. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Idempotency {
    pool: PgPool,
}

/// The turn to find an answer. Dropped without one it is given back when its lease ends.
#[derive(Debug)]
pub struct Turn {
    pool: PgPool,
    wish: Wish,
    lease: Uuid,
    renewing: JoinHandle<()>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    body_hash: Vec<u8>,
    status: Option<i16>,
    headers: Option<Value>,
    body: Option<Vec<u8>>,
}

impl Idempotency {
    /// The wishes in the schema behind this pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Asks what is known of a wish, and takes the turn if nothing is.
    pub async fn ask(&self, wish: Wish) -> Result<Known, sqlx::Error> {
        loop {
            let lease = Uuid::now_v7();
            if self.take(&wish, lease).await? {
                let renewing = tokio::spawn(renew(self.pool.clone(), wish.clone(), lease));
                return Ok(Known::Nothing(Turn { pool: self.pool.clone(), wish, lease, renewing }));
            }
            // Gone meanwhile, because it was given up or swept: then it is anybody's turn again.
            if let Some(row) = self.find(&wish).await? {
                return Ok(known(&wish, row));
            }
        }
    }

    /// Takes the turn if nobody has it and there is no answer: for the first time, after a day, or from
    /// somebody who was silent for too long.
    async fn take(&self, wish: &Wish, lease: Uuid) -> Result<bool, sqlx::Error> {
        let taken = sqlx::query(
            "insert into idempotency_keys as known
               (owner, route, key, body_hash, lease, leased_until)
             values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
             on conflict (owner, route, key) do update
             set
               body_hash = excluded.body_hash,
               lease = excluded.lease,
               leased_until = excluded.leased_until,
               created_at = case when known.answered_at is null then known.created_at else now() end,
               answered_at = null,
               status = null,
               headers = null,
               body = null
             where case when known.answered_at is null
               then known.leased_until < now() and known.body_hash = excluded.body_hash
               else known.created_at < now() - make_interval(secs => $7)
             end",
        )
        .bind(&wish.owner)
        .bind(&wish.route)
        .bind(&wish.key)
        .bind(&wish.body_hash[..])
        .bind(lease)
        .bind(LEASE.as_secs_f64())
        .bind(KEPT_SECONDS)
        .execute(&self.pool)
        .await?;
        Ok(taken.rows_affected() > 0)
    }

    async fn find(&self, wish: &Wish) -> Result<Option<Row>, sqlx::Error> {
        sqlx::query_as(
            "select body_hash, status, headers, body
             from idempotency_keys
             where owner = $1
               and route = $2
               and key = $3",
        )
        .bind(&wish.owner)
        .bind(&wish.route)
        .bind(&wish.key)
        .fetch_optional(&self.pool)
        .await
    }

    /// Deletes what is older than a day and in nobody's hands; returns how many.
    pub async fn sweep(&self) -> Result<u64, sqlx::Error> {
        let mut swept = 0;
        loop {
            let done = sqlx::query(
                "delete from idempotency_keys
                 where (owner, route, key) in (
                   select owner, route, key
                   from idempotency_keys
                   where created_at < now() - make_interval(secs => $1)
                     and leased_until < now()
                   order by created_at
                   limit $2
                   for update skip locked
                 )",
            )
            .bind(KEPT_SECONDS)
            .bind(SWEPT_AT_ONCE)
            .execute(&self.pool)
            .await?;
            swept += done.rows_affected();
            if done.rows_affected() < SWEPT_AT_ONCE.unsigned_abs() {
                return Ok(swept);
            }
        }
    }
}

impl Turn {
    /// Keeps the answer, and ends the turn. Nothing is kept by somebody who was silent for so long that
    /// another took the turn: that one's answer counts.
    pub async fn answer(self, answer: &Answer) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update idempotency_keys
             set
               answered_at = now(),
               status = $5,
               headers = $6,
               body = $7
             where owner = $1
               and route = $2
               and key = $3
               and lease = $4
               and answered_at is null",
        )
        .bind(&self.wish.owner)
        .bind(&self.wish.route)
        .bind(&self.wish.key)
        .bind(self.lease)
        .bind(i16::try_from(answer.status).unwrap_or(i16::MAX))
        .bind(&answer.headers)
        .bind(&answer.body)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Gives the turn back without an answer: the next to ask has it at once.
    pub async fn give_up(self) -> Result<(), sqlx::Error> {
        sqlx::query(
            "delete from idempotency_keys
             where owner = $1
               and route = $2
               and key = $3
               and lease = $4
               and answered_at is null",
        )
        .bind(&self.wish.owner)
        .bind(&self.wish.route)
        .bind(&self.wish.key)
        .bind(self.lease)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

fn known(wish: &Wish, row: Row) -> Known {
    if row.body_hash != wish.body_hash {
        return Known::Another;
    }
    match (row.status, row.headers, row.body) {
        (Some(status), Some(headers), Some(body)) => {
            Known::Answered(Answer { status: status.unsigned_abs(), headers, body })
        }
        _ => Known::InFlight,
    }
}

/// Moves a lease on until it is somebody else's. A failure is no reason to stop: the next may go well.
async fn renew(pool: PgPool, wish: Wish, lease: Uuid) {
    loop {
        tokio::time::sleep(RENEWED).await;
        let renewed = sqlx::query(
            "update idempotency_keys
             set leased_until = now() + make_interval(secs => $5)
             where owner = $1
               and route = $2
               and key = $3
               and lease = $4
               and answered_at is null",
        )
        .bind(&wish.owner)
        .bind(&wish.route)
        .bind(&wish.key)
        .bind(lease)
        .bind(LEASE.as_secs_f64())
        .execute(&pool)
        .await;
        match renewed {
            Ok(done) if done.rows_affected() == 0 => return,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "a lease could not be moved on"),
        }
    }
}
