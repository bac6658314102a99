//! Invoices and credit notes: what they are called, and how money that goes back is told from tax.

use crate::{Money, money::MoneyError, pricing::TaxPart, tax::BasisPoints};

/// Which of the two a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InvoiceKind {
    /// What was bought and has to be paid.
    Invoice,
    /// What of an invoice is taken back.
    CreditNote,
}

impl InvoiceKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Invoice, Self::CreditNote];

    /// The kind's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::CreditNote => "credit_note",
        }
    }

    /// The kind of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// What the numbers of its documents begin with: each kind is numbered by itself.
    pub fn series(self) -> &'static str {
        match self {
            Self::Invoice => "INV",
            Self::CreditNote => "CN",
        }
    }

    /// As its heading has it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Invoice => "Invoice",
            Self::CreditNote => "Credit note",
        }
    }
}

/// Why an amount cannot be credited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CreditError {
    /// It is more than is left of the invoice.
    #[error("{amount} cannot be credited: {left} is left of the invoice")]
    Beyond {
        /// What was to be credited.
        amount: Money,
        /// What can be.
        left: Money,
    },
    /// It is nothing, or less.
    #[error("{0} is nothing to be credited")]
    Nothing(Money),
    /// The amounts do not go together.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Splits an amount that goes back into the tax parts of its invoice, of which some was `credited` before. What is
/// `known` to belong to a rate (pieces that came back) is taken from there, as far as that is left; the rest is taken in
/// proportion to what is left. When all of an invoice was credited, exactly its tax was, however many times it took.
pub fn credit(
    invoice: &[TaxPart],
    credited: &[TaxPart],
    known: &[(BasisPoints, Money)],
    amount: Money,
) -> Result<Vec<TaxPart>, CreditError> {
    let currency = amount.currency();
    let sum = |amounts: &mut dyn Iterator<Item = Money>| Money::sum(currency, amounts);
    let before = |rate: BasisPoints, of: fn(&TaxPart) -> Money| {
        sum(&mut credited.iter().filter(|part| part.rate == rate).map(of))
    };
    let left = invoice
        .iter()
        .map(|part| part.gross.minus(before(part.rate, |part| part.gross)?))
        .collect::<Result<Vec<_>, MoneyError>>()?;
    let all_left = sum(&mut left.iter().copied())?;
    if amount.minor() <= 0 {
        return Err(CreditError::Nothing(amount));
    }
    if amount.minor() > all_left.minor() {
        return Err(CreditError::Beyond { amount, left: all_left });
    }
    let mut open = amount;
    let mut taken = Vec::with_capacity(invoice.len());
    for (part, left) in invoice.iter().zip(&left) {
        let known = known.iter().filter(|(rate, _)| *rate == part.rate).map(|(_, gross)| *gross);
        let wanted = sum(&mut known.into_iter())?.minor();
        let some = Money::new(wanted.clamp(0, left.minor().min(open.minor())), currency);
        open = open.minus(some)?;
        taken.push(some);
    }
    let rest = left
        .iter()
        .zip(&taken)
        .map(|(left, taken)| left.minus(*taken))
        .collect::<Result<Vec<_>, _>>()?;
    let mut parts = Vec::new();
    for ((part, taken), more) in invoice.iter().zip(taken).zip(open.split_like(&rest)) {
        let gross = taken.plus(more)?;
        if gross.minor() == 0 {
            continue;
        }
        let gross_so_far = before(part.rate, |part| part.gross)?.plus(gross)?;
        let tax_so_far = part.tax.split_like(&[gross_so_far, part.gross.minus(gross_so_far)?])[0];
        let tax = tax_so_far.minus(before(part.rate, |part| part.tax)?)?;
        parts.push(TaxPart { rate: part.rate, gross, tax });
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;
    use proptest::prelude::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    fn part(rate: u32, gross: i64) -> TaxPart {
        let rate = BasisPoints(rate);
        TaxPart { rate, gross: eur(gross), tax: rate.contained_in(eur(gross)) }
    }

    fn numbers(parts: &[TaxPart]) -> Vec<(u32, i64, i64)> {
        parts.iter().map(|part| (part.rate.0, part.gross.minor(), part.tax.minor())).collect()
    }

    #[test]
    fn all_that_was_paid_goes_back_with_the_tax_it_was_paid_with() {
        let invoice = [part(700, 10_700), part(1_900, 24_290)];
        let all = credit(&invoice, &[], &[], eur(34_990)).unwrap();
        assert_eq!(all, invoice);
    }

    #[test]
    fn pieces_that_came_back_are_credited_at_their_own_rate() {
        let invoice = [part(700, 10_700), part(1_900, 24_290)];
        let book = [(BasisPoints(700), eur(10_700))];
        let one = credit(&invoice, &[], &book, eur(10_700)).unwrap();
        assert_eq!(numbers(&one), [(700, 10_700, 700)]);
        let more = credit(&invoice, &one, &book, eur(11_900)).unwrap();
        assert_eq!(numbers(&more), [(1_900, 11_900, 1_900)], "nothing is left at 7 %");
    }

    #[test]
    fn no_more_is_credited_than_was_invoiced_and_not_nothing() {
        let invoice = [part(1_900, 11_900)];
        let first = credit(&invoice, &[], &[], eur(11_000)).unwrap();
        let beyond = CreditError::Beyond { amount: eur(901), left: eur(900) };
        assert_eq!(credit(&invoice, &first, &[], eur(901)), Err(beyond));
        assert_eq!(credit(&invoice, &first, &[], eur(0)), Err(CreditError::Nothing(eur(0))));
        assert_eq!(credit(&invoice, &first, &[], eur(-1)), Err(CreditError::Nothing(eur(-1))));
        assert!(credit(&invoice, &first, &[], Money::new(1, Currency::USD)).is_err());
    }

    proptest! {
        #[test]
        fn however_often_something_goes_back_gross_and_tax_add_up(
            gross in prop::collection::vec(1i64..1_000_000, 1..4),
            cuts in prop::collection::vec(1u32..1_000, 1..8),
            known in 0usize..4,
        ) {
            let rates = [0, 700, 1_900];
            let invoice: Vec<_> = gross.iter().zip(rates).map(|(gross, rate)| part(rate, *gross)).collect();
            let total = eur(invoice.iter().map(|part| part.gross.minor()).sum());
            let known: Vec<_> = invoice.get(known).map(|part| (part.rate, part.gross)).into_iter().collect();
            let mut credited = Vec::new();
            for amount in total.split(&cuts).into_iter().filter(|amount| amount.minor() > 0) {
                let parts = credit(&invoice, &credited, &known, amount).unwrap();
                prop_assert_eq!(parts.iter().map(|part| part.gross.minor()).sum::<i64>(), amount.minor());
                for part in &parts {
                    prop_assert!((0..=part.gross.minor()).contains(&part.tax.minor()), "{:?}", part);
                }
                credited.extend(parts);
            }
            for part in &invoice {
                let of_rate = || credited.iter().filter(|credited| credited.rate == part.rate);
                prop_assert_eq!(of_rate().map(|part| part.gross.minor()).sum::<i64>(), part.gross.minor());
                prop_assert_eq!(of_rate().map(|part| part.tax.minor()).sum::<i64>(), part.tax.minor());
            }
        }
    }
}
