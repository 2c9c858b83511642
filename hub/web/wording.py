"""What the words of the machinery mean to an operator."""

CAUSES = {
    "transient": "The vendor did not answer, or failed. The hub tries again by itself.",
    "rate_limited": "The vendor asked for patience. The hub waits as long as it was told.",
    "not_sent": "The call never left: the vendor could not be reached. The hub tries again.",
    "unknown_outcome": "The answer was lost, so nobody knows what the vendor did. The hub looks.",
    "auth": "The vendor refused the credentials. New ones are needed if it does so twice.",
    "rejected": "The vendor refused what was asked, for its own reason. Mend that, then replay.",
    "mapping": "The vendor said something that the connector does not understand.",
    "config": "The connection's settings do not fit. Mend them, then replay.",
    "refused": "The hub itself refused, for the reason given.",
    "looked": "All is well: there is more to come, and it looks again later.",
    "snoozed": "Nothing is wrong: it was told to come back later.",
    "internal": "A fault of the hub or of a connector. Report it; replay once it is mended.",
    "contention": "The database was busy. The hub tries again by itself.",
    "crashed": "The process that did it died. The hub did it again.",
}
"""Error class → what it means and what happens next."""

TRANSITIONS = {
    "T7": "succeeded",
    "T8": "failed, tried again",
    "T9": "put off",
    "T12": "held",
    "T14": "crashed",
    "T15": "crash loop",
    "T16": "given up",
    "T19": "cancelled",
}
"""How an attempt ended, by the number of its transition."""

TROUBLES = {
    "no_plugin": "plugin missing",
    "refused": "credentials refused",
    "paused": "paused",
    "sent_elsewhere": "redirected elsewhere",
    "left_alone": "kept failing, left alone",
    "unreachable": "calls failed",
    "other_hub": "another hub works here",
    "misread": "not understood",
    "late": "late",
    "doubtful_calls": "calls in doubt",
    "dead_jobs": "dead jobs",
    "kept_aside": "records kept aside",
    "webhooks_lost": "webhooks lost",
    "not_at_work": "hub not at work",
}
"""Kinds of incidents as people say them."""
