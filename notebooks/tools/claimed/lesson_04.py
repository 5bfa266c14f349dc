"""What lesson 04 claims."""

from claimed.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
