"""Whether the same refusal came for so many readers that none of them is to blame (rule 17, pure)."""

from __future__ import annotations

MANY_DOMAINS = 5
"""Domains that say in the same words that an address does not exist, so that it is not a coincidence."""


def is_widespread(*, readers: int, domains: int, answered: int, share: float) -> bool:
    """Whether a refusal in the same words, for so many readers and domains, is about us.

    Large hosts use the same words for all their customers, so it must also be more than `share` of
    the messages that were `answered`: no list has so many dead addresses at once. On a small list
    it is enough that nobody was answered otherwise, at two domains or more.
    """
    refuses_everybody = domains >= 2 and readers >= answered > 0
    return refuses_everybody or (domains >= MANY_DOMAINS and readers > share * answered)
