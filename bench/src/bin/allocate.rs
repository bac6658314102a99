//! How long the allocator thinks: five lines over twenty warehouses, from the usual case, where some warehouse
//! has everything, to one where five have to share. Prints the median and the 95th percentile of each.

use anyhow::{anyhow, ensure};
use domain::{
    Country, Sku,
    stock::{BackOrder, Demand, Destination, Offer, Place, Site, Strategy, Supply, allocate},
};
use std::{
    hint::black_box,
    io::{Write, stdout},
    time::{Duration, Instant},
};

const WAREHOUSES: usize = 20;
const LINES: usize = 5;
const TRIES: usize = 5_000;

/// Whether a warehouse has the SKU of a line.
type Has = fn(usize, usize) -> bool;

fn main() -> anyhow::Result<()> {
    let cases: [(&str, usize, Has); 4] = [
        ("every warehouse has everything", 1, |_, _| true),
        ("one of them has everything", 1, |site, line| site == 13 || line == 0),
        ("two have to share", 2, |site, line| site.is_multiple_of(2) == (line < 3)),
        ("five have to share", 5, |site, line| site % LINES == line),
    ];
    let mut table = stdout().lock();
    for (words, parcels, has) in cases {
        let waits = tried(parcels, has)?;
        let (median, late) = (waits[TRIES / 2], waits[TRIES * 95 / 100]);
        let micros = |wait: Duration| wait.as_secs_f64() * 1e6;
        writeln!(
            table,
            "{words:<32} p50 {:>6.1} us  p95 {:>6.1} us",
            micros(median),
            micros(late)
        )?;
    }
    Ok(())
}

/// How long each try took, shortest first.
fn tried(parcels: usize, has: Has) -> anyhow::Result<Vec<Duration>> {
    let skus = (0..LINES).map(|line| Sku::parse(&format!("SKU-{line}")));
    let skus = skus.collect::<Result<Vec<_>, _>>()?;
    let sites: Vec<_> = (0i32..).take(WAREHOUSES).map(site).collect();
    let supplies: Vec<_> = (0..WAREHOUSES)
        .flat_map(|site| (0..LINES).map(move |line| (site, line)))
        .filter(|(site, line)| has(*site, *line))
        .map(|(site, line)| Supply {
            warehouse: sites[site].code.clone(),
            sku: skus[line].clone(),
            available: 9,
            back_order: BackOrder::default(),
        })
        .collect();
    let demands: Vec<_> = skus.into_iter().map(|sku| Demand { sku, quantity: 2 }).collect();
    let place = Place::new(52_500_000, 13_400_000);
    let offer = Offer {
        sites: &sites,
        supplies: &supplies,
        recipes: &[],
        destination: Some(Destination { country: Country::DE, place }),
        strategy: Strategy::default(),
    };
    let mut waits = Vec::with_capacity(TRIES);
    for _ in 0..TRIES {
        let begun = Instant::now();
        let plan = allocate(black_box(&demands), black_box(&offer));
        waits.push(begun.elapsed());
        let plan = plan.map_err(|short| anyhow!("{short:?}"))?;
        ensure!(plan.parcels.len() == parcels && plan.exact, "{plan:?}");
    }
    waits.sort_unstable();
    Ok(waits)
}

/// One of a row of warehouses from the Alps to the sea.
fn site(number: i32) -> Site {
    Site {
        code: format!("warehouse-{number:02}"),
        country: Country::DE,
        place: Place::new(47_000_000 + 400_000 * number, 9_000_000),
        priority: 1,
        leaves: None,
        offers_pick_up: false,
    }
}
