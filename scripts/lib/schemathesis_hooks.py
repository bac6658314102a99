"""What no schema can say of the API, for scripts/api.sh."""

import itertools
import re

import schemathesis

NUMBERS = itertools.count()
ADDRESSES = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """A name belongs to one body, nobody counts in the future, a transfer leads elsewhere, a zone has a clock."""
    # Who tries many wrong keys is put off, by address: each case comes from one of its own.
    number = next(ADDRESSES)
    case.headers["X-Forwarded-For"] = f"198.18.{number // 250 % 250}.{number % 250}"
    name = (case.headers or {}).get("Idempotency-Key")
    if isinstance(name, str) and re.fullmatch(r"[!-~]{1,255}", name):
        case.headers["Idempotency-Key"] = f"{name[:200]}-{next(NUMBERS)}"
    body = case.body
    if isinstance(body, dict) and re.match(r"\d{4}-", str(body.get("as_of"))):
        # A leap year, for the sake of its last day of February.
        if int(body["as_of"][:4]) > 2020:
            body["as_of"] = "2020" + body["as_of"][4:]
    if isinstance(body, dict):
        # What the rest of a transfer's route says, and what a time zone database knows.
        if isinstance(body.get("to"), str) and body.get("to") == body.get("from"):
            body["to"] = body["to"][:31] + "~"
        for warehouse in body.get("warehouses") if isinstance(body.get("warehouses"), list) else []:
            if isinstance(warehouse, dict) and isinstance(warehouse.get("time_zone"), str):
                warehouse["time_zone"] = "Europe/Lisbon"
