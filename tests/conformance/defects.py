"""What is wrong with the published OpenAPI files, one entry each, and how it is mended in memory.

An entry is a sentence, the versions it concerns, and a function that mends a parsed file and says
how often it found something to mend. Nothing here may excuse an answer of ours: statuses from 500
on, content types and the schemas of sessions are judged as they were published.
"""

ALL = ["2025-09-29", "2025-12-12", "2026-01-16", "2026-01-30", "2026-04-17"]
SINCE_2026_04 = ["2026-04-17"]

# Checks that are not run, each with the reason.
UNJUDGED = {
    "negative_data_rejection": "unknown members are ignored and older names understood by design; "
    "the RFC asks receivers to be lenient",
    "positive_data_acceptance": "an id that the store does not sell is refused with 400, and so is "
    "a session without anything in it",
    "unsupported_method": "the files do not describe OPTIONS and HEAD; a wrong method is 405",
    "missing_required_header": "keys are optional before 2026-04-17 by the RFC, and required by no "
    "older server; the project's own tests cover both",
    "header values with control characters": "they are no HTTP; the HTTP library refuses them with "
    "an empty 400 before the service sees a request",
    "use_after_free": "a canceled session can be read by design",
    "ensure_resource_availability": "a session of random items is refused and so cannot be read",
}


def schemas(spec):
    return spec["components"]["schemas"]


def operations(spec):
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield path, method, operation


def order_beside_a_closed_base(spec):
    """Replaces "a closed session, and an order" by a session that may have an order."""
    found = 0
    for name in ("CheckoutSessionWithOrder", "CheckoutSession"):
        schema = schemas(spec).get(name)
        if schema is None or "allOf" not in schema:
            continue
        base = dict(schemas(spec)["CheckoutSessionBase"])
        base["properties"] = {
            **base["properties"],
            "order": {"$ref": "#/components/schemas/Order"},
        }
        schemas(spec)[name] = base
        found += 1
    return found


def members_that_only_the_json_schema_has(spec):
    """Adds what the JSON Schema of the same version defines and the OpenAPI file forgot."""
    text = {"type": "string"}
    missing = {
        "Address": {"company": text},
        "OrderConfirmation": {"order_notes": text},
        "CheckoutSessionBase": {"order": {"$ref": "#/components/schemas/Order"}},
        "CheckoutSessionCreateRequest": {"order_notes": text},
        "CheckoutSessionUpdateRequest": {"order_notes": text},
        "CheckoutSessionCompleteRequest": {"order_notes": text},
    }
    found = 0
    for name, members in missing.items():
        properties = schemas(spec).get(name, {}).get("properties")
        for member, schema in members.items():
            if properties is not None and member not in properties:
                properties[member] = schema
                found += 1
    return found


def versions_of_an_error(spec):
    """A refused version names those that are spoken, as the RFC says."""
    properties = schemas(spec).get("Error", {}).get("properties")
    if properties is None or "supported_versions" in properties:
        return 0
    properties["supported_versions"] = {"type": "array", "items": {"type": "string"}}
    return 1


def errors_without_a_status(spec):
    """Adds the flat error for statuses of the caller's fault where an operation lists too few."""
    error = {
        "description": "The caller has to change something.",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Error"}},
        },
    }
    if "Error" not in schemas(spec):
        return 0
    found = 0
    for _, _, operation in operations(spec):
        if "4XX" not in operation["responses"]:
            operation["responses"]["4XX"] = error
            found += 1
    return found


def bound_of_an_older_draft(spec):
    """`exclusiveMinimum: true` was a companion of `minimum` two drafts ago."""
    found = 0

    def visit(node):
        nonlocal found
        if isinstance(node, dict):
            if node.get("exclusiveMinimum") is True:
                node["exclusiveMinimum"] = node.pop("minimum", 0)
                found += 1
            for child in node.values():
                visit(child)
        elif isinstance(node, list):
            for child in node:
                visit(child)

    visit(spec)
    return found


def one_conflict_for_all(spec):
    """The only 409 described is the key in flight; an ended session conflicts for good."""
    flight = spec["components"].get("responses", {}).get("IdempotencyInFlight", {})
    header = flight.get("headers", {}).get("Retry-After")
    if header is None or not header.get("required"):
        return 0
    header["required"] = False
    return 1


DEFECTS = [
    (order_beside_a_closed_base, ALL, "no document can satisfy a closed base and an order beside it"),
    (members_that_only_the_json_schema_has, SINCE_2026_04, "the JSON Schema is the law where the two differ"),
    (versions_of_an_error, ALL, "the RFC lists supported_versions in a refused version's error"),
    (errors_without_a_status, ALL, "401, 404, 405, 413, 415, 422 and 429 occur in the text and not in the file"),
    (one_conflict_for_all, SINCE_2026_04, "a session that has ended answers 409 too, and waiting mends nothing"),
    (bound_of_an_older_draft, ["2025-09-29"], "a boolean bound is invalid in OpenAPI 3.1"),
]
