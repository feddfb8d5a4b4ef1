"""Why an event was ignored or put into quarantine: a closed list, shown to people and published in the schema."""

EVENT_REASONS: dict[str, str] = {
    "not_json_syntax": "The body is not JSON.",
    "not_json_encoding": "The body is not UTF-8.",
    "not_json_too_deep": "The body is nested deeper than 32.",
    "not_json_duplicate_key": "The body has a name twice in one object.",
    "not_json_number": "The body holds a number that is none (NaN, Infinity) or is too large.",
    "not_json_nul": "The body holds the character NUL.",
    "not_json_surrogate": "The body holds half of a surrogate pair.",
    "invalid_document": "A field is wrong.",
    "topic_mismatch": "The body does not look like what its topic says.",
    "id_missing": "The id that tells what this is about is missing.",
    "translation_failed": "Our translation stumbled over this event.",
    "recording_failed": "The facts of this event could not be recorded.",
    "unknown_topic": "We do nothing with this topic.",
    "privacy_request": "A request about personal data that names nobody: support answers it.",
    "erased": "The person it spoke of was erased before it was read.",
    "stock_not_counted": "The shop does not count this item at this location.",
    "carts_switched_off": "Abandoned carts are switched off for this connection.",
}


def in_words(reason: str, note: str = "") -> str:
    """What the list says of a reason, and the event's own note behind it; "" where there is neither."""
    return " · ".join(filter(None, [EVENT_REASONS.get(reason, reason), note]))
