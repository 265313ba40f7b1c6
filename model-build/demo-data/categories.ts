/** How the titles of a category are made: of books and records, of things, or of tea and plants. */
export type TitleKind = 'story' | 'guide' | 'object' | 'record'

/** A drawing on the cover; see cover.ts. */
export type Motif =
  | 'moon'
  | 'waves'
  | 'hills'
  | 'leaves'
  | 'rings'
  | 'grid'
  | 'rays'
  | 'bars'
  | 'drops'
  | 'stars'
  | 'city'
  | 'knots'

/** One department of the generated shop. */
export type DemoCategory = {
  readonly name: string
  readonly prefix: string
  readonly kind: TitleKind
  /** Colour of its covers, degrees. */
  readonly hue: number
  readonly motif: Motif
  /** Usual price, major units. */
  readonly price: number
  readonly styles: readonly [string, string, string, string]
  readonly adjectives: readonly string[]
  readonly nouns: readonly string[]
}

const words = (text: string) => text.split(' ')

/** The departments of the shop that demo data is generated for: 24 categories of four styles each. */
export const DEMO_CATEGORIES: readonly DemoCategory[] = [
  {
    name: 'Mystery',
    prefix: 'mys',
    kind: 'story',
    hue: 215,
    motif: 'city',
    price: 12,
    styles: ['cosy', 'noir', 'police', 'cold case'],
    adjectives: words('Silent Hidden Crooked Borrowed Midnight Broken Second Vanishing Quiet Forged Scarlet Locked'),
    nouns: words('Witness Alibi Ledger Key Stairwell Inspector Letter Verdict Harbour Clue Cellar Guest'),
  },
  {
    name: 'Science fiction',
    prefix: 'sci',
    kind: 'story',
    hue: 250,
    motif: 'stars',
    price: 13,
    styles: ['space opera', 'first contact', 'near future', 'time travel'],
    adjectives: words('Distant Electric Orbital Infinite Frozen Hollow Last Parallel Synthetic Drifting Quantum Amber'),
    nouns: words('Signal Colony Engine Meridian Archive Horizon Station Voyager Protocol Garden Comet Machine'),
  },
  {
    name: 'Fantasy',
    prefix: 'fan',
    kind: 'story',
    hue: 280,
    motif: 'moon',
    price: 14,
    styles: ['high fantasy', 'urban fantasy', 'fairy tale', 'sword and sail'],
    adjectives: words('Winter Thorned Golden Forgotten Ashen Wandering Sunken Whispering Iron Starlit Hollow Crimson'),
    nouns: words('Crown Dragon Oath Lantern Forest Tower Raven Blade Throne River Witch Gate'),
  },
  {
    name: 'Romance',
    prefix: 'rom',
    kind: 'story',
    hue: 340,
    motif: 'waves',
    price: 10,
    styles: ['small town', 'historical', 'second chance', 'summer'],
    adjectives: words('Summer Unexpected Tender Secret Late Honest Stolen Sunday Distant Lucky Sweet Reckless'),
    nouns: words('Promise Letter Kiss Season Wedding Stranger Orchard Dance Neighbour Heart Bakery Road'),
  },
  {
    name: 'History',
    prefix: 'his',
    kind: 'guide',
    hue: 30,
    motif: 'rays',
    price: 22,
    styles: ['ancient', 'maritime', 'everyday life', 'modern'],
    adjectives: words('Lost Great Forgotten Salt Silver Long Imperial Painted Northern Common Restless Written'),
    nouns: words('Empires Roads Cities Ships Winters Markets Rivers Kings Letters Borders Harvests Voyages'),
  },
  {
    name: 'Nature',
    prefix: 'nat',
    kind: 'guide',
    hue: 130,
    motif: 'leaves',
    price: 19,
    styles: ['birds', 'woodland', 'coast', 'night sky'],
    adjectives: words('Wild Quiet Hidden Tidal Mossy Northern Green Restless Early Ancient Small Wandering'),
    nouns: words('Birds Forests Rivers Meadows Shores Owls Mosses Seasons Tides Foxes Stars Hedgerows'),
  },
  {
    name: 'Cookbooks',
    prefix: 'coo',
    kind: 'guide',
    hue: 18,
    motif: 'rings',
    price: 24,
    styles: ['weeknight', 'baking', 'vegetarian', 'street food'],
    adjectives: words('Simple Slow Golden Seasonal Sunday Crisp Smoky Green Honest Warm Salted Spiced'),
    nouns: words('Breads Suppers Broths Pickles Dumplings Tarts Noodles Curries Salads Feasts Pancakes Stews'),
  },
  {
    name: 'Travel',
    prefix: 'tra',
    kind: 'guide',
    hue: 190,
    motif: 'hills',
    price: 18,
    styles: ['by rail', 'on foot', 'islands', 'cities'],
    adjectives: words('Slow Coastal Overnight Narrow Long Sunlit Remote High Winding Eastern Last Small'),
    nouns: words(
      'Railways Islands Footpaths Harbours Valleys Bridges Markets Mountains Lighthouses Ferries Alleys Borders',
    ),
  },
  {
    name: 'Comics',
    prefix: 'com',
    kind: 'story',
    hue: 5,
    motif: 'bars',
    price: 11,
    styles: ['superheroes', 'slice of life', 'adventure', 'webcomic'],
    adjectives: words('Mighty Tiny Cosmic Accidental Turbo Sleepy Neon Lucky Grumpy Pocket Invisible Thunder'),
    nouns: words('Captain Robot Cat Squad Pirate Ghost Detective Comet Monster Courier Ninja Academy'),
  },
  {
    name: "Children's books",
    prefix: 'chi',
    kind: 'story',
    hue: 50,
    motif: 'stars',
    price: 9,
    styles: ['bedtime', 'animals', 'first words', 'school'],
    adjectives: words('Little Sleepy Curious Brave Muddy Giggling Enormous Polka-dot Lost Busy Purple Hungry'),
    nouns: words('Bear Mouse Balloon Elephant Puddle Rabbit Whale Owl Tractor Snowman Hedgehog Kite'),
  },
  {
    name: 'Poetry',
    prefix: 'poe',
    kind: 'story',
    hue: 300,
    motif: 'drops',
    price: 11,
    styles: ['nature poems', 'love poems', 'haiku', 'spoken word'],
    adjectives: words('Blue Unfinished Paper Slow Evening Borrowed Glass Winter Patient Small Bright Salt'),
    nouns: words('Hours Windows Rain Echoes Feathers Stones Mirrors Orchards Rooms Ashes Moths Tides'),
  },
  {
    name: 'Biography',
    prefix: 'bio',
    kind: 'guide',
    hue: 205,
    motif: 'rings',
    price: 20,
    styles: ['scientists', 'artists', 'explorers', 'musicians'],
    adjectives: words('Restless Stubborn Brilliant Unlikely Quiet Famous Double Secret Long Generous Wild Curious'),
    nouns: words(
      'Lives Inventions Journeys Notebooks Canvases Letters Discoveries Songs Experiments Portraits Beginnings Rivalries',
    ),
  },
  {
    name: 'Board games',
    prefix: 'boa',
    kind: 'object',
    hue: 0,
    motif: 'grid',
    price: 38,
    styles: ['strategy', 'family', 'co-operative', 'party'],
    adjectives: words('Royal Tiny Grand Clever Ancient Merchant Hidden Golden Rolling Rival Flying Wooden'),
    nouns: words('Harbour Kingdom Caravan Dice Castle Market Railway Expedition Tournament Islands Bluff Guild'),
  },
  {
    name: 'Puzzles',
    prefix: 'puz',
    kind: 'object',
    hue: 65,
    motif: 'grid',
    price: 21,
    styles: ['500 pieces', '1000 pieces', 'wooden', 'brain teasers'],
    adjectives: words('Painted Impossible Winter Spiral Floating Botanical Antique Starry Hidden Mosaic Double Garden'),
    nouns: words('Map Cathedral Carousel Labyrinth Library Aquarium Lighthouse Cube Bouquet Village Clock Menagerie'),
  },
  {
    name: 'Posters',
    prefix: 'pos',
    kind: 'object',
    hue: 170,
    motif: 'hills',
    price: 26,
    styles: ['botanical', 'abstract', 'maps', 'vintage'],
    adjectives: words(
      'Abstract Pastel Midcentury Monochrome Folded Midnight Coral Botanical Geometric Faded Bold Sunlit',
    ),
    nouns: words('Coastline Fern Skyline Mountain Moon Heron Orchard Desert Wave Poppy Bicycle Bridge'),
  },
  {
    name: 'Ceramics',
    prefix: 'cer',
    kind: 'object',
    hue: 40,
    motif: 'rings',
    price: 34,
    styles: ['stoneware', 'porcelain', 'glazed', 'raku'],
    adjectives: words('Speckled Ash Cobalt Sand Ribbed Matte Moss Salt Ivory Thrown Cracked Tall'),
    nouns: words('Mug Bowl Vase Plate Teapot Jug Planter Cup Dish Carafe Platter Candlestick'),
  },
  {
    name: 'Lamps',
    prefix: 'lam',
    kind: 'object',
    hue: 45,
    motif: 'rays',
    price: 79,
    styles: ['desk', 'floor', 'pendant', 'bedside'],
    adjectives: words('Brass Linen Arched Smoked Folded Paper Mushroom Slim Copper Opal Oak Globe'),
    nouns: words('Lamp Lantern Pendant Sconce Spotlight Shade Uplighter Beacon Reader Torch Glow Dome'),
  },
  {
    name: 'Tea',
    prefix: 'tea',
    kind: 'object',
    hue: 95,
    motif: 'leaves',
    price: 12,
    styles: ['green', 'black', 'herbal', 'oolong'],
    adjectives: words('Jasmine Smoky Mountain Ginger Misty Golden Bergamot Wild Mint Roasted Honey Evening'),
    nouns: words('Leaves Blend Needles Pearls Breakfast Infusion Harvest Garden Buds Chai Reserve Flush'),
  },
  {
    name: 'Coffee',
    prefix: 'cof',
    kind: 'object',
    hue: 22,
    motif: 'drops',
    price: 15,
    styles: ['espresso', 'filter', 'decaf', 'single origin'],
    adjectives: words('Dark Bright Washed Natural Slow Highland Caramel Volcanic Morning Velvet Cherry Island'),
    nouns: words('Roast Beans Espresso Blend Crema Reserve Microlot Filter Harvest Peaberry Sunrise Estate'),
  },
  {
    name: 'Stationery',
    prefix: 'sta',
    kind: 'object',
    hue: 230,
    motif: 'bars',
    price: 14,
    styles: ['notebooks', 'pens', 'planners', 'cards'],
    adjectives: words('Dotted Linen Pocket Marbled Weekly Brass Recycled Ruled Letterpress Indigo Slim Gilded'),
    nouns: words('Notebook Pen Planner Journal Pencil Envelope Folio Ledger Card Sketchbook Diary Stamp'),
  },
  {
    name: 'Houseplants',
    prefix: 'pla',
    kind: 'object',
    hue: 145,
    motif: 'leaves',
    price: 28,
    styles: ['easy care', 'trailing', 'succulents', 'rare'],
    adjectives: words('Variegated Trailing Giant Silver Velvet Dwarf Striped Climbing Glossy Spotted Feathered Desert'),
    nouns: words('Fern Monstera Cactus Ivy Palm Orchid Aloe Pothos Begonia Ficus Calathea Jade'),
  },
  {
    name: 'Jazz records',
    prefix: 'jaz',
    kind: 'record',
    hue: 320,
    motif: 'rings',
    price: 27,
    styles: ['bebop', 'cool jazz', 'vocal', 'fusion'],
    adjectives: words('Blue Late Smoky Velvet Crooked Slow Golden Uptown Rainy Restless Gentle Sunday'),
    nouns: words('Session Quartet Avenue Serenade Shuffle Corner Waltz Standards Nocturne Groove Train Horn'),
  },
  {
    name: 'Electronic records',
    prefix: 'ele',
    kind: 'record',
    hue: 265,
    motif: 'waves',
    price: 25,
    styles: ['ambient', 'house', 'techno', 'synthwave'],
    adjectives: words('Neon Analogue Deep Glass Polar Granular Liquid Midnight Modular Infinite Static Soft'),
    nouns: words('Frequencies Circuit Drift Pulse Arcade Signal Bloom Motorway Voltage Horizon Mirage Machine'),
  },
  {
    name: 'Knitwear',
    prefix: 'kni',
    kind: 'object',
    hue: 355,
    motif: 'knots',
    price: 64,
    styles: ['jumpers', 'scarves', 'hats', 'cardigans'],
    adjectives: words('Chunky Fisherman Merino Striped Cropped Oatmeal Cable Alpine Charcoal Speckled Ribbed Soft'),
    nouns: words('Jumper Scarf Beanie Cardigan Mittens Pullover Shawl Vest Snood Socks Turtleneck Poncho'),
  },
]

/** Places and people that titles and creators are made of. */
export const DEMO_PLACES = words(
  'Aldermoor Brightwater Carrow Dunhaven Eastmere Fallow Glenrock Harrowgate Islay Juniper Kestrel Larkhill Marrow Northwick Oakley Penrose Quarry Ravenna Saltmarsh Thornbury Umber Valmont Westerly Yarrow Zennor Amberley Birchwood Cinder Dovecote Elmstead',
)
export const DEMO_FIRST_NAMES = words(
  'Ada Bruno Clara Dario Elif Farid Greta Hugo Ines Jonas Kaya Leo Mara Nils Olga Pavel Rosa Sami Tessa Umar Vera Wim Yuki Zora Anouk Bela Chidi Dana Emre Freya',
)
export const DEMO_LAST_NAMES = words(
  'Ashdown Bell Calder Drummond Ekström Fontaine Grau Hollis Ito Jansen Kowal Lindqvist Marsh Novak Okafor Petrov Quinn Rossi Sato Thorne Ueda Vance Weller Xu Yilmaz Zeman Arden Birk Costa Dahl',
)
