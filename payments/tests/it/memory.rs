//! A processor that lives in memory: the second one, so that the trait is about processors and
//! not about Stripe. It keeps no keys; it knows what it has done.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
};

use async_trait::async_trait;
use commerce::{Finding, Forged, Money, OrderId, PaymentId, SessionId};
use jiff::Timestamp;
use payments::{
    BadToken, Deactivation, Decline, Dispute, DisputeState, Hint, Opening, Origin, Payment,
    PaymentError, PaymentState, PaymentToken, Processor, Proof, Refund, RefundRequest, RefundState,
    TokenInfo,
};

use crate::bench::{Bench, Card, Step};

/// What the memory holds.
#[derive(Default)]
struct Books {
    now: i64,
    payments: BTreeMap<PaymentId, Payment>,
    moved_at: BTreeMap<PaymentId, Timestamp>,
    /// By the digest of each.
    tokens: BTreeMap<[u8; 32], (Card, TokenInfo)>,
    refunds: Vec<Refund>,
    disputes: Vec<Dispute>,
    /// Steps whose next answer is lost.
    lost: BTreeSet<Step>,
}

/// The processor.
pub(crate) struct Memory(Mutex<Books>);

impl Memory {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Books { now: 1_790_000_000, ..Books::default() }))
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap()
    }
}

impl Books {
    fn time(&self) -> Timestamp {
        Timestamp::from_second(self.now).unwrap()
    }

    fn payment(&mut self, id: &PaymentId) -> Result<&mut Payment, PaymentError> {
        self.payments.get_mut(id).ok_or_else(|| rejected("no such payment"))
    }

    /// Keeps what a step has made of a payment, and answers it if the answer arrives.
    fn keep(&mut self, step: Step, payment: Payment) -> Result<Payment, PaymentError> {
        self.moved_at.insert(payment.id.clone(), self.time());
        self.payments.insert(payment.id.clone(), payment.clone());
        if self.lost.remove(&step) {
            return Err(PaymentError::OutcomeUnknown { source: "the answer was lost".into() });
        }
        Ok(payment)
    }

    /// Whether a token can pay, and with which card.
    fn spend(&mut self, token: &PaymentToken, total: Money) -> Result<Card, PaymentError> {
        let unknown = PaymentError::BadToken(BadToken::Unknown);
        let (card, info) = self.tokens.get_mut(&token.digest()).ok_or(unknown)?;
        let why = match info.deactivated {
            Some(_) => Some(BadToken::Deactivated),
            None if info.limit.currency() != total.currency() => Some(BadToken::WrongCurrency),
            None if info.limit.minor() < total.minor() => Some(BadToken::LimitTooSmall),
            None => None,
        };
        match why {
            Some(why) => Err(PaymentError::BadToken(why)),
            None => Ok(*card),
        }
    }
}

#[async_trait]
impl Processor for Memory {
    async fn inspect(&self, token: &PaymentToken) -> Result<TokenInfo, PaymentError> {
        let known = self.books().tokens.get(&token.digest()).map(|(_, info)| info.clone());
        known.ok_or(PaymentError::BadToken(BadToken::Unknown))
    }

    async fn open(&self, opening: &Opening<'_>) -> Result<Payment, PaymentError> {
        let mut books = self.books();
        let same = |known: &&Payment| known.session.as_ref() == Some(opening.session);
        let found = books.payments.values().find(same).cloned();
        let payment = match found {
            Some(known) if known.state == PaymentState::Open => {
                Payment { total: opening.total, ..known }
            }
            Some(known) => return Ok(known),
            None => Payment {
                id: PaymentId::new(format!("pay_{}", books.payments.len())),
                state: PaymentState::Open,
                total: opening.total,
                capturable: nothing(opening.total),
                captured: nothing(opening.total),
                refunded: nothing(opening.total),
                is_disputed: false,
                session: Some(opening.session.clone()),
                store: Some(opening.store.to_owned()),
                agent: Some(opening.agent.clone()),
                order: opening.order.cloned(),
                opened_at: books.time(),
                held_until: None,
                livemode: false,
                decline: None,
            },
        };
        books.keep(Step::Open, payment)
    }

    async fn authorize(
        &self,
        id: &PaymentId,
        token: &PaymentToken,
        proof: Option<&Proof>,
        _generation: u32,
    ) -> Result<Payment, PaymentError> {
        let mut books = self.books();
        let mut payment = books.payment(id)?.clone();
        match payment.state {
            PaymentState::Open => {}
            PaymentState::Voided => return Err(rejected("the payment was called off")),
            _ => return Ok(payment),
        }
        if proof.is_some_and(|proof| !proof.is_about(&payment)) {
            return Err(rejected("the proof is about another payment"));
        }
        match books.spend(token, payment.total)? {
            Card::Declined => {
                let text = "The payment was declined.".to_owned();
                let decline = Decline { text, code: Some("card_declined".to_owned()) };
                payment.decline = Some(decline.clone());
                books.keep(Step::Authorize, payment)?;
                return Err(PaymentError::Declined(decline));
            }
            Card::Authenticated if proof.is_none() => {
                return Err(PaymentError::AuthenticationRequired { network: None });
            }
            Card::Authenticated | Card::Good => {}
        }
        if let Some((_, info)) = books.tokens.get_mut(&token.digest()) {
            info.deactivated = Some(Deactivation::Consumed);
        }
        payment.state = PaymentState::Authorized;
        payment.capturable = payment.total;
        books.keep(Step::Authorize, payment)
    }

    async fn fetch(&self, id: &PaymentId) -> Result<Payment, PaymentError> {
        self.books().payment(id).cloned()
    }

    async fn find(
        &self,
        session: &SessionId,
        since: Timestamp,
    ) -> Result<Option<Payment>, PaymentError> {
        let books = self.books();
        let mut recent = books.payments.values().filter(|payment| payment.opened_at >= since);
        Ok(recent.find(|payment| payment.session.as_ref() == Some(session)).cloned())
    }

    async fn unsettled(
        &self,
        store: &str,
        before: Timestamp,
    ) -> Result<Vec<Payment>, PaymentError> {
        let is_meant = |payment: &&Payment| {
            let is_settled = matches!(payment.state, PaymentState::Captured | PaymentState::Voided);
            !is_settled && payment.store.as_deref() == Some(store) && payment.opened_at < before
        };
        Ok(self.books().payments.values().filter(is_meant).cloned().collect())
    }

    async fn changed_since(
        &self,
        store: &str,
        since: Timestamp,
    ) -> Result<Vec<Payment>, PaymentError> {
        let books = self.books();
        let moved = books.payments.values().filter(|payment| {
            let is_news = matches!(payment.state, PaymentState::Captured | PaymentState::Voided);
            is_news && books.moved_at.get(&payment.id).is_some_and(|at| *at >= since)
        });
        Ok(moved.filter(|payment| payment.store.as_deref() == Some(store)).cloned().collect())
    }

    async fn capture(
        &self,
        id: &PaymentId,
        amount: Money,
        order: &OrderId,
    ) -> Result<Payment, PaymentError> {
        let mut books = self.books();
        let mut payment = books.payment(id)?.clone();
        match payment.state {
            PaymentState::Captured => return Ok(payment),
            PaymentState::Authorized if amount.minor() <= payment.capturable.minor() => {}
            _ => return Err(rejected("nothing is held")),
        }
        payment.state = PaymentState::Captured;
        payment.captured = amount;
        payment.capturable = nothing(amount);
        payment.order = Some(order.clone());
        books.keep(Step::Capture, payment)
    }

    async fn void(&self, id: &PaymentId) -> Result<Payment, PaymentError> {
        let mut books = self.books();
        let mut payment = books.payment(id)?.clone();
        match payment.state {
            PaymentState::Voided => return Ok(payment),
            PaymentState::Captured => return Err(rejected("the money was taken")),
            _ => {}
        }
        payment.state = PaymentState::Voided;
        payment.capturable = nothing(payment.total);
        books.keep(Step::Void, payment)
    }

    async fn refund(&self, request: &RefundRequest<'_>) -> Result<Refund, PaymentError> {
        let mut books = self.books();
        let is_same = |known: &&Refund| {
            known.payment == *request.payment && known.origin.as_ref() == Some(request.origin)
        };
        if let Some(known) = books.refunds.iter().find(is_same) {
            return Ok(known.clone());
        }
        let refund =
            books.give_back(request.payment, request.amount, Some(request.origin.clone()))?;
        if books.lost.remove(&Step::Refund) {
            return Err(PaymentError::OutcomeUnknown { source: "the answer was lost".into() });
        }
        Ok(refund)
    }

    async fn refunds(&self, id: &PaymentId) -> Result<Vec<Refund>, PaymentError> {
        Ok(self.books().refunds.iter().filter(|refund| refund.payment == *id).cloned().collect())
    }

    async fn disputes(&self, id: &PaymentId) -> Result<Vec<Dispute>, PaymentError> {
        let books = self.books();
        Ok(books.disputes.iter().filter(|dispute| dispute.payment == *id).cloned().collect())
    }

    fn hear(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        _now: Timestamp,
    ) -> Result<Option<Hint>, Forged> {
        if header("memory-secret").as_deref() != Some("swordfish") {
            return Err(Forged);
        }
        let payment = std::str::from_utf8(body).map_err(|_| Forged)?;
        let hint = Hint { delivery: "1".to_owned(), payment: PaymentId::new(payment), store: None };
        Ok(Some(hint).filter(|hint| self.books().payments.contains_key(&hint.payment)))
    }

    async fn check(&self) -> Vec<Finding> {
        Vec::new()
    }

    async fn rehearse(&self) -> Vec<Finding> {
        Vec::new()
    }
}

impl Books {
    fn give_back(
        &mut self,
        id: &PaymentId,
        amount: Money,
        origin: Option<Origin>,
    ) -> Result<Refund, PaymentError> {
        let payment = self.payment(id)?;
        let refunded = payment.refunded.checked_add(amount).unwrap();
        if refunded.minor() > payment.captured.minor() {
            return Err(rejected("more than was taken"));
        }
        payment.refunded = refunded;
        let (made_at, reason) = (self.time(), String::new());
        self.moved_at.insert(id.clone(), made_at);
        let (id, payment) = (format!("refund_{}", self.refunds.len()), id.clone());
        let state = RefundState::Completed;
        let refund = Refund { id, payment, amount, state, origin, reason, made_at };
        self.refunds.push(refund.clone());
        Ok(refund)
    }
}

#[async_trait]
impl Bench for Memory {
    fn processor(&self) -> &dyn Processor {
        self
    }

    fn now(&self) -> Timestamp {
        self.books().time()
    }

    fn pass(&self, seconds: i64) {
        self.books().now += seconds;
    }

    fn token(&self, card: Card, limit: Money) -> PaymentToken {
        let mut books = self.books();
        let token = PaymentToken::new(format!("token_{}", books.tokens.len()));
        let info = TokenInfo { limit, expires_at: None, deactivated: None, livemode: false };
        books.tokens.insert(token.digest(), (card, info));
        token
    }

    fn lose(&self, step: Step) {
        self.books().lost.insert(step);
    }

    fn refund_elsewhere(&self, payment: &PaymentId, amount: Money) {
        self.books().give_back(payment, amount, None).unwrap();
    }

    fn dispute(&self, id: &PaymentId) {
        let mut books = self.books();
        let made_at = books.time();
        let payment = books.payment(id).unwrap();
        payment.is_disputed = true;
        let dispute = Dispute {
            id: "dispute_0".to_owned(),
            payment: id.clone(),
            amount: payment.captured,
            state: DisputeState::Open,
            reason: "product_not_received".to_owned(),
            made_at,
        };
        books.disputes.push(dispute);
    }

    fn taken(&self) -> Vec<i64> {
        let books = self.books();
        let taken = books.payments.values().filter(|payment| !payment.captured.is_zero());
        taken.map(|payment| payment.captured.minor()).collect()
    }

    fn delivery(&self, payment: &PaymentId) -> (Vec<(String, String)>, Vec<u8>) {
        let headers = vec![("memory-secret".to_owned(), "swordfish".to_owned())];
        (headers, payment.as_str().as_bytes().to_vec())
    }
}

fn nothing(like: Money) -> Money {
    Money::zero(like.currency())
}

fn rejected(message: &str) -> PaymentError {
    PaymentError::Rejected { code: "memory".to_owned(), message: message.to_owned() }
}
