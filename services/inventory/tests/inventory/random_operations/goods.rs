//! The operations on the goods themselves, and what other systems say of them.

use super::{Operation, Run, SKUS, warehouse};
use domain::stock::HoldState;
use inventory::{
    ActError, Count, Done, LevelError, Mode, Returned, Rules, ToldKind, ToldMovement, Transfer,
    TransferError, UnknownSkus,
};
use uuid::Uuid;

impl Run<'_> {
    /// What is done with the goods themselves, and what is said of them.
    pub(super) async fn apply_to_goods(&mut self, operation: &Operation) {
        let inventory = &self.room.inventory;
        let line = |sku: usize, quantity| [(self.skus[sku].clone(), quantity)];
        match *operation {
            Operation::Ship { order, south, sku, quantity } => {
                let (reference, name) = (self.orders[order], Uuid::now_v7().to_string());
                let lines = line(sku, quantity);
                match inventory.ship(reference, &name, warehouse(south), &lines).await {
                    Ok(done) => {
                        assert_eq!(done, Done::Now);
                        let (state, left) = self.model.get_mut(&order).unwrap();
                        assert_eq!(*state, HoldState::Allocated);
                        left[sku] -= quantity;
                    }
                    Err(ActError::Storage(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Operation::Cancel { order } => {
                let given_back = inventory.cancel_allocation(self.orders[order]).await.unwrap();
                let pieces: u32 = given_back.iter().map(|part| part.quantity).sum();
                match self.model.get_mut(&order) {
                    Some((HoldState::Allocated, left)) => {
                        assert_eq!(pieces, left.iter().sum::<u32>());
                        *left = [0; SKUS];
                    }
                    _ => assert_eq!(pieces, 0),
                }
            }
            Operation::TakeBack { south, sku, quantity, scrapped } => {
                let sku = self.skus[sku].clone();
                let lines = [Returned { sku, quantity, scrapped: scrapped.min(quantity) }];
                inventory.take_back(Uuid::now_v7(), None, warehouse(south), &lines).await.unwrap();
            }
            Operation::Scrap { south, sku, quantity } => {
                let lines = line(sku, quantity);
                let scrapped = inventory.scrap(Uuid::now_v7(), warehouse(south), &lines, "broken");
                if let Err(ActError::Storage(error)) = scrapped.await {
                    panic!("{error}");
                }
            }
            Operation::Tell { south, sku, quantities, note, all } => {
                let row = |(index, quantity): (usize, &i64)| ToldMovement {
                    external_id: format!("told {}", usize::from(note) + index),
                    sequence: None,
                    warehouse: warehouse(south).to_owned(),
                    sku: self.skus[sku].to_string(),
                    kind: ToldKind::Adjusted,
                    quantity: *quantity,
                    order: None,
                    occurred_at: None,
                };
                let rows: Vec<_> = quantities.iter().enumerate().map(row).collect();
                let mode = if all { Mode::All } else { Mode::Each };
                let told = inventory.apply_movements(&self.source, mode, UnknownSkus::Open, &rows);
                assert_eq!(told.await.unwrap().len(), rows.len());
            }
            Operation::CountAsOf { south, sku, counted, seconds } => {
                let as_of = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(seconds);
                let rows = [Count {
                    warehouse: warehouse(south).to_owned(),
                    sku: self.skus[sku].to_string(),
                    on_hand: counted,
                }];
                let source = &self.source;
                inventory.reconcile_counts(source, as_of, UnknownSkus::Open, &rows).await.unwrap();
            }
            Operation::Transfer { from_south, sku, quantity, lost } => {
                let wanted = Transfer {
                    id: Uuid::now_v7(),
                    from: warehouse(from_south).to_owned(),
                    to: warehouse(!from_south).to_owned(),
                    expected_on: None,
                    lines: line(sku, quantity).to_vec(),
                };
                inventory.order_transfer(&wanted).await.unwrap();
                match inventory.send_transfer(wanted.id).await {
                    Ok(_) => {
                        let arrived = line(sku, quantity.saturating_sub(lost));
                        inventory.receive_transfer(wanted.id, Some(&arrived)).await.unwrap();
                    }
                    Err(TransferError::Storage(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Operation::Rules { south, sku, safety, back_order_limit } => {
                let rules = [(self.skus[sku].clone(), Rules { safety, back_order_limit })];
                match inventory.set_rules(warehouse(south), &rules).await {
                    // Of what is owed already no less can be allowed.
                    Ok(_) | Err(LevelError::Storage(inventory::Error::Oversell)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            Operation::Close { south, closed } => {
                inventory.set_active(warehouse(south), !closed).await.unwrap();
            }
            _ => unreachable!("{operation:?} is no matter of goods"),
        }
    }
}
