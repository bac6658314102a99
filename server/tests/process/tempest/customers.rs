//! Customers with browsers that run no scripts. They fill carts, order, press twice, order in two tabs, pay or walk
//! away, come back, try again and give up; and nothing that goes wrong surprises them. Nobody asserts here: what
//! they were told is written down, and judged when all is over.

use super::{
    diary::{CONFIRMED, Diary, Ending},
    shop::SHELVES,
};
use crate::{
    shopper::{self, field},
    world::TO_BERLIN,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use reqwest::{
    Client, RequestBuilder,
    header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinSet;

/// So long a customer waits for an answer.
const PATIENCE: Duration = Duration::from_secs(8);
/// How often something is tried that was not answered.
const TRIES: usize = 4;
/// How often an order's page is looked at.
const LOOKS: usize = 12;

/// Where customers go.
pub struct Mall {
    pub nodes: [String; 2],
    pub provider: String,
    pub diary: Diary,
    client: Client,
    seed: u64,
    is_open: AtomicBool,
    came: AtomicU64,
}

impl Mall {
    pub fn new(seed: u64, nodes: [String; 2], provider: String) -> Arc<Self> {
        Arc::new(Self {
            nodes,
            provider,
            diary: Diary::new(),
            client: shopper::client(),
            seed,
            is_open: AtomicBool::new(true),
            came: AtomicU64::new(0),
        })
    }

    /// So many are there at a time; when one goes, the next comes, until it closes.
    pub fn crowd(self: &Arc<Self>, at_a_time: usize) -> JoinSet<()> {
        let stay = |mall: Arc<Self>| async move {
            while mall.is_open.load(Ordering::Relaxed) {
                let number = mall.came.fetch_add(1, Ordering::Relaxed);
                let chance = StdRng::seed_from_u64(mall.seed.wrapping_mul(1_000_003) ^ number);
                let customer = Customer { mall: &mall, chance, cookie: String::new() };
                let ending = customer.shops().await;
                mall.diary.ends(ending);
            }
        };
        (0..at_a_time).map(|_| stay(self.clone())).collect()
    }

    /// Nobody is let in any more; who is there goes on.
    pub fn closes(&self) {
        self.is_open.store(false, Ordering::Relaxed);
    }

    pub fn came(&self) -> u64 {
        self.came.load(Ordering::Relaxed)
    }
}

/// What was answered.
struct Answer {
    status: u16,
    leads_to: String,
    cookie: Option<String>,
    text: String,
}

struct Customer<'a> {
    mall: &'a Mall,
    chance: StdRng,
    cookie: String,
}

impl Customer<'_> {
    async fn shops(mut self) -> Ending {
        let Some(()) = self.fills_a_cart().await else { return Ending::Unknown };
        let mut page = None;
        for _ in 0..TRIES {
            let payments = self.orders().await;
            if payments.is_empty() {
                // Refused or not answered: whoever looks again sees what it is.
                if self.is_refused().await {
                    return Ending::Failed;
                }
                self.waits(500).await;
                continue;
            }
            if self.chance.random_bool(0.08) {
                return Ending::Unknown;
            }
            for payment in payments {
                match payment.strip_prefix(&self.mall.provider) {
                    Some(_) => page = self.pays(&payment).await.or(page),
                    // It was paid between two clicks.
                    None => page = Some(path_of(&payment).to_owned()),
                }
            }
            if page.is_some() {
                break;
            }
            // Nothing was heard of the payment: the button once more.
            self.waits(300).await;
        }
        match page {
            Some(page) if !self.chance.random_bool(0.15) => self.looks_after(&page).await,
            _ => Ending::Unknown,
        }
    }

    async fn fills_a_cart(&mut self) -> Option<()> {
        for _ in 0..self.chance.random_range(1..3) {
            let which = self.chance.random_range(0..10_usize).saturating_sub(7);
            let quantity = self.chance.random_range(1..3_u32).to_string();
            let fields = [("sku", SHELVES[which].0), ("quantity", &*quantity)];
            for _ in 0..TRIES {
                let answer = self.sends("/api/cart/add", &fields).await;
                if answer.is_some_and(|answer| answer.status == 303) {
                    break;
                }
                self.waits(400).await;
            }
        }
        (!self.cookie.is_empty()).then_some(())
    }

    /// Presses the button: once, twice at once on two nodes, or in two tabs with two addresses. Where that leads to.
    async fn orders(&mut self) -> Vec<String> {
        let Some(checkout) = self.gets("/checkout").await else { return Vec::new() };
        let seen = ["seen_total", "cart_version"].map(|name| (name, field(&checkout.text, name)));
        let [(_, Some(_)), (_, Some(_))] = seen else { return Vec::new() };
        let seen = seen.map(|(name, value)| (name, value.unwrap_or_default()));
        let form = [&seen[..], &TO_BERLIN].concat();
        let elsewhere: Vec<_> = form
            .iter()
            .map(|(name, value)| (*name, if *name == "city" { "Potsdam" } else { *value }))
            .collect();
        let other_form = match self.chance.random_range(0..100) {
            0..35 => Some(&form),
            35..45 => Some(&elsewhere),
            _ => None,
        };
        let node = self.chance.random_range(0..self.mall.nodes.len());
        let place = |node: usize, form: &[(&str, &str)]| {
            self.answer(self.form(&self.mall.nodes[node], "/api/checkout/place", form))
        };
        let answers = match other_form {
            Some(other) => {
                let (one, two) = tokio::join!(place(0, &form), place(1, other));
                vec![one, two]
            }
            None => vec![place(node, &form).await],
        };
        let mut leads_to: Vec<String> = answers
            .into_iter()
            .flatten()
            .map(|answer| answer.leads_to)
            .filter(|to| to.starts_with(&self.mall.provider) || to.contains("/orders/"))
            .collect();
        leads_to.sort();
        leads_to.dedup();
        leads_to
    }

    /// Whether the cart says that what is wanted cannot be had.
    async fn is_refused(&mut self) -> bool {
        let words = ["Sold out meanwhile", " left. Please choose"];
        let cart = self.gets("/cart").await;
        cart.is_some_and(|cart| words.iter().any(|words| cart.text.contains(words)))
    }

    /// At the provider's page; the order's page, if the provider leads there.
    async fn pays(&mut self, payment: &str) -> Option<String> {
        let card = match self.chance.random_range(0..100) {
            0..45 => "success",
            45..60 => "repeated_webhooks",
            60..72 => "answer_lost",
            72..82 => "challenge",
            82..90 => "slow_webhook",
            _ => "declined",
        };
        for _ in 0..TRIES {
            let form = self.mall.client.post(payment).form(&[("card", card)]);
            let Some(answer) = self.answer(form).await else {
                self.waits(300).await;
                continue;
            };
            if !answer.leads_to.contains("/challenge/") {
                return order_page(&answer);
            }
            let decision = if self.chance.random_bool(0.8) { "confirm" } else { "refuse" };
            let url = match answer.leads_to.strip_prefix('/') {
                Some(path) => format!("{}/{path}", self.mall.provider),
                None => answer.leads_to,
            };
            let form = self.mall.client.post(url).form(&[("decision", decision)]);
            return order_page(&self.answer(form).await?);
        }
        None
    }

    /// Looks at the order's page until it says something, and pays again after a decline.
    async fn looks_after(&mut self, page: &str) -> Ending {
        let number = page.trim_start_matches("/orders/").split('?').next().unwrap_or_default();
        let key = page.split("key=").nth(1).unwrap_or_default();
        let mut looks = 0;
        while looks < LOOKS {
            looks += 1;
            // Both nodes are asked at once now and then: two tabs.
            if self.chance.random_bool(0.3) {
                let look = |node: usize| self.answer(self.look(&self.mall.nodes[node], page));
                tokio::join!(look(0), look(1));
            }
            let Some(answer) = self.gets(page).await else { continue };
            let headlines = [
                (CONFIRMED, Some(Ending::Ok)),
                ("Order cancelled", Some(Ending::Failed)),
                ("Payment refunded", Some(Ending::Failed)),
                ("Payment was declined", None),
            ];
            let said = headlines.into_iter().find(|(words, _)| answer.text.contains(words));
            match said {
                Some((words, Some(ending))) => {
                    self.mall.diary.saw(number, words);
                    return ending;
                }
                Some((words, None)) => {
                    self.mall.diary.saw(number, words);
                    if self.chance.random_bool(0.4) {
                        return Ending::Failed;
                    }
                    let again = [("number", number), ("key", key)];
                    if let Some(answer) = self.sends("/api/orders/pay", &again).await
                        && answer.leads_to.starts_with(&self.mall.provider)
                    {
                        self.pays(&answer.leads_to).await;
                    }
                }
                None => self.waits(700).await,
            }
        }
        Ending::Unknown
    }

    async fn waits(&mut self, at_most_ms: u64) {
        let wait = self.chance.random_range(0..at_most_ms);
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }

    /// A page, from whichever node answers.
    async fn gets(&mut self, path: &str) -> Option<Answer> {
        for _ in 0..TRIES {
            let node = self.chance.random_range(0..self.mall.nodes.len());
            let answer = self.answer(self.look(&self.mall.nodes[node], path)).await;
            if let Some(answer) = answer.filter(|answer| answer.status < 500) {
                return Some(answer);
            }
            self.waits(300).await;
        }
        None
    }

    /// A form, once, to one of the nodes.
    async fn sends(&mut self, path: &str, fields: &[(&str, &str)]) -> Option<Answer> {
        let node = self.chance.random_range(0..self.mall.nodes.len());
        let answer = self.answer(self.form(&self.mall.nodes[node], path, fields)).await?;
        if let Some(cookie) = &answer.cookie {
            self.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        }
        Some(answer)
    }

    fn look(&self, node: &str, path: &str) -> RequestBuilder {
        let request = self.mall.client.get(format!("{node}{path}"));
        request.header(ACCEPT, "text/html").header(COOKIE, &self.cookie)
    }

    fn form(&self, node: &str, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let request = self.mall.client.post(format!("{node}{path}")).header("origin", node);
        request.header(ACCEPT, "text/html").header(COOKIE, &self.cookie).form(fields)
    }

    async fn answer(&self, request: RequestBuilder) -> Option<Answer> {
        let answer = request.timeout(PATIENCE).send().await.ok()?;
        let header = |name| {
            let value = answer.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let (leads_to, cookie) = (header(LOCATION).unwrap_or_default(), header(SET_COOKIE));
        let status = answer.status().as_u16();
        Some(Answer { status, leads_to, cookie, text: answer.text().await.ok()? })
    }
}

/// The order's page, if that is where an answer leads to.
fn order_page(answer: &Answer) -> Option<String> {
    let path = path_of(&answer.leads_to);
    path.starts_with("/orders/").then(|| path.to_owned())
}

/// An address without scheme and host.
fn path_of(address: &str) -> &str {
    let host = address.find("://").map_or(0, |at| at + 3);
    address[host..].find('/').map_or(address, |at| &address[host + at..])
}
