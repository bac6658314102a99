//! What the products of a made-up catalogue are called, and what they cost. The brands are invented.

use domain::tax::TaxClass;

/// A category at the root.
pub(super) struct Department {
    pub name: &'static str,
    pub slug: &'static str,
    /// What is in it, as a sentence names it.
    pub things: &'static str,
    pub tax_class: TaxClass,
    pub shelves: &'static [Shelf],
}

/// A category in a department.
pub(super) struct Shelf {
    pub name: &'static str,
    pub slug: &'static str,
    pub kinds: &'static [&'static str],
    pub nouns: &'static [&'static str],
    /// What things cost, in whole euros, from and to.
    pub euros: (i64, i64),
    pub choices: &'static [Choice],
}

/// What a shopper chooses.
pub(super) struct Choice {
    pub name: &'static str,
    pub values: &'static [&'static str],
    /// By how many per cent each value is dearer than the one before it.
    pub dearer: i64,
}

const COLOUR: Choice = Choice {
    name: "Colour",
    values: &["Ivory", "Sand", "Terracotta", "Moss", "Slate", "Ink", "Plum", "Mustard"],
    dearer: 0,
};
const SIZE: Choice =
    Choice { name: "Size", values: &["XS", "S", "M", "L", "XL", "XXL"], dearer: 0 };
const SHOE_SIZE: Choice = Choice {
    name: "Shoe size",
    values: &["37", "38", "39", "40", "41", "42", "43", "44"],
    dearer: 0,
};
const STORAGE: Choice =
    Choice { name: "Storage", values: &["128 GB", "256 GB", "512 GB", "1 TB"], dearer: 12 };
const LENGTH: Choice =
    Choice { name: "Length", values: &["60 cm", "90 cm", "120 cm", "150 cm"], dearer: 15 };
const VOLUME: Choice =
    Choice { name: "Volume", values: &["0.5 l", "1 l", "2 l", "3 l"], dearer: 20 };

/// Cents after the euros.
pub(super) const ENDINGS: &[i64] = &[0, 0, 50, 90, 90, 95, 99, 99];

pub(super) const BRANDS: &[&str] = &[
    "Nordhaus",
    "Arvell",
    "Lumora",
    "Kestrel",
    "Bramwick",
    "Osterlund",
    "Velra",
    "Pellworm",
    "Tindra",
    "Calvere",
    "Fenwright",
    "Marisol",
    "Hollis",
    "Ravna",
    "Quillon",
    "Sorrel",
    "Aldeia",
    "Brisa",
    "Corvane",
    "Dunmere",
    "Eskil",
    "Falkenau",
    "Girasol",
    "Hedlund",
    "Isola",
    "Juniper",
    "Karst",
    "Linden",
    "Montrose",
    "Novak",
    "Orfeo",
    "Pinecrest",
    "Runa",
    "Saltmarsh",
    "Tamsin",
    "Umbra",
    "Vesper",
    "Wolden",
    "Yarrow",
    "Zephyr",
];

pub(super) const OPENINGS: &[&str] = &[
    "A {noun} that does its work and keeps out of the way.",
    "This {noun} was drawn by hand before it was made.",
    "We looked for a quiet {noun} for a long time, and found this one.",
    "A {noun} for people who want to buy it once.",
    "Few parts, each of them good: that is all there is to this {noun}.",
];

pub(super) const REASONS: &[&str] = &[
    "Every part can be replaced, and we keep them in stock for ten years.",
    "It is made in small lots, so no {noun} is quite like the next.",
    "The workshop is an hour from our warehouse, and we visit it often.",
    "Its surface gets better with the years.",
    "It leaves the workshop in cardboard, without any plastic.",
];

pub(super) const ADVICE: &[&str] = &[
    "Wipe it with a damp cloth; that is all the care it needs.",
    "If it does not suit you, send it back within thirty days.",
    "Keep it dry and out of the sun, and it will outlast us.",
    "Instructions are in the box, and on one page.",
];

const WOODS: &[&str] = &["Oak", "Walnut", "Ash", "Beech", "Steel", "Rattan", "Cork", "Linen"];
const CLOTHS: &[&str] =
    &["Wool", "Cotton", "Linen", "Fleece", "Denim", "Merino", "Corduroy", "Jersey"];
const METALS: &[&str] =
    &["Brushed", "Compact", "Folding", "Wireless", "Quiet", "Slim", "Solid", "Portable"];
const GARDENS: &[&str] =
    &["Hardy", "Evergreen", "Potted", "Climbing", "Glazed", "Zinc", "Clay", "Cedar"];
const FOODS: &[&str] =
    &["Roasted", "Smoked", "Organic", "Mild", "Dark", "Spiced", "Salted", "Wild"];
const PAPERS: &[&str] =
    &["Illustrated", "Annotated", "Pocket", "Bound", "Short", "Complete", "Collected", "New"];

pub(super) const DEPARTMENTS: &[Department] = &[
    Department {
        name: "Furniture",
        slug: "seed-furniture",
        things: "rooms",
        tax_class: TaxClass::Standard,
        shelves: &[
            Shelf {
                name: "Chairs",
                slug: "chairs",
                kinds: WOODS,
                euros: (40, 900),
                choices: &[COLOUR],
                nouns: &[
                    "Armchair",
                    "Dining Chair",
                    "Stool",
                    "Rocking Chair",
                    "Bench",
                    "Desk Chair",
                ],
            },
            Shelf {
                name: "Tables",
                slug: "tables",
                kinds: WOODS,
                euros: (60, 2500),
                choices: &[LENGTH],
                nouns: &["Dining Table", "Side Table", "Desk", "Console", "Coffee Table"],
            },
            Shelf {
                name: "Storage",
                slug: "storage",
                kinds: WOODS,
                euros: (30, 1800),
                choices: &[COLOUR],
                nouns: &["Shelf", "Sideboard", "Wardrobe", "Cabinet", "Chest", "Bookcase"],
            },
            Shelf {
                name: "Beds",
                slug: "beds",
                kinds: WOODS,
                euros: (150, 3000),
                choices: &[COLOUR],
                nouns: &["Bed", "Daybed", "Bedside Table", "Headboard"],
            },
            Shelf {
                name: "Lighting",
                slug: "lighting",
                kinds: METALS,
                euros: (20, 700),
                choices: &[COLOUR],
                nouns: &["Desk Lamp", "Floor Lamp", "Pendant", "Wall Light", "Lantern"],
            },
            Shelf {
                name: "Textiles",
                slug: "textiles",
                kinds: CLOTHS,
                euros: (10, 400),
                choices: &[COLOUR, SIZE],
                nouns: &["Blanket", "Cushion", "Rug", "Curtain", "Throw"],
            },
        ],
    },
    Department {
        name: "Kitchen",
        slug: "seed-kitchen",
        things: "kitchens",
        tax_class: TaxClass::Standard,
        shelves: &[
            Shelf {
                name: "Pots and pans",
                slug: "pots",
                kinds: METALS,
                euros: (20, 350),
                choices: &[VOLUME],
                nouns: &["Saucepan", "Frying Pan", "Casserole", "Stockpot", "Wok"],
            },
            Shelf {
                name: "Knives",
                slug: "knives",
                kinds: METALS,
                euros: (12, 280),
                choices: &[],
                nouns: &["Chef's Knife", "Bread Knife", "Paring Knife", "Santoku", "Cleaver"],
            },
            Shelf {
                name: "Tableware",
                slug: "tableware",
                kinds: GARDENS,
                euros: (4, 120),
                choices: &[COLOUR],
                nouns: &["Plate", "Bowl", "Mug", "Jug", "Platter", "Teapot"],
            },
            Shelf {
                name: "Coffee",
                slug: "coffee",
                kinds: METALS,
                euros: (15, 1400),
                choices: &[COLOUR],
                nouns: &["Coffee Maker", "Grinder", "Kettle", "Espresso Machine", "Dripper"],
            },
            Shelf {
                name: "Baking",
                slug: "baking",
                kinds: METALS,
                euros: (6, 160),
                choices: &[],
                nouns: &["Cake Tin", "Baking Tray", "Whisk", "Rolling Pin", "Mixing Bowl"],
            },
            Shelf {
                name: "Larder",
                slug: "larder",
                kinds: WOODS,
                euros: (3, 90),
                choices: &[VOLUME],
                nouns: &["Storage Jar", "Bread Bin", "Spice Rack", "Bottle"],
            },
        ],
    },
    Department {
        name: "Clothing",
        slug: "seed-clothing",
        things: "clothes",
        tax_class: TaxClass::Standard,
        shelves: &[
            Shelf {
                name: "Jackets",
                slug: "jackets",
                kinds: CLOTHS,
                euros: (50, 800),
                choices: &[COLOUR, SIZE],
                nouns: &["Jacket", "Coat", "Parka", "Blazer", "Gilet"],
            },
            Shelf {
                name: "Knitwear",
                slug: "knitwear",
                kinds: CLOTHS,
                euros: (30, 320),
                choices: &[COLOUR, SIZE],
                nouns: &["Jumper", "Cardigan", "Polo Neck", "Tank Top"],
            },
            Shelf {
                name: "Shirts",
                slug: "shirts",
                kinds: CLOTHS,
                euros: (20, 180),
                choices: &[SIZE],
                nouns: &["Shirt", "Blouse", "T-Shirt", "Overshirt"],
            },
            Shelf {
                name: "Trousers",
                slug: "trousers",
                kinds: CLOTHS,
                euros: (30, 260),
                choices: &[SIZE],
                nouns: &["Trousers", "Jeans", "Chinos", "Shorts"],
            },
            Shelf {
                name: "Shoes",
                slug: "shoes",
                kinds: CLOTHS,
                euros: (40, 420),
                choices: &[SHOE_SIZE],
                nouns: &["Trainer", "Boot", "Loafer", "Sandal", "Slipper"],
            },
            Shelf {
                name: "Accessories",
                slug: "accessories",
                kinds: CLOTHS,
                euros: (8, 150),
                choices: &[COLOUR],
                nouns: &["Scarf", "Hat", "Glove", "Belt", "Bag"],
            },
        ],
    },
    Department {
        name: "Electronics",
        slug: "seed-electronics",
        things: "devices",
        tax_class: TaxClass::Standard,
        shelves: &[
            Shelf {
                name: "Computers",
                slug: "computers",
                kinds: METALS,
                euros: (250, 4200),
                choices: &[STORAGE],
                nouns: &["Laptop", "Desktop", "Tablet", "Mini PC"],
            },
            Shelf {
                name: "Phones",
                slug: "phones",
                kinds: METALS,
                euros: (90, 1600),
                choices: &[COLOUR, STORAGE],
                nouns: &["Phone", "Smartphone", "Handset"],
            },
            Shelf {
                name: "Sound",
                slug: "sound",
                kinds: METALS,
                euros: (20, 1200),
                choices: &[COLOUR],
                nouns: &["Headphones", "Speaker", "Radio", "Turntable", "Earphones"],
            },
            Shelf {
                name: "Cameras",
                slug: "cameras",
                kinds: METALS,
                euros: (80, 3600),
                choices: &[],
                nouns: &["Camera", "Lens", "Tripod", "Flash"],
            },
            Shelf {
                name: "Cables and power",
                slug: "power",
                kinds: METALS,
                euros: (5, 140),
                choices: &[LENGTH],
                nouns: &["Charger", "Cable", "Power Bank", "Adapter", "Dock"],
            },
            Shelf {
                name: "Smart home",
                slug: "smart-home",
                kinds: METALS,
                euros: (15, 380),
                choices: &[COLOUR],
                nouns: &["Thermostat", "Sensor", "Doorbell", "Switch", "Camera"],
            },
        ],
    },
    Department {
        name: "Garden",
        slug: "seed-garden",
        things: "gardens",
        tax_class: TaxClass::Standard,
        shelves: &[
            Shelf {
                name: "Plants",
                slug: "plants",
                kinds: GARDENS,
                euros: (4, 160),
                choices: &[],
                nouns: &["Fern", "Ficus", "Olive Tree", "Lavender", "Ivy", "Rose"],
            },
            Shelf {
                name: "Pots",
                slug: "planters",
                kinds: GARDENS,
                euros: (5, 220),
                choices: &[COLOUR],
                nouns: &["Planter", "Pot", "Trough", "Hanging Basket"],
            },
            Shelf {
                name: "Tools",
                slug: "garden-tools",
                kinds: METALS,
                euros: (8, 480),
                choices: &[],
                nouns: &["Spade", "Fork", "Secateurs", "Rake", "Hoe", "Watering Can"],
            },
            Shelf {
                name: "Outdoor furniture",
                slug: "outdoor",
                kinds: WOODS,
                euros: (40, 1900),
                choices: &[COLOUR],
                nouns: &["Deckchair", "Garden Bench", "Parasol", "Lounger", "Hammock"],
            },
            Shelf {
                name: "Barbecue",
                slug: "barbecue",
                kinds: METALS,
                euros: (15, 1500),
                choices: &[],
                nouns: &["Grill", "Fire Bowl", "Smoker", "Tongs"],
            },
            Shelf {
                name: "Seeds",
                slug: "seeds",
                kinds: GARDENS,
                euros: (2, 30),
                choices: &[],
                nouns: &["Herb Seeds", "Flower Seeds", "Vegetable Seeds", "Meadow Mix"],
            },
        ],
    },
    Department {
        name: "Sport",
        slug: "seed-sport",
        things: "hours outdoors",
        tax_class: TaxClass::Standard,
        shelves: &[
            Shelf {
                name: "Cycling",
                slug: "cycling",
                kinds: METALS,
                euros: (10, 4800),
                choices: &[SIZE],
                nouns: &["Bicycle", "Helmet", "Saddle", "Pannier", "Light"],
            },
            Shelf {
                name: "Running",
                slug: "running",
                kinds: CLOTHS,
                euros: (12, 260),
                choices: &[COLOUR, SIZE],
                nouns: &["Running Vest", "Running Shorts", "Windbreaker", "Tights"],
            },
            Shelf {
                name: "Camping",
                slug: "camping",
                kinds: METALS,
                euros: (10, 950),
                choices: &[COLOUR],
                nouns: &["Tent", "Sleeping Bag", "Stove", "Lantern", "Mat"],
            },
            Shelf {
                name: "Climbing",
                slug: "climbing",
                kinds: METALS,
                euros: (8, 420),
                choices: &[LENGTH],
                nouns: &["Rope", "Harness", "Carabiner", "Chalk Bag"],
            },
            Shelf {
                name: "Balls and rackets",
                slug: "balls",
                kinds: METALS,
                euros: (6, 340),
                choices: &[],
                nouns: &["Football", "Racket", "Basketball", "Bat"],
            },
            Shelf {
                name: "Yoga",
                slug: "yoga",
                kinds: WOODS,
                euros: (8, 180),
                choices: &[COLOUR],
                nouns: &["Mat", "Block", "Bolster", "Strap"],
            },
        ],
    },
    Department {
        name: "Food",
        slug: "seed-food",
        things: "tables",
        tax_class: TaxClass::Reduced,
        shelves: &[
            Shelf {
                name: "Coffee beans",
                slug: "beans",
                kinds: FOODS,
                euros: (6, 60),
                choices: &[],
                nouns: &["Espresso", "Filter Coffee", "Decaf", "House Blend"],
            },
            Shelf {
                name: "Tea",
                slug: "tea",
                kinds: FOODS,
                euros: (4, 70),
                choices: &[],
                nouns: &["Green Tea", "Black Tea", "Herbal Tea", "Rooibos", "Oolong"],
            },
            Shelf {
                name: "Chocolate",
                slug: "chocolate",
                kinds: FOODS,
                euros: (3, 60),
                choices: &[],
                nouns: &["Chocolate", "Praline", "Cocoa", "Nougat"],
            },
            Shelf {
                name: "Oil and vinegar",
                slug: "oil",
                kinds: FOODS,
                euros: (6, 80),
                choices: &[VOLUME],
                nouns: &["Olive Oil", "Walnut Oil", "Vinegar", "Dressing"],
            },
            Shelf {
                name: "Spices",
                slug: "spices",
                kinds: FOODS,
                euros: (3, 40),
                choices: &[],
                nouns: &["Pepper", "Paprika", "Curry", "Salt", "Saffron"],
            },
            Shelf {
                name: "Preserves",
                slug: "preserves",
                kinds: FOODS,
                euros: (3, 30),
                choices: &[],
                nouns: &["Jam", "Chutney", "Honey", "Pickle"],
            },
        ],
    },
    Department {
        name: "Books",
        slug: "seed-books",
        things: "shelves",
        tax_class: TaxClass::Reduced,
        shelves: &[
            Shelf {
                name: "Novels",
                slug: "novels",
                kinds: PAPERS,
                euros: (8, 40),
                choices: &[],
                nouns: &["Winter", "Harbour", "Island", "Letters", "Orchard", "Crossing"],
            },
            Shelf {
                name: "Cookery",
                slug: "cookery",
                kinds: PAPERS,
                euros: (12, 70),
                choices: &[],
                nouns: &["Bread", "Soups", "Pastry", "Preserving", "Vegetables"],
            },
            Shelf {
                name: "Travel",
                slug: "travel",
                kinds: PAPERS,
                euros: (10, 60),
                choices: &[],
                nouns: &["Coasts", "Mountains", "Cities", "Rivers", "Railways"],
            },
            Shelf {
                name: "Children",
                slug: "children",
                kinds: PAPERS,
                euros: (6, 35),
                choices: &[],
                nouns: &["Bear", "Moon", "Alphabet", "Forest", "Whale"],
            },
            Shelf {
                name: "Art",
                slug: "art",
                kinds: PAPERS,
                euros: (20, 180),
                choices: &[],
                nouns: &["Drawing", "Colour", "Portraits", "Architecture", "Photography"],
            },
            Shelf {
                name: "Notebooks",
                slug: "notebooks",
                kinds: PAPERS,
                euros: (4, 45),
                choices: &[COLOUR],
                nouns: &["Notebook", "Diary", "Sketchbook", "Planner"],
            },
        ],
    },
];
