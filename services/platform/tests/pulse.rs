//! A database that hangs or is gone is known to be away, and to be back, by whoever takes its pulse.

use platform::{
    pulse::Pulse,
    testing::{self, Wire},
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long anything here may take before it counts as not happening.
const SOON: Duration = Duration::from_secs(20);

async fn follows_the_line(mut pulse: Pulse, wire: Wire) {
    let back = async |pulse: &Pulse| {
        let answers = async {
            while pulse.is_away() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(SOON, answers).await.expect("it is there again");
    };
    for break_it in [Wire::cut, Wire::freeze] {
        assert!(!pulse.is_away());
        break_it(&wire);
        tokio::time::timeout(SOON, pulse.away()).await.expect("it is found to be away");
        assert!(pulse.is_away());
        wire.mend();
        back(&pulse).await;
    }
}

#[tokio::test]
async fn postgresql_is_known_to_be_away_while_it_hangs_or_is_gone() {
    let database = testing::empty_postgres().await;
    let (wire, url) = Wire::through(&database.url).await;
    follows_the_line(Pulse::of_postgres(&url, "shop", CancellationToken::new()), wire).await;
}

#[tokio::test]
async fn mongodb_is_known_to_be_away_while_it_hangs_or_is_gone() {
    let mongo = testing::mongodb().await;
    let (wire, url) = Wire::through(&mongo.url).await;
    let pulse = Pulse::of_mongodb(&url, CancellationToken::new()).await.unwrap();
    follows_the_line(pulse, wire).await;
}
