//! Every connector keeps every rule, and every rule finds out who breaks it.

mod broken;
mod scribes;

use connectors::{
    Connector, Csv, Epcis,
    conformance::{Rule, Scribe},
};
use scribes::{Events, Tables};

const SEEDS: [u64; 3] = [1, 2, 20_261_128];

async fn keeps_every_rule(connector: &dyn Connector, scribe: &dyn Scribe) {
    for rule in Rule::ALL {
        // Chance has a say in these alone.
        let seeds = match rule {
            Rule::DocumentsInAnyOrder | Rule::CutOffSaysNothingElse | Rule::NonsenseIsRefused => 3,
            _ => 1,
        };
        for seed in &SEEDS[..seeds] {
            if let Err(how) = rule.check(connector, scribe, *seed).await {
                panic!("{} breaks a rule. {how}", connector.name());
            }
        }
    }
}

#[tokio::test]
async fn tables_keep_every_rule() {
    keeps_every_rule(&Csv, &Tables).await;
}

#[tokio::test]
async fn epcis_events_keep_every_rule() {
    keeps_every_rule(&Epcis, &Events).await;
}

#[tokio::test]
async fn each_rule_finds_out_who_breaks_it() {
    for rule in Rule::ALL {
        let connector = broken::breaks(rule);
        let found = rule.check(&*connector, &Tables, SEEDS[0]).await;
        let Err(how) = found else { panic!("{rule:?} is kept by {connector:?}") };
        assert!(how.contains(broken::found_by(rule)), "found, but for another reason: {how}");
    }
}
