"""What lesson 09 claims."""

from claimed.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
