//! Problems and refusals as messages: type, code, who can mend it, and where.

use acp::latest::{ContentType, ErrorCode, Message, Resolution, Severity, WarningCode};
use commerce::{Draft, Problem, ProblemKind, Subject};
use payments::BadToken;

use super::discounts::{position, warning_code};

/// What a call adds to the draft's own problems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::checkout) enum Note {
    /// It costs something else than the agent has seen; nothing was charged.
    PriceMoved,
    /// This line costs something else than the agent says that the buyer was shown.
    PriceOfLine(usize),
    /// Somebody else got the last one; nothing was charged.
    SoldOut,
    /// The bank said no, in words that a buyer may read.
    Declined(String),
    /// The token cannot pay for this.
    BadToken(BadToken),
    /// The token was declined too often to be tried again.
    TokenDeclined,
    /// The session was declined too often: it has ended.
    TooManyDeclines,
    /// The bank wants to know the buyer, and nobody can ask.
    AuthenticationRequired,
    /// The bank was asked and does not stand for the buyer.
    Unauthenticated,
    /// The completion runs behind the answer.
    CompletionGoesOn,
    /// The store sells in another currency than was asked for.
    OtherCurrency,
}

/// All messages of a session, what a call adds first.
pub(super) fn all(draft: &Draft, notes: &[Note]) -> Vec<Message> {
    let problems = draft.quote.problems.iter().map(|found| problem(found, draft));
    notes.iter().map(note).chain(problems).collect()
}

/// The messages of a cart: nobody asks it where to go or who pays.
pub(super) fn of_cart(draft: &Draft) -> Vec<Message> {
    let concerns_items = |found: &&Problem| {
        matches!(found.subject, Subject::Cart | Subject::Item(_))
            && found.kind != ProblemKind::Missing
    };
    let problems = draft.quote.problems.iter().filter(concerns_items);
    problems.map(|found| problem(found, draft)).collect()
}

fn note(note: &Note) -> Message {
    match note {
        Note::PriceMoved => warning(
            WarningCode::PriceChange,
            "$.totals",
            "The price has changed and nothing was charged. Look at the new total and complete \
             again",
        ),
        Note::PriceOfLine(at) => warning(
            WarningCode::PriceChange,
            &format!("$.line_items[{at}].unit_amount"),
            "This costs something else than the buyer was shown. The price here counts",
        ),
        Note::SoldOut => error(
            ErrorCode::OutOfStock,
            Resolution::RequiresBuyerInput,
            Some("$.line_items"),
            "Somebody else got the last one while this was paid. Nothing was charged. Create a new \
             session",
        ),
        Note::Declined(text) => error(
            ErrorCode::PaymentDeclined,
            Resolution::RequiresBuyerInput,
            Some("$.payment_data"),
            text,
        ),
        Note::BadToken(why) => error(
            ErrorCode::PaymentDeclined,
            Resolution::Recoverable,
            Some("$.payment_data.instrument.credential.token"),
            bad_token(*why),
        ),
        Note::TokenDeclined => error(
            ErrorCode::PaymentDeclined,
            Resolution::RequiresBuyerInput,
            Some("$.payment_data.instrument.credential.token"),
            "This payment was declined too often. Use another card",
        ),
        Note::TooManyDeclines => error(
            ErrorCode::PaymentDeclined,
            Resolution::RequiresBuyerInput,
            Some("$.payment_data"),
            "Too many payments were declined, so the session has ended. Create a new one",
        ),
        Note::AuthenticationRequired => error(
            ErrorCode::Requires3ds,
            Resolution::RequiresBuyerInput,
            Some("$.payment_data"),
            "The bank wants to authenticate the buyer, which is not possible here. Use another \
             card",
        ),
        Note::Unauthenticated => error(
            ErrorCode::PaymentDeclined,
            Resolution::RequiresBuyerInput,
            Some("$.payment_data"),
            "The bank does not vouch for the buyer. Try again or use another card",
        ),
        Note::CompletionGoesOn => info(
            "The purchase is still running. Read the session again, or send the same completion \
             with the same Idempotency-Key",
        ),
        Note::OtherCurrency => info(
            "The store does not sell in the requested currency; all amounts are in the session's",
        ),
    }
}

const fn bad_token(why: BadToken) -> &'static str {
    match why {
        BadToken::LimitTooSmall => {
            "The payment token allows less than the total. Send a new one with a higher limit"
        }
        BadToken::WrongCurrency => {
            "The payment token is for another currency. Send a new one in the session's currency"
        }
        BadToken::Expired => "The payment token has expired. Send a new one",
        BadToken::Deactivated => "The payment token was used or revoked. Send a new one",
        BadToken::Unknown => "The payment token is unknown to the seller. Send a new one",
    }
}

fn problem(problem: &Problem, draft: &Draft) -> Message {
    let param = param(problem, draft);
    let (code, resolution) = match problem.kind {
        ProblemKind::UnknownItem => (ErrorCode::NotFound, Resolution::Recoverable),
        ProblemKind::NotPurchasable => (ErrorCode::Unsupported, Resolution::Recoverable),
        ProblemKind::OutOfStock => (ErrorCode::OutOfStock, Resolution::RequiresBuyerInput),
        ProblemKind::QuantityExceeded => {
            (ErrorCode::QuantityExceeded, Resolution::RequiresBuyerInput)
        }
        ProblemKind::Missing => (ErrorCode::Missing, Resolution::Recoverable),
        ProblemKind::Invalid => (ErrorCode::Invalid, Resolution::RequiresBuyerInput),
        ProblemKind::RegionRestricted => {
            (ErrorCode::RegionRestricted, Resolution::RequiresBuyerInput)
        }
        ProblemKind::CodeRefused(why) => {
            return warning(warning_code(why), &param, &problem.text);
        }
    };
    error(code, resolution, Some(&param), &problem.text)
}

/// Where the agent has to look, as a path into the session or the request.
fn param(problem: &Problem, draft: &Draft) -> String {
    match &problem.subject {
        Subject::Cart => "$.line_items".to_owned(),
        Subject::Item(item) => draft
            .quote
            .lines
            .iter()
            .position(|line| line.item == *item)
            .map_or_else(|| "$.line_items".to_owned(), |at| format!("$.line_items[{at}]")),
        Subject::Email => "$.buyer.email".to_owned(),
        Subject::Address(None) => "$.fulfillment_details.address".to_owned(),
        Subject::Address(Some(part)) => format!("$.fulfillment_details.address.{part}"),
        Subject::Rate => "$.selected_fulfillment_options".to_owned(),
        Subject::Code(code) => format!("$.discounts.codes[{}]", position(draft, code)),
    }
}

fn error(code: ErrorCode, resolution: Resolution, param: Option<&str>, content: &str) -> Message {
    Message::Error {
        code,
        severity: Some(Severity::High),
        resolution: Some(resolution),
        param: param.map(str::to_owned),
        content_type: ContentType::Plain,
        content: content.to_owned(),
    }
}

fn warning(code: WarningCode, param: &str, content: &str) -> Message {
    Message::Warning {
        code,
        severity: Some(Severity::Medium),
        param: Some(param.to_owned()),
        content_type: ContentType::Plain,
        content: content.to_owned(),
    }
}

fn info(content: &str) -> Message {
    Message::Info {
        severity: Some(Severity::Info),
        param: None,
        content_type: ContentType::Plain,
        content: content.to_owned(),
    }
}
