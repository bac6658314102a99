//! The rows of the table: what the store does, beside the program that does the least for the same.

use crate::{
    Arguments, PRODUCT, Sold,
    checkout::Checkout,
    cold::{self, Cold},
    cpu::Program,
    goods::Goods,
    nginx::Nginx,
    nodes::Node,
    pages::Page,
    programs,
    resp::Values,
    row::{self, Plan, Row, Side},
    transaction::Transactions,
    turns::Pages,
};
use anyhow::ensure;
use sqlx::{Connection, PgConnection};

/// How many pages of the shared cache are read in turn, and how many are rendered in turn.
const SHARED: usize = 4_000;
const COLD: usize = 4_000;

/// The programs that a store is made of.
struct Parts {
    /// All of them; the payment provider is the last.
    all: [Program; 6],
    database: Program,
}

impl Parts {
    fn find(arguments: &Arguments) -> anyhow::Result<Self> {
        let store = programs::listening("store", &arguments.store, 80)?;
        let database = programs::listening("postgresql", &arguments.database, 5432)?;
        let all = [
            store,
            programs::worker(store)?,
            database,
            programs::listening("redis", &arguments.redis, 6379)?,
            programs::listening("mongodb", &arguments.mongodb, 27017)?,
            programs::listening("provider", &arguments.provider, 80)?,
        ];
        Ok(Self { all, database })
    }

    /// What answers for a page: nobody pays there.
    fn of_pages(&self) -> &[Program] {
        &self.all[..5]
    }
}

/// A product page from memory, asked for by who has it already, and rendered for each.
///
/// # Errors
/// A page does not come from where it should, or a program cannot be started or seen.
pub async fn pages(arguments: &Arguments, plan: Plan) -> anyhow::Result<Vec<Row>> {
    let parts = Parts::find(arguments)?;
    let url = format!("{}{PRODUCT}", arguments.store);
    // The first look brings the page into the cache.
    Page::find(&url).await?;
    let cached = Page::find(&url).await?;
    ensure!(cached.source == "hit-local", "{url} is not in memory but {}", cached.source);

    let nginx = Nginx::start(arguments.nginx_port, &cached.body).await?;
    let same = Page::find(&format!("{}/page.html", nginx.url)).await?;
    ensure!(same.body == cached.body, "nginx does not serve the store's bytes");
    let nginx_programs = [nginx.program()];
    let store = |label: &str, workload| Side {
        label: label.to_owned(),
        workload,
        programs: parts.of_pages(),
    };
    let reference = Side {
        label: format!("nginx, the same {} bytes from the disk", same.body.len()),
        workload: &same,
        programs: &nginx_programs,
    };
    Ok(vec![
        row::measure(
            "Product page, cached",
            plan,
            store("Vitrine, from memory", &cached),
            reference,
        )
        .await?,
        row::measure(
            "Product page, asked for by who has it (304)",
            plan,
            store("Vitrine", &cached.known()?),
            Side { label: "nginx".to_owned(), workload: &same.known()?, programs: &nginx_programs },
        )
        .await?,
    ])
}

/// Pages that no cache has: products beside the one from memory, and lists of a large catalogue beside the
/// same lists of a small one.
///
/// # Errors
/// A page does not come, or a program cannot be started or seen.
pub async fn cold(arguments: &Arguments, plan: Plan, sold: &Sold) -> anyhow::Result<Vec<Row>> {
    let Cold { large, small } =
        Cold::start(&arguments.release, &arguments.mongodb, arguments.node_port).await?;
    let databases = [
        programs::listening("postgresql", &arguments.database, 5432)?,
        programs::listening("redis", &arguments.redis, 6379)?,
        programs::listening("mongodb", &arguments.mongodb, 27017)?,
    ];
    let with = |node: &Node| [&[node.program()][..], &databases].concat();
    let (of_large, of_small) = (with(&large), with(&small));
    let side = |label: String, workload, programs| Side { label, workload, programs };

    let warm = Page::find(&format!("{}{PRODUCT}", arguments.store)).await?;
    let store = [programs::listening("store", &arguments.store, 80)?];
    let products = Pages::new(&large.url, &sold.products[..sold.products.len().min(COLD)])?;
    let lists = cold::lists(&sold.categories)?;
    let (of_many, of_few) = (Pages::new(&large.url, &lists)?, Pages::new(&small.url, &lists)?);
    let rows = vec![
        row::measure(
            &format!("Product pages, {COLD} in turn, in no cache"),
            plan,
            side("Vitrine, rendered, compressed, stored".to_owned(), &products, &of_large),
            Side { label: "Vitrine, from memory".to_owned(), workload: &warm, programs: &store },
        )
        .await?,
        row::measure(
            &format!("Category pages, {} in turn, in no cache", lists.len()),
            plan,
            side(format!("Vitrine, of {} products", sold.products.len()), &of_many, &of_large),
            side(format!("Vitrine, of {} products", cold::SMALL), &of_few, &of_small),
        )
        .await?,
    ];
    for pages in [&products, &of_many, &of_few] {
        let share = pages.share_from("miss");
        ensure!(share > 0.99, "{:.1} % of the pages were rendered when asked for", share * 100.0);
    }
    Ok(rows)
}

/// Pages that the node does not have but the shared cache does, beside Redis alone with values of the
/// same sizes. The node has too little memory to keep any of them until it has its turn again.
///
/// # Errors
/// The pages do not come from the shared cache, or a program cannot be started or seen.
pub async fn shared(arguments: &Arguments, plan: Plan, paths: &[String]) -> anyhow::Result<Row> {
    let redis = programs::listening("redis", &arguments.redis, 6379)?;
    let paths = &paths[..paths.len().min(SHARED)];
    // Whatever is not there yet is brought there.
    Pages::new(&arguments.store, paths)?.each_once(plan.workers).await?;
    let settings = [("VITRINE__EDGE__MEMORY_MEGABYTES", "1")];
    let node = Node::start(&arguments.release, arguments.node_port, &settings).await?;
    let pages = Pages::new(&node.url, paths)?;
    pages.each_once(plan.workers).await?;
    let lengths = pages.lengths();
    let mean = lengths.iter().sum::<usize>() / lengths.len();
    let values = Values::store(&arguments.redis, lengths).await?;
    let row = row::measure(
        &format!("Product pages, {} in turn, from the shared cache", paths.len()),
        plan,
        Side {
            label: format!("Vitrine, {mean} bytes on average"),
            workload: &pages,
            programs: &[node.program(), redis],
        },
        Side { label: "Redis, GET of as many".to_owned(), workload: &values, programs: &[redis] },
    )
    .await?;
    let share = pages.share_from("hit-shared");
    ensure!(share > 0.97, "only {:.1} % of the pages came from the shared cache", share * 100.0);
    Ok(row)
}

/// A whole checkout beside the bare transaction of its writes.
///
/// # Errors
/// A checkout fails, or a program cannot be seen.
pub async fn checkout(arguments: &Arguments, plan: Plan) -> anyhow::Result<Row> {
    let parts = Parts::find(arguments)?;
    let mut database = PgConnection::connect(&arguments.database).await?;
    let vitrine = arguments.release.join("vitrine");
    let goods = Goods::stock_up(&mut database, &arguments.store, &vitrine).await?;
    let name = format!("Checkout, {} SKUs in turn", goods.len());
    let checkout = Checkout {
        store: arguments.store.clone(),
        provider: arguments.provider.clone(),
        goods: goods.clone(),
    };
    let transactions = Transactions { url: arguments.database.clone(), goods };
    transactions.prepare(&mut database).await?;
    let subject = Side {
        label: "Vitrine, from the cart to the confirmation".to_owned(),
        workload: &checkout,
        programs: &parts.all,
    };
    let reference = Side {
        label: "PostgreSQL, the same writes, one commit".to_owned(),
        workload: &transactions,
        programs: &[parts.database],
    };
    row::measure(&name, plan, subject, reference).await
}
