"""What lesson 06 claims."""

from claimed.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
