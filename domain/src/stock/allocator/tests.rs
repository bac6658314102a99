// By name: the property tests' own trait is called the same.
use super::{Strategy, *};
use crate::stock::{Allocation, sum_demands};
use jiff::civil::date;
use proptest::prelude::*;

fn sku(name: &str) -> Sku {
    Sku::parse(name).unwrap()
}

fn want(name: &str, quantity: u32) -> Demand {
    Demand { sku: sku(name), quantity }
}

fn has(warehouse: &str, name: &str, available: u32) -> Supply {
    let (warehouse, back_order) = (warehouse.to_owned(), BackOrder::default());
    Supply { warehouse, sku: sku(name), available, back_order }
}

fn site(code: &str, priority: i32) -> Site {
    Site {
        code: code.to_owned(),
        country: Country::DE,
        place: None,
        priority,
        leaves: Some(date(2026, 11, 27)),
        offers_pick_up: false,
    }
}

/// Berlin, Hamburg and Munich, in this order.
fn three() -> [Site; 3] {
    let at = |code, priority, latitude, longitude| Site {
        place: Place::new(latitude, longitude),
        ..site(code, priority)
    };
    [
        at("berlin", 1, 52_520_000, 13_405_000),
        at("hamburg", 2, 53_551_000, 9_994_000),
        at("munich", 3, 48_135_000, 11_582_000),
    ]
}

fn offer<'a>(sites: &'a [Site], supplies: &'a [Supply]) -> Offer<'a> {
    Offer { sites, supplies, recipes: &[], destination: None, strategy: Strategy::default() }
}

fn to(latitude: i32, longitude: i32) -> Option<Destination> {
    Some(Destination { country: Country::DE, place: Place::new(latitude, longitude) })
}

fn codes(plan: &Plan) -> Vec<&str> {
    plan.parcels.iter().map(|parcel| parcel.warehouse.as_str()).collect()
}

#[test]
fn one_warehouse_that_has_all_is_preferred_to_two() {
    let supplies = [has("berlin", "a", 5), has("munich", "a", 5), has("munich", "b", 1)];
    let plan = allocate(&[want("a", 2), want("b", 1)], &offer(&three(), &supplies)).unwrap();
    assert_eq!(codes(&plan), ["munich"]);
    assert_eq!(plan.decided, Decided::NoOther);
    assert_eq!(
        plan.explain(str::to_uppercase),
        "one parcel from MUNICH: has everything, the only one that has, leaves on 2026-11-27"
    );
}

#[test]
fn of_those_that_have_all_the_nearest_sends() {
    let supplies = [has("berlin", "a", 5), has("hamburg", "a", 5), has("munich", "a", 5)];
    let (sites, demands) = (three(), [want("a", 3)]);
    // Augsburg is near Munich, Bremen near Hamburg.
    for (destination, nearest) in
        [(to(48_370_000, 10_898_000), "munich"), (to(53_079_000, 8_801_000), "hamburg")]
    {
        let plan = allocate(&demands, &Offer { destination, ..offer(&sites, &supplies) }).unwrap();
        assert_eq!((codes(&plan), plan.decided), (vec![nearest], Decided::Nearest));
    }
    // Without an address it is the one that goes first.
    let plan = allocate(&demands, &offer(&sites, &supplies)).unwrap();
    assert_eq!((codes(&plan), plan.decided), (vec!["berlin"], Decided::GoesFirst));
}

#[test]
fn who_is_in_the_country_is_nearer_than_who_is_not() {
    let abroad = Site { country: Country::parse("FR").unwrap(), ..site("lyon", 1) };
    let supplies = [has("lyon", "a", 1), has("berlin", "a", 1)];
    let destination = Some(Destination { country: Country::DE, place: None });
    let sites = [abroad, site("berlin", 2)];
    let plan =
        allocate(&[want("a", 1)], &Offer { destination, ..offer(&sites, &supplies) }).unwrap();
    assert_eq!((codes(&plan), plan.decided), (vec!["berlin"], Decided::Nearest));
}

#[test]
fn of_those_as_near_the_one_that_leaves_soonest_sends() {
    let late = Site { leaves: Some(date(2026, 11, 30)), ..site("berlin", 1) };
    let never = Site { leaves: None, ..site("essen", 0) };
    let supplies = [has("berlin", "a", 1), has("bonn", "a", 1), has("essen", "a", 1)];
    let sites = [late, site("bonn", 2), never];
    let plan = allocate(&[want("a", 1)], &offer(&sites, &supplies)).unwrap();
    assert_eq!((codes(&plan), plan.decided), (vec!["bonn"], Decided::Soonest));
    assert_eq!(plan.parcels[0].leaves, Some(date(2026, 11, 27)));
}

#[test]
fn a_large_wish_is_split_and_says_why() {
    let supplies = [has("berlin", "a", 4), has("munich", "a", 5)];
    let plan = allocate(&[want("a", 7)], &offer(&three(), &supplies)).unwrap();
    let part = |warehouse: &str, quantity| Allocation {
        warehouse: warehouse.to_owned(),
        sku: sku("a"),
        quantity,
    };
    assert_eq!(plan.allocations(), [part("berlin", 2), part("munich", 5)]);
    assert_eq!(
        plan.explain(str::to_owned),
        "2 parcels from munich and berlin: no warehouse has everything, \
         the only ones that have together, leaves on 2026-11-27"
    );
}

#[test]
fn the_fewest_parcels_are_found_where_taking_the_most_first_would_take_more() {
    // The middle one serves the most at once, and then both others are needed beside it.
    let supplies = [
        has("berlin", "a", 3),
        has("berlin", "b", 1),
        has("hamburg", "a", 2),
        has("hamburg", "b", 3),
        has("hamburg", "c", 2),
        has("munich", "b", 2),
        has("munich", "c", 3),
    ];
    let demands = [want("a", 3), want("b", 3), want("c", 3)];
    let plan = allocate(&demands, &offer(&three(), &supplies)).unwrap();
    let mut both = codes(&plan);
    both.sort_unstable();
    assert_eq!(both, ["berlin", "munich"]);
    assert!(plan.exact);
}

#[test]
fn a_warehouse_that_does_not_send_has_nothing() {
    let sites = [site("berlin", 1)];
    let supplies = [has("berlin", "a", 1), has("closed", "a", 9)];
    let shortages = allocate(&[want("a", 2)], &offer(&sites, &supplies)).unwrap_err();
    assert_eq!(shortages, [Shortage { sku: sku("a"), left: 1 }]);
}

#[test]
fn a_bundle_may_come_from_two_warehouses_and_counts_its_components() {
    let takes =
        |component, quantity| Recipe { bundle: sku("set"), component: sku(component), quantity };
    let recipes = [takes("pot", 1), takes("cup", 4)];
    let supplies = [has("berlin", "pot", 2), has("munich", "cup", 9)];
    let sites = three();
    let offer = Offer { recipes: &recipes, ..offer(&sites, &supplies) };
    let plan = allocate(&[want("set", 2), want("cup", 1)], &offer).unwrap();
    let pieces: Vec<_> = plan.allocations().into_iter().map(|part| part.quantity).collect();
    assert_eq!(pieces, [9, 2]);
    let shortages = allocate(&[want("set", 2), want("cup", 2)], &offer).unwrap_err();
    assert_eq!(shortages, [Shortage { sku: sku("set"), left: 1 }]);
}

#[test]
fn what_is_still_to_come_is_promised_only_when_the_shelves_have_too_few() {
    let coming = |on, pieces| Incoming { on, pieces };
    let incoming = vec![coming(date(2026, 12, 20), 5), coming(date(2026, 12, 4), 3)];
    let back_order = BackOrder { pieces: 8, owed: 2, incoming };
    let mut supplies = [has("berlin", "a", 1), has("munich", "a", 2)];
    supplies[0].back_order = back_order;
    let sites = three();
    let plan = |quantity| allocate(&[want("a", quantity)], &offer(&sites, &supplies));
    // Two lie on one shelf, three on both: nobody waits.
    assert_eq!(codes(&plan(2).unwrap()), ["munich"]);
    let both = plan(3).unwrap();
    assert!(both.parcels.iter().all(|parcel| parcel.lines[0].back_ordered == 0));
    // Of the three that come first two are owed to others.
    let line = |quantity, back_ordered| vec![ParcelLine { sku: sku("a"), quantity, back_ordered }];
    let four = plan(4).unwrap();
    assert_eq!(four.parcels[0].lines, line(4, 3));
    assert_eq!(four.parcels[0].leaves, Some(date(2026, 12, 20)));
    // Two owed and seven more are one more than come in.
    let eight = plan(8).unwrap();
    assert_eq!((eight.parcels[0].lines.clone(), eight.parcels[0].leaves), (line(8, 7), None));
    assert!(eight.explain(str::to_owned).ends_with("the day is not known yet"));
    assert_eq!(plan(12).unwrap_err(), [Shortage { sku: sku("a"), left: 11 }]);
}

#[test]
fn a_store_gives_what_it_has_to_who_comes_to_fetch_it() {
    let store = Site { offers_pick_up: true, ..site("store", 9) };
    let sites = [site("berlin", 1), store];
    let supplies = [has("berlin", "a", 9), has("store", "a", 2)];
    let at = |code: &str| Strategy::PickUp { at: code.to_owned() };
    let fetch = |strategy, quantity| {
        allocate(&[want("a", quantity)], &Offer { strategy, ..offer(&sites, &supplies) })
    };
    let plan = fetch(at("store"), 2).unwrap();
    assert_eq!((codes(&plan), plan.decided), (vec!["store"], Decided::PickedUp));
    assert_eq!(fetch(at("store"), 3).unwrap_err(), [Shortage { sku: sku("a"), left: 2 }]);
    // A warehouse has no door for customers.
    assert_eq!(fetch(at("berlin"), 1).unwrap_err(), [Shortage { sku: sku("a"), left: 0 }]);
}

#[test]
fn an_outlet_is_emptied_first_where_that_is_the_strategy() {
    let supplies = [has("berlin", "a", 2), has("munich", "a", 9)];
    let sites = three();
    let strategy = Strategy::PriorityFirst;
    let plan = allocate(&[want("a", 5)], &Offer { strategy, ..offer(&sites, &supplies) }).unwrap();
    let pieces: Vec<_> = plan.parcels.iter().map(|parcel| parcel.lines[0].quantity).collect();
    assert_eq!((codes(&plan), pieces), (vec!["berlin", "munich"], vec![2, 3]));
    assert_eq!(
        plan.explain(str::to_owned),
        "2 parcels from berlin and munich: taken in the warehouses' order, leaves on 2026-11-27"
    );
}

prop_compose! {
    fn supply()(
        warehouse in 0usize..5, name in 0usize..3, available in 0u32..6, late in 0u32..3, owed in 0u32..3,
    ) -> (usize, usize, Supply) {
        let codes = ["berlin", "hamburg", "munich", "north", "south"];
        let back_order = BackOrder { pieces: late, owed, incoming: Vec::new() };
        let supply = Supply {
            warehouse: codes[warehouse].to_owned(),
            sku: sku(["a", "b", "c"][name]),
            available,
            back_order,
        };
        (warehouse, name, supply)
    }
}

fn strategy() -> impl proptest::strategy::Strategy<Value = Strategy> {
    prop_oneof![
        3 => Just(Strategy::FewestParcels),
        1 => Just(Strategy::PriorityFirst),
        1 => Just(Strategy::PickUp { at: "south".to_owned() }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn a_plan_serves_the_demand_takes_no_more_than_there_is_and_is_always_the_same(
        wishes in prop::collection::vec((0usize..3, 1u32..8), 1..5),
        stock in prop::collection::vec(supply(), 0..15),
        strategy in strategy(),
        turn in 0usize..15,
    ) {
        let names = ["a", "b", "c"];
        let demands: Vec<_> = wishes.iter().map(|(name, quantity)| want(names[*name], *quantity)).collect();
        // One supply for each shelf.
        let mut shelves = BTreeMap::new();
        shelves.extend(stock.into_iter().map(|(warehouse, name, supply)| ((warehouse, name), supply)));
        let mut supplies: Vec<_> = shelves.into_values().collect();
        let pick_up = Site { offers_pick_up: true, ..site("south", 1) };
        let mut sites = [three().to_vec(), vec![site("north", 1), pick_up]].concat();
        let plan = allocate(&demands, &Offer { strategy: strategy.clone(), ..offer(&sites, &supplies) });

        let sends = |supply: &&Supply| strategy != Strategy::PickUp { at: "south".to_owned() }
            || supply.warehouse == "south";
        let of = |sku: &Sku, pieces: fn(&Supply) -> u32| -> u32 {
            supplies.iter().filter(sends).filter(|s| &s.sku == sku).map(pieces).sum()
        };
        let could = |supply: &Supply| supply.available + supply.back_order.pieces;
        match &plan {
            Ok(plan) => {
                prop_assert!(plan.exact);
                for demand in sum_demands(&demands) {
                    let lines = || plan.parcels.iter().flat_map(|p| &p.lines).filter(|l| l.sku == demand.sku);
                    prop_assert_eq!(lines().map(|line| line.quantity).sum::<u32>(), demand.quantity);
                    let late: u32 = lines().map(|line| line.back_ordered).sum();
                    prop_assert!(late == 0 || of(&demand.sku, |s| s.available) < demand.quantity);
                }
                for part in plan.allocations() {
                    let shelf = supplies.iter().filter(sends)
                        .find(|s| s.warehouse == part.warehouse && s.sku == part.sku);
                    prop_assert!(part.quantity > 0 && part.quantity <= shelf.map_or(0, could));
                }
            }
            Err(shortages) => {
                let short: Vec<_> = sum_demands(&demands).into_iter()
                    .map(|demand| (of(&demand.sku, |s| s.available + s.back_order.pieces), demand))
                    .filter(|(left, demand)| *left < demand.quantity)
                    .map(|(left, demand)| Shortage { sku: demand.sku, left })
                    .collect();
                prop_assert_eq!(shortages, &short);
                prop_assert!(!short.is_empty());
            }
        }
        // The same in another order is the same.
        sites.rotate_left(turn % 5);
        let middle = turn % supplies.len().max(1);
        supplies.rotate_left(middle);
        let mut turned = demands.clone();
        turned.reverse();
        prop_assert_eq!(allocate(&turned, &Offer { strategy, ..offer(&sites, &supplies) }), plan);
    }
}
