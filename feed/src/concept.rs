//! Every field that any feed knows, once: what it is called, what it may hold, where it comes from.
//!
//! The native contract has had 100 column names in five generations; they stand for 86 concepts.
//! What only Google's or Stripe's columns know comes after them.

use std::fmt;

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Plain text of at most so many characters.
    Text(usize),
    /// An absolute address.
    Link,
    /// Absolute addresses.
    Links,
    /// An amount with its currency.
    Money,
    /// Yes or no.
    Flag,
    /// A whole number, not negative.
    Count,
    /// A decimal number as text.
    Decimal,
    /// A number.
    Number,
    /// A day.
    Date,
    /// Two days.
    Span,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Texts.
    Texts,
    /// Texts by name.
    Map,
    /// Several of them.
    Maps,
}

/// How a platform's store comes by a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// The platform has it.
    Automatic,
    /// It follows from what the platform has.
    Derived,
    /// An added field, where the seller keeps one.
    Meta,
    /// The configuration says it.
    Key,
    /// Nobody knows it.
    Nowhere,
}

impl Means {
    /// One letter for tables: A, D, M, K or N.
    pub fn letter(self) -> char {
        match self {
            Self::Automatic => 'A',
            Self::Derived => 'D',
            Self::Meta => 'M',
            Self::Key => 'K',
            Self::Nowhere => 'N',
        }
    }
}

use Kind::{Count, Date, Decimal, Flag, Link, Links, Map, Maps, Number, Span, Text, Texts, Word};
use Means::{Automatic as A, Derived as D, Key as K, Meta as M, Nowhere as N};

const AGE_GROUPS: &[&str] = &["newborn", "infant", "toddler", "kids", "adult"];
const AVAILABILITIES: &[&str] =
    &["in_stock", "out_of_stock", "pre_order", "preorder", "backorder", "unknown"];
const CONDITIONS: &[&str] = &["new", "refurbished", "used"];
const GENDERS: &[&str] = &["male", "female", "unisex"];
const LENGTH_UNITS: &[&str] = &["in", "cm", "ft", "m", "mm"];
const PICKUP_METHODS: &[&str] = &["in_store", "reserve", "not_supported"];
const RELATIONS: &[&str] = &[
    "part_of_set",
    "required_part",
    "often_bought_with",
    "substitute",
    "different_brand",
    "accessory",
];
const SIZE_SYSTEMS: &[&str] = &["US", "UK", "EU", "DE", "FR", "JP", "CN", "IT", "BR", "MEX", "AU"];
const TAX_BEHAVIORS: &[&str] = &["inclusive", "exclusive"];
const WEIGHT_UNITS: &[&str] = &["g", "kg", "oz", "lb"];
const LONG: usize = 5_000;

macro_rules! concepts {
    ($($name:ident $key:literal $kind:expr, $rule:literal, $woocommerce:ident $shopify:ident;)+) => {
        /// A field, whatever a feed calls it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Concept {
            $(#[doc = $rule] $name,)+
        }

        /// All concepts in the order of their declaration.
        pub const CONCEPTS: &[Concept] = &[$(Concept::$name,)+];

        const FACTS: &[Facts] = &[$(
            Facts {
                key: $key,
                kind: $kind,
                rule: $rule,
                woocommerce: $woocommerce,
                shopify: $shopify,
            },
        )+];
    };
}

/// What the registry says of a concept.
struct Facts {
    key: &'static str,
    kind: Kind,
    rule: &'static str,
    woocommerce: Means,
    shopify: Means,
}

concepts! {
    EligibleSearch "is_eligible_search" Flag, "may be shown; not shown is not bought either", D D;
    EligibleCheckout "is_eligible_checkout" Flag, "may be bought in the chat; needs search, a privacy policy and terms", K K;
    EligibleAds "is_ads_eligible" Flag, "may be advertised; no is final", K K;
    ItemId "item_id" Text(100), "what a checkout orders; stable, unique, never used again", A A;
    Title "title" Text(150), "what it is called, with what sets the variant apart", A A;
    Description "description" Text(LONG), "plain text about this item", A A;
    Url "url" Link, "its page, with the variant selected", A A;
    Gtin "gtin" Text(14), "8, 12, 13 or 14 digits with a right check digit; never invented", A A;
    Mpn "mpn" Text(70), "the maker's part number; never the stock keeping unit", M M;
    Brand "brand" Text(70), "who makes it; no placeholder", A A;
    Condition "condition" Word(CONDITIONS), "stated wherever it is not new", K M;
    ProductCategory "product_category" Text(750), "one path, broad to narrow, ` > ` between its levels", A A;
    Material "material" Text(100), "what it is made of", D D;
    Dimensions "dimensions" Map, "two or three sides and their unit, of the product, not the parcel", K M;
    Length "length" Decimal, "with `dimensions_unit`", K M;
    Width "width" Decimal, "with `dimensions_unit`", K M;
    Height "height" Decimal, "with `dimensions_unit`", K M;
    DimensionsUnit "dimensions_unit" Word(LENGTH_UNITS), "with any side", K M;
    Weight "weight" Decimal, "of the product, not the parcel; with `item_weight_unit`", K K;
    WeightUnit "item_weight_unit" Word(WEIGHT_UNITS), "with `weight`", K K;
    AgeGroup "age_group" Word(AGE_GROUPS), "who it is for", D D;
    AdsMetadata "ads_metadata" Map, "texts by keys agreed on for ads", K M;
    ImageUrl "image_url" Link, "public, shows this variant", A A;
    AdditionalImageUrls "additional_image_urls" Links, "more pictures of this variant; commas written %2C", A A;
    VideoUrl "video_url" Link, "public", M A;
    ModelUrl "model_3d_url" Link, "GLB or GLTF", M A;
    Price "price" Kind::Money, "the regular price, above zero", A A;
    SalePrice "sale_price" Kind::Money, "above zero and below `price`", A A;
    SalePeriod "sale_price_effective_date" Span, "with `sale_price`", A N;
    SaleStart "sale_price_start_date" Date, "with `sale_price`", A N;
    SaleEnd "sale_price_end_date" Date, "with `sale_price`", A N;
    UnitPricingMeasure "unit_pricing_measure" Text(40), "what is in it; with `base_measure`", M A;
    BaseMeasure "base_measure" Text(40), "what its price is compared by", M A;
    PricingTrend "pricing_trend" Text(80), "a remark on the price", K K;
    TaxesAndFees "applicable_taxes_fees" Kind::Money, "what is added to the price", K K;
    Availability "availability" Word(AVAILABILITIES), "a backorder is no pre-order", A D;
    AvailabilityDate "availability_date" Date, "when it can be had, where it cannot now", M M;
    InventoryQuantity "inventory_quantity" Count, "how many are left", A A;
    ExpirationDate "expiration_date" Date, "in the future; takes nothing down", M N;
    PickupMethod "pickup_method" Word(PICKUP_METHODS), "how buyers fetch it", D D;
    PickupSla "pickup_sla" Text(40), "how soon; with `pickup_method`", K D;
    GroupId "group_id" Text(70), "the same for all variants, and no item's id", A A;
    HasVariations "listing_has_variations" Flag, "yes for every variant, or its options are passed over", D D;
    VariantDict "variant_dict" Map, "its options by name; unique in its group", A A;
    GroupTitle "item_group_title" Text(150), "what all variants are called together", A A;
    Color "color" Text(40), "agrees with its option", D D;
    Size "size" Text(20), "agrees with its option", D D;
    SizeSystem "size_system" Word(SIZE_SYSTEMS), "whose sizes they are; works after setup", M M;
    Gender "gender" Word(GENDERS), "who it is for", D D;
    OfferId "offer_id" Text(170), "seller and item; no price in it", D D;
    Custom1Category "Custom_variant1_category" Text(70), "where there is no `variant_dict`", A A;
    Custom1Option "Custom_variant1_option" Text(70), "where there is no `variant_dict`", A A;
    Custom2Category "Custom_variant2_category" Text(70), "where there is no `variant_dict`", A A;
    Custom2Option "Custom_variant2_option" Text(70), "where there is no `variant_dict`", A A;
    Custom3Category "Custom_variant3_category" Text(70), "where there is no `variant_dict`", A A;
    Custom3Option "Custom_variant3_option" Text(70), "where there is no `variant_dict`", A A;
    Shipping "shipping" Text(200), "`country:region:service:price`; never beside `shipping_price`", K K;
    ShippingPrice "shipping_price" Kind::Money, "what shipping costs for certain; absent is not free", K K;
    DeliveryEstimate "delivery_estimate" Date, "when it arrives", K K;
    IsDigital "is_digital" Flag, "nothing is shipped", A D;
    SellerName "seller_name" Text(70), "who sells", A A;
    MarketplaceSeller "marketplace_seller" Text(70), "where the sale takes place, if not with the seller", K K;
    SellerUrl "seller_url" Link, "the store", A A;
    PrivacyPolicy "seller_privacy_policy" Link, "needed for checkout", K A;
    TermsOfService "seller_tos" Link, "needed for checkout", K A;
    ReturnPolicy "return_policy" Link, "what it takes back; never the front page", K A;
    ReturnDays "return_deadline_in_days" Count, "only where returns are accepted", K K;
    AcceptsReturns "accepts_returns" Flag, "a final sale is no", K K;
    AcceptsExchanges "accepts_exchanges" Flag, "agrees with `accepts_returns`", K K;
    PopularityScore "popularity_score" Number, "how many were sold: the seller's own scale", D N;
    ReturnRate "return_rate" Text(10), "percent", N N;
    Warning "warning" Text(LONG), "what a buyer must know", M M;
    WarningUrl "warning_url" Link, "where that is written", M M;
    AgeRestriction "age_restriction" Count, "youngest buyer, in years", M M;
    ReviewCount "review_count" Count, "of this product", A M;
    StarRating "star_rating" Decimal, "0 to 5, only with reviews", A M;
    StoreReviewCount "store_review_count" Count, "of the store", K K;
    StoreStarRating "store_star_rating" Decimal, "0 to 5", K K;
    QuestionsAndAnswers "q_and_a" Maps, "questions and the seller's answers", M M;
    Reviews "reviews" Maps, "what buyers wrote, without their names", A M;
    RelatedProductId "related_product_id" Texts, "of one relation only", A M;
    RelationshipType "relationship_type" Word(RELATIONS), "what they have to do with each other", D M;
    TargetCountries "target_countries" Texts, "ISO 3166-1 alpha-2, the market first", D D;
    StoreCountry "store_country" Text(2), "ISO 3166-1 alpha-2", A A;
    GeoPrice "geo_price" Text(200), "a price by region", N N;
    GeoAvailability "geo_availability" Text(200), "availability by region", N N;

    IdentifierExists "identifier_exists" Word(&["yes", "no"]), "no where the maker gives neither GTIN nor part number", K K;
    GoogleCategory "google_product_category" Text(750), "a place in Google's taxonomy", M M;
    SubscriptionCost "subscription_cost" Text(60), "`month:12:30.00 USD`", K K;
    Pattern "pattern" Text(100), "its pattern", D D;
    SizeType "size_type" Text(40), "its cut", D D;
    Label0 "custom_label_0" Text(100), "the seller's own label for ads", K M;
    Label1 "custom_label_1" Text(100), "the seller's own label for ads", K M;
    Label2 "custom_label_2" Text(100), "the seller's own label for ads", K M;
    Label3 "custom_label_3" Text(100), "the seller's own label for ads", K M;
    Label4 "custom_label_4" Text(100), "the seller's own label for ads", K M;
    TaxCode "stripe_product_tax_code" Text(20), "Stripe's code for its kind of tax", K K;
    TaxBehavior "tax_behavior" Word(TAX_BEHAVIORS), "whether the price holds the tax", A A;
    StockNotCounted "inventory_not_tracked" Flag, "the store does not count it", A A;
}

/// How many concepts the native contract knows, over all its generations.
pub const NATIVE: usize = 86;

impl Concept {
    /// How the configuration, and today's contract where it knows it, calls it.
    pub fn key(self) -> &'static str {
        self.facts().key
    }

    /// What it may hold.
    pub fn kind(self) -> Kind {
        self.facts().kind
    }

    /// What holds for it, in a few words.
    pub fn rule(self) -> &'static str {
        self.facts().rule
    }

    /// How a WooCommerce store comes by it.
    pub fn on_woocommerce(self) -> Means {
        self.facts().woocommerce
    }

    /// How a Shopify store comes by it.
    pub fn on_shopify(self) -> Means {
        self.facts().shopify
    }

    /// The concept of that key.
    pub fn parse(key: &str) -> Option<Self> {
        CONCEPTS.iter().copied().find(|concept| concept.key() == key)
    }

    /// Whether it is about the seller: there the configuration's word goes before the platform's.
    pub fn is_about_seller(self) -> bool {
        matches!(
            self,
            Self::SellerName
                | Self::SellerUrl
                | Self::PrivacyPolicy
                | Self::TermsOfService
                | Self::ReturnPolicy
                | Self::TargetCountries
                | Self::StoreCountry
                | Self::TaxBehavior
                | Self::PickupMethod
                | Self::PickupSla
        )
    }

    fn facts(self) -> &'static Facts {
        &FACTS[self as usize]
    }
}

impl fmt::Display for Concept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}
