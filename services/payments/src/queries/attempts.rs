//! SQL about attempts.

use super::{money, unreadable};
use crate::Attempt;
use domain::{
    money::Money,
    payment::{AttemptState, CaptureMode},
};
use jiff::Timestamp;
use secrecy::SecretString;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// Violated when an attempt begins although its intent is not open.
pub(crate) const BEGIN_WHILE_OPEN: &str = "attempts_begin_while_open_ck";
/// Violated when an attempt would take money beside another that did or still may.
pub(crate) const ONE_CAPTURE: &str = "one_capture_per_intent_uq";

/// What the provider said about an attempt.
pub(crate) struct News<'a> {
    pub(crate) state: AttemptState,
    pub(crate) provider_reference: Option<&'a str>,
    pub(crate) decline_code: Option<&'a str>,
    pub(crate) redirect_url: Option<&'a str>,
    /// What was taken, if it has succeeded.
    pub(crate) captured: Option<Money>,
    /// What the provider keeps of it, if it has succeeded and that is told.
    pub(crate) fee: Option<Money>,
    /// When what is authorised is released, if it is authorised.
    pub(crate) expires_at: Option<Timestamp>,
}

/// An attempt to be recorded.
pub(crate) struct NewAttempt<'a> {
    pub(crate) id: Uuid,
    pub(crate) order: Uuid,
    pub(crate) provider: &'a str,
    pub(crate) capture: CaptureMode,
    pub(crate) return_url: &'a str,
    pub(crate) token_digest: Option<&'a [u8]>,
}

/// What [`AttemptRow`] is read from.
macro_rules! columns {
    () => {
        "attempts.id, attempts.intent, attempts.provider, attempts.provider_reference,
           attempts.amount_minor, attempts.currency, attempts.state, attempts.decline_code,
           attempts.redirect_url, attempts.return_url, attempts.token_digest,
           attempts.capture_mode, attempts.expires_at,
           case
             when attempts.state = 'succeeded' then coalesce(attempts.captured_minor, attempts.amount_minor)
           end as captured_minor,
           attempts.fee_minor,
           attempts.created_at, attempts.updated_at"
    };
}

#[derive(sqlx::FromRow)]
struct AttemptRow {
    id: Uuid,
    intent: Uuid,
    provider: String,
    provider_reference: Option<String>,
    amount_minor: i64,
    currency: String,
    state: String,
    decline_code: Option<String>,
    redirect_url: Option<String>,
    return_url: Option<String>,
    token_digest: Option<Vec<u8>>,
    capture_mode: String,
    expires_at: Option<jiff_sqlx::Timestamp>,
    captured_minor: Option<i64>,
    fee_minor: Option<i64>,
    created_at: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
}

impl TryFrom<AttemptRow> for Attempt {
    type Error = sqlx::Error;

    fn try_from(row: AttemptRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.id,
            intent: row.intent,
            provider: row.provider,
            provider_reference: row.provider_reference,
            amount: money(row.amount_minor, &row.currency)?,
            capture: CaptureMode::parse(&row.capture_mode)
                .ok_or_else(|| unreadable("capture mode", &row.capture_mode))?,
            captured: row.captured_minor.map(|minor| money(minor, &row.currency)).transpose()?,
            fee: row.fee_minor.map(|minor| money(minor, &row.currency)).transpose()?,
            expires_at: row.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            state: AttemptState::parse(&row.state)
                .ok_or_else(|| unreadable("state of an attempt", &row.state))?,
            decline_code: row.decline_code,
            redirect_url: row.redirect_url,
            created_at: row.created_at.to_jiff(),
            updated_at: row.updated_at.to_jiff(),
            return_url: row.return_url.map(SecretString::from),
            token_digest: row.token_digest,
        })
    }
}

/// Records an attempt at what is owed for an order, committed when this returns. `None` if the
/// intent is not open, or an attempt has taken the money or still may.
pub(crate) async fn record(
    pool: &PgPool,
    new: &NewAttempt<'_>,
) -> Result<Option<Attempt>, sqlx::Error> {
    sqlx::query_as::<_, AttemptRow>(concat!(
        "insert into attempts (
           id, intent, provider, amount_minor, currency, return_url, token_digest, capture_mode
         )
         select $1, intents.id, $3, intents.amount_minor, intents.currency, $4, $5, $6
         from intents
         where order_reference = $2
           and state = 'open'
         on conflict do nothing
         returning ",
        columns!(),
    ))
    .bind(new.id)
    .bind(new.order)
    .bind(new.provider)
    .bind(new.return_url)
    .bind(new.token_digest)
    .bind(new.capture.as_str())
    .fetch_optional(pool)
    .await?
    .map(Attempt::try_from)
    .transpose()
}

/// Notes what the provider said, if it leads forward from where the attempt is, or sends the shopper
/// to another page. `None` if it is no news.
pub(crate) async fn note(
    pool: &PgPool,
    id: Uuid,
    news: &News<'_>,
) -> Result<Option<Attempt>, sqlx::Error> {
    sqlx::query_as::<_, AttemptRow>(concat!(
        "update attempts
         set state = $2,
           provider_reference = coalesce($3, provider_reference),
           decline_code = $4,
           redirect_url = $5,
           captured_minor = coalesce($6, captured_minor),
           expires_at = coalesce($7, expires_at),
           fee_minor = coalesce(fee_minor, $8),
           return_url = case when attempt_is_open($2) then return_url end
         where id = $1
           and (
             attempt_may_become(state, $2)
             or (
               state = $2
               and not attempt_is_final($2)
               and redirect_url is distinct from $5
             )
           )
         returning ",
        columns!(),
    ))
    .bind(id)
    .bind(news.state.as_str())
    .bind(news.provider_reference)
    .bind(news.decline_code)
    .bind(news.redirect_url)
    .bind(news.captured.map(Money::minor))
    .bind(news.expires_at.map(jiff_sqlx::ToSqlx::to_sqlx))
    .bind(news.fee.map(Money::minor))
    .fetch_optional(pool)
    .await?
    .map(Attempt::try_from)
    .transpose()
}

/// Decides how much of what is authorised is taken, committed when this returns and never changed. `None`
/// if it is not authorised any more, or another amount was decided on before.
pub(crate) async fn decide_capture(
    pool: &PgPool,
    id: Uuid,
    amount: Money,
) -> Result<Option<Attempt>, sqlx::Error> {
    sqlx::query_as::<_, AttemptRow>(concat!(
        "update attempts
         set to_capture_minor = $2
         where id = $1
           and state = 'authorised'
           and coalesce(to_capture_minor, $2) = $2
         returning ",
        columns!(),
    ))
    .bind(id)
    .bind(amount.minor())
    .fetch_optional(pool)
    .await?
    .map(Attempt::try_from)
    .transpose()
}

/// Notes what the provider keeps of what an attempt took; `false` if that was known before.
pub(crate) async fn note_fee(
    connection: &mut PgConnection,
    id: Uuid,
    fee: Money,
) -> Result<bool, sqlx::Error> {
    let noted = sqlx::query(
        "update attempts
         set fee_minor = $2
         where id = $1
           and state = 'succeeded'
           and fee_minor is null",
    )
    .bind(id)
    .bind(fee.minor())
    .execute(connection)
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// How much was decided to be taken of an attempt.
pub(crate) async fn find_decision(
    pool: &PgPool,
    attempt: &Attempt,
) -> Result<Option<Money>, sqlx::Error> {
    let minor: Option<i64> = sqlx::query_scalar(
        "select to_capture_minor
         from attempts
         where id = $1",
    )
    .bind(attempt.id)
    .fetch_one(pool)
    .await?;
    Ok(minor.map(|minor| Money::new(minor, attempt.amount.currency())))
}

/// An attempt by its name.
pub(crate) async fn load(pool: &PgPool, id: Uuid) -> Result<Attempt, sqlx::Error> {
    sqlx::query_as::<_, AttemptRow>(concat!(
        "select ",
        columns!(),
        "
         from attempts
         where id = $1",
    ))
    .bind(id)
    .fetch_one(pool)
    .await
    .and_then(Attempt::try_from)
}

/// The attempt of an intent that counts: the one that took the money or still may, of which there is
/// at most one, else the latest that failed.
pub(crate) async fn find_last(pool: &PgPool, intent: Uuid) -> Result<Option<Attempt>, sqlx::Error> {
    sqlx::query_as::<_, AttemptRow>(concat!(
        "select ",
        columns!(),
        "
         from attempts
         where intent = $1
         order by (state not in ('declined', 'cancelled')) desc, created_at desc
         limit 1",
    ))
    .bind(intent)
    .fetch_optional(pool)
    .await?
    .map(Attempt::try_from)
    .transpose()
}

/// The other attempt of the same intent that has not come to an end.
pub(crate) async fn find_rival(
    pool: &PgPool,
    attempt: &Attempt,
) -> Result<Option<Attempt>, sqlx::Error> {
    sqlx::query_as::<_, AttemptRow>(concat!(
        "select ",
        columns!(),
        "
         from attempts
         where intent = $1
           and id <> $2
           and state in ('recorded', 'requires_action', 'processing', 'authorised')",
    ))
    .bind(attempt.intent)
    .bind(attempt.id)
    .fetch_optional(pool)
    .await?
    .map(Attempt::try_from)
    .transpose()
}

/// The attempts of these names at this provider, each with the order it is made for.
pub(crate) async fn list_with_orders(
    pool: &PgPool,
    ids: &[Uuid],
    provider: &str,
) -> Result<Vec<(Attempt, Uuid)>, sqlx::Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        order_reference: Uuid,
        #[sqlx(flatten)]
        attempt: AttemptRow,
    }
    sqlx::query_as::<_, Row>(concat!(
        "select intents.order_reference, ",
        columns!(),
        "
         from attempts
         join intents on intents.id = attempts.intent
         where attempts.id = any($1)
           and attempts.provider = $2",
    ))
    .bind(ids)
    .bind(provider)
    .fetch_all(pool)
    .await?
    .into_iter()
    .map(|row| Ok((row.attempt.try_into()?, row.order_reference)))
    .collect()
}

/// The attempt of this name at this provider, with the order it is made for.
pub(crate) async fn find_with_order(
    pool: &PgPool,
    id: Uuid,
    provider: &str,
) -> Result<Option<(Attempt, Uuid)>, sqlx::Error> {
    Ok(list_with_orders(pool, &[id], provider).await?.pop())
}
