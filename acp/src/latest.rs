//! The newest version under one roof: what the rest of the program imports.

pub use crate::{
    decode::{Invalid, decode},
    encode::{encode, encode_event},
    fingerprint::{Fingerprint, NotJson, canonical, fingerprint},
    patch::Patch,
    rules::{Mismatch, check_sums, check_totals, is_in_progress},
    schemas::schemas,
    v2026_04_17::{
        attribution::AffiliateAttribution,
        authentication::{
            AcquirerDetails, AuthenticationMetadata, AuthenticationResult, DirectoryServer,
            OutcomeDetails,
        },
        cart::{Cart, CartRequest},
        checkout::{
            CheckoutSession, FulfillmentOption, Item, LineItem, Link, LinkType, PickupLocation,
            ProtocolVersion, SelectedFulfillmentOption, Status, TaxBreakdown, Total, TotalKind,
            VariantOption, protocol,
        },
        consent::{MarketingConsent, MarketingConsentOption},
        discount::{
            AppliedDiscount, Coupon, DiscountAllocation, DiscountErrorCode, Discounts,
            RejectedDiscount,
        },
        discovery::{
            Discovery, DiscoveryCapabilities, DiscoveryExtension, DiscoveryProtocol, Service,
            Transport,
        },
        error::{ErrorBody, ErrorType},
        message::{ContentType, ErrorCode, Message, Resolution, Severity, WarningCode},
        order::{Adjustment, Order, OrderConfirmation, OrderEvent, OrderLineItem, OrderQuantity},
        party::{
            AccountType, Address, Buyer, CertificateType, CompanyInfo, FulfillmentDetails,
            TaxExemption,
        },
        payment::{
            Capabilities, Credential, Enforcement, ExtensionDeclaration, Instrument, Interventions,
            Payment, PaymentData, PaymentHandler, RequestedCapabilities, RequestedExtension,
            RequestedInterventions, Token,
        },
        request::{
            CancelRequest, CompleteRequest, CreateRequest, IntentTrace, RequestedItem,
            SelectedOption, UpdateRequest,
        },
    },
    version::{UnknownVersion, Version},
};
