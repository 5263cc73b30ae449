//! Orders as Shopify shows them.

use serde_json::{Value, json};

use super::draft_view::{merge, shipping_json, tax_lines};
use super::execute::{link, pages};
use super::money::{self, Both, Currency};
use super::order::{Fulfillment, Order, Refund, Transaction};
use super::shop::{Shop, gid, stamp};

impl Shop {
    /// `Order`.
    pub(super) fn order_json(&self, order: &Order) -> Value {
        let own = gid("Order", order.id);
        let mut view = order_sums(order);
        let lines: Vec<Value> =
            (0..order.lines.len()).map(|at| self.order_line(order, at)).collect();
        let cancelled = order.cancelled.as_ref();
        let shipping = shipping_json(&order.draft, &order.priced);
        let shipping = if shipping.is_object() {
            let mut line = shipping;
            merge(
                &mut line,
                json!({ "__typename": "ShippingLine", "id": gid("ShippingLine", order.id) }),
            );
            line
        } else {
            Value::Null
        };
        let discounts: Vec<&str> = order
            .priced
            .discounts
            .iter()
            .filter_map(|less| less.discount.code.as_deref())
            .collect();
        let transactions: Vec<Value> =
            order.transactions.iter().map(|t| link(gid("OrderTransaction", t.id))).collect();
        let refunds: Vec<Value> = order.refunds.iter().map(|r| link(gid("Refund", r.id))).collect();
        let fulfillments: Vec<Value> =
            order.fulfillments.iter().map(|parcel| self.fulfillment_json(order, parcel)).collect();
        let more = json!({
            "__typename": "Order",
            "id": own,
            "legacyResourceId": order.id.to_string(),
            "name": format!("#{}", order.number),
            "number": order.number,
            "confirmationNumber": order.token[..9].to_uppercase(),
            "confirmed": true,
            "createdAt": stamp(order.created),
            "updatedAt": stamp(order.updated),
            "processedAt": stamp(order.created),
            "closed": order.closed.is_some(),
            "closedAt": order.closed.map(stamp),
            "cancelledAt": cancelled.map(|(at, ..)| stamp(*at)),
            "cancelReason": cancelled.map(|(_, why, _)| why),
            "cancellation": cancelled.map(|(.., note)| json!({ "staffNote": note })),
            "test": false,
            "edited": false,
            "email": order.draft.email,
            "phone": order.draft.phone,
            "note": order.draft.note,
            "poNumber": order.draft.po_number,
            "tags": order.draft.tags,
            "customAttributes": order.draft.attributes,
            "customer": order.draft.customer.map(|customer| link(gid("Customer", customer))),
            "customerAcceptsMarketing": false,
            "customerLocale": "en",
            "shippingAddress": order.draft.shipping_address,
            "billingAddress": order.draft.billing_address,
            "displayAddress": order.draft.shipping_address,
            "billingAddressMatchesShippingAddress": order.draft.billing_address == order.draft.shipping_address,
            "shippingLine": shipping,
            "shippingLines": pages(shipping.as_object().map(|line| line.clone().into()).into_iter().collect()),
            "sourceName": order.source,
            "sourceIdentifier": null,
            "app": null,
            "statusPageUrl": format!("https://{}/92891250994/orders/{}/authenticate?key={}", self.domain, order.token, &order.token[..16]),
            "discountCode": discounts.first(),
            "discountCodes": discounts,
            "discountApplications": pages(Vec::new()),
            "displayFinancialStatus": order.financial(),
            "displayFulfillmentStatus": order.fulfillment(),
            "returnStatus": "NO_RETURN",
            "returns": pages(Vec::new()),
            "events": pages(Vec::new()),
            "alerts": [],
            "disputes": [],
            "lineItems": pages(lines),
            "transactions": transactions,
            "refunds": refunds,
            "fulfillments": fulfillments,
            "fulfillmentOrders": pages(Vec::new()),
            "metafields": pages(self.metafields_of(&own)),
            "paymentTerms": order.terms.map(|terms| link(gid("PaymentTerms", terms))),
            "requiresShipping": order.draft.lines.iter().any(|line| line.ships),
            "fulfillable": order.cancelled.is_none() && order.fulfillment() != "FULFILLED",
            "merchantEditable": order.cancelled.is_none(),
            "merchantEditableErrors": [],
            "subtotalLineItemsQuantity": order.draft.lines.iter().map(|line| line.quantity).sum::<i64>(),
            "totalWeight": self.weight(&order.draft).to_string(),
            "taxExempt": order.draft.tax_exempt,
            "publication": null,
            "channel": null,
            "channelInformation": null,
            "physicalLocation": null,
            "retailLocation": null,
            "risks": [],
            "riskLevel": "LOW",
        });
        merge(&mut view, more);
        merge(&mut view, self.order_rest(order));
        view
    }

    /// What hardly anybody asks for.
    fn order_rest(&self, order: &Order) -> Value {
        let units = order.draft.lines.iter().zip(&order.lines);
        let units: i64 = units.map(|(row, line)| row.quantity - line.removed).sum();
        json!({
            "additionalFees": [],
            "canNotifyCustomer": order.draft.email.is_some(),
            "cartToken": null,
            "checkoutToken": null,
            "clientIp": null,
            "currentSubtotalLineItemsQuantity": units,
            "currentTotalAdditionalFeesSet": null,
            "currentTotalDutiesSet": null,
            "originalTotalAdditionalFeesSet": null,
            "originalTotalDutiesSet": null,
            "currentTotalWeight": self.weight(&order.draft).to_string(),
            "customerJourneySummary": null,
            "fulfillmentsCount": { "count": order.fulfillments.len(), "precision": "EXACT" },
            "hasTimelineComment": false,
            "localizedFields": pages(Vec::new()),
            "nonFulfillableLineItems": pages(Vec::new()),
            "merchantOfRecordApp": null,
            "productNetwork": false,
            "purchasingEntity": order.draft.customer.map(|customer| link(gid("Customer", customer))),
            "registeredSourceUrl": null,
            "shopifyProtect": null,
        })
    }

    /// `LineItem`.
    pub(super) fn order_line(&self, order: &Order, at: usize) -> Value {
        let (line, row, priced) =
            (&order.lines[at], &order.draft.lines[at], &order.priced.lines[at]);
        let currencies = order.priced.currencies;
        let bag = |amount: Both| amount.bag(currencies);
        let variant = row.variant.and_then(|id| self.catalog.variants.get(&id));
        let product = variant.and_then(|variant| self.catalog.products.get(&variant.product));
        let title = variant.map(super::catalog::Variant::title);
        let title = title.filter(|title| title != "Default Title");
        let each = |amount: Both| Both {
            shop: amount.shop / row.quantity,
            buyer: amount.buyer / row.quantity,
        };
        let left = if order.cancelled.is_some() {
            0
        } else {
            row.quantity - line.removed - line.fulfilled
        };
        let net = priced.total - priced.off;
        json!({
            "__typename": "LineItem",
            "id": gid("LineItem", line.id),
            "quantity": row.quantity,
            "currentQuantity": row.quantity - line.removed,
            "unfulfilledQuantity": left,
            "fulfillableQuantity": left,
            "nonFulfillableQuantity": 0,
            "refundableQuantity": row.quantity - line.removed,
            "name": title.as_ref().map_or_else(|| row.title.clone(), |title| format!("{} - {title}", row.title)),
            "title": row.title,
            "variantTitle": title,
            "sku": row.sku,
            "vendor": product.map(|product| product.vendor),
            "variant": row.variant.map(|id| link(gid("ProductVariant", id))),
            "product": product.map(|product| link(gid("Product", product.id))),
            "image": product.and_then(|product| product.images.first()).map(super::product_view::image),
            "isGiftCard": product.is_some_and(|product| product.gift_card),
            "requiresShipping": row.ships,
            "taxable": row.taxable,
            "restockable": true,
            "merchantEditable": true,
            "customAttributes": row.attributes,
            "discountAllocations": [],
            "duties": [],
            "sellingPlan": null,
            "contract": null,
            "staffMember": null,
            "lineItemGroup": null,
            "weight": null,
            "taxLines": tax_lines(&priced.taxes, currencies),
            "originalUnitPriceSet": bag(priced.unit),
            "originalTotalSet": bag(priced.total),
            "discountedUnitPriceSet": bag(each(net)),
            "discountedTotalSet": bag(net),
            "discountedUnitPriceAfterAllDiscountsSet": bag(each(net - priced.order_off)),
            "priceAfterAllDiscountsBeforeTaxesSet": bag(net - priced.order_off),
            "totalDiscountSet": bag(priced.off),
        })
    }

    /// `Refund`.
    pub(super) fn refund_json(&self, order: &Order, refund: &Refund) -> Value {
        let currencies = order.priced.currencies;
        let bag = |amount: Both| amount.bag(currencies);
        let money = order.transactions.iter().filter(|t| refund.transactions.contains(&t.id));
        let lines: Vec<Value> = refund
            .lines
            .iter()
            .map(|line| {
                let at = order.lines.iter().position(|known| known.id == line.line);
                json!({
                    "__typename": "RefundLineItem",
                    "id": gid("RefundLineItem", line.id),
                    "quantity": line.quantity,
                    "restockType": line.restock,
                    "restocked": line.restock != "NO_RESTOCK",
                    "lineItem": at.map(|at| self.order_line(order, at)),
                    "location": line.location.map(|place| link(gid("Location", place))),
                    "subtotal": money::plain(line.subtotal.shop, currencies.0),
                    "subtotalSet": bag(line.subtotal),
                    "priceSet": bag(line.subtotal),
                    "totalTax": money::plain(line.tax.shop, currencies.0),
                    "totalTaxSet": bag(line.tax),
                })
            })
            .collect();
        let shipping = (refund.shipping != Both::default()).then(|| {
            json!({
                "id": gid("RefundShippingLine", refund.id),
                "shippingLine": null,
                "subtotalAmountSet": bag(refund.shipping),
                "taxAmountSet": bag(Both::default()),
            })
        });
        json!({
            "__typename": "Refund",
            "id": gid("Refund", refund.id),
            "legacyResourceId": refund.id.to_string(),
            "createdAt": stamp(refund.created),
            "processedAt": stamp(refund.created),
            "updatedAt": stamp(refund.created),
            "note": refund.note,
            "order": link(gid("Order", order.id)),
            "return": null,
            "staffMember": null,
            "duties": [],
            "orderAdjustments": pages(Vec::new()),
            "totalRefundedSet": bag(money.clone().map(|t| t.amount).sum()),
            "transactions": pages(money.map(|t| link(gid("OrderTransaction", t.id))).collect()),
            "refundLineItems": pages(lines),
            "refundShippingLines": pages(shipping.into_iter().collect()),
        })
    }

    fn fulfillment_json(&self, order: &Order, parcel: &Fulfillment) -> Value {
        let lines: Vec<Value> = parcel
            .lines
            .iter()
            .map(|(line, quantity)| {
                let at = order.lines.iter().position(|known| known.id == *line);
                json!({
                    "__typename": "FulfillmentLineItem",
                    "id": gid("FulfillmentLineItem", line + 1),
                    "quantity": quantity,
                    "lineItem": at.map(|at| self.order_line(order, at)),
                })
            })
            .collect();
        let tracking = parcel.tracking.iter().map(
            |(company, number, url)| json!({ "company": company, "number": number, "url": url }),
        );
        json!({
            "__typename": "Fulfillment",
            "id": gid("Fulfillment", parcel.id),
            "legacyResourceId": parcel.id.to_string(),
            "name": format!("#{}.1", order.number),
            "status": "SUCCESS",
            "displayStatus": if parcel.delivered.is_some() { "DELIVERED" } else { "FULFILLED" },
            "createdAt": stamp(parcel.created),
            "updatedAt": stamp(parcel.delivered.unwrap_or(parcel.created)),
            "deliveredAt": parcel.delivered.map(stamp),
            "inTransitAt": null,
            "estimatedDeliveryAt": null,
            "requiresShipping": true,
            "totalQuantity": parcel.lines.iter().map(|(_, quantity)| quantity).sum::<i64>(),
            "trackingInfo": tracking.collect::<Vec<_>>(),
            "fulfillmentLineItems": pages(lines),
            "fulfillmentOrders": pages(Vec::new()),
            "events": pages(Vec::new()),
            "location": null,
            "order": link(gid("Order", order.id)),
            "originAddress": null,
            "service": null,
        })
    }
}

fn order_sums(order: &Order) -> Value {
    let currencies = order.priced.currencies;
    let bag = |amount: Both| amount.bag(currencies);
    let priced = &order.priced;
    let nothing = Both::default();
    let open = order.outstanding();
    let mut gateways: Vec<&str> = order.transactions.iter().map(|t| t.gateway.as_str()).collect();
    gateways.dedup();
    let plain = |amount: Both| money::plain(amount.shop, currencies.0);
    let back: Both = order.refunds.iter().map(|refund| refund.shipping).sum();
    json!({
        "currencyCode": currencies.0,
        "presentmentCurrencyCode": currencies.1,
        "taxesIncluded": priced.taxes_included,
        "dutiesIncluded": false,
        "estimatedTaxes": false,
        "taxLines": tax_lines(&priced.tax_rows(), currencies),
        "currentTaxLines": tax_lines(&priced.tax_rows(), currencies),
        "paymentGatewayNames": gateways,
        "canMarkAsPaid": open != nothing,
        "unpaid": open != nothing,
        "fullyPaid": open == nothing,
        "capturable": false,
        "refundable": order.received() != order.refunded(),
        "restockable": true,
        "subtotalPrice": plain(priced.subtotal()),
        "subtotalPriceSet": bag(priced.subtotal()),
        "currentSubtotalPriceSet": bag(priced.subtotal()),
        "cartDiscountAmountSet": bag(priced.applied),
        "currentCartDiscountAmountSet": bag(priced.applied),
        "totalDiscounts": plain(priced.off()),
        "totalDiscountsSet": bag(priced.off()),
        "currentTotalDiscountsSet": bag(priced.off()),
        "totalShippingPrice": plain(priced.shipping_paid()),
        "totalShippingPriceSet": bag(priced.shipping_paid()),
        "currentShippingPriceSet": bag(priced.shipping_paid()),
        "totalRefundedShippingSet": bag(back),
        "totalTax": plain(priced.tax()),
        "totalTaxSet": bag(priced.tax()),
        "currentTotalTaxSet": bag(priced.tax()),
        "totalPrice": plain(priced.total()),
        "totalPriceSet": bag(priced.total()),
        "originalTotalPriceSet": bag(priced.total()),
        "currentTotalPriceSet": bag(order.current()),
        "totalOutstandingSet": bag(open),
        "totalReceived": plain(order.received()),
        "totalReceivedSet": bag(order.received()),
        "totalRefunded": plain(order.refunded()),
        "totalRefundedSet": bag(order.refunded()),
        "netPayment": plain(order.received() - order.refunded()),
        "netPaymentSet": bag(order.received() - order.refunded()),
        "totalCapturable": plain(nothing),
        "totalCapturableSet": bag(nothing),
        "totalTipReceivedSet": bag(nothing),
        "refundDiscrepancySet": bag(nothing),
        "transactionsCount": { "count": order.transactions.len(), "precision": "EXACT" },
    })
}

/// `OrderTransaction`.
pub(super) fn transaction_json(order: &Order, money: &Transaction) -> Value {
    let currencies = order.priced.currencies;
    json!({
        "__typename": "OrderTransaction",
        "id": gid("OrderTransaction", money.id),
        "kind": money.kind,
        "status": money.status,
        "gateway": money.gateway,
        "formattedGateway": if money.gateway == "manual" { "Manual" } else { &money.gateway },
        "manualPaymentGateway": true,
        "manuallyCapturable": false,
        "multiCapturable": false,
        "test": false,
        "createdAt": stamp(money.processed),
        "processedAt": stamp(money.processed),
        "paymentId": format!("#{}.1", order.number),
        "parentTransaction": money.parent.map(|parent| link(gid("OrderTransaction", parent))),
        "order": link(gid("Order", order.id)),
        "amount": money::plain(money.amount.shop, currencies.0),
        "amountV2": money::money(money.amount.shop, currencies.0),
        "amountSet": money.amount.bag(currencies),
        "amountRoundingSet": null,
        "maximumRefundableV2": null,
        "totalUnsettledSet": Both::default().bag(currencies),
        "accountNumber": null,
        "authorizationExpiresAt": null,
        "errorCode": null,
        "fees": [],
        "location": null,
        "device": null,
        "user": null,
        "paymentDetails": null,
        "receiptJson": "{}",
        "settlementCurrency": null,
        "settlementCurrencyRate": null,
        "currencyExchangeAdjustment": null,
    })
}

/// An amount as a webhook writes it, both currencies.
pub(super) fn set(amount: Both, currencies: (Currency, Currency)) -> Value {
    let one = |minor, code| json!({ "amount": money::plain(minor, code), "currency_code": code });
    json!({ "shop_money": one(amount.shop, currencies.0), "presentment_money": one(amount.buyer, currencies.1) })
}
