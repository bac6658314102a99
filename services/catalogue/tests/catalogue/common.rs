//! A catalogue of its own for each test, products to put into it, and a counter of round trips.

use catalogue::{
    Catalogue, CategoryDraft, CategoryPath, MediaStore, ProductDraft, import,
    price::Price,
    product::{Translation, VariantDraft},
};
use domain::{Currency, Market, Money, Sku, Slug, tax::TaxClass};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use mongodb::{
    Client, Database,
    event::{EventHandler, command::CommandEvent},
    options::ClientOptions,
};
use platform::testing::TestMongo;
use std::{
    collections::BTreeMap,
    io::Cursor,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

/// A folder that lives as long as this value.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("catalogue-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.0.join(name), bytes).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A catalogue, its pictures, and the commands that it has sent.
pub struct Shop {
    pub catalogue: Catalogue,
    pub database: Database,
    pub media: MediaStore,
    /// What the media store writes to.
    pub stored: Folder,
    /// Where imports take pictures from.
    pub assets: Folder,
    commands: Arc<Mutex<Vec<String>>>,
    _mongo: TestMongo,
}

pub async fn shop() -> Shop {
    let mongo = platform::testing::mongodb().await;
    let commands = Arc::new(Mutex::new(Vec::new()));
    let mut options = ClientOptions::parse(&mongo.url).await.unwrap();
    let log = commands.clone();
    options.command_event_handler = Some(EventHandler::callback(move |event| {
        if let CommandEvent::Started(started) = event {
            log.lock().unwrap().push(started.command_name);
        }
    }));
    let database = Client::with_options(options).unwrap().database(mongo.database.name());
    let catalogue = Catalogue::new(database.clone(), Market::european_union());
    catalogue.ensure_indexes().await.unwrap();
    let stored = Folder::new();
    let media = MediaStore::local(stored.path()).unwrap();
    Shop { catalogue, database, media, stored, assets: Folder::new(), commands, _mongo: mongo }
}

impl Shop {
    /// Surveys every category; answers which are other than before.
    pub async fn survey(&self) -> Vec<String> {
        let all = self.catalogue.paths().await.unwrap();
        let mut changed = self.catalogue.survey(&all).await.unwrap();
        changed.sort();
        changed
    }

    /// What a read answers, and the commands it sent to the server, one a round trip.
    pub async fn counted<T>(&self, read: impl Future<Output = T>) -> (T, Vec<String>) {
        self.commands.lock().unwrap().clear();
        let answer = read.await;
        (answer, std::mem::take(&mut self.commands.lock().unwrap()))
    }

    pub async fn import_vendure(&self, csv: &str) -> import::Report {
        let (assets, media) = (self.assets.path(), &self.media);
        sendable(import::vendure(csv.as_bytes(), assets, &self.catalogue, media, &mut ()))
            .await
            .unwrap()
    }

    pub async fn import_jsonl(&self, lines: &str) -> import::Report {
        let (assets, media) = (self.assets.path(), &self.media);
        import::jsonl(lines.as_bytes(), assets, &self.catalogue, media, &mut ()).await.unwrap()
    }

    /// The fixture with its pictures.
    pub async fn import_goods(&self) -> import::Report {
        for (file, shade) in [
            ("ada-lumen-12-unsplash.png", 10),
            ("lantern.png", 90),
            ("bowl.png", 160),
            ("bowl-b.png", 200),
        ] {
            self.assets.write(file, png(400, 300, shade));
        }
        self.import_vendure(include_str!("../fixtures/goods.csv")).await
    }

    pub async fn category(&self, path: &str, name: &str) {
        self.catalogue.upsert_category(&category(path, name)).await.unwrap();
    }

    pub async fn product(&self, draft: &ProductDraft) -> String {
        self.catalogue.upsert_product(draft).await.unwrap().touched.product.unwrap()
    }
}

/// An import may run on any of a server's threads.
fn sendable<F: Future + Send>(import: F) -> F {
    import
}

pub fn category(path: &str, name: &str) -> CategoryDraft {
    CategoryDraft {
        path: CategoryPath::parse(path).unwrap(),
        names: BTreeMap::from([("en".to_owned(), name.to_owned())]),
        descriptions: BTreeMap::new(),
        position: None,
        picture: None,
    }
}

/// A product with one variant whose SKU is the slug in capitals.
pub fn product(name: &str, minor: i64, category: Option<&str>) -> ProductDraft {
    let slug = Slug::from_title(name).unwrap();
    let translation = Translation {
        name: name.to_owned(),
        slug: slug.clone(),
        description: String::new(),
        seo: Default::default(),
    };
    ProductDraft {
        external_reference: None,
        status: None,
        featured: None,
        translations: BTreeMap::from([("en".to_owned(), translation)]),
        brand: None,
        categories: category.map(|path| CategoryPath::parse(path).unwrap()).into_iter().collect(),
        options: Vec::new(),
        variants: vec![VariantDraft {
            sku: sku(&slug.as_str().to_uppercase()),
            gtin: None,
            options: Vec::new(),
            prices: vec![Price::standing(eur(minor))],
            tax_class: TaxClass::Standard,
        }],
        media: Vec::new(),
        attributes: Vec::new(),
    }
}

pub fn sku(text: &str) -> Sku {
    Sku::parse(text).unwrap()
}

pub fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// A picture that is not all one colour.
pub fn picture(width: u32, height: u32, shade: u8) -> DynamicImage {
    let pixel = |x: u32, y: u32| Rgb([(x % 251) as u8, (y % 241) as u8, shade]);
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, pixel))
}

pub fn png(width: u32, height: u32, shade: u8) -> Vec<u8> {
    encoded(&picture(width, height, shade), ImageFormat::Png)
}

pub fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}
