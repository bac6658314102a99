//! The adapter of the sandbox provider: its JSON over HTTP in our words and back.
//!
//! Nothing here is known of the sandbox's process; it may run anywhere. What stands in `wire` is the
//! whole of its contract that the store relies on.

mod wire;

use crate::{
    ProviderError, StandardSignature, UnusableSecret, WebhookError,
    provider::{
        CaptureOrder, Charge, Listed, Lookup, Provider, ProviderEvent, ProviderPayment,
        ProviderRefund, RefundOrder,
    },
};
use async_trait::async_trait;
use http::{HeaderMap, StatusCode};
use jiff::{Timestamp, civil::Date};
use reqwest::{Client, RequestBuilder, Response, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The wait before a request is repeated whose first sending is still being answered; doubled each
/// time.
const FIRST_REPEAT: Duration = Duration::from_millis(20);

/// How the provider is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its address, without `/v1`.
    pub base_url: String,
    /// What we prove ourselves with.
    pub secret: SecretString,
    /// What it signs its webhooks with: `whsec_` and base64, or any other text.
    pub webhook_secret: SecretString,
    /// How long to wait for it.
    pub patience: Patience,
}

/// How long to wait for the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a connection: 1 s.
    pub connect: Duration,
    /// For an answer, the connection included: 5 s.
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(1), answer: Duration::from_secs(5) }
    }
}

/// Why an adapter cannot be made of its settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The address is none.
    #[error("the payment provider's address is not an http(s) address: {value:?}")]
    Address {
        /// What was set.
        value: String,
    },
    /// There is no key in the webhook secret.
    #[error(transparent)]
    WebhookSecret(#[from] UnusableSecret),
    /// The HTTP client cannot be set up.
    #[error("the client for the payment provider cannot be set up: {0}")]
    Client(#[source] reqwest::Error),
}

/// The sandbox provider, over HTTP.
#[derive(Debug)]
pub struct Sandbox {
    client: Client,
    payments: Url,
    movements: Url,
    secret: SecretString,
    signature: StandardSignature,
    patience: Patience,
}

impl Sandbox {
    /// An adapter with these settings. Nothing is asked of the provider yet.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let value = settings.base_url;
        let under = |path| {
            Url::parse(&format!("{}/v1/{path}", value.trim_end_matches('/')))
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https"))
                .ok_or_else(|| SettingsError::Address { value: value.clone() })
        };
        let (payments, movements) = (under("payments")?, under("movements")?);
        let client = Client::builder()
            .connect_timeout(settings.patience.connect)
            .timeout(settings.patience.answer)
            // A redirect would carry the secret elsewhere.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(SettingsError::Client)?;
        Ok(Self {
            client,
            payments,
            movements,
            secret: settings.secret,
            signature: StandardSignature::new(&settings.webhook_secret)?,
            patience: settings.patience,
        })
    }

    /// The address of one payment, or of something under it.
    fn address(&self, payment: &str, under: Option<&str>) -> Url {
        let mut url = self.payments.clone();
        // An http address always has segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.push(payment).extend(under);
        }
        url
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, ProviderError> {
        let request = request.bearer_auth(self.secret.expose_secret());
        let response = request.send().await.map_err(observed)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let wire::Problem { code, message } =
            response.json::<wire::Errors>().await.map(|errors| errors.error).unwrap_or_default();
        Err(match (status, code.as_str()) {
            // The payment exists, under other words; or is being made. Either way: ask.
            (_, wire::KEY_MISMATCH | wire::KEY_IN_FLIGHT) => {
                ProviderError::Unknown { reason: code }
            }
            (
                StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
                | StatusCode::TOO_MANY_REQUESTS
                | StatusCode::SERVICE_UNAVAILABLE,
                _,
            ) => ProviderError::Unavailable { reason: format!("{status} {code}") },
            (status, _) if status.is_client_error() && !code.is_empty() => {
                ProviderError::Rejected { code, message }
            }
            _ => ProviderError::Unknown { reason: format!("{status} {code}") },
        })
    }

    /// Sends a request with an idempotency key, again and again while its first sending is being
    /// answered: a shopper who clicked twice gets the same answer twice.
    async fn send_once(
        &self,
        request: impl Fn() -> RequestBuilder + Send + Sync,
        key: &str,
    ) -> Result<Response, ProviderError> {
        let sending = async {
            let mut wait = FIRST_REPEAT;
            loop {
                let sent = self.send(request().header("idempotency-key", key)).await;
                match sent {
                    Err(ProviderError::Unknown { reason }) if reason == wire::KEY_IN_FLIGHT => {}
                    outcome => return outcome,
                }
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
        };
        tokio::time::timeout(self.patience.answer, sending).await.unwrap_or_else(|_| {
            Err(ProviderError::Unknown { reason: "still being answered elsewhere".into() })
        })
    }
}

#[async_trait]
impl Provider for Sandbox {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    async fn create(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError> {
        let reference = charge.attempt.to_string();
        let proposal = wire::Proposal {
            reference: &reference,
            amount_minor: charge.amount.minor(),
            currency: charge.amount.currency().code(),
            return_url: charge.return_url.expose_secret(),
            capture: wire::CaptureMethod::of(charge.capture),
            token: charge.token.as_ref().map(ExposeSecret::expose_secret),
        };
        let request = || self.client.post(self.payments.clone()).json(&proposal);
        read::<wire::Payment>(self.send_once(request, &reference).await?).await?.try_into()
    }

    async fn find(&self, lookup: Lookup<'_>) -> Result<Option<ProviderPayment>, ProviderError> {
        match lookup {
            Lookup::Id(id) => match self.send(self.client.get(self.address(id, None))).await {
                Ok(answer) => read::<wire::Payment>(answer).await?.try_into().map(Some),
                Err(ProviderError::Rejected { code, .. }) if code == wire::NOT_FOUND => Ok(None),
                Err(error) => Err(error),
            },
            Lookup::Attempt(attempt) => {
                let query = [("reference", attempt.to_string())];
                let answer =
                    self.send(self.client.get(self.payments.clone()).query(&query)).await?;
                let found = read::<wire::Payments>(answer).await?.data;
                if found.len() > 1 {
                    tracing::error!(%attempt, payments = found.len(), "one attempt, several payments");
                }
                // Several would break the contract of `create`; then money that was taken counts.
                found
                    .into_iter()
                    .max_by_key(wire::Payment::has_taken_money)
                    .map(ProviderPayment::try_from)
                    .transpose()
            }
        }
    }

    async fn capture(&self, order: &CaptureOrder) -> Result<ProviderPayment, ProviderError> {
        let address = self.address(&order.payment, Some("capture"));
        let body = wire::AmountRequest { amount_minor: order.amount.minor() };
        let request = || self.client.post(address.clone()).json(&body);
        // The attempt's own name is the key of the request that opened its payment.
        let key = format!("{}-capture", order.attempt);
        read::<wire::Payment>(self.send_once(request, &key).await?).await?.try_into()
    }

    async fn cancel(&self, payment: &str) -> Result<ProviderPayment, ProviderError> {
        let request = self.client.post(self.address(payment, Some("cancel")));
        match self.send(request).await {
            Ok(answer) => read::<wire::Payment>(answer).await?.try_into(),
            Err(refusal @ ProviderError::Rejected { .. }) => {
                self.find(Lookup::Id(payment)).await?.ok_or(refusal)
            }
            Err(error) => Err(error),
        }
    }

    async fn refund(&self, order: &RefundOrder) -> Result<ProviderRefund, ProviderError> {
        let address = self.address(&order.payment, Some("refunds"));
        let body = wire::AmountRequest { amount_minor: order.amount.minor() };
        let request = || self.client.post(address.clone()).json(&body);
        let answer = self.send_once(request, &order.refund.to_string()).await?;
        read::<wire::Refund>(answer).await?.try_into()
    }

    async fn list(&self, day: Date, cursor: Option<&str>) -> Result<Listed, ProviderError> {
        let mut request =
            self.client.get(self.movements.clone()).query(&[("day", day.to_string())]);
        if let Some(cursor) = cursor {
            request = request.query(&[("cursor", cursor)]);
        }
        read::<wire::Movements>(self.send(request).await?).await?.try_into()
    }

    fn verify_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<ProviderEvent, WebhookError> {
        let id = self.signature.verify(headers, body, now)?;
        let event: wire::Event = serde_json::from_slice(body)
            .map_err(|error| WebhookError::Malformed { reason: error.to_string() })?;
        Ok(ProviderEvent {
            id: id.to_owned(),
            kind: event.kind,
            payment: event.data.payment.map(|payment| payment.id),
        })
    }
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, ProviderError> {
    answer.json().await.map_err(observed)
}

/// What a failed request lets us conclude. The address is left out: it names a payment.
fn observed(error: reqwest::Error) -> ProviderError {
    let is_unsent = error.is_connect() || error.is_builder();
    let error = error.without_url();
    let reason = match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    match is_unsent {
        true => ProviderError::Unavailable { reason },
        false => ProviderError::Unknown { reason },
    }
}
