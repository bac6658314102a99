//! What a key may be used for.

use std::{collections::BTreeSet, fmt, str::FromStr};

/// One thing that a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// See how much of what lies in which warehouse.
    InventoryRead,
    /// Tell what warehouses did and what they counted.
    InventoryWrite,
    /// Say which warehouses there are, what bundles are made of, what may be promised, and what goes from where to
    /// where.
    InventoryManage,
    /// See what is sold, as every visitor does.
    CatalogueRead,
    /// Fill carts and check out, as every visitor may.
    Carts,
    /// See and pay the orders of whoever holds their keys.
    OrdersOwn,
    /// See all orders.
    OrdersRead,
}

impl Scope {
    /// Every scope with its name.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::InventoryRead, "inventory:read"),
        (Self::InventoryWrite, "inventory:write"),
        (Self::InventoryManage, "inventory:manage"),
        (Self::CatalogueRead, "catalogue:read"),
        (Self::Carts, "carts"),
        (Self::OrdersOwn, "orders:own"),
        (Self::OrdersRead, "orders:read"),
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        let named = Self::ALL.iter().find(|(scope, _)| *scope == self);
        named.map_or("", |(_, name)| *name)
    }

    /// Whether a key that everybody can read in an app may have it. The database refuses the others
    /// (`publishable_key_is_harmless_ck`).
    pub fn is_harmless(self) -> bool {
        matches!(self, Self::CatalogueRead | Self::Carts | Self::OrdersOwn)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A text that names no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{named}` is no scope; there are {}", Scopes::all())]
pub struct UnknownScope {
    /// What was named.
    pub named: String,
}

/// Some scopes, one at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Every scope there is.
    pub fn all() -> Self {
        Self(Scope::ALL.into_iter().map(|(scope, _)| scope).collect())
    }

    /// Whether this one is among them.
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }

    /// Those of a key that was made by this or another release. What this one does not know gives nothing.
    pub(crate) fn known(names: &[String]) -> Self {
        let known = Scope::ALL.into_iter().filter(|(_, name)| names.iter().any(|own| own == name));
        Self(known.map(|(scope, _)| scope).collect())
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    /// Reads names with commas between them.
    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let read = |name: &str| {
            let known = Scope::ALL.into_iter().find(|(_, known)| *known == name.trim());
            known
                .map(|(scope, _)| scope)
                .ok_or_else(|| UnknownScope { named: name.trim().to_owned() })
        };
        text.split(',').map(read).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Scope::as_str).collect();
        formatter.write_str(&names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_by_name_and_a_wrong_one_is_told_with_those_there_are() {
        let some: Scopes = "inventory:write, inventory:read".parse().unwrap();
        assert_eq!(some.to_string(), "inventory:read, inventory:write");
        assert!(some.has(Scope::InventoryRead) && !some.has(Scope::Carts));
        for wrong in ["", "inventory", "Carts", "carts,", "carts;orders:own"] {
            let told = wrong.parse::<Scopes>().unwrap_err().to_string();
            assert!(told.contains("` is no scope; there are inventory:read, "), "{told}");
        }
    }

    #[test]
    fn a_scope_of_another_release_gives_nothing() {
        let names = ["carts", "planets:move"].map(str::to_owned);
        assert_eq!(Scopes::known(&names), "carts".parse().unwrap());
    }
}
