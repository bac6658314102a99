//! The roles that nodes and workers are given, and what each of them needs. A shop on one machine has all of
//! them in two processes; a large one gives pages, payments and workers machines of their own.

use serde::{Deserialize, Deserializer, de::Error as _};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// A role among others of its kind.
pub trait Role: Copy + Ord + 'static {
    /// Every role of the kind, with its name.
    const ALL: &'static [(Self, &'static str)];
}

/// What a node serves. Which address belongs to which of them stands in `router::places`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Serving {
    /// What is the same for everyone: pages, pictures, files, news of stock and prices.
    Storefront,
    /// What is one visitor's own: cart, checkout, orders, and what payment providers send.
    Checkout,
    /// The public JSON API, for programs with a key: all of it that needs no secret of payments.
    Api,
    /// Carts, checkouts and orders of that API, for apps and points of sale.
    Till,
    /// The merchant's pages, of which there is nothing yet.
    Admin,
}

impl Role for Serving {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Storefront, "storefront"),
        (Self::Checkout, "checkout"),
        (Self::Api, "api"),
        (Self::Till, "till"),
        (Self::Admin, "admin"),
    ];
}

/// What a worker does. Several workers of one role may run beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Working {
    /// Carries events from the outboxes to the bus, and deletes those that are old.
    Relay,
    /// Ends what stopped half-way: orders, payments, holds.
    Sweep,
    /// Writes down what the warehouses send of orders.
    Parcels,
    /// Sees to it that pages are made anew when what they show has changed.
    Pages,
    /// Lets prices with a date begin and end.
    Prices,
    /// Tells the warehouses what they are to do, and whoever else wants to be told.
    Tell,
    /// Takes in documents that warehouses drop into a folder.
    Drop,
    /// Sends mails to customers.
    Mail,
    /// Issues and prints invoices and credit notes.
    Documents,
}

impl Role for Working {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Relay, "relay"),
        (Self::Sweep, "sweep"),
        (Self::Parcels, "parcels"),
        (Self::Pages, "pages"),
        (Self::Prices, "prices"),
        (Self::Tell, "tell"),
        (Self::Drop, "drop"),
        (Self::Mail, "mail"),
        (Self::Documents, "documents"),
    ];
}

/// Some roles of a kind, one at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles<R>(BTreeSet<R>);

impl<R: Role> Roles<R> {
    /// Every role there is.
    pub fn all() -> Self {
        Self(R::ALL.iter().map(|(role, _)| *role).collect())
    }

    /// Whether this role is among them.
    pub fn has(&self, role: R) -> bool {
        self.0.contains(&role)
    }
}

impl<R: Role> FromStr for Roles<R> {
    type Err = String;

    /// Reads names with commas between them.
    fn from_str(text: &str) -> Result<Self, String> {
        let known = |name: &str| R::ALL.iter().find(|(_, known)| *known == name);
        let read = |name: &str| match known(name.trim()) {
            Some((role, _)) => Ok(*role),
            None => Err(format!("`{}` is no role; there are {}", name.trim(), Self::all())),
        };
        text.split(',').map(read).collect::<Result<_, _>>().map(Self)
    }
}

impl<R: Role> fmt::Display for Roles<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ours = R::ALL.iter().filter(|(role, _)| self.has(*role));
        formatter.write_str(&ours.map(|(_, name)| *name).collect::<Vec<_>>().join(", "))
    }
}

impl<'de, R: Role> Deserialize<'de> for Roles<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names: Vec<String> = crate::config::list(deserializer)?;
        names.join(",").parse().map_err(D::Error::custom)
    }
}

/// What a process stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Accounts' database: the keys of programs.
    Accounts,
    /// Inventory's database.
    Inventory,
    /// Payments' database.
    Payments,
    /// Orders' database.
    Orders,
    /// The catalogue and the sessions.
    Mongodb,
    /// The shared pages and the event bus.
    Redis,
    /// The payment provider, and the secrets that it knows the store by.
    Provider,
    /// What the tickets of lines are signed with, where something is sold by one.
    Tickets,
    /// The browser's files.
    Site,
    /// The pictures.
    Pictures,
}

/// All that a process stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs(BTreeSet<Need>);

impl Needs {
    /// What a store on one machine needs.
    pub fn everything() -> Self {
        Self::of_serving(&Roles::all())
    }

    /// This alone.
    pub fn only(need: Need) -> Self {
        Self(BTreeSet::from([need]))
    }

    /// What a node with these roles needs.
    pub fn of_serving(roles: &Roles<Serving>) -> Self {
        use Need::{
            Accounts, Inventory, Mongodb, Orders, Payments, Pictures, Provider, Redis, Site,
            Tickets,
        };
        Self::sum(&roles.0, |role| match role {
            Serving::Storefront => &[Inventory, Mongodb, Redis, Site, Pictures],
            Serving::Checkout => {
                &[Inventory, Payments, Orders, Mongodb, Redis, Provider, Tickets, Site]
            }
            Serving::Api => &[Accounts, Inventory, Redis],
            Serving::Till => {
                &[Accounts, Inventory, Payments, Orders, Mongodb, Redis, Provider, Tickets]
            }
            Serving::Admin => &[],
        })
    }

    /// What a worker with these roles needs.
    pub fn of_working(roles: &Roles<Working>) -> Self {
        use Need::{Accounts, Inventory, Mongodb, Orders, Payments, Provider, Redis};
        Self::sum(&roles.0, |role| match role {
            Working::Relay => &[Inventory, Payments, Orders, Redis],
            Working::Sweep => &[Accounts, Inventory, Payments, Orders, Mongodb, Provider],
            Working::Parcels => &[Inventory, Payments, Orders, Mongodb, Redis, Provider],
            Working::Pages => &[Mongodb, Redis],
            Working::Prices => &[Mongodb],
            Working::Tell => &[Accounts, Inventory, Orders],
            Working::Drop => &[Inventory],
            Working::Mail | Working::Documents => &[Orders],
        })
    }

    /// What is needed to look into the books of the money.
    pub fn of_books() -> Self {
        Self(BTreeSet::from([Need::Payments, Need::Provider]))
    }

    /// What is needed to bring orders to their end, as the sweeper does.
    pub fn of_sweeping() -> Self {
        Self::of_working(&Roles(BTreeSet::from([Working::Sweep])))
    }

    /// What is needed to look after orders.
    pub fn of_orders() -> Self {
        use Need::{Inventory, Mongodb, Orders, Payments, Provider};
        Self(BTreeSet::from([Inventory, Mongodb, Orders, Payments, Provider]))
    }

    /// What is needed to look after those who are told.
    pub fn of_telling() -> Self {
        Self(BTreeSet::from([Need::Accounts, Need::Inventory]))
    }

    fn sum<R: Role>(roles: &BTreeSet<R>, needs: impl Fn(R) -> &'static [Need]) -> Self {
        Self(roles.iter().flat_map(|role| needs(*role).iter().copied()).collect())
    }

    /// Whether this is among them.
    pub fn has(&self, need: Need) -> bool {
        self.0.contains(&need)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_by_name_and_a_wrong_one_is_told_with_those_there_are() {
        let some: Roles<Serving> = "checkout, storefront".parse().unwrap();
        assert_eq!(some.to_string(), "storefront, checkout");
        assert!(some.has(Serving::Storefront) && !some.has(Serving::Admin));
        for (text, name) in [("", ""), ("storefront,", ""), ("shop", "shop"), ("Api", "Api")] {
            let told = text.parse::<Roles<Serving>>().unwrap_err();
            let there = "there are storefront, checkout, api, till, admin";
            assert_eq!(told, format!("`{name}` is no role; {there}"));
        }
        assert!("storefront".parse::<Roles<Working>>().is_err());
    }

    #[test]
    fn only_who_deals_with_payments_needs_what_belongs_to_them() {
        let secret = [Need::Payments, Need::Orders, Need::Provider];
        let storefront = Needs::of_serving(&"storefront,api,admin".parse().unwrap());
        let pages = Needs::of_working(&"pages,prices,drop".parse().unwrap());
        for need in secret {
            assert!(!storefront.has(need) && !pages.has(need), "{need:?}");
            assert!(Needs::of_serving(&"checkout".parse().unwrap()).has(need));
            assert!(Needs::of_serving(&"till".parse().unwrap()).has(need));
            assert!(Needs::of_working(&"sweep".parse().unwrap()).has(need));
        }
        let tell = Needs::of_working(&"tell".parse().unwrap());
        assert!(!tell.has(Need::Payments) && !tell.has(Need::Provider), "it tells of orders alone");
        assert_eq!(Needs::of_serving(&"admin".parse().unwrap()), Needs(BTreeSet::new()));
        let keys = Needs::of_serving(&"storefront,checkout".parse().unwrap());
        assert!(!keys.has(Need::Accounts), "pages are for people");
    }
}
